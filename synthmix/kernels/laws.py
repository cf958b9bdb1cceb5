"""Draw the weights of one row from a law given as data."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import kernel, spliced
from synthmix.kernels.philox import WEIGHTS, bounded, normal_pair, uniform
from synthmix.kernels.records import GUIDE, HYBRID, ROWS, STICK, TWO_POINT, LawArrays

_CHOICE = np.uint64(0x7FFFFFFF)  # draw number of the hybrid's choice; the deviates of its parts start at 0
_TWO_PI = 2.0 * math.pi


@spliced
def quantile(
    u: NDArray[np.float64],
    q: NDArray[np.float64],
    guide: NDArray[np.int32],
    offsets: NDArray[np.int64],
    table: int,
    at: float,
) -> float:
    """Return the piecewise linear quantile function of `table` at a point of [0, 1).

    The guide entry is the last knot at or below the left edge of the guide cell, so the search that follows
    takes one step on average, however the knots crowd.
    """
    i = np.int64(guide[table * GUIDE + np.int64(at * GUIDE)])
    last = offsets[table + 1] - 2
    while i < last and u[i + 1] <= at:
        i += 1
    width = u[i + 1] - u[i]
    value: float = q[i]
    if width > 0.0:
        value += (at - u[i]) / width * (q[i + 1] - q[i])
    return value


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
def _two_point(
    w: NDArray[np.float64],
    u: NDArray[np.float64],
    q: NDArray[np.float64],
    guide: NDArray[np.int32],
    offsets: NDArray[np.int64],
    seed: np.uint64,
    start: int,
) -> None:
    for i in range(w.shape[0]):
        share = quantile(u, q, guide, offsets, 0, uniform(seed, np.uint64(start + i), WEIGHTS, np.uint64(0)))
        w[i, 0] = share
        w[i, 1] = 1.0 - share


@kernel
def _stick(
    w: NDArray[np.float64],
    u: NDArray[np.float64],
    q: NDArray[np.float64],
    guide: NDArray[np.int32],
    offsets: NDArray[np.int64],
    seed: np.uint64,
    start: int,
) -> None:
    k = w.shape[1]
    for i in range(w.shape[0]):
        rest = 1.0
        for j in range(k - 1):
            at = uniform(seed, np.uint64(start + i), WEIGHTS, np.uint64(j))
            share = quantile(u, q, guide, offsets, j, at)
            w[i, j] = rest * share
            rest *= 1.0 - share
        w[i, k - 1] = rest


@kernel
def weights_of_rows(law: LawArrays, seed: np.uint64, start: int, out: NDArray[np.float64]) -> None:
    """Fill `out` (m, k) with the weights of rows ``start, start + 1, ...``.

    Group rotation is not a law of single rows and has no meaning here.
    """
    k = law.k
    w = out[:, :k]
    if law.code == TWO_POINT:
        _two_point(w, law.u, law.q, law.guide, law.offsets, seed, start)
    elif law.code == STICK:
        _stick(w, law.u, law.q, law.guide, law.offsets, seed, start)
    elif law.code == HYBRID:
        _sphere(w, k, law.params[1], seed, start)
        for i in range(out.shape[0]):
            if uniform(seed, np.uint64(start + i), WEIGHTS, _CHOICE) < law.params[0]:
                w[i, 2:] = 0.0
                _two_point(w[i : i + 1], law.u, law.q, law.guide, law.offsets, seed, start + i)
    elif law.code == ROWS:
        for i in range(out.shape[0]):
            row = bounded(seed, np.uint64(start + i), WEIGHTS, np.uint64(0), np.uint64(law.rows.shape[0]))
            for j in range(k):
                w[i, j] = law.rows[np.int64(row), j]
    else:
        _sphere(w, k, law.params[0], seed, start)
