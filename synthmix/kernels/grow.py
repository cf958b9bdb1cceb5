"""Regression trees for chained mixing: they lead a row to the real rows that are like it in the other columns.

A tree splits rows so that a target of one or several numbers varies as little as possible inside its leaves (Breiman,
Friedman, Olshen and Stone 1984), down to leaves of a given number of rows. Columns enter as whole numbers: a number's
place among the distinct values of its column, 0 where it is missing, or a level. Levels are split into those on the
left and those on the right, in the order of their means, which is the best split where the target is one number.

Large nodes look at bins of values only; small ones, where bins would hide what there is to see, at the values
themselves. Rows of equal value are never parted, and of two splits that are equally good the first one found stays, so
a tree is a function of its rows and their order.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel

BINS = 256  # bins of a column; levels from BINS - 1 on share the last one
_SMALL = 96  # rows up to which a node looks at values, not at bins
_NOISE = 1e-12  # of the spread of a node: what rounding can make of nothing


class Columns(NamedTuple):
    """What the trees look at, shape (d, n) unless said."""

    codes: NDArray[np.int32]
    bins: NDArray[np.uint8]
    tops: NDArray[np.int32]  # (d, BINS): the largest code of each bin
    levels: NDArray[np.bool_]  # (d,): whether codes are levels, which have no order


class Nodes(NamedTuple):
    """A tree; rows with ``code <= cut``, or whose level is a member, go to node ``left``, others to ``left + 1``."""

    column: NDArray[np.int32]  # -1 for leaves
    cut: NDArray[np.int32]
    left: NDArray[np.int32]
    low: NDArray[np.int32]  # the node's rows are those from low to high of the order
    high: NDArray[np.int32]
    member: NDArray[np.uint32]  # (nodes, 8): bits of the bins that go left; (0, 8) without columns of levels


class Room(NamedTuple):
    """Scratch of one tree that is being grown."""

    counts: NDArray[np.int64]  # (BINS,)
    total: NDArray[np.float64]  # (BINS, r)
    found: NDArray[np.int64]  # (BINS,)
    mean: NDArray[np.float64]  # (BINS,)
    left: NDArray[np.float64]  # (r,)
    whole: NDArray[np.float64]  # (r,)
    side: NDArray[np.int32]  # (n,)


@inlined
def _gain(left: NDArray[np.float64], whole: NDArray[np.float64], below: int, above: int) -> float:
    """Return how much of the sum of squares the two sides explain."""
    explained = 0.0
    for t in range(whole.size):
        other = whole[t] - left[t]
        explained += left[t] * left[t] / below + other * other / above
    return explained


@inlined
def _fill_bins(
    bins: NDArray[np.uint8], target: NDArray[np.float64], order: NDArray[np.int32], low: int, high: int, room: Room
) -> None:
    """Count the rows of a node and add up their targets, bin by bin."""
    width = target.shape[1]
    room.counts[:] = 0
    room.total[:] = 0.0
    for i in range(low, high):
        row = order[i]
        b = bins[row]
        room.counts[b] += 1
        for t in range(width):
            room.total[b, t] += target[row, t]


@inlined
def _best_bins(size: int, leaf: int, room: Room, listed: int) -> tuple[float, int]:
    """Return the best gain of a split after one of the first bins in ``found``, and after how many; -1 for none."""
    best, after, below = -1.0, -1, 0
    room.left[:] = 0.0
    for place in range(listed - 1):
        b = room.found[place]
        below += room.counts[b]
        for t in range(room.left.size):
            room.left[t] += room.total[b, t]
        if below >= leaf and size - below >= leaf:
            gain = _gain(room.left, room.whole, below, size - below)
            if gain > best:
                best, after = gain, place
    return best, after


@inlined
def _list_bins(room: Room) -> int:
    """List the bins that hold rows, in their own order."""
    listed = 0
    for b in range(BINS):
        if room.counts[b] > 0:
            room.found[listed] = b
            listed += 1
    return listed


@inlined
def _sort_bins(room: Room, listed: int) -> None:
    """Order the listed bins by the mean of that part of the target which varies most between them."""
    widest, most = 0, -1.0
    for t in range(room.whole.size):
        spread = 0.0
        for place in range(listed):
            b = room.found[place]
            spread += room.total[b, t] * room.total[b, t] / room.counts[b]
        size = 0
        for place in range(listed):
            size += room.counts[room.found[place]]
        spread -= room.whole[t] * room.whole[t] / size
        if spread > most:
            widest, most = t, spread
    for place in range(listed):
        b = room.found[place]
        room.mean[b] = room.total[b, widest] / room.counts[b]
    for place in range(1, listed):
        b = room.found[place]
        at = place
        while at > 0 and room.mean[room.found[at - 1]] > room.mean[b]:
            room.found[at] = room.found[at - 1]
            at -= 1
        room.found[at] = b


@inlined
def _best_value(
    codes: NDArray[np.int32],
    target: NDArray[np.float64],
    order: NDArray[np.int32],
    low: int,
    high: int,
    leaf: int,
    room: Room,
) -> tuple[float, int]:
    """Return the best gain of a split of a small node after a value, and that value; -1 for none."""
    size = high - low
    for i in range(size):
        row = order[low + i]
        at = i
        while at > 0 and codes[room.side[at - 1]] > codes[row]:
            room.side[at] = room.side[at - 1]
            at -= 1
        room.side[at] = row
    best, cut = -1.0, np.int64(-1)
    room.left[:] = 0.0
    for i in range(size - leaf):
        row = room.side[i]
        for t in range(room.left.size):
            room.left[t] += target[row, t]
        if i + 1 >= leaf and codes[row] < codes[room.side[i + 1]]:
            gain = _gain(room.left, room.whole, i + 1, size - i - 1)
            if gain > best:
                best, cut = gain, np.int64(codes[row])
    return best, cut  # type: ignore[return-value]  # Numba integers stand for Python ones


@inlined
def _keep_members(room: Room, after: int, listed: int, member: NDArray[np.uint32]) -> None:
    """Mark the bins that go left: the first ones listed, and where most rows go there also those without rows."""
    below = 0
    above = 0
    for place in range(listed):
        if place <= after:
            below += room.counts[room.found[place]]
        else:
            above += room.counts[room.found[place]]
    for word in range(8):
        member[word] = np.uint32(0xFFFFFFFF) if below > above else np.uint32(0)
    for place in range(listed):
        b = room.found[place]
        bit = np.uint32(1) << np.uint32(b & 31)
        if place <= after:
            member[b >> 5] |= bit
        else:
            member[b >> 5] &= ~bit


@inlined
def _sum_node(target: NDArray[np.float64], order: NDArray[np.int32], low: int, high: int, room: Room) -> float:
    """Add up the targets of a node; return their sum of squares about the mean."""
    room.whole[:] = 0.0
    squares = 0.0
    for i in range(low, high):
        for t in range(room.whole.size):
            value = target[order[i], t]
            room.whole[t] += value
            squares += value * value
    for t in range(room.whole.size):
        squares -= room.whole[t] * room.whole[t] / (high - low)
    return squares


@inlined
def _part(columns: Columns, nodes: Nodes, node: int, order: NDArray[np.int32], room: Room) -> int:
    """Put the rows that go left before the others, both in their order; return where the others begin."""
    column, cut = nodes.column[node], nodes.cut[node]
    low, high = nodes.low[node], nodes.high[node]
    middle, others = low, 0
    for i in range(low, high):
        row = order[i]
        if columns.levels[column]:
            b = columns.bins[column, row]
            goes = (nodes.member[node, b >> 5] >> np.uint32(b & 31)) & np.uint32(1) == np.uint32(1)
        else:
            goes = columns.codes[column, row] <= cut
        if goes:
            order[middle] = row
            middle += 1
        else:
            room.side[others] = row
            others += 1
    for i in range(others):
        order[middle + i] = room.side[i]
    return int(middle)


@kernel
def grow_tree(
    columns: Columns,
    target: NDArray[np.float64],
    looked_at: NDArray[np.int64],
    leaf: int,
    order: NDArray[np.int32],
    nodes: Nodes,
    room: Room,
) -> int:
    """Grow a tree on the columns `looked_at`; return its number of nodes.

    `order` holds the rows and leaves leaf by leaf. No node has fewer than `leaf` rows.
    """
    nodes.low[0], nodes.high[0] = 0, order.size
    grown, node = 1, 0
    while node < grown:
        low, high = nodes.low[node], nodes.high[node]
        size = high - low
        nodes.column[node] = -1
        spread = _sum_node(target, order, low, high, room) if size >= 2 * leaf else 0.0
        best = spread * _NOISE
        for t in range(room.whole.size):
            best += room.whole[t] * room.whole[t] / size
        for j in looked_at if spread > 0.0 else looked_at[:0]:
            if columns.levels[j] or size > _SMALL:
                _fill_bins(columns.bins[j], target, order, low, high, room)
                listed = _list_bins(room)
                if columns.levels[j]:
                    _sort_bins(room, listed)
                gain, after = _best_bins(size, leaf, room, listed)
                if gain > best:
                    best, nodes.column[node] = gain, j
                    if columns.levels[j]:
                        _keep_members(room, after, listed, nodes.member[node])
                    else:
                        nodes.cut[node] = columns.tops[j, room.found[after]]
            else:
                gain, cut = _best_value(columns.codes[j], target, order, low, high, leaf, room)
                if gain > best:
                    best, nodes.column[node], nodes.cut[node] = gain, j, cut
        if nodes.column[node] >= 0:
            middle = _part(columns, nodes, node, order, room)
            nodes.left[node] = grown
            nodes.low[grown], nodes.high[grown] = low, middle
            nodes.low[grown + 1], nodes.high[grown + 1] = middle, high
            grown += 2
        node += 1
    return grown


@kernel
def descend(codes: NDArray[np.int32], levels: NDArray[np.bool_], nodes: Nodes, leaf_of: NDArray[np.int64]) -> None:
    """Lead rows, given by columns (d, m), to their leaves."""
    for i in range(leaf_of.size):
        node = 0
        while nodes.column[node] >= 0:
            column = nodes.column[node]
            code = codes[column, i]
            if levels[column]:
                b = min(code, BINS - 1)
                goes = (nodes.member[node, b >> 5] >> np.uint32(b & 31)) & np.uint32(1) == np.uint32(1)
            else:
                goes = code <= nodes.cut[node]
            node = nodes.left[node] if goes else nodes.left[node] + 1
        leaf_of[i] = node
