"""Regression trees for chained mixing: they lead a row to the real rows that are like it in the other columns.

A tree splits rows so that a target of one or several numbers varies as little as possible inside its leaves (Breiman,
Friedman, Olshen and Stone 1984), down to leaves of a given number of rows. Columns enter as whole numbers: a number's
place among the distinct values of its column, 0 where it is missing, or a level. Levels are split into those on the
left and those on the right, in the order of their means, which is the best split where the target is one number.

Large nodes count bins of values, which reads memory in turn. Of the two sides of a split only the smaller one does, and
only if the larger one is large: that has what is left of the bins of both (as in LightGBM; Ke et al. 2017). A small
node, where bins would hide what there is to see, is copied once with everything below it: its columns are sorted, and
each split parts the sorted lists, both sides in their order (Mehta, Agrawal and Rissanen 1996), within the cache. Rows
of equal value are never parted, and of two splits that are equally good the first one found stays, so a tree is a
function of its rows and their order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.bins import fill_bins, fill_levels, keep_members, list_bins, nth_bins, sort_bins, subtract_bins
from synthmix.kernels.compile import at, inlined, kernel, number, spliced
from synthmix.kernels.cuts import best_bins, best_gains, best_gains_of_several, first_with
from synthmix.kernels.descend import mark_left
from synthmix.kernels.digits import number_values, sort_rows
from synthmix.kernels.nodes import DIGITS, ROW, SMALL, Bins, Columns, Copy, Nodes, Room, Sums

_NOISE = 1e-12  # of the spread of a node: what rounding can make of nothing


@inlined
def _sum_node(target: NDArray[np.float64], order: NDArray[np.int32], low: int, high: int, sums: Sums) -> float:
    """Add up the targets of a node; return their sum of squares about the mean."""
    whole, squares = sums.whole, 0.0
    whole[:] = 0.0
    for i in range(low, high):
        for t in range(whole.size):
            value = target[at(order[i]), t]
            whole[t] += value
            squares += value * value
    for t in range(whole.size):
        squares -= whole[t] * whole[t] * sums.inverse[high - low]
    return squares


@inlined
def _explained_by_mean(sums: Sums, size: int) -> float:
    """Return the part of a node's sum of squares that every split explains."""
    explained = 0.0
    for t in range(sums.whole.size):
        explained += sums.whole[t] * sums.whole[t] * sums.inverse[size]
    return explained


@spliced
def _search_bins(
    columns: Columns,
    target: NDArray[np.float64],
    looked_at: NDArray[np.int64],
    used: NDArray[np.int64],
    leaf: int,
    order: NDArray[np.int32],
    nodes: Nodes,
    node: int,
    bins: Bins,
    sums: Sums,
) -> None:
    """Find the best split of a large node by its bins; its column stays -1 if there is none."""
    low, high = number(nodes.low[node]), number(nodes.high[node])
    size = high - low
    spread = _sum_node(target, order, low, high, sums)
    best = spread * _NOISE + _explained_by_mean(sums, size)
    if spread <= 0.0:
        return
    for place in range(looked_at.size):
        j, listed = looked_at[place], list_bins(place, used[place], bins.counts, bins.found)
        if columns.levels[j]:
            sort_bins(place, listed, sums.whole, bins)
        gain, after = best_bins(place, size, leaf, listed, bins, sums)
        if gain > best:
            best, nodes.column[node] = gain, j
            if columns.levels[j]:
                keep_members(place, after, listed, bins.counts, bins.found, nodes.member[node])
            else:
                nodes.cut[node] = columns.tops[j, bins.found[after]]


@inlined
def _part_rows(rows: NDArray[np.int32], low: int, high: int, goes: NDArray[np.uint8], side: NDArray[np.int32]) -> int:
    """Put the rows of a node that go left before the others, both in their order; return where these begin."""
    middle, others = low, 0
    for i in range(low, high):
        row = rows[at(i)]
        rows[at(middle)] = row  # both are written and one counts: no branch to guess
        side[at(others)] = row
        to_left = int(goes[at(row)])
        middle += to_left
        others += 1 - to_left
    for i in range(others):
        rows[middle + i] = side[i]
    return int(middle)


