"""Groups of rows that are rotated together: who belongs to a group, and their mixing.

A cell of `size` rows has ``size // group_size`` groups of `whole` rows, of which the first `extra` have one row more.
Member i of group g is the row at place ``i * groups + g`` of the cell, after the turns of
:mod:`synthmix.kernels.shifts`. Groups of equal size are collected in batches (:mod:`synthmix.kernels.directions`):
member i of group g of a batch of groups of k stands at ``BATCH * i + g``, batch after batch.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel
from synthmix.kernels.intrinsics import blend_row, combine_row, prefetch_row
from synthmix.kernels.records import BATCH
from synthmix.kernels.shifts import groups_of
from synthmix.kernels.unrolled import mix_3, mix_4, mix_5, mix_6

AHEAD = 1  # groups whose rows are asked for before they are needed


@inlined
def _place(size: int, groups: int, g: int, i: int, turn: int, shift: int) -> int:
    """Return the place of member i of group g in a cell that is turned, its stream shifted."""
    streams = groups if i < size // groups else size % groups  # the last stream is as long as there are larger groups
    at = g + shift
    at = at - streams if at >= streams else at
    at += i * groups + turn
    return at - size if at >= size else at


@kernel
def next_groups(
    order: NDArray[np.int64],
    starts: NDArray[np.int64],
    shifts: NDArray[np.int64],
    group_size: int,
    k: int,
    first_slot: int,
    last_slot: int,
    cursor: NDArray[np.int64],
    units: NDArray[np.int64],
    members: NDArray[np.int64],
) -> int:
    """Collect groups of k rows from the `cursor` (cell, group) on, and return how many there were; move the cursor.

    Group g of a cell has slot ``starts[c] + g * whole``; those with slots in [first_slot, last_slot) are taken, until
    `units` is full, which receives ``starts[c] + g``.
    """
    filled, turned = 0, shifts.shape[0] > 0
    while cursor[0] < starts.size - 1:
        c = cursor[0]
        low, size = starts[c], starts[c + 1] - starts[c]
        groups = groups_of(size, group_size)
        whole, extra = size // groups, size % groups
        begin, end = (0, 0)
        if k == whole or k == whole + 1:
            begin, end = (extra, groups) if k == whole else (0, extra)
            begin = max(begin, (first_slot - low + whole - 1) // whole, cursor[1])
            end = min(end, (last_slot - low + whole - 1) // whole)
        taken = min(max(end - begin, 0), units.size - filled)
        while taken > 0:  # a stream at a time of the groups that still fit into a batch: their places are neighbours
            few = min(BATCH - filled % BATCH, taken)
            at = BATCH * k * (filled // BATCH) + filled % BATCH
            for g in range(few):
                units[filled + g] = low + begin + g
            for i in range(k):
                turn, shift = (shifts[c, 0], shifts[c, i] if i > 0 else 0) if turned else (0, 0)
                for g in range(few):
                    members[at + BATCH * i + g] = _place(size, groups, begin + g, i, turn, shift)
                if order.size > 0:
                    for g in range(few):
                        members[at + BATCH * i + g] = order[low + members[at + BATCH * i + g]]
            begin, filled, taken = begin + few, filled + few, taken - few
        if begin < end:
            cursor[1] = begin
            return filled
        cursor[0], cursor[1] = c + 1, 0
    return filled


@kernel
def groups_at(
    order: NDArray[np.int64],
    starts: NDArray[np.int64],
    shifts: NDArray[np.int64],
    group_size: int,
    cell: NDArray[np.int64],
    place: NDArray[np.int64],
    units: NDArray[np.int64],
    own: NDArray[np.int64],
    count: NDArray[np.int64],
    members: NDArray[np.int64],
) -> None:
    """Fill the group of each row (m,): its unit, the row's number in it, its size, and its members (width, m)."""
    turned = shifts.shape[0] > 0
    for r in range(cell.size):
        c = cell[r]
        low, size = starts[c], starts[c + 1] - starts[c]
        groups = groups_of(size, group_size)
        at = place[r] - (shifts[c, 0] if turned else 0)
        at = at + size if at < 0 else at
        i, g = at // groups, at % groups
        if turned and i > 0:
            streams = groups if i < size // groups else size % groups
            g -= shifts[c, i]
            g = g + streams if g < 0 else g
        units[r], own[r] = low + g, i
        count[r] = size // groups + (1 if g < size % groups else 0)
        for j in range(count[r]):
            turn, shift = (shifts[c, 0], shifts[c, j] if j > 0 else 0) if turned else (0, 0)
            there = _place(size, groups, g, j, turn, shift)
            members[j, r] = order[low + there] if order.size > 0 else there


@kernel
def mix_usual_groups(
    source: NDArray[np.float64],
    k: int,
    filled: int,
    members: NDArray[np.int64],
    targets: NDArray[np.int64],
    q: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Write the rows of `filled` groups of 3 to USUAL rows to `out`, each at its target, if that is not negative."""
    spare = np.empty((1, source.shape[1]), source.dtype)
    for number in range(filled):
        soon = min(number + AHEAD, filled - 1)
        soon = BATCH * k * (soon // BATCH) + soon % BATCH
        for i in range(k):
            prefetch_row(source, members[soon + BATCH * i])
            prefetch_row(out, max(targets[soon + BATCH * i], 0))
        b, g = number // BATCH, number % BATCH
        at, matrix = BATCH * k * b + g, BATCH * k * k * b + g
        if k == 3:
            mix_3(out, targets, source, members, at, q, matrix, spare)
        elif k == 4:
            mix_4(out, targets, source, members, at, q, matrix, spare)
        elif k == 5:
            mix_5(out, targets, source, members, at, q, matrix, spare)
        else:
            mix_6(out, targets, source, members, at, q, matrix, spare)


@kernel
def mix_any_groups(
    source: NDArray[np.float64],
    k: int,
    filled: int,
    members: NDArray[np.int64],
    targets: NDArray[np.int64],
    q: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Do the same for groups of any size; rows of groups of one or two are copied."""
    for number in range(filled):
        soon = min(number + AHEAD, filled - 1)
        soon = BATCH * k * (soon // BATCH) + soon % BATCH
        for i in range(k):
            prefetch_row(source, members[soon + BATCH * i])
            prefetch_row(out, max(targets[soon + BATCH * i], 0))
        b, g = number // BATCH, number % BATCH
        at = BATCH * k * b + g
        for i in range(k):
            target, own = targets[at + BATCH * i], members[at + BATCH * i]
            if target >= 0 and k < 3:
                blend_row(out, target, source, own, own, 0.0)
            elif target >= 0:
                row_of_q = BATCH * k * (k * b + i) + g
                combine_row(out, target, source, members, at, q, row_of_q, BATCH, k, 0)


@kernel
def place_donors(
    k: int,
    filled: int,
    members: NDArray[np.int64],
    targets: NDArray[np.int64],
    chosen: NDArray[np.int64],
    donors: NDArray[np.int64],
) -> None:
    """Write the member that each row of a group takes its discrete columns from to the row's target."""
    for number in range(filled):
        at = BATCH * k * (number // BATCH) + number % BATCH
        for i in range(k):
            if targets[at + BATCH * i] >= 0:
                donors[targets[at + BATCH * i]] = members[at + BATCH * chosen[at + BATCH * i]]
