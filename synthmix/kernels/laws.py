"""Draw the weights of one row from a law given as data."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel
from synthmix.kernels.philox import WEIGHTS, bounded, normal_pair, uniform
from synthmix.kernels.records import GUIDE, HYBRID, ROWS, STICK, TWO_POINT, LawArrays

_CHOICE = np.uint64(0x7FFFFFFF)  # draw number of the hybrid's choice; the deviates of its parts start at 0
_TWO_PI = 2.0 * math.pi


@inlined
def quantile(law: LawArrays, table: int, u: float) -> float:
    """Return the piecewise linear quantile function of `table` at u in [0, 1).

    The guide entry is the last knot at or below the left edge of the guide cell, so the search that follows
    takes one step on average, however the knots crowd.
    """
    i = np.int64(law.guide[table * GUIDE + np.int64(u * GUIDE)])
    last = law.offsets[table + 1] - 2
    while i < last and law.u[i + 1] <= u:
        i += 1
    width = law.u[i + 1] - law.u[i]
    value: float = law.q[i]
    if width > 0.0:
        value += (u - law.u[i]) / width * (law.q[i + 1] - law.q[i])
    return value


@inlined
def _unit_vector(w: NDArray[np.float64], first: int, k: int, seed: np.uint64, unit: np.uint64) -> None:
    """Fill ``w[first:k]`` with a uniform unit vector that is orthogonal to the ones."""
    m = k - first
    if m == 2:
        sign = 1.0 if uniform(seed, unit, WEIGHTS, np.uint64(0)) < 0.5 else -1.0
        w[first] = sign * math.sqrt(0.5)
        w[first + 1] = -w[first]
        return
    if m == 3:
        angle = _TWO_PI * uniform(seed, unit, WEIGHTS, np.uint64(0))
        for j in range(3):
            w[first + j] = math.sqrt(2.0 / 3.0) * math.cos(angle + j * _TWO_PI / 3.0)
        return
    for j in range(0, m, 2):
        a, b = normal_pair(seed, unit, WEIGHTS, np.uint64(j))
        w[first + j] = a
        if j + 1 < m:
            w[first + j + 1] = b
    for _ in range(2):  # the second round removes the rounding error of the first
        mean = 0.0
        for j in range(first, k):
            mean += w[j]
        mean /= m
        norm = 0.0
        for j in range(first, k):
            w[j] -= mean
            norm += w[j] * w[j]
        norm = math.sqrt(norm)
        for j in range(first, k):
            w[j] /= norm


@inlined
def _sphere(w: NDArray[np.float64], k: int, top: float, seed: np.uint64, unit: np.uint64) -> None:
    """Weights with sum 1 and sum of squares 1; the first equals `top` unless that is NaN."""
    first = 0
    centre = 1.0 / k
    radius = math.sqrt(1.0 - 1.0 / k)
    if not math.isnan(top):
        first = 1
        centre = (1.0 - top) / (k - 1)
        radius = math.sqrt(max(1.0 - top * top - (k - 1) * centre * centre, 0.0))
    _unit_vector(w, first, k, seed, unit)
    if first == 1:
        w[0] = top
    for j in range(first, k):
        w[j] = centre + radius * w[j]


@inlined
def draw_weights(law: LawArrays, seed: np.uint64, unit: np.uint64, w: NDArray[np.float64]) -> None:
    """Fill ``w[:law.k]`` with the weights of row `unit`; group rotation is not a law of single rows."""
    k = law.k
    if law.code == TWO_POINT:
        w[0] = quantile(law, 0, uniform(seed, unit, WEIGHTS, np.uint64(0)))
        w[1] = 1.0 - w[0]
    elif law.code == STICK:
        rest = 1.0
        for j in range(k - 1):
            share = quantile(law, j, uniform(seed, unit, WEIGHTS, np.uint64(j)))
            w[j] = rest * share
            rest *= 1.0 - share
        w[k - 1] = rest
    elif law.code == HYBRID:
        if uniform(seed, unit, WEIGHTS, _CHOICE) < law.params[0]:
            for j in range(2, k):
                w[j] = 0.0
            w[0] = quantile(law, 0, uniform(seed, unit, WEIGHTS, np.uint64(0)))
            w[1] = 1.0 - w[0]
        else:
            _sphere(w, k, law.params[1], seed, unit)
    elif law.code == ROWS:
        row = np.int64(bounded(seed, unit, WEIGHTS, np.uint64(0), np.uint64(law.rows.shape[0])))
        for j in range(k):
            w[j] = law.rows[row, j]
    else:
        _sphere(w, k, law.params[0], seed, unit)


@kernel
def weights_of_rows(law: LawArrays, seed: np.uint64, start: int, out: NDArray[np.float64]) -> None:
    """Fill `out` (m, k) with the weights of rows ``start, start + 1, ...``."""
    for i in range(out.shape[0]):
        draw_weights(law, seed, np.uint64(start + i), out[i])
