"""Distances between two empirical distribution functions, from one walk along two sorted columns."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel

_ROOT_2_OVER_PI = math.sqrt(2.0 / math.pi)
_ROOT_HALF = math.sqrt(0.5)
_BIASES = 8192  # points at which the bias is evaluated in long columns, where F and G change little in between
_FAR = 8.0  # standard deviations from which |N(d, s^2)| has mean |d| to the last bit


@inlined
def _folded_bias(difference: float, deviation: float) -> float:
    """Return ``E|N(difference, deviation^2)| - |difference|``."""
    size = abs(difference)
    if size >= _FAR * deviation:
        return 0.0
    z = size / deviation
    return deviation * (_ROOT_2_OVER_PI * math.exp(-0.5 * z * z) - z * math.erfc(z * _ROOT_HALF))


@kernel
def area_between(
    x: NDArray[np.float64], y: NDArray[np.float64], noise_x: float, noise_y: float, out: NDArray[np.float64]
) -> None:
    """Fill `out` (6,) from the sorted columns x (n,) and y (m,), with F and G their distribution functions.

    out[0] = int |F - G|, out[1] = int (F - G)^2, out[2] = int sqrt(F (1 - F)). out[3] is what sampling noise of
    variance ``F (1 - F) noise_x + G (1 - G) noise_y`` adds to the mean of out[0] where F - G is as observed. out[4] and
    out[5] are the variances over the rows of x and of y of ``h(t) = int_{-inf}^t sign(F - G)``, the influence of a row
    on out[0].
    """
    n, m = x.size, y.size
    i, j = 0, 0
    out[:] = 0.0
    h, mean_x, mean_y = 0.0, 0.0, 0.0
    every = (n + m) // _BIASES + 1
    due, width = every, 0.0
    before = min(x[0], y[0])
    while i < n or j < m:
        value = y[j] if i == n or (j < m and y[j] < x[i]) else x[i]
        gap = value - before
        if gap > 0.0:
            f, g = i / n, j / m
            out[0] += abs(f - g) * gap
            out[1] += (f - g) * (f - g) * gap
            out[2] += math.sqrt(f * (1.0 - f)) * gap
            width += gap
            if i + j >= due or i + j == n + m - 1:
                deviation = math.sqrt(f * (1.0 - f) * noise_x + g * (1.0 - g) * noise_y)
                out[3] += _folded_bias(f - g, deviation) * width
                due, width = i + j + every, 0.0
            if i * m > j * n:
                h += gap
            elif i * m < j * n:
                h -= gap
            before = value
        while i < n and x[i] == value:
            i += 1
            step = h - mean_x
            mean_x += step / i
            out[4] += step * (h - mean_x)
        while j < m and y[j] == value:
            j += 1
            step = h - mean_y
            mean_y += step / j
            out[5] += step * (h - mean_y)
    out[4] /= n
    out[5] /= m


@kernel
def level_counts(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    counts_x: NDArray[np.int64],
    counts_y: NDArray[np.int64],
    values: NDArray[np.float64],
) -> int:
    """Count the rows of sorted x and y at each distinct value of both; return how many values there are."""
    n, m = x.size, y.size
    i, j, level = 0, 0, 0
    while i < n or j < m:
        value = y[j] if i == n or (j < m and y[j] < x[i]) else x[i]
        start_i, start_j = i, j
        while i < n and x[i] == value:
            i += 1
        while j < m and y[j] == value:
            j += 1
        counts_x[level] = i - start_i
        counts_y[level] = j - start_j
        values[level] = value
        level += 1
    return level


@kernel
def largest_step(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[int, float, int]:
    """Return ``n m sup|F - G|`` as an exact integer, where it is, and how many rows repeat an earlier value."""
    n, m = x.size, y.size
    i, j, best, levels = 0, 0, 0, 0
    where = min(x[0], y[0])
    while i < n or j < m:
        value = y[j] if i == n or (j < m and y[j] < x[i]) else x[i]
        while i < n and x[i] == value:
            i += 1
        while j < m and y[j] == value:
            j += 1
        levels += 1
        size = abs(i * m - j * n)
        if size > best:
            best = size
            where = value
    return best, where, n + m - levels
