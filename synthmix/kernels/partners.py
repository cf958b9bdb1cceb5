"""Which places of its cell a synthetic row is mixed from, scheme by scheme, for a block of rows.

`parents` (k, m) receives places in cells; `size` and `place` (m,) say how large each row's cell is and where the row's
own source row stands in it; `words` (4 blocks, m) are the row's random words, of which words 0 and 1 belong to the
first two parents, and those from 4 on to later ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel
from synthmix.kernels.philox import ROW, bounded

_MASK = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_ONE = np.uint64(1)
_AGAIN = 0x40000000  # draw numbers of words that were rejected


@inlined
def settle(word: np.uint64, n: np.uint64, seed: np.uint64, row: int, number: int) -> int:
    """Return an unbiased integer in [0, n): from `word`, unless that is one of those which would favour some."""
    product = word * n
    low = product & _MASK
    if low >= n or low >= ((_ONE << _HALF) - n) % n:
        return np.int64(product >> _HALF)  # type: ignore[return-value]  # Numba integers stand for Python ones
    return np.int64(bounded(seed, np.uint64(row), ROW, np.uint64(number + _AGAIN), n))  # type: ignore[return-value]


@kernel
def draw_places(
    seed: np.uint64,
    first: int,
    number: int,
    words: NDArray[np.uint32],
    size: NDArray[np.int64],
    without: int,
    drawn: NDArray[np.int64],
) -> None:
    """Fill `drawn` with uniform integers in [0, size - without), 0 where there are none, from one word for each row.

    A loop without branches takes several rows at once; a second one settles the few in a billion that are in doubt.
    """
    doubtful = 0
    for i in range(drawn.size):
        n = np.uint64(max(size[i] - without, 1))
        product = np.uint64(words[i]) * n
        drawn[i] = np.int64(product >> _HALF)
        doubtful += 1 if (product & _MASK) < n else 0
    if doubtful > 0:
        for i in range(drawn.size):
            n = np.uint64(max(size[i] - without, 1))
            drawn[i] = settle(np.uint64(words[i]), n, seed, first + i, number)


@kernel
def step_over(size: NDArray[np.int64], taken: NDArray[np.int64], drawn: NDArray[np.int64]) -> None:
    """Turn draws among the other places into places: those from the taken one on move up by one.

    A cell of one row has no other place; its row is copied, whatever stands here.
    """
    for i in range(drawn.size):
        moved = drawn[i] + (1 if drawn[i] >= taken[i] else 0)
        drawn[i] = min(moved, size[i] - 1)


@kernel
def draw_later(seed: np.uint64, first: int, j: int, size: NDArray[np.int64], parents: NDArray[np.int64]) -> None:
    """Draw parent j until it differs from those before it; attempt t has draw number j + 2**16 t."""
    for i in range(size.size):
        number = np.uint64(j)
        fresh = size[i] <= j
        parents[j, i] = 0
        while not fresh:
            drawn = np.int64(bounded(seed, np.uint64(first + i), ROW, number, np.uint64(size[i])))
            number += np.uint64(0x10000)
            parents[j, i] = drawn
            fresh = True
            for other in range(j):
                if parents[other, i] == drawn:
                    fresh = False


@kernel
def run_along(
    shifts: NDArray[np.int64],
    cell: NDArray[np.int64],
    size: NDArray[np.int64],
    place: NDArray[np.int64],
    parents: NDArray[np.int64],
) -> None:
    """Fill `parents` with the row's own place and those at the distances of its cell."""
    for j in range(parents.shape[0]):
        for i in range(place.size):
            moved = place[i] + shifts[cell[i], j]
            parents[j, i] = moved - size[i] if moved >= size[i] else moved


@kernel
def to_rows(
    order: NDArray[np.int64], starts: NDArray[np.int64], cell: NDArray[np.int64], parents: NDArray[np.int64]
) -> None:
    """Replace places in cells by the source rows that stand there."""
    for j in range(parents.shape[0]):
        for i in range(cell.size):
            parents[j, i] = order[starts[cell[i]] + parents[j, i]]