@inlined
def _part_entries(
    ordered: NDArray[np.bool_],
    turn: int,
    low: int,
    middle: int,
    high: int,
    goes: NDArray[np.uint8],
    entries: NDArray[np.int32],
) -> None:
    """Write the entries of a copied node to the other place, those that go left from `low` on, others from `middle`."""
    now, then = at(turn), at(1 - turn)
    for place in range(ordered.size):
        left, right = low, middle
        for i in range(low, high if ordered[place] else low):
            entry = entries[now, place, at(i)]
            to_left = int(goes[at(entry & ROW)])
            entries[then, place, at(left if to_left else right)] = entry
            left += to_left
            right += 1 - to_left


@spliced
def _copy_node(
    columns: Columns,
    target: NDArray[np.float64],
    looked_at: NDArray[np.int64],
    order: NDArray[np.int32],
    low: int,
    high: int,
    copy: Copy,
) -> None:
    """Copy the rows of a node, and sort them by each column that has an order."""
    size = high - low
    for i in range(size):
        row = at(order[low + i])
        copy.rows[i], copy.order[i] = row, i
        for t in range(target.shape[1]):
            copy.target[i, t] = target[row, t]
        for place in range(looked_at.size):
            copy.codes[place, i] = columns.rows[row, at(looked_at[place])]
    for place in range(looked_at.size):
        if not columns.levels[looked_at[place]]:
            sort_rows(copy.codes[place], size, copy.entries[0, place], copy.spare, copy.counts)
            number_values(copy.codes[place], size, copy.entries[0, place], DIGITS)


@spliced
def _search_copy(
    looked_at: NDArray[np.int64],
    ordered: NDArray[np.bool_],
    used: NDArray[np.int64],
    leaf: int,
    nodes: Nodes,
    node: int,
    offset: int,
    turn: int,
    copy: Copy,
    bins: Bins,
    sums: Sums,
) -> int:
    """Find the best split of a copied node and return which of the columns looked at it goes by, -1 for none."""
    low, high = nodes.low[node] - offset, nodes.high[node] - offset
    size, by, first = high - low, number(-1), number(0)
    spread = _sum_node(copy.target, copy.order, low, high, sums)
    if spread <= 0.0:
        return by
    if sums.whole.size == 1:
        best_gains(ordered, turn, low, size, leaf, copy.entries, copy.target, sums, copy.gains)
    else:
        best_gains_of_several(ordered, turn, low, size, leaf, copy.entries, copy.target, sums, copy.gains)
    best = spread * _NOISE + _explained_by_mean(sums, size)
    for place in range(looked_at.size):
        gain, after, listed = copy.gains[place], 0, 0
        if not ordered[place]:
            fill_levels(copy.codes[place], copy.target, used[place], copy.order, low, high, bins.counts, bins.total)
            listed = list_bins(first, used[place], bins.counts, bins.found)
            sort_bins(first, listed, sums.whole, bins)
            gain, after = best_bins(first, size, leaf, listed, bins, sums)
        if gain > best:
            best, by = gain, place
            if not ordered[place]:
                keep_members(first, after, listed, bins.counts, bins.found, nodes.member[node])
    if by >= 0 and ordered[by]:
        last = first_with(best, by, turn, low, size, leaf, copy.entries, copy.target, sums)
        nodes.cut[node] = copy.codes[by, last]
    return by


@inlined
def _add_children(nodes: Nodes, node: int, grown: int, middle: int) -> None:
    """Append the two nodes that a split makes, which are leaves for now."""
    nodes.left[node] = grown
    nodes.column[grown] = nodes.column[grown + 1] = -1
    nodes.low[grown], nodes.high[grown] = nodes.low[node], middle
    nodes.low[grown + 1], nodes.high[grown + 1] = middle, nodes.high[node]


