"""The kurtosis of chains together: a number that few rows show without bias, unlike that of one sample."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from synthmix.collapse.pictures.curves import Chosen, Curve, curves_of

POOLED = "pooled_kurtosis"
_PLACE = ["generator", "regime", "n", "rows", "draw", "generation", "column"]


def pooled_curves(trajectories: pd.DataFrame, predicted: pd.DataFrame | None = None) -> dict[tuple[str, str], Curve]:
    """Return the excess kurtosis in which each chain counts by its squared variance, with the law of that ratio.

    A chain has (kurtosis + 3) v^2 / mean(v^2) - 3, its fourth moment in units of the mean squared variance of the
    chains of its draw; the mean over chains is the pooled kurtosis, mean(m4) / mean(v^2) - 3. No chain has such a
    number alone. Empty where the study has no kurtosis or no variance.
    """
    return {
        cell: replace(curve, averaged=True)
        for cell, curve in curves_of(_parts(trajectories), Chosen(POOLED), predicted).items()
    }


def _parts(trajectories: pd.DataFrame) -> pd.DataFrame:
    shape, spread = (Chosen(metric).of(trajectories) for metric in ("kurtosis", "variance"))
    spread = spread[[*_PLACE, "chain", "value"]].rename(columns={"value": "spread"})
    both = shape.merge(spread, on=[*_PLACE, "chain"], how="inner")
    square = both["spread"] ** 2
    mean = square.groupby([both[name] for name in _PLACE]).transform("mean")
    return both.assign(metric=POOLED, value=(both["value"] + 3.0) * square / mean - 3.0).drop(columns="spread")
