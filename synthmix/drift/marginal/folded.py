"""Sums of absolute values of correlated normal differences: mean and spread of W1 and TVD under their nulls."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

ROOT_2_OVER_PI = math.sqrt(2.0 / math.pi)


def spread_of_sum(deviation: NDArray[np.float64], correlation: NDArray[np.float64]) -> float:
    """Return the standard deviation of ``sum |Z_i|`` for centred normal Z.

    Parameters
    ----------
    deviation : array of shape (k,)
        Standard deviations of the Z_i.
    correlation : array of shape (k, k)

    Notes
    -----
    ``Cov(|X|, |Y|) = 2/pi s_x s_y (sqrt(1 - r^2) + r asin r - 1)``.
    """
    r = np.clip(correlation, -1.0, 1.0)
    folded = np.sqrt(1.0 - r * r) + r * np.arcsin(r) - 1.0
    return float(np.sqrt(max(0.0, 2.0 / np.pi * float(deviation @ folded @ deviation))))


def gamma_band(mean: float, deviation: float) -> tuple[float, float]:
    """Return the central 95 % of the gamma law with this mean and deviation, which a sum of absolute values is near."""
    from scipy.stats import gamma

    if not (mean > 0.0 and deviation > 0.0):
        return mean, mean
    shape = (mean / deviation) ** 2
    low, high = gamma.ppf([0.025, 0.975], shape, scale=mean / shape)
    return float(low), float(high)


def folded_bias(difference: NDArray[np.float64], deviation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``E|N(difference, deviation^2)| - |difference|``, elementwise."""
    from scipy.special import erfc

    z = np.abs(difference) / np.where(deviation > 0.0, deviation, 1.0)
    bias = deviation * (ROOT_2_OVER_PI * np.exp(-0.5 * z * z) - z * erfc(z * math.sqrt(0.5)))
    return np.asarray(np.where(deviation > 0.0, bias, 0.0), np.float64)
