"""Draw weights for a block of rows from a law given as data."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import at, kernel
from synthmix.kernels.directions import batch_words, fill_directions, lift
from synthmix.kernels.philox import WEIGHTS, bounded, to_unit
from synthmix.kernels.records import BATCH, GUIDE


@kernel
def shares(
    high: NDArray[np.uint32],
    low: NDArray[np.uint32],
    u: NDArray[np.float64],
    q: NDArray[np.float64],
    guide: NDArray[np.int32],
    last: int,
    out: NDArray[np.float64],
) -> None:
    """Fill `out` with draws of one law on the line, from two words each.

    The quantile function is piecewise linear through knots (u, q). The guide entry is the last knot at or below the
    left edge of the guide cell. Nearly all cells hold one knot at most, which a step without a branch takes into
    account; a search follows for the few where knots crowd. `last` is the first knot of the last segment. Steps are
    loops of their own, so that those without a branch take several draws at once.
    """
    for i in range(out.size):
        out[i] = to_unit(np.uint64(high[i]), np.uint64(low[i]))
    if u[last] == 0.0 and q[last] == 0.0 and q[last + 1] == 1.0:
        return  # one segment: the uniform law itself
    knot = np.empty(out.size, np.int64)
    for i in range(out.size):
        knot[i] = guide[at(int(out[i] * GUIDE))]
        knot[i] += 1 if u[at(knot[i] + 1)] <= out[i] else 0
    for i in range(out.size):
        while knot[i] < last and u[at(knot[i] + 1)] <= out[i]:
            knot[i] += 1
    for i in range(out.size):  # u[j] <= x < u[j + 1]: no width is zero
        j, k = at(knot[i]), at(knot[i] + 1)
        out[i] = q[j] + (out[i] - u[j]) / (u[k] - u[j]) * (q[k] - q[j])


@kernel
def sphere_weights(seed: np.uint64, first: int, top: float, weights: NDArray[np.float64]) -> None:
    """Fill `weights` (k, m) so that each sum and sum of squares is 1; the first equals `top` unless that is NaN."""
    k, m = weights.shape
    fixed = 0 if math.isnan(top) else 1
    s = k - fixed - 1  # dimensions in which the other weights vary with their sum fixed
    centre, radius = 1.0 / k, math.sqrt(1.0 - 1.0 / k)
    if fixed == 1:
        centre = (1.0 - top) / (k - 1)
        radius = math.sqrt(max(1.0 - top * top - (k - 1) * centre * centre, 0.0))
    blocks = (s + s % 2 + 3) // 4
    units, words = np.empty(BATCH, np.int64), np.empty(4 * BATCH * blocks, np.uint32)
    x, y, tail = np.empty(BATCH * (s + 2)), np.empty(BATCH * (s + 1)), np.empty(BATCH)
    for low in range(0, m, BATCH):
        for g in range(BATCH):
            units[g] = first + low + g
        batch_words(seed, units, 0, WEIGHTS, blocks, words)
        fill_directions(words, 0, s, x)
        lift(x, 0, BATCH, s, y, 0, BATCH, tail)
        for j in range(s + 1):
            for g in range(min(BATCH, m - low)):
                weights[fixed + j, low + g] = centre + radius * y[BATCH * j + g]
    if fixed == 1:
        for i in range(m):
            weights[0, i] = top


@kernel
def pick_rows(seed: np.uint64, first: int, rows: NDArray[np.float64], weights: NDArray[np.float64]) -> None:
    """Fill `weights` (k, m) with rows of the table `rows` (r, k), each equally likely."""
    for i in range(weights.shape[1]):
        unit, n = np.uint64(first + i), np.uint64(rows.shape[0])
        row = np.int64(bounded(seed, unit, WEIGHTS, np.uint64(0), n))
        for j in range(weights.shape[0]):
            weights[j, i] = rows[row, j]
