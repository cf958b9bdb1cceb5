"""Tables of a study in the form that a reader wants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from synthmix.collapse.picture_curves import BANDS, Curve
from synthmix.report.numbers import number_text

_SHOWN = (1, 2, 5, 10, 20, 50, 100)
_CELL = ["generator", "regime", "n"]
Curves = Mapping[tuple[str, str], Curve]


def at_generations(curves: Curves, label: str) -> pd.DataFrame:
    """Return quantiles over chains and predictions at a few generations, the last one among them."""
    return pd.DataFrame([
        {"metric": label, "generator": generator, "regime": regime, **line}
        for (generator, regime), curve in curves.items()
        for line in _lines(curve)
    ])  # fmt: skip


def ends_in_words(curves: Curves, label: str) -> str:
    """Return the end of every curve as text, for readers who do not see the picture."""
    parts = []
    for (generator, regime), curve in curves.items():
        law = "" if curve.predicted is None else f" (predicted {number_text(float(curve.predicted[-1]))})"
        parts.append(f"{generator}, {regime}: {number_text(float(curve.bands[2, -1]))}{law}")
    last = max((int(curve.generation[-1]) for curve in curves.values()), default=0)
    return f"{label}, median over chains at generation {last}: {'; '.join(parts)}." if parts else ""


def _lines(curve: Curve) -> list[dict[str, float]]:
    chosen = np.flatnonzero(np.isin(curve.generation, (*_SHOWN, curve.generation.max())))
    predicted = np.full(curve.generation.size, np.nan) if curve.predicted is None else curve.predicted
    return [
        {
            "generation": int(curve.generation[place]),
            "median": float(curve.bands[2, place]),
            f"{BANDS[0]:g} %": float(curve.bands[0, place]),
            f"{BANDS[-1]:g} %": float(curve.bands[-1, place]),
            "predicted": float(predicted[place]),
        }
        for place in chosen
    ]


def counted_alarms(result: Any) -> pd.DataFrame:
    """Return for each cell and region how many chains gave an alarm, and the median of the first generations."""
    chains = result.trajectories[[*_CELL, "draw", "chain"]].drop_duplicates().groupby(_CELL).size()
    by = [*_CELL, *(["region"] if "region" in result.alarms else [])]
    first = result.alarms.groupby([*by, "draw", "chain"], sort=False)["generation"].min()
    table = first.groupby(by, sort=False).agg(["size", "median"]).reset_index()
    table = table.rename(columns={"size": "chains with an alarm", "median": "first generation, median"})
    table.insert(len(by), "chains", [int(chains.get(tuple(cell), 0)) for cell in table[_CELL].to_numpy()])
    return table


def bias_and_drift(trajectories: pd.DataFrame) -> pd.DataFrame:
    """Return, at the last generation, the mean shift of the chains, their spread, and the share of the first.

    bias = mean over chains of T_G - T_0, drift = standard deviation over chains of T_G, of each metric and column.
    """
    by = [*_CELL, "rows", "metric", "variant", "column"]
    one = trajectories.groupby([*by, "draw", "chain", "generation"], sort=False)["value"].mean().reset_index()
    last = one[one["generation"] == one["generation"].max()]
    start = one[one["generation"] == 0].set_index([*_CELL, "draw", "chain", "metric", "variant", "column"])["value"]
    start = start[~start.index.duplicated()]
    keys = pd.MultiIndex.from_frame(last[list(start.index.names)])
    shift = last.assign(shift=last["value"].to_numpy() - start.reindex(keys).to_numpy())
    table = shift.groupby(by, sort=False)["shift"].agg(bias="mean", drift="std").reset_index()
    squares = table["bias"] ** 2 + table["drift"] ** 2
    table["share of bias"] = (table["bias"] ** 2 / squares).where(squares > 0)
    return table


def without_constant(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table without the columns that say the same in every row and that the page says elsewhere."""
    same = [name for name in ("n", "variant", "rows", "draw", "level") if name in table and table[name].nunique() <= 1]
    return table.drop(columns=same)
