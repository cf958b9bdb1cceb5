"""Tables of a study in the form that a reader wants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from synthmix.collapse.monitor.alarms import ALL
from synthmix.collapse.pictures.curves import BANDS, Curve
from synthmix.report.numbers import number_text

_SHOWN = (1, 2, 5, 10, 20, 50, 100)
_CELL = ["generator", "regime", "n"]
_PROFILE = ("onset", "tail", "asymptote", "bias_share")
_ELSEWHERE = ("n", "variant", "rows", "draw", "level", "note", "generation", "units", "chains")
Curves = Mapping[tuple[str, str], Curve]


def at_generations(curves: Curves, label: str = "") -> pd.DataFrame:
    """Return quantiles over chains and predictions at a few generations, the last one among them.

    With a label the first column tells it, for tables of several metrics.
    """
    return pd.DataFrame([
        {**({"metric": label} if label else {}), "generator": generator, "regime": regime, **line}
        for (generator, regime), curve in curves.items()
        for line in _lines(curve)
    ])  # fmt: skip


def ends_in_words(curves: Curves, label: str) -> str:
    """Return the end of every curve as text, for readers who do not see the picture."""
    parts = []
    for (generator, regime), curve in curves.items():
        law = "" if curve.predicted is None else f" (predicted {number_text(float(curve.predicted[-1]))})"
        parts.append(f"{generator}, {regime}: {number_text(float(curve.middle[-1]))}{law}")
    last = max((int(curve.generation[-1]) for curve in curves.values()), default=0)
    word = " or ".join(sorted({curve.middle_word for curve in curves.values()}))
    return f"{label}, {word} over chains at generation {last}: {'; '.join(parts)}." if parts else ""


def _lines(curve: Curve) -> list[dict[str, float]]:
    chosen = np.flatnonzero(np.isin(curve.generation, (*_SHOWN, curve.generation.max())))
    predicted = np.full(curve.generation.size, np.nan) if curve.predicted is None else curve.predicted
    return [
        {
            "generation": int(curve.generation[place]),
            curve.middle_word: float(curve.middle[place]),
            f"{BANDS[0]:g} %": float(curve.bands[0, place]),
            f"{BANDS[-1]:g} %": float(curve.bands[-1, place]),
            "predicted": float(predicted[place]),
        }
        for place in chosen
    ]


def short_profile(result: Any) -> pd.DataFrame:
    """Return the profile in few columns, with the column whose variance lies farthest from its prediction."""
    profile = result.profile
    chosen = [name for name in _PROFILE if name in profile]
    table: pd.DataFrame = profile[[*_CELL, *chosen]].copy()
    half = result.halflife
    worst = half[(half["metric"] == "variance") & half["predicted_ratio"].notna()] if "z" in half else half.iloc[:0]
    if worst.empty:
        return table
    worst = worst.loc[worst["z"].abs().fillna(0.0).groupby([worst[name] for name in _CELL], sort=False).idxmax()]
    with np.errstate(divide="ignore"):
        expected = np.log(0.5) / np.log(worst["predicted_rate"].astype("float64"))
    ends = zip(worst["half_life_low"].tolist(), worst["half_life_high"].tolist(), strict=True)
    interval = [f"{number_text(low)}\u00a0to\u00a0{number_text(high)}" for low, high in ends]
    shown = worst.assign(predicted=expected.where(expected > 0, np.inf), interval=interval)
    shown = shown[[*_CELL, "column", "half_life", "interval", "predicted", "z"]]
    joined: pd.DataFrame = table.merge(shown, on=_CELL, how="left")
    return joined


def alarms_of_cells(alarms: pd.DataFrame) -> pd.DataFrame:
    """Return the verdict on each cell, over all of its regions."""
    table: pd.DataFrame = alarms[alarms["region"] == ALL]
    return table.drop(columns=["region", "direction", "listed"])


def last_of(decomposed: pd.DataFrame) -> pd.DataFrame:
    """Return bias and drift at the last generation of each series."""
    last: pd.DataFrame = decomposed[decomposed["generation"] == decomposed["generation"].max()]
    return last


def without_constant(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table without the columns that say the same in every row and that the page says elsewhere."""
    same = [name for name in _ELSEWHERE if name in table and len(set(table[name])) <= 1]
    return table.drop(columns=same)
