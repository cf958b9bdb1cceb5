"""The expected largest weight on the sphere sum w = sum w^2 = 1, given the weight of the first parent.

Given w_1 = a the others are b + r u, b = (1-a)/(k-1), r^2 = 1 - a^2 - (k-1) b^2, with u uniform on the unit sphere
orthogonal to 1 in n = k-1 dimensions. What is needed is the law of max u.

A coordinate of u is t cos(theta), t = sqrt(1 - 1/n), where theta has density c_n sin^(n-3)(theta). If it is the
largest, the other n-1 coordinates, centred and scaled, are again uniform, and all must lie below it. With B_n(theta)
the probability that max u < t cos(theta):

    B_n(theta) = n c_n int_theta^end sin^(n-3)(x) B_(n-1)(phi(x)) dx,   cos(phi) = min(1, sqrt(n/(n-2)) cot(x))

from B_3(theta) = 1 - 3 theta / pi. B_n is analytic except where r coordinates can be equal and largest,
cos(theta_r) = sqrt((n-r) / (r (n-1))), where half-integer powers occur. So each piece is a Chebyshev series in a
variable that is quadratic at both ends, and the error is that of rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial import chebyshev

from synthmix.weights.special import FloatArray, log_gamma

_ORDER = 36


@dataclass(frozen=True, eq=False)
class Pieces:
    """A function on [breaks[0], breaks[-1]], one Chebyshev series between two breaks; constant outside."""

    breaks: FloatArray
    series: FloatArray

    def __call__(self, x: FloatArray) -> FloatArray:
        """Return the values at `x`, any shape."""
        inside = np.clip(x, self.breaks[0], self.breaks[-1])
        piece = np.clip(np.searchsorted(self.breaks, inside, side="right") - 1, 0, self.breaks.size - 2)
        lo, hi = self.breaks[piece], self.breaks[piece + 1]
        # x = lo + (hi - lo) sin^2(angle / 2), and the series is in -cos(angle) of twice the half angle's range.
        s = np.arcsin(np.sqrt(np.clip((inside - lo) / (hi - lo), 0.0, 1.0))) * (4.0 / np.pi) - 1.0
        basis = np.cos(np.arange(self.series.shape[1]) * np.arccos(np.clip(s, -1.0, 1.0))[..., None])
        return np.asarray(np.sum(self.series[piece] * basis, axis=-1))


def piece_nodes(breaks: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return nodes x, shape (pieces, order), and dx/ds for the variable s in [-1, 1] of each piece."""
    s = np.cos(np.pi * (np.arange(_ORDER) + 0.5) / _ORDER)
    angle = 0.25 * np.pi * (s + 1.0)
    step = np.diff(breaks)[:, None]
    return breaks[:-1, None] + step * np.sin(angle) ** 2, step * (0.25 * np.pi) * np.sin(2.0 * angle)


def _antiderivative(function: Callable[[FloatArray], FloatArray], breaks: FloatArray) -> FloatArray:
    """Return for each piece the series of the integral of `function` from the left end of that piece."""
    x, slope = piece_nodes(breaks)
    k = np.arange(_ORDER)
    transform = np.cos(np.outer(k, np.pi * (k + 0.5) / _ORDER)) * (2.0 / _ORDER)
    transform[0] *= 0.5
    return np.asarray(chebyshev.chebint((function(x) * slope) @ transform.T, lbnd=-1, axis=1))


def integral(function: Callable[[FloatArray], FloatArray], breaks: FloatArray) -> Pieces:
    """Return the integral of `function` from breaks[0], for a function that is analytic between the breaks."""
    series = _antiderivative(function, breaks)
    totals = series.sum(axis=1)  # every Chebyshev polynomial is 1 at the right end
    series[:, 0] += np.cumsum(totals) - totals
    return Pieces(breaks, series)


def _upper_probability(density: Callable[[FloatArray], FloatArray], breaks: FloatArray) -> Pieces:
    """Return the integral of `density` up to breaks[-1], as a share of the whole.

    Sums start at the end where the values are tiny: their errors stay relative and do not grow with n.
    """
    series = -_antiderivative(density, breaks)
    totals = -series.sum(axis=1)
    series[:, 0] += np.cumsum(totals[::-1])[::-1]
    return Pieces(breaks, series / np.sum(totals))


def angles(n: int) -> FloatArray:
    """Return the angles theta_1 = 0 < ... < theta_(n-1) at which the law of the largest of n coordinates changes."""
    r = np.arange(1, n, dtype=np.float64)
    return np.arccos(np.minimum(1.0, np.sqrt((n - r) / (r * (n - 1)))))


def angle_density(n: int) -> float:
    """Return c_n, which normalises sin^(n-3) on (0, pi)."""
    return float(np.exp(log_gamma(0.5 * (n - 1)) - log_gamma(0.5 * (n - 2))) / np.sqrt(np.pi))


@lru_cache(maxsize=512)
def _all_below(n: int) -> Pieces:
    """Return B_n, the probability that all of n coordinates are below t cos(theta)."""
    if n == 3:
        return _upper_probability(np.ones_like, angles(3))
    smaller = _all_below(n - 1)

    def density(x: FloatArray) -> FloatArray:
        phi = np.arccos(np.minimum(1.0, np.sqrt(n / (n - 2.0)) / np.tan(x)))
        return np.asarray(np.sin(x) ** (n - 3) * smaller(phi))

    return _upper_probability(density, angles(n))


@lru_cache(maxsize=64)
def _excess(n: int) -> Pieces:
    """Return the integral of (1 - B_n(x)) sin(x), which is E (max u - t cos(theta))_+ / t."""
    for level in range(3, n):  # small steps fill the cache, so that the recursion stays shallow
        _all_below(level)
    below = _all_below(n)
    return integral(lambda x: (1.0 - below(x)) * np.sin(x), angles(n))


def expected_max_given_first(k: int, first: FloatArray) -> FloatArray:
    """Return E max w given w_1 for each value in `first`, k >= 3 weights with sum w = sum w^2 = 1.

    Parameters
    ----------
    k : int
        Number of weights.
    first : ndarray
        Values of w_1 in [2/k - 1, 1].

    Returns
    -------
    ndarray
        Expectations, the shape of `first`, to about 1e-12.
    """
    n = k - 1
    b = (1.0 - first) / n
    radius = np.sqrt(np.maximum(1.0 - first * first - n * b * b, 0.0))
    if n == 2:
        return np.asarray(np.maximum(first, b + radius * np.sqrt(0.5)))
    reach = radius * np.sqrt(1.0 - 1.0 / n)
    lowest = b + reach / (n - 1.0)  # the largest of the others is never below this
    own = np.maximum(first, lowest)
    cosine = np.divide(own - b, reach, out=np.ones_like(own), where=reach > own - b)
    return np.asarray(own + reach * _excess(n)(np.arccos(np.minimum(cosine, 1.0))))


def certainly_largest(k: int) -> float:
    """Return the value above which the weight of the first parent is the largest in every draw.

    Two weights t and k-2 equal ones lie on the sphere when 2 k t^2 - 4 t + 3 - k = 0.
    """
    return float((2.0 + np.sqrt(4.0 + 2.0 * k * (k - 3.0))) / (2.0 * k))
