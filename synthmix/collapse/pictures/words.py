"""How metrics of a study are called in pictures and on which axis they are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Look:
    """How a metric is drawn.

    Attributes
    ----------
    label : str
    log : bool
        On a logarithmic axis where all values are positive.
    pool : {"mean", "rms"}
        How the columns of a chain become one curve: their mean, or the root of their mean square.
    kept : float or None
        Where the metric would stay if nothing changed.
    """

    label: str
    log: bool = False
    pool: Literal["mean", "rms"] = "mean"
    kept: float | None = None


_LOOKS = {
    "mean": Look("size of the shift of the mean, in SD of the real rows", pool="rms", kept=0.0),
    "variance": Look("variance, ratio to the real rows", log=True, kept=1.0),
    "log_det": Look("log determinant of the covariance, change", kept=0.0),
    "trace_ratio": Look("trace of the covariance, ratio to the real rows", log=True, kept=1.0),
    "var_ratio_range": Look("variance of a linear contrast, ratio to the real rows", log=True, kept=1.0),
    "kurtosis": Look("excess kurtosis"),
    "pooled_kurtosis": Look("excess kurtosis of the chains together"),
    "l_skew": Look("L-skewness"),
    "l_kurtosis": Look("L-kurtosis"),
    "eff_dim": Look("effective dimension"),
    "core_tail": Look("share of rows, by the radius of the real rows"),
    "levels": Look("share of the real levels that are alive", kept=1.0),
    "entropy": Look("entropy of the levels"),
    "heterozygosity": Look("heterozygosity, ratio to the real rows", log=True, kept=1.0),
    "rare_survival": Look("share of the rare levels that are alive", kept=1.0),
    "ancestors": Look("share of the real rows that have descendants", log=True, kept=1.0),
    "association": Look("association"),
    "predictive": Look("loss on real rows"),
    "nearest": Look("nearest real row"),
    "region": Look("share of rows in the region"),
}
_VARIANTS = {"low": "smallest", "high": "largest"}


def look_of(metric: str) -> Look:
    """Return how a metric is drawn; unknown ones, of a user's own, by their name."""
    return _LOOKS.get(metric, Look(metric))


def label_of(metric: str, variant: str = "", column: str | None = None) -> str:
    """Return the heading of a picture of a metric."""
    parts = [look_of(metric).label, _VARIANTS.get(variant, variant), column or ""]
    return ", ".join(filter(None, parts))