@spliced
def _grow_copy(
    looked_at: NDArray[np.int64],
    ordered: NDArray[np.bool_],
    used: NDArray[np.int64],
    leaf: int,
    nodes: Nodes,
    top: int,
    grown: int,
    copy: Copy,
    bins: Bins,
    sums: Sums,
) -> int:
    """Grow everything below a copied node; return the number of nodes by then."""
    offset, node, following = number(nodes.low[top]), top, grown
    copy.turn[0] = 0
    while node < grown:
        low, high = nodes.low[node] - offset, nodes.high[node] - offset
        by, turn = -1, copy.turn[0 if node == top else node - following + 1]
        if high - low >= 2 * leaf:
            by = _search_copy(looked_at, ordered, used, leaf, nodes, node, offset, turn, copy, bins, sums)
        if by >= 0:
            nodes.column[node] = looked_at[by]
            mark_left(copy.codes[by], not ordered[by], nodes, node, copy.order, low, high, copy.goes)
            middle = _part_rows(copy.order, low, high, copy.goes, copy.spare)
            if max(middle - low, high - middle) >= 2 * leaf:  # else nobody looks at the entries again
                _part_entries(ordered, turn, low, middle, high, copy.goes, copy.entries)
            copy.turn[grown - following + 1 : grown - following + 3] = 1 - turn
            _add_children(nodes, node, grown, offset + middle)
            grown += 2
        node = following if node == top else node + 1
    return grown


@spliced
def _split_large(
    columns: Columns,
    order: NDArray[np.int32],
    nodes: Nodes,
    node: int,
    grown: int,
    goes: NDArray[np.uint8],
    side: NDArray[np.int32],
) -> tuple[int, int]:
    """Part the rows of a node and return its two sides, the smaller one first."""
    low, high, column = number(nodes.low[node]), number(nodes.high[node]), nodes.column[node]
    mark_left(columns.codes[column], columns.levels[column], nodes, node, order, low, high, goes)
    middle = _part_rows(order, low, high, goes, side)
    _add_children(nodes, node, grown, middle)
    return (grown, grown + 1) if middle - low <= high - middle else (grown + 1, grown)


@kernel
def split_large(
    columns: Columns,
    target: NDArray[np.float64],
    looked_at: NDArray[np.int64],
    leaf: int,
    order: NDArray[np.int32],
    nodes: Nodes,
    room: Room,
) -> int:
    """Split node 0 of a tree on the columns `looked_at`, and what it is split into, down to SMALL rows.

    Return the number of nodes. `order` holds the rows and leaves node by node. No node has fewer than `leaf` rows. So
    far node 0 is a leaf: its column is -1.
    """
    largest, used, grown = max(SMALL, 2 * leaf - 1), columns.used[looked_at], number(1)
    waiting = np.zeros(room.counts.shape[0], np.int64)  # nodes to be split, each with the bins of its place
    low, high, many, own = number(0), number(order.size), number(order.size > largest), nth_bins(room, number(0))
    if many:
        fill_bins(columns.bins, target, looked_at, used, order, low, high, room.block, room.near, own)
    while many > 0:
        node, bins = waiting[many - 1], nth_bins(room, many - 1)
        _search_bins(columns, target, looked_at, used, leaf, order, nodes, node, bins, room.sums)
        if nodes.column[node] < 0:
            many -= 1
            continue
        smaller, larger = _split_large(columns, order, nodes, node, grown, room.goes, room.side)
        grown += 2
        if nodes.high[larger] - nodes.low[larger] <= largest:
            many -= 1
            continue
        low, high, own = number(nodes.low[smaller]), number(nodes.high[smaller]), nth_bins(room, many)
        fill_bins(columns.bins, target, looked_at, used, order, low, high, room.block, room.near, own)
        subtract_bins(used, bins, own)
        waiting[many - 1], waiting[many] = larger, smaller
        many += high - low > largest
    return grown


@kernel
def split_small(
    columns: Columns,
    target: NDArray[np.float64],
    looked_at: NDArray[np.int64],
    leaf: int,
    order: NDArray[np.int32],
    nodes: Nodes,
    grown: int,
    copy: Copy,
    bins: Bins,
    sums: Sums,
) -> int:
    """Split those of the `grown` nodes that have at most SMALL rows down to leaves; return the number of nodes."""
    ordered, used = ~columns.levels[looked_at], columns.used[looked_at]
    for top in range(grown):
        low, high = number(nodes.low[top]), number(nodes.high[top])
        if high - low <= SMALL:
            _copy_node(columns, target, looked_at, order, low, high, copy)
            grown = _grow_copy(looked_at, ordered, used, leaf, nodes, top, grown, copy, bins, sums)
            for i in range(high - low):
                order[low + i] = copy.rows[copy.order[i]]
    return grown
