"""Mix the parents of a block of rows, row after row in the order in which they are written."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import at, inlined, kernel
from synthmix.kernels.intrinsics import blend_row, blend_row_past, combine_row, prefetch_later, prefetch_row

AHEAD = 16  # rows whose parents are asked for before they are needed
SOON = 512  # rows ahead that parents which run through memory are asked for as well, where the source is large
CACHED = 2**23  # bytes of a source that is not: its rows are at hand without that


@inlined
def _inside(row: int, n: int) -> int:
    """Return the row that a row of the circle of n rows is; the last one for those beyond a second turn."""
    return min(row - n if row >= n else row, n - 1)


@kernel
def larger_first(source: NDArray[np.float64], parents: NDArray[np.int64], weights: NDArray[np.float64]) -> None:
    """Swap parents and weights in place where the second weight is the larger one; plans are flat, of (2, m).

    As a loop of its own this takes several rows at once. The parents of the plan's first rows are asked for.
    """
    m = parents.size // 2
    for i in range(min(AHEAD, m)):
        prefetch_row(source, parents[at(i)])
        prefetch_row(source, parents[at(m + i)])
    for i in range(m):
        x, y, v, w = parents[i], parents[m + i], weights[i], weights[m + i]
        parents[i] = x if v >= w else y
        parents[m + i] = y if v >= w else x
        weights[i], weights[m + i] = max(v, w), min(v, w)


@kernel
def mix_pairs(
    source: NDArray[np.float64],
    parents: NDArray[np.int64],
    weights: NDArray[np.float64],
    soon: NDArray[np.int64],
    past: bool,
    out: NDArray[np.float64],
) -> None:
    """Write ``x + w (y - x)`` for each row, x the first parent and w the second weight; plans are flat, of (2, m).

    The first weight must be the larger one (:func:`larger_first`): only then a copied row is a bit-exact copy. `soon`
    holds the source rows at which parents that run through memory are SOON rows later, if the source is large; they are
    asked for in the order of memory, which the processor continues by itself. With `past` rows are written past the
    caches (:data:`synthmix.kernels.intrinsics.blend_row_past` says which rows can be): lines that are written whole
    need not be read first, and do not displace the source.
    """
    m, n = out.shape[0], source.shape[0]
    for i in range(m):
        for j in range(soon.size):
            prefetch_later(source, _inside(soon[at(j)] + i, n))
        near = min(i + AHEAD, m - 1)
        prefetch_row(source, parents[at(near)])
        prefetch_row(source, parents[at(m + near)])
        x, y, w = parents[at(i)], parents[at(m + i)], weights[at(m + i)]
        if past:
            blend_row_past(out, i, source, x, y, w)
        else:
            blend_row(out, i, source, x, y, w)


@kernel
def mix_several(
    source: NDArray[np.float64],
    parents: NDArray[np.int64],
    weights: NDArray[np.float64],
    k: int,
    soon: NDArray[np.int64],
    centred: bool,
    out: NDArray[np.float64],
) -> None:
    """Write sum_k w_k x_k for each row as ``x_b + sum_k w_k (x_k - x_b)``; plans are flat, of (k, m).

    With weights that sum to one this is the same number, but a copied row is a bit-exact copy, equal values stay equal,
    and an offset common to the parents costs no digits. b is the parent of the largest weight, or the first of all
    where `centred` is false, as it is for groups. `soon` is that of :func:`mix_pairs`.
    """
    m, n = out.shape[0], source.shape[0]
    for i in range(m):
        for j in range(soon.size):
            prefetch_later(source, _inside(soon[at(j)] + i, n))
        near = min(i + AHEAD, m - 1)
        for j in range(k):
            prefetch_row(source, parents[at(m * j + near)])
        best = 0
        if centred:
            for j in range(1, k):
                if weights[m * j + i] > weights[m * best + i]:
                    best = j
        combine_row(out, i, source, parents, i, weights, i, m, k, best)
