"""Mix the parents of a block of rows, row after row in the order in which they are written."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel
from synthmix.kernels.intrinsics import blend_row, blend_row_past, combine_row, prefetch_row
from synthmix.kernels.windows import WINDOW

AHEAD = 16  # rows whose parents are asked for before they are needed, where these lie anywhere


@inlined
def _soon(near: int, origin: int, i: int, n: int) -> int:
    """Return the parent to ask for while row i is mixed: `near`, or the one a window ahead of `origin`.

    Parents that are the rows of one window after the other are asked for in the order of memory, which the processor
    then reads ahead by itself; `origin` is their first one, -1 for parents that lie anywhere.
    """
    ahead = origin + i + WINDOW
    ahead = min(ahead - n if ahead >= n else ahead, n - 1)
    return near if origin < 0 else ahead


@kernel
def mix_pairs(
    source: NDArray[np.float64],
    parents: NDArray[np.int64],
    weights: NDArray[np.float64],
    origins: NDArray[np.int64],
    past: bool,
    out: NDArray[np.float64],
) -> None:
    """Write ``x + w (y - x)`` for each row, x the parent of the larger weight; plans are flat, of (2, m).

    With `past` rows are written past the caches (:data:`synthmix.kernels.intrinsics.blend_row_past` says which rows can
    be): lines that are written whole need not be read first, and do not displace the source.
    """
    m, n = out.shape[0], source.shape[0]
    for i in range(m):
        near = min(i + AHEAD, m - 1)
        prefetch_row(source, _soon(parents[near], origins[0], i, n))
        prefetch_row(source, _soon(parents[m + near], origins[1], i, n))
        # Three choices that become moves, not a branch: half of the guesses at a branch would be wrong.
        first = weights[i] >= weights[m + i]
        base = parents[i] if first else parents[m + i]
        other = parents[m + i] if first else parents[i]
        weight = weights[m + i] if first else weights[i]
        if past:
            blend_row_past(out, i, source, base, other, weight)
        else:
            blend_row(out, i, source, base, other, weight)


@kernel
def mix_several(
    source: NDArray[np.float64],
    parents: NDArray[np.int64],
    weights: NDArray[np.float64],
    origins: NDArray[np.int64],
    centred: bool,
    out: NDArray[np.float64],
) -> None:
    """Write sum_k w_k x_k for each row as ``x_b + sum_k w_k (x_k - x_b)``; plans are flat, of (k, m).

    With weights that sum to one this is the same number, but a copied row is a bit-exact copy, equal values stay equal,
    and an offset common to the parents costs no digits. b is the parent of the largest weight, or the first of all
    where `centred` is false, as it is for groups.
    """
    m, k, n = out.shape[0], origins.size, source.shape[0]
    for i in range(m):
        near = min(i + AHEAD, m - 1)
        for j in range(k):
            prefetch_row(source, _soon(parents[m * j + near], origins[j], i, n))
        best = 0
        if centred:
            for j in range(1, k):
                if weights[m * j + i] > weights[m * best + i]:
                    best = j
        combine_row(out, i, source, parents, i, weights, i, m, k, best)
