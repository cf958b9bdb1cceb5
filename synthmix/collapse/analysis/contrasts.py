"""Regimes compared chain by chain under common random numbers."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from synthmix.arguments import one_of
from synthmix.collapse.monitor.contrast import Contrast, Kind, contrast, summary
from synthmix.collapse.monitor.panel import Floats, Panel, averaged, panels
from synthmix.drift.marginal.family import holm

CONTRASTS = (
    "generator", "n", "regime", "against", "metric", "variant", "generation", *Contrast._fields, "p_holm", "note",
)  # fmt: skip
"""Columns of the table of :func:`contrasts`."""
_KEYS = ("generator", "n", "regime", "metric", "variant")


def contrasts(trajectories: pd.DataFrame, kind: Kind = "endpoint") -> pd.DataFrame:
    """Compare the regimes of each generator and size, two by two, metric by metric.

    Parameters
    ----------
    trajectories : pandas.DataFrame
        Of a study whose chains share their random numbers over regimes: chain r of draw d is a pair.
    kind : {"endpoint", "slope"}
        What is taken of each chain: its last value, or its slope a generation.

    Returns
    -------
    pandas.DataFrame
        generator, n, regime, against, metric, variant, generation; estimate (mean over units of regime minus against),
        se, low, high, t, p_t, p_flip, units; p_holm (Holm over the metrics of the two regimes, on p_t) and note.

    Notes
    -----
    The value of generation 0, the same for all regimes, cancels, so metrics that start at their bound can be compared.
    New rows are compared, in the last generation that both regimes have: what a user would get. A metric of columns is
    averaged over the columns first, so that one column is no metric of its own. Values that are not finite in some
    chain (a `log_det` of minus infinity) leave that chain out, and the note says so. Holm keeps the family-wise error
    over metrics of one pair of regimes of one generator, not over pairs. With one draw of the real rows everything is
    conditional on it. See :func:`synthmix.collapse.monitor.contrast` for when the tests hold.

    Raises
    ------
    InputError
        For a table that is no table of trajectories.
    OptionError
        For an unknown kind.
    """
    one_of("kind", kind, ("endpoint", "slope"))
    groups: dict[tuple[Any, ...], dict[str, Panel]] = {}
    for panel in panels(averaged(trajectories), _KEYS):
        key = panel.key
        groups.setdefault((key["generator"], key["n"], key["metric"], key["variant"]), {})[key["regime"]] = panel
    rows = [
        _row(key, one, panels_of[one], two, panels_of[two], kind)
        for key, panels_of in groups.items()
        for one, two in combinations(sorted(panels_of), 2)
    ]
    table = pd.DataFrame([row for row in rows if row is not None], columns=list(CONTRASTS))
    for _, part in table.groupby(["generator", "n", "regime", "against"], sort=False):
        tested = part.index[part["p_t"].notna()]
        table.loc[tested, "p_holm"] = holm(table.loc[tested, "p_t"].to_numpy(np.float64))
    return table


def _row(key: tuple[Any, ...], one: str, first: Panel, two: str, second: Panel, kind: Kind) -> dict[str, Any] | None:
    last = min(first.last, second.last)
    if not last:
        return None
    pairs, values = _paired(first, second, last)
    finite = np.isfinite(values).all(axis=(1, 2))
    used = values[finite]
    if not used.size:
        return None
    difference = summary(used[:, 0], kind) - summary(used[:, 1], kind)
    panel = Panel({}, used[:, 0], used[:, 0], pairs[finite, 0], pairs[finite, 1])
    found = contrast(panel.units(difference))
    note = panel.note()
    if not finite.all():
        note = "; ".join(filter(None, [note, f"{int((~finite).sum())} chains without a finite value are left out"]))
    generator, n, metric, variant = key
    return {"generator": generator, "n": n, "regime": one, "against": two, "metric": metric, "variant": variant,
            "generation": last, **found._asdict(), "p_holm": np.nan, "note": note}  # fmt: skip


def _paired(first: Panel, second: Panel, last: int) -> tuple[np.ndarray[Any, np.dtype[np.int64]], Floats]:
    """Return draw and chain of the common chains (k, 2), and their values (k, 2, last + 1)."""
    places = [
        {pair: row for row, pair in enumerate(zip(panel.draws.tolist(), panel.chains.tolist(), strict=True))}
        for panel in (first, second)
    ]
    common = sorted(set(places[0]) & set(places[1]))
    values = np.array(
        [
            [panel.numbers[place[pair], : last + 1] for panel, place in zip((first, second), places, strict=True)]
            for pair in common
        ]
    )
    return np.array(common, np.int64).reshape(-1, 2), values.reshape(len(common), 2, last + 1)
