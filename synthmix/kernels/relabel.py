"""Many labellings at once: random subsets, bootstrap counts, and statistics that are one pass over sorted rows.

Labellings are the columns of a matrix, so that every step of a row works on all of them side by side.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import kernel
from synthmix.kernels.philox import COUNTS, SUBSET, bounded


@kernel
def mark_subsets(seed: np.uint64, first: int, size: int, labels: NDArray[np.float32]) -> None:
    """Set 1 in `size` random rows of each column of `labels` (n, b), which holds zeros.

    Column j belongs to permutation ``first + j`` and is the beginning of a Fisher-Yates shuffle: every subset has the
    same chance, and what a permutation is does not depend on the others.
    """
    n, b = labels.shape
    order = np.empty(n, np.int64)
    for j in range(b):
        unit = np.uint64(first + j)
        for i in range(n):
            order[i] = i
        for i in range(size):
            other = i + np.int64(bounded(seed, unit, SUBSET, np.uint64(i), np.uint64(n - i)))
            chosen = order[other]
            order[other] = order[i]
            labels[chosen, j] = 1.0


@kernel
def count_draws(seed: np.uint64, first: int, size: int, counts: NDArray[np.float64]) -> None:
    """Add `size` draws with replacement from the rows to each column of `counts` (n, b)."""
    n, b = counts.shape
    for j in range(b):
        unit = np.uint64(first + j)
        for i in range(size):
            counts[np.int64(bounded(seed, unit, COUNTS, np.uint64(i), np.uint64(n))), j] += 1.0


@kernel
def add_products(labels: NDArray[np.floating], sums: NDArray[np.floating], out: NDArray[np.float64]) -> None:
    """Add ``sum_i labels[i, j] * sums[i, j]`` to ``out[j]``."""
    for i in range(labels.shape[0]):
        for j in range(labels.shape[1]):
            out[j] += labels[i, j] * sums[i, j]


@kernel
def largest_gaps(
    order: NDArray[np.int64],
    ends: NDArray[np.bool_],
    weights: NDArray[np.floating],
    other: NDArray[np.float64],
    total: float,
    out: NDArray[np.float64],
) -> None:
    """Fill `out` (b,) with the largest ``|total * A - B|`` over sorted rows, A and B cumulative sums of weights.

    `order` (n,) sorts the rows, ``ends[i]`` is False where the next row has the same value; A sums the column of
    `weights` (n, b), B sums `other` (n,). All numbers are whole, so the sums are exact.
    """
    b = weights.shape[1]
    sums = np.zeros(b)
    base = 0.0
    out[:] = 0.0
    for i in range(order.size):
        row = order[i]
        base += other[row]
        for j in range(b):
            sums[j] += weights[row, j]
        if ends[i]:
            for j in range(b):
                out[j] = max(out[j], abs(total * sums[j] - base))


@kernel
def add_counts(runs: NDArray[np.int64], labels: NDArray[np.float32], out: NDArray[np.int64]) -> None:
    """Add the labels (n, b) of the rows of each run to ``out[run]``."""
    for i in range(runs.size):
        for j in range(labels.shape[1]):
            out[runs[i], j] += np.int64(labels[i, j])


@kernel
def count_surrounded(
    index: NDArray[np.int64],
    take: NDArray[np.int64],
    size: NDArray[np.int64],
    real: NDArray[np.int64],
    out: NDArray[np.float64],
) -> None:
    """Add to `out` (b,) the expected number of real rows all of whose k nearest others are real.

    Distinct row u stands for ``size[u]`` equal rows, of which ``real[u, j]`` are real in labelling j. The k nearest
    others of each are ``take[u, t]`` rows that equal ``index[u, t]``, drawn at random from those where not all are
    taken; column 0 is u itself. With all sizes 1 these are plain counts.
    """
    b = real.shape[1]
    chance = np.empty(b)
    for u in range(index.shape[0]):
        for j in range(b):
            chance[j] = real[u, j]
        for t in range(index.shape[1]):
            v, own = index[u, t], np.int64(t == 0)
            for i in range(take[u, t]):
                for j in range(b):
                    chance[j] *= max(real[v, j] - own - i, 0) / (size[v] - own - i)
        for j in range(b):
            out[j] += chance[j]


@kernel
def count_same(
    index: NDArray[np.int64],
    take: NDArray[np.int64],
    size: NDArray[np.int64],
    real: NDArray[np.int64],
    out: NDArray[np.float64],
) -> None:
    """Add to `out` (b,) the expected number of pairs of a row and one of its k nearest others with one label.

    Arguments as of :func:`count_surrounded`.
    """
    for u in range(index.shape[0]):
        for t in range(index.shape[1]):
            v, own = index[u, t], np.int64(t == 0)
            if take[u, t] == 0:
                continue
            share = float(take[u, t]) / (size[v] - own)
            for j in range(real.shape[1]):
                mine, theirs = real[u, j], real[v, j]
                other, others = size[u] - mine, size[v] - theirs
                out[j] += share * (mine * max(theirs - own, 0) + other * max(others - own, 0))


@kernel
def gap_areas(
    order: NDArray[np.int64],
    widths: NDArray[np.float64],
    labels: NDArray[np.float32],
    labelled: float,
    out: NDArray[np.float64],
) -> None:
    """Fill `out` (b,) with the sum of ``|n A_i - i labelled| * widths[i]`` over sorted rows, A_i labels up to row i.

    Divided by ``labelled * (n - labelled)`` that is the area between two distribution functions, the Wasserstein-1
    distance of labelled to other rows; ``widths[i]`` is the step from the i-th to the next value.
    """
    n, b = labels.shape
    sums = np.zeros(b)
    out[:] = 0.0
    for i in range(n):
        row = order[i]
        for j in range(b):
            sums[j] += labels[row, j]
            out[j] += abs(n * sums[j] - (i + 1) * labelled) * widths[i]
