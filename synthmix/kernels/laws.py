"""Draw the weights of one row from a law given as data."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import kernel
from synthmix.kernels.philox import WEIGHTS, bounded, fill_uniform, normal_pair, uniform
from synthmix.kernels.records import GUIDE, HYBRID, ROWS, STICK, TWO_POINT, LawArrays

_CHOICE = np.uint64(0x7FFFFFFF)  # draw number of the hybrid's choice; the deviates of its parts start at 0
_TWO_PI = 2.0 * math.pi


@kernel
def look_up(
    at: NDArray[np.float64],
    u: NDArray[np.float64],
    q: NDArray[np.float64],
    guide: NDArray[np.int32],
    last: int,
) -> None:
    """Replace each point of [0, 1) in `at` by the piecewise linear quantile function through knots (u, q).

    The guide entry is the last knot at or below the left edge of the guide cell, so the search that follows takes
    one step on average, however the knots crowd; `last` is the first knot of the last segment.
    """
    for i in range(at.size):
        x = at[i]
        j = np.int64(guide[np.int64(x * GUIDE)])
        while j < last and u[j + 1] <= x:
            j += 1
        width = u[j + 1] - u[j]
        value = q[j]
        if width > 0.0:
            value += (x - u[j]) / width * (q[j + 1] - q[j])
        at[i] = value


@kernel
def _unit_vectors(w: NDArray[np.float64], first: int, k: int, seed: np.uint64, start: int) -> None:
    """Fill ``w[i, first:k]`` with uniform unit vectors that are orthogonal to the ones."""
    m = k - first
    for i in range(w.shape[0]):
        unit = np.uint64(start + i)
        if m == 2:
            w[i, first] = math.sqrt(0.5) if uniform(seed, unit, WEIGHTS, np.uint64(0)) < 0.5 else -math.sqrt(0.5)
            w[i, first + 1] = -w[i, first]
        elif m == 3:
            angle = _TWO_PI * uniform(seed, unit, WEIGHTS, np.uint64(0))
            for j in range(3):
                w[i, first + j] = math.sqrt(2.0 / 3.0) * math.cos(angle + j * _TWO_PI / 3.0)
        else:
            for j in range(0, m, 2):
                a, b = normal_pair(seed, unit, WEIGHTS, np.uint64(j))
                w[i, first + j] = a
                if j + 1 < m:
                    w[i, first + j + 1] = b
            for _ in range(2):  # the second round removes the rounding error of the first
                mean = 0.0
                for j in range(first, k):
                    mean += w[i, j]
                mean /= m
                norm = 0.0
                for j in range(first, k):
                    w[i, j] -= mean
                    norm += w[i, j] * w[i, j]
                norm = math.sqrt(norm)
                for j in range(first, k):
                    w[i, j] /= norm


@kernel
def _sphere(w: NDArray[np.float64], k: int, top: float, seed: np.uint64, start: int) -> None:
    """Weights with sum 1 and sum of squares 1; the first equals `top` unless that is NaN."""
    first = 0
    centre = 1.0 / k
    radius = math.sqrt(1.0 - 1.0 / k)
    if not math.isnan(top):
        first = 1
        centre = (1.0 - top) / (k - 1)
        radius = math.sqrt(max(1.0 - top * top - (k - 1) * centre * centre, 0.0))
    _unit_vectors(w, first, k, seed, start)
    for i in range(w.shape[0]):
        if first == 1:
            w[i, 0] = top
        for j in range(first, k):
            w[i, j] = centre + radius * w[i, j]


@kernel
def _shares(law: LawArrays, table: int, seed: np.uint64, start: int, out: NDArray[np.float64]) -> None:
    """Fill `out` with draws of one quantile table, draw number `table`."""
    fill_uniform(seed, start, WEIGHTS, np.uint64(table), out)
    guide = law.guide[table * GUIDE : (table + 1) * GUIDE]
    look_up(out, law.u, law.q, guide, law.offsets[table + 1] - 2)


@kernel
def _two_point(w: NDArray[np.float64], law: LawArrays, seed: np.uint64, start: int) -> None:
    share = np.empty(w.shape[0])
    _shares(law, 0, seed, start, share)
    for i in range(w.shape[0]):
        w[i, 0] = share[i]
        w[i, 1] = 1.0 - share[i]


@kernel
def _stick(w: NDArray[np.float64], law: LawArrays, seed: np.uint64, start: int) -> None:
    """Break a stick: parent j takes a share of what the parents before it left."""
    m, k = w.shape
    share, rest = np.empty(m), np.ones(m)
    for j in range(k - 1):
        _shares(law, j, seed, start, share)
        for i in range(m):
            w[i, j] = rest[i] * share[i]
            rest[i] *= 1.0 - share[i]
    for i in range(m):
        w[i, k - 1] = rest[i]


@kernel
def weights_of_rows(law: LawArrays, seed: np.uint64, start: int, out: NDArray[np.float64]) -> None:
    """Fill `out` (m, k) with the weights of rows ``start, start + 1, ...``.

    Group rotation is not a law of single rows and has no meaning here.
    """
    k = law.k
    if law.code == TWO_POINT:
        _two_point(out, law, seed, start)
    elif law.code == STICK:
        _stick(out, law, seed, start)
    elif law.code == HYBRID:
        _sphere(out, k, law.params[1], seed, start)
        for i in range(out.shape[0]):
            if uniform(seed, np.uint64(start + i), WEIGHTS, _CHOICE) < law.params[0]:
                out[i, 2:] = 0.0
                _two_point(out[i : i + 1], law, seed, start + i)
    elif law.code == ROWS:
        for i in range(out.shape[0]):
            row = bounded(seed, np.uint64(start + i), WEIGHTS, np.uint64(0), np.uint64(law.rows.shape[0]))
            for j in range(k):
                out[i, j] = law.rows[np.int64(row), j]
    else:
        _sphere(out, k, law.params[0], seed, start)
