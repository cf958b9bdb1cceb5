"""Rates of decay by chains: of the mean over chains, and of a typical chain."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from synthmix.arguments import check_alpha
from synthmix.errors import OptionError

Floats = NDArray[np.float64]


class Rate(NamedTuple):
    """How a ratio to the real table changes in each generation.

    Attributes
    ----------
    rate : float
        c = (mean over units of V_G / V_0)^(1/G).
    low, high : float
        Its 95 % interval: jackknife-t over units, on the logarithm of the mean.
    se_log : float
        Jackknife standard error of the logarithm of the mean ratio.
    typical : float
        exp(mean over units of log(V_G / V_0) / G): never above the rate.
    mean : float
        The mean ratio itself.
    units : int
    """

    rate: float
    low: float
    high: float
    se_log: float
    typical: float
    mean: float
    units: int


def bias_rate(ratios: Floats, generations: int, level: float = 0.95) -> Rate:
    """Return the rate of the mean over chains, with a jackknife-t interval, and that of a typical chain.

    Parameters
    ----------
    ratios : array of float64, shape (R,)
        V_G / V_0 of independent units; not negative.
    generations : int
        G.
    level : float
        Of the interval.

    Returns
    -------
    Rate
        Where the mean is 0 the rates are 0 and there is no interval, nor where one unit alone is above 0; where one
        unit is 0 the typical rate is.

    Notes
    -----
    The two answer two questions. The rate of the mean shows bias: it is 1 for an unbiased generator, however wildly its
    chains drift. The typical rate adds half the variance of each logarithmic step, so it shrinks by drift alone (for a
    variance under copying: -1/n - (k - 1)/(2n) a generation, k the kurtosis) and must not be tested against 1.
    Coverage at 95 % over 10 to 20 chains is .93 to .96 for copying and for Beta weights; .90 to .94 for weights that
    extrapolate, whose ratios have heavy tails; docs/collapse-monitors.md has measured values.

    References
    ----------
    Miller (1974), The jackknife - a review, Biometrika 61.
    """
    from scipy.special import stdtrit

    x = np.asarray(ratios, np.float64)
    n, nan = x.size, float("nan")
    mean = float(x.mean()) if n else nan
    if not n or not mean > 0.0:
        return Rate(mean, nan, nan, nan, mean, mean, n)
    center, se = jackknife_log_mean(x)
    with np.errstate(divide="ignore"):
        typical = float(np.exp(np.log(x).mean() / generations))
    reach = float(stdtrit(n - 1, 0.5 + level / 2.0)) * se if n > 1 else nan
    with np.errstate(over="ignore"):  # an upper end beyond float64 is infinite
        low, high = (float(np.exp((center + side * reach) / generations)) for side in (-1.0, 1.0))
    return Rate(float(mean ** (1.0 / generations)), low, high, se, typical, mean, n)


def jackknife_log_mean(x: Floats) -> tuple[float, float]:
    """Return the logarithm of the mean without its bias of order 1/R, and its standard error.

    The error is NaN for one unit, and where all others are 0: leaving the one out leaves no logarithm.
    """
    n = x.size
    whole = float(np.log(x.mean()))
    if n < 2 or np.count_nonzero(x) < 2:
        return whole, float("nan")
    largest = int(np.argmax(x))
    rest = x.sum() - x
    rest[largest] = np.delete(x, largest).sum()  # not a difference, which rounding may make 0
    pseudo = n * whole - (n - 1) * np.log(rest / (n - 1))
    return float(pseudo.mean()), float(pseudo.std(ddof=1) / np.sqrt(n))


def half_life(rate: float) -> float:
    """Return the generations in which a quantity of this rate halves; inf from rate 1 on, 0 at rate 0."""
    if np.isnan(rate):
        return float("nan")
    if rate <= 0.0:
        return 0.0
    return float(-np.log(2.0) / np.log(rate)) if rate < 1.0 else float("inf")


def doubling_time(rate: float) -> float:
    """Return the generations in which it doubles; inf up to rate 1."""
    return float(np.log(2.0) / np.log(rate)) if rate > 1.0 else float("nan") if np.isnan(rate) else float("inf")


def power(delta: float, n: int, generations: int, chains: int, kurtosis: float = 3.0, alpha: float = 0.05) -> float:
    """Return the chance to see a loss of variance of `delta` per generation in a study of this size.

    Parameters
    ----------
    delta : float
        Relative loss of variance in one generation, such as 0.01; negative for growth.
    n, generations, chains : int
        Rows of a generation, generations and chains.
    kurtosis : float
        Fourth moment over the squared variance of the column, 3 for a normal one (not the excess).
    alpha : float
        Two-sided level.

    Returns
    -------
    float
        Normal approximation with the standard deviation sqrt((k - 1)/(n G R)) of the mean logarithmic rate of chains
        that copy rows. Chains of mixed rows deviate: fewer for weights inside [0, 1], more for those that extrapolate.

    Raises
    ------
    OptionError
        For sizes below 1, a delta of 1 or more, a kurtosis below 1, or an alpha that is no level.
    """
    from scipy.special import ndtr, ndtri

    if min(n, generations, chains) < 1:
        raise OptionError(f"n={n}, generations={generations}, chains={chains}: give numbers from 1 on")
    if not delta < 1.0 or not kurtosis >= 1.0:
        raise OptionError(f"delta={delta}, kurtosis={kurtosis}: give delta < 1, kurtosis >= 1")
    alpha = check_alpha(alpha)
    spread = float(np.sqrt((kurtosis - 1.0) / (n * generations * chains)))
    shift = abs(float(np.log1p(-delta)))
    limit = float(-ndtri(alpha / 2.0))
    if spread == 0.0:
        return 1.0 if shift > 0.0 else alpha
    return float(ndtr(shift / spread - limit) + ndtr(-shift / spread - limit))
