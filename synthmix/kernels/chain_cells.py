"""One column of a block of rows of a chain: parents from leaves, their mixture, and its place among the real values.

`leaf` (m,) is the leaf of each row, `origins` (m,) the kept row that it began as.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import at, kernel
from synthmix.kernels.nodes import ABREAST
from synthmix.kernels.partners import settle


class Leaves(NamedTuple):
    """The rows of the leaves of a column's trees."""

    low: NDArray[np.int32]  # (nodes,): the node's rows are those from low to high of the order
    high: NDArray[np.int32]
    free: NDArray[np.int32]  # (nodes,): how many of them, the first ones, can be mixed
    order: NDArray[np.int32]
    place: NDArray[np.int32]  # (trees, n): where each source row stands in the order, -1 for nowhere


@kernel
def draw_parents(
    leaves: Leaves,
    trees: NDArray[np.int64],
    leaf: NDArray[np.int64],
    origins: NDArray[np.int64],
    seed: np.uint64,
    first: int,
    words: NDArray[np.uint32],
    parents: NDArray[np.int64],
    copied: NDArray[np.bool_],
) -> None:
    """Fill `parents` (k, m), the first from the whole leaf, others from its free rows, and whether it is not free.

    The origin is no parent where there is another row. Parent j is drawn by word j, from the third one on by j + 2.
    """
    low, order, place = leaves.low, leaves.order, leaves.place
    for i in range(leaf.size):
        node = at(leaf[i])
        begin, free = int(low[node]), int(leaves.free[node])
        own = place[trees[i], origins[i]] - begin
        chosen = 0
        for j in range(parents.shape[0]):
            rows = leaves.high[node] - begin if j == 0 else free
            without = 1 if own >= 0 and own < rows and rows > 1 else 0
            word = np.uint64(words[j if j < 2 else j + 2, i])
            drawn = settle(word, np.uint64(max(rows - without, 1)), seed, first + i, j)
            drawn += 1 if without == 1 and drawn >= own else 0
            if j == 0:
                chosen, copied[i] = drawn, drawn >= free
            drawn = chosen if copied[i] else drawn
            parents[j, i] = order[at(begin + drawn)]


@kernel
def mix_parents(
    values: NDArray[np.float64], parents: NDArray[np.int64], weights: NDArray[np.float64], mixed: NDArray[np.float64]
) -> None:
    """Fill `mixed` (m,) with the mixtures of ``values[parents]``, about the parent of the largest weight."""
    for i in range(mixed.size):
        most = 0
        for j in range(1, weights.shape[0]):
            most = j if weights[j, i] > weights[most, i] else most
        base = values[at(parents[most, i])]
        value = base
        for j in range(weights.shape[0]):
            value += weights[j, i] * (values[at(parents[j, i])] - base)
        mixed[i] = value


@kernel
def number_places(
    edges: NDArray[np.float64],
    values: NDArray[np.float64],
    missing: NDArray[np.bool_],
    column: int,
    codes: NDArray[np.int32],
) -> None:
    """Write to ``codes[:, column]`` 1 + how many of the sorted `edges` lie below each value, 0 for missing.

    Several searches halve together: every one takes as many steps, and while one waits for memory others go on.
    """
    below = np.empty(ABREAST, np.int64)
    for first in range(0, values.size, ABREAST):
        last, left = min(first + ABREAST, values.size), edges.size
        below[:] = 0
        while left > 1:
            half = left >> 1
            for i in range(first, last):
                own = below[i - first]
                below[i - first] = own + half * np.int64(edges[at(own + half - 1)] < values[i])  # no branch to guess
            left -= half
        for i in range(first, last):
            own = below[i - first]
            own += np.int64(edges[at(own)] < values[i]) if left == 1 else 0
            codes[i, column] = 0 if missing[i] else 1 + own
