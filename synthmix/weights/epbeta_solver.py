"""Solve for the shapes of EpBeta: keep the covariance, and set the label-noise equivalent D to delta.

For a mean mu the condition E l(1-l) = qbar fixes the variance, and with it both shapes. D then falls from its largest
value on mu >= 1/2 to 0 at mu = 1, where delta has its root. The lower branch is the same law with the two parents
swapped, so it is not offered.

On a population (qbar = 0) D falls strictly. With the finite-sample correction of very few rows and a support that
reaches much further below 0 than above 1 it need not; the root nearest to 1 is taken, the law nearest to copying.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from synthmix.errors import OptionError
from synthmix.weights.finite_sample import Scheme, required_qbar
from synthmix.weights.special import FloatArray, betainc

_GRID = 401
_ZOOM = 41
_ZOOMS = 6


@dataclass(frozen=True)
class Setting:
    """Extensions of the support, and the table for which the covariance is to be exact (None: a population)."""

    e0: float
    e1: float
    scheme: Scheme | None = None
    n_rows: float = math.inf

    @property
    def width(self) -> float:
        """C, the length of the support."""
        return 1.0 + self.e0 + self.e1

    def shapes(self, mean: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return alpha and beta for each mean of l, NaN where there are none.

        With v = mu(1-mu) - qbar: s = (mu + e0)(1 + e1 - mu) / v - 1, alpha = s (mu + e0) / C,
        beta = s (1 + e1 - mu) / C; there are none unless 0 < v < (mu + e0)(1 + e1 - mu).
        """
        variance = mean * (1.0 - mean) - required_qbar(mean, self.scheme, self.n_rows)
        left, right = mean + self.e0, 1.0 + self.e1 - mean
        feasible = (variance > 0.0) & (variance < left * right)
        s = np.where(feasible, left * right / np.where(feasible, variance, 1.0) - 1.0, np.nan)
        return s * left / self.width, s * right / self.width

    def label_noise(self, mean: FloatArray) -> FloatArray:
        """Return D = 1 - E max(l, 1-l) for each mean, NaN where there are no shapes."""
        alpha, beta = self.shapes(mean)
        z = (0.5 + self.e0) / self.width
        below = betainc(alpha, beta, z)
        first = alpha / (alpha + beta) * betainc(alpha + 1.0, beta, z)
        return 1.0 - (mean - 2.0 * (self.width * first - self.e0 * below) + below)


@lru_cache(maxsize=256)
def _branch(setting: Setting) -> tuple[FloatArray, FloatArray, float]:
    """Return means on [1/2, 1), fine towards 1 and with the peak of D among them, their D, and the peak's D.

    The peak is 0 where no law has D > 0.
    """
    means = 1.0 - np.geomspace(0.5, 1e-12, _GRID)
    noise = setting.label_noise(means)
    peak, largest = 0.5, 0.0
    zoom, zoom_noise = means, noise
    for _ in range(_ZOOMS):
        if not np.any(zoom_noise > largest):
            break
        best = int(np.nanargmax(zoom_noise))
        peak, largest = float(zoom[best]), float(zoom_noise[best])
        zoom = np.linspace(zoom[max(best - 1, 0)], zoom[min(best + 1, zoom.size - 1)], _ZOOM)
        zoom_noise = setting.label_noise(zoom)
    at = int(np.searchsorted(means, peak))
    return np.insert(means, at, peak), np.insert(noise, at, largest), largest


def largest_delta(eps0: float, eps1: float, scheme: Scheme | None = None, n_rows: float = math.inf) -> float:
    """Return the largest label-noise equivalent that EpBeta can have on the support [-eps0, 1 + eps1].

    Parameters
    ----------
    eps0, eps1 : float
        Extensions of the support below 0 and above 1, not both 0.
    scheme : {"iid", "distinct", "anchor", "cyclic"}, optional
        How parents are drawn, for the finite-sample correction.
    n_rows : float
        Number of real rows, for the same.

    Returns
    -------
    float
        The bound; 0 when no law keeps the covariance with a positive delta.
    """
    return _branch(Setting(eps0, eps1, scheme, n_rows))[2]


@lru_cache(maxsize=1024)
def solve(delta: float, setting: Setting) -> tuple[float, float, float]:
    """Return mean, alpha and beta of the law that keeps the covariance with D = `delta`.

    Raises
    ------
    OptionError
        When there is none; the message names the largest feasible delta.
    """
    means, noise, largest = _branch(setting)
    if not delta <= largest:
        raise OptionError(_infeasible(delta, setting, largest))
    last = int(np.flatnonzero(noise >= delta)[-1])
    low, high = float(means[last]), float(means[min(last + 1, means.size - 1)])
    while low < (middle := 0.5 * (low + high)) < high:
        # A mean without shapes lies beyond the root: D is negative where the shapes end.
        if setting.label_noise(np.array([middle]))[0] >= delta:
            low = middle
        else:
            high = middle
    alpha, beta = setting.shapes(np.array([low]))
    return low, float(alpha[0]), float(beta[0])


def _infeasible(delta: float, setting: Setting, largest: float) -> str:
    where, remedies = f"eps0={setting.e0:g}, eps1={setting.e1:g}", ["a larger eps"]
    if setting.scheme is not None:
        where += f" and the finite-sample correction for {setting.n_rows:g} rows paired {setting.scheme!r}"
        remedies += ["more rows", "correct=False"]
    bound = math.floor(largest * 1e8) / 1e8
    if bound <= 0.0:
        return f"delta={delta:g}: no EpBeta law keeps the covariance with {where}; choose {' or '.join(remedies)}"
    return (
        f"delta={delta:g} is not feasible with {where}: the largest feasible delta is {bound:.8f}; "
        f"choose {' or '.join(['a smaller delta', *remedies])}"
    )
