"""Chains against the closed forms of what has no rate: means, kurtosis, log determinants."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from synthmix.collapse.analysis.halflife import RATIO_METRICS, Laws, exact_z, law_of_panel, laws_of_cells
from synthmix.collapse.monitor.panel import SERIES, Floats, Panel, panels
from synthmix.collapse.predicted import COMPLETE

AGREEMENT = (*SERIES, "generation", "statistic", "measured", "predicted", "z", "law", "units", "note")
"""Columns of the table of :func:`agreement`."""
_POOLED = "pooled_kurtosis"
_LARGE = "law of many rows: the mean sample kurtosis lies below it where tails are heavy"


def agreement(trajectories: pd.DataFrame, predicted: pd.DataFrame) -> pd.DataFrame:
    """Return the last generation beside its law, for metrics that have a law and no half-life.

    Parameters
    ----------
    trajectories : pandas.DataFrame
        Of a study.
    predicted : pandas.DataFrame
        Laws as :attr:`synthmix.collapse.CollapseResult.predicted` has them, with kind, statistic and always.

    Returns
    -------
    pandas.DataFrame
        The words of the series; generation; statistic ("mean" over chains, "mean square", "ratio"); measured,
        predicted, z, law (its kind), units (chains of one draw, else draws) and note.

    Notes
    -----
    z is the mean over units of what the law says is 0 on average, in its standard errors: T - law for a mean, T^2 - law
    for a mean square, (kur + 3) v^2 - (law + 3) v^2 for "pooled_kurtosis", the ratio in which each chain counts by its
    squared variance v^2. It is skewed for few chains. A law that holds in every draw is held to 1e-10 in each chain: z
    is 0 or infinite. The law of kurtosis for many rows has no z, for the mean sample kurtosis of few rows lies below
    it; neither have laws of complete rows in tables that have gaps.
    """
    chosen = trajectories[trajectories["metric"].isin([*set(predicted["metric"]) - set(RATIO_METRICS), "variance"])]
    found = {tuple(panel.key.values()): panel for panel in panels(chosen)}
    laws = laws_of_cells(predicted)
    rows = []
    for key, panel in found.items():
        if panel.key["metric"] == "variance":
            continue
        rows.append(_row(panel, laws))
        if panel.key["metric"] == "kurtosis":
            words = dict(zip(SERIES, key, strict=True)) | {"metric": "variance"}
            spread = found.get(tuple(words.values()))
            rows.append(None if spread is None else _pooled(panel, spread, laws))
    return pd.DataFrame([row for row in rows if row is not None], columns=list(AGREEMENT))


def _row(panel: Panel, laws: Laws) -> dict[str, Any] | None:
    law, whole = law_of_panel(panel, laws), panel.whole()
    if law is None or law.empty or not len(whole.numbers):
        return None
    first = law.iloc[0]
    square = first["statistic"] == "mean square"
    last, expected = whole.numbers[:, -1], _by_draw(law, whole)
    if first["always"]:
        gaps = last - (np.sqrt(expected) if square else expected)
        return _told(panel, law, float(np.mean(last**2 if square else last)), exact_z(gaps))
    values = last**2 if square else last
    large = panel.key["metric"] == "kurtosis" and first["kind"] == "large n"
    z = np.nan if large or first["kind"] == COMPLETE else _z(whole.units(values - expected))
    return _told(panel, law, float(values.mean()), z, _LARGE if large else "")


def _pooled(shape: Panel, spread: Panel, laws: Laws) -> dict[str, Any] | None:
    """Return the row of the kurtosis in which each chain counts by its squared variance."""
    panel = Panel(shape.key | {"metric": _POOLED}, shape.numbers, shape.counts, shape.draws, shape.chains)
    law = law_of_panel(panel, laws)
    square = {(d, c): v**2 for d, c, v in zip(spread.draws, spread.chains, spread.numbers[:, -1], strict=True)}
    whole = panel.whole()
    weights = np.array([square.get(pair, np.nan) for pair in zip(whole.draws, whole.chains, strict=True)])
    if law is None or law.empty or not len(weights) or np.isnan(weights).any():
        return None
    above, expected = whole.numbers[:, -1] + 3.0, _by_draw(law, whole) + 3.0
    measured = float((above * weights).sum() / weights.sum() - 3.0)
    z = np.nan if law["kind"].iloc[0] == COMPLETE else _z(whole.units((above - expected) * weights))
    return _told(panel, law, measured, z)


def _by_draw(law: pd.DataFrame, panel: Panel) -> Floats:
    """Return the predicted value of each chain."""
    if "draw" not in law:
        return np.full(len(panel.draws), float(law["value"].iloc[0]))
    return law.set_index("draw")["value"].reindex(panel.draws).to_numpy(np.float64)


def _z(units: Floats) -> float:
    if units.size < 2 or not np.isfinite(units).all():
        return float("nan")
    mean, se = float(units.mean()), float(units.std(ddof=1) / np.sqrt(units.size))
    return mean / se if se > 0.0 else float("nan")


def _told(panel: Panel, law: pd.DataFrame, measured: float, z: float, note: str = "") -> dict[str, Any]:
    whole = panel.whole()
    units = len(whole.units(whole.numbers))
    return {
        **panel.key, "generation": panel.last, "statistic": law["statistic"].iloc[0], "measured": measured,
        "predicted": float(law["value"].mean()), "z": z, "law": law["kind"].iloc[0], "units": units,
        "note": "; ".join(filter(None, [note, panel.note()])),
    }  # fmt: skip
