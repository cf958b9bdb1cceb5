"""Moments that survive an offset: never E x^2 - (E x)^2.

A block of rows is centred at its own mean; blocks are merged by the update of Chan, Golub and LeVeque (1983) in
a fixed order, so a stream gives the same numbers whatever the number of threads.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel

BLOCK = 256  # rows of a block; part of the definition of the last bits, not of the result


@inlined
def _merge(
    n: float,
    mean: NDArray[np.float64],
    comoment: NDArray[np.float64],
    n_more: float,
    mean_more: NDArray[np.float64],
    comoment_more: NDArray[np.float64],
    delta: NDArray[np.float64],
) -> float:
    total = n + n_more
    for a in range(mean.size):
        delta[a] = mean_more[a] - mean[a]
    for a in range(mean.size):
        for b in range(mean.size):
            comoment[a, b] += comoment_more[a, b] + delta[a] * delta[b] * (n * n_more / total)
    for a in range(mean.size):
        mean[a] += delta[a] * (n_more / total)
    return total


@kernel
def update_moments(
    rows: NDArray[np.float64], n: float, mean: NDArray[np.float64], comoment: NDArray[np.float64]
) -> float:
    """Add `rows` (m, d) to the moments of n rows, in one pass; return the new n.

    `mean` (d,) and `comoment` (d, d), the sum of products of deviations from the mean, are updated in place.
    """
    d = rows.shape[1]
    block_mean = np.empty(d)
    block_comoment = np.empty((d, d))
    deviation = np.empty(d)
    for low in range(0, rows.shape[0], BLOCK):
        high = min(low + BLOCK, rows.shape[0])
        for a in range(d):
            total = 0.0
            for i in range(low, high):
                total += rows[i, a] - rows[low, a]
            block_mean[a] = rows[low, a] + total / (high - low)
        block_comoment[:] = 0.0
        for i in range(low, high):
            for a in range(d):
                deviation[a] = rows[i, a] - block_mean[a]
            for a in range(d):
                for b in range(d):
                    block_comoment[a, b] += deviation[a] * deviation[b]
        n = _merge(n, mean, comoment, float(high - low), block_mean, block_comoment, deviation)
    return n


@kernel
def merge_moments(
    n: float,
    mean: NDArray[np.float64],
    comoment: NDArray[np.float64],
    n_more: float,
    mean_more: NDArray[np.float64],
    comoment_more: NDArray[np.float64],
) -> float:
    """Merge the moments of `n_more` rows into those of `n` rows, in place; return the new number of rows."""
    if n_more == 0.0:
        return n
    return _merge(n, mean, comoment, n_more, mean_more, comoment_more, np.empty(mean.size))


@kernel
def cell_products(
    deviation: NDArray[np.float64],
    starts: NDArray[np.int64],
    diagonal: NDArray[np.float64],
    square: NDArray[np.float64],
) -> None:
    """Fill ``sum_h n_h S_aa S_bb`` and ``sum_h n_h S_ab^2`` over cells h, S the within-cell covariance.

    `deviation` (n, d) holds deviations from the cell means, rows in cell order.
    """
    d = deviation.shape[1]
    diagonal[:] = 0.0
    square[:] = 0.0
    within = np.empty((d, d))
    for h in range(starts.size - 1):
        size = float(starts[h + 1] - starts[h])
        within[:] = 0.0
        for i in range(starts[h], starts[h + 1]):
            for a in range(d):
                for b in range(d):
                    within[a, b] += deviation[i, a] * deviation[i, b]
        for a in range(d):
            for b in range(d):
                diagonal[a, b] += within[a, a] * within[b, b] / size
                square[a, b] += within[a, b] * within[a, b] / size
