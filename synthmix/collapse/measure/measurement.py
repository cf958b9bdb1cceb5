"""One number of one table, and the words for what is measured."""

from __future__ import annotations

from typing import NamedTuple

COLUMN_METRICS = ("mean", "variance", "kurtosis", "l_skew", "l_kurtosis")
SCATTER_METRICS = ("log_det", "trace_ratio", "var_ratio_range", "eff_dim")
LEVEL_METRICS = ("levels", "entropy", "heterozygosity", "rare_survival")
REGION_METRICS = ("core_tail", "region")

METRICS = (
    *COLUMN_METRICS,
    *SCATTER_METRICS,
    *REGION_METRICS,
    *LEVEL_METRICS,
    "ancestors",
    "association",
    "predictive",
    "nearest",
)
"""Every word that :class:`Ruler` knows, in the order in which it measures."""


class Measurement(NamedTuple):
    """One number of one table.

    Attributes
    ----------
    metric, variant : str
        What was measured, and which form of it.
    column, level : str
        What it is about, "" where that does not apply.
    value : float
        Finite, but for a `log_det` of minus infinity: a table without variance in some direction.
    count : int
        Rows behind it: those of the table, or those with a value in the column.
    """

    metric: str
    variant: str
    column: str
    level: str
    value: float
    count: int  # type: ignore[assignment]  # not the method of a tuple
