"""How many labels lie in their prediction intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from synthmix.errors import InputError, OptionError
from synthmix.torch.metrics.estimate import same_shape


@dataclass(frozen=True)
class Coverage:
    """Coverage of prediction intervals.

    Parameters
    ----------
    value : float
        Part of the labels in their closed intervals.
    low, high : float
        Exact binomial interval of the coverage (Clopper, Pearson), for independent rows.
    width : float
        Mean width of the intervals, in units of y. Coverage alone can be had by wide intervals.
    standard_error : float
        Of `value`.
    n : int
        Number of labels.
    """

    value: float
    low: float
    high: float
    width: float
    standard_error: float
    n: int


def interval_coverage(lower: Tensor, upper: Tensor, y: Tensor, *, confidence: float = 0.95) -> Coverage:
    """Return the part of labels in [lower, upper].

    Parameters
    ----------
    lower, upper, y : Tensor of one shape
        Ends of the intervals, and labels.
    confidence : float, default 0.95
        Of the binomial interval. It holds at least that often, for independent labels; several labels of one row are
        not.

    Raises
    ------
    InputError
        For different shapes, or no labels.
    OptionError
        For a confidence outside (0, 1).

    References
    ----------
    Clopper, Pearson (1934), Biometrika 26:404-413.
    """
    from scipy.special import betaincinv

    if not 0.0 < confidence < 1.0:
        raise OptionError(f"confidence={confidence!r} is outside (0, 1); give a number such as 0.95")
    same_shape(lower=lower, upper=upper, y=y)
    n = y.numel()
    if n == 0:
        raise InputError("there are no labels to cover")
    hits = int(((lower <= y) & (y <= upper)).sum())
    tail = (1.0 - confidence) / 2.0
    low = float(betaincinv(hits, n - hits + 1, tail)) if hits else 0.0
    high = float(betaincinv(hits + 1, n - hits, 1.0 - tail)) if hits < n else 1.0
    p = hits / n
    width = float((upper - lower).double().mean())
    return Coverage(p, low, high, width, math.sqrt(p * (1.0 - p) / n), n)
