"""One column of a block of rows of a chain: parents from leaves, their mixture, and its place among the real values.

`leaf` (m,) is the leaf of each row, `origins` (m,) the kept row that it began as.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import at, kernel, spliced
from synthmix.kernels.partners import settle
from synthmix.kernels.search import count_below

LOOKED_AT = 4  # rows of a leaf among which the one is taken that was parent least often
MOST_USES = 255


class Leaves(NamedTuple):
    """The rows of the leaves of a column's trees."""

    low: NDArray[np.int32]  # (nodes,): the node's rows are those from low to high of the order
    high: NDArray[np.int32]
    free: NDArray[np.int32]  # (nodes,): how many of them, the first ones, can be mixed
    order: NDArray[np.int32]
    place: NDArray[np.int32]  # (trees, n): where each source row stands in the order, -1 for nowhere


@spliced
def least_used(
    order: NDArray[np.int32],
    begin: int,
    turn: int,
    others: int,
    left_out: int,
    looked_at: int,
    uses: NDArray[np.uint8],
) -> int:
    """Return which of the rows from `begin` on was a parent least often: of a few in turn, from `turn` on.

    The row `left_out` is stepped over, so that turns count `others`. The first of several rows is taken.
    """
    drawn, fewest, nth = 0, MOST_USES + 1, turn
    for _ in range(min(looked_at, others)):
        one = nth + (1 if nth >= left_out else 0)
        often = int(uses[at(order[at(begin + one)] & (uses.size - 1))])
        drawn, fewest = (one, often) if often < fewest else (drawn, fewest)
        nth = nth + 1 if nth + 1 < others else 0
    return drawn


@kernel
def draw_parents(
    leaves: Leaves,
    trees: NDArray[np.int64],
    leaf: NDArray[np.int64],
    origins: NDArray[np.int64],
    seed: np.uint64,
    first: int,
    words: NDArray[np.uint32],
    uses: NDArray[np.uint8],
    parents: NDArray[np.int64],
    copied: NDArray[np.bool_],
) -> None:
    """Fill `parents` (k, m), the first from the whole leaf, others from its free rows, and whether it is not free.

    The origin is no parent where there is another row. Parent j is drawn by word j, from the third one on by j + 2.
    Of a few rows in turn, the first of which is drawn, the one that was a parent least often by `uses`, which counts
    on, is taken. Its size is a power of two: the last bits of a row are its place. With one place nobody is preferred.
    """
    low, order, place = leaves.low, leaves.order, leaves.place
    last_bits, looked_at = uses.size - 1, LOOKED_AT if uses.size > 1 else 1
    for i in range(leaf.size):
        node = at(leaf[i])
        begin, free = int(low[node]), int(leaves.free[node])
        own = place[trees[i], origins[i]] - begin
        chosen = 0
        for j in range(parents.shape[0]):
            rows = leaves.high[node] - begin if j == 0 else free
            left_out = own if own >= 0 and rows > 1 else max(rows, 1)
            others = max(rows - (1 if left_out < rows else 0), 1)
            word = np.uint64(words[j if j < 2 else j + 2, i])
            turn = settle(word, np.uint64(others), seed, first + i, j)
            drawn = least_used(order, begin, turn, others, left_out, looked_at, uses)
            if j == 0:
                chosen, copied[i] = drawn, drawn >= free
            drawn = chosen if copied[i] else drawn
            row = order[at(begin + drawn)]
            parents[j, i] = row
            often = int(uses[at(row & last_bits)]) + (1 if j == 0 or not copied[i] else 0)
            uses[at(row & last_bits)] = min(often, MOST_USES)


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
    """Write to ``codes[:, column]`` 1 + how many of the sorted `edges` lie below each value, 0 for missing."""
    below = np.empty(values.size, np.int64)
    count_below(edges, values, below)
    for i in range(values.size):
        codes[i, column] = 0 if missing[i] else 1 + below[i]
