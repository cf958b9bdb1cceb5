"""How the rows of a cell meet without a draw for each row: streams that run side by side at random distances.

Places in a cell are in random order already, and stay so from pass to pass. What changes is the distance at which
streams of places run: for the cyclic scheme parent j of a row stands ``shifts[c, j]`` places further on the circle of
its cell; for groups the circle is turned by ``shifts[c, 0]`` and cut into as many equal streams as a group has
members, and stream i is turned by ``shifts[c, i]``. So every stream is read in the order of memory.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import kernel, spliced
from synthmix.kernels.philox import ARRANGE, bounded


@spliced
def groups_of(size: int, group_size: int) -> int:
    """Return the number of groups of a cell: groups have `group_size` rows, or more where that does not divide."""
    return max(1, size // group_size)


@kernel
def draw_distances(seed: np.uint64, first_row: int, starts: NDArray[np.int64], shifts: NDArray[np.int64]) -> None:
    """Fill `shifts` (cells, k) for the cyclic scheme: 0, then different distances, for cells of at least k rows."""
    for c in range(shifts.shape[0]):
        unit, size = np.uint64(first_row + starts[c]), starts[c + 1] - starts[c]
        shifts[c, :] = 0
        if size < shifts.shape[1]:
            continue
        for j in range(1, shifts.shape[1]):
            number = np.uint64(j)
            fresh = False
            while not fresh:
                shifts[c, j] = 1 + np.int64(bounded(seed, unit, ARRANGE, number, np.uint64(size - 1)))
                number += np.uint64(0x10000)
                fresh = True
                for other in range(1, j):
                    if shifts[c, other] == shifts[c, j]:
                        fresh = False


@kernel
def draw_turns(
    seed: np.uint64, first_row: int, starts: NDArray[np.int64], group_size: int, shifts: NDArray[np.int64]
) -> None:
    """Fill `shifts` (cells, streams) for groups: a turn of the whole circle, then one of each stream but the first."""
    for c in range(shifts.shape[0]):
        unit, size = np.uint64(first_row + starts[c]), starts[c + 1] - starts[c]
        groups = groups_of(size, group_size)
        whole, extra = size // groups, size % groups
        shifts[c, :] = 0
        shifts[c, 0] = np.int64(bounded(seed, unit, ARRANGE, np.uint64(0), np.uint64(max(size, 1))))
        for i in range(1, whole):
            shifts[c, i] = np.int64(bounded(seed, unit, ARRANGE, np.uint64(i), np.uint64(groups)))
        if extra > 0:
            shifts[c, whole] = np.int64(bounded(seed, unit, ARRANGE, np.uint64(whole), np.uint64(extra)))
