"""Bins of the columns of a node: how many rows each has, and the sums of their targets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import at, inlined
from synthmix.kernels.nodes import BINS, BLOCK, Copy, Room


@inlined
def clear_bins(used: NDArray[np.int64], room: Room) -> None:
    """Empty the bins of each column."""
    for place in range(used.size):
        room.counts[place, : used[place]] = 0
        room.total[place, : used[place]] = 0.0


@inlined
def _add_block(m: int, room: Room) -> None:
    """Count the `m` rows of a block and add up their targets, column by column and bin by bin."""
    block, near, counts, total = room.block, room.near, room.counts, room.total
    for place in range(block.shape[0]):
        if near.shape[1] == 1:
            for i in range(m):
                b = at(block[place, i])
                counts[place, b] += 1
                total[place, b, 0] += near[i, 0]
        else:
            for i in range(m):
                b = at(block[place, i])
                counts[place, b] += 1
                for t in range(near.shape[1]):
                    total[place, b, t] += near[i, t]


@inlined
def fill_bins(
    bins: NDArray[np.uint8],
    target: NDArray[np.float64],
    looked_at: NDArray[np.int64],
    order: NDArray[np.int32],
    low: int,
    high: int,
    room: Room,
) -> None:
    """Fill the bins of all columns with the rows of a large node, whose memory is read row by row, once."""
    block, near = room.block, room.near
    for first in range(low, high, BLOCK):
        m = min(BLOCK, high - first)
        for i in range(m):
            row = at(order[first + i])
            for t in range(near.shape[1]):
                near[i, t] = target[row, t]
            for place in range(looked_at.size):
                block[place, i] = bins[row, at(looked_at[place])]
        _add_block(m, room)


@inlined
def fill_levels(codes: NDArray[np.int32], used: int, copy: Copy, low: int, high: int, room: Room) -> None:
    """Count the rows of a copied node and add up their targets, level by level, in the first bins."""
    counts, total = room.counts, room.total
    counts[0, :used] = 0
    total[0, :used] = 0.0
    for i in range(low, high):
        row = copy.order[i]
        b = min(codes[row], BINS - 1)
        counts[0, b] += 1
        for t in range(room.whole.size):
            total[0, b, t] += copy.target[row, t]


@inlined
def list_bins(place: int, used: int, room: Room) -> int:
    """List the bins of a column that hold rows, in their own order."""
    listed = 0
    for b in range(used):
        room.found[listed] = b
        listed += room.counts[place, b] > 0
    return listed


@inlined
def _widest(place: int, room: Room, listed: int) -> int:
    """Return that part of the target which varies most between the listed bins."""
    counts, total, found = room.counts, room.total, room.found
    widest, most, size = 0, -1.0, 0
    for nth in range(listed):
        size += counts[place, at(found[nth])]
    for t in range(room.whole.size if room.whole.size > 1 else 0):
        spread = 0.0
        for nth in range(listed):
            b = at(found[nth])
            spread += total[place, b, t] * total[place, b, t] / counts[place, b]
        spread -= room.whole[t] * room.whole[t] / size
        if spread > most:
            widest, most = t, spread
    return widest


@inlined
def sort_bins(place: int, room: Room, listed: int) -> None:
    """Order the listed bins by their means, of one part of the target."""
    found, mean, widest = room.found, room.mean, _widest(place, room, listed)
    for nth in range(listed):
        b = at(found[nth])
        mean[b] = room.total[place, b, widest] / room.counts[place, b]
    for start in range(1, listed):
        b, nth = found[start], start
        while nth > 0 and mean[at(found[nth - 1])] > mean[at(b)]:
            found[nth] = found[nth - 1]
            nth -= 1
        found[nth] = b


@inlined
def keep_members(place: int, room: Room, after: int, listed: int, member: NDArray[np.uint32]) -> None:
    """Mark the bins that go left: the first ones listed, and where most rows go there also those without rows."""
    below, above = 0, 0
    for nth in range(listed):
        if nth <= after:
            below += room.counts[place, room.found[nth]]
        else:
            above += room.counts[place, room.found[nth]]
    for word in range(8):
        member[word] = np.uint32(0xFFFFFFFF) if below > above else np.uint32(0)
    for nth in range(listed):
        b = room.found[nth]
        bit = np.uint32(1) << np.uint32(b & 31)
        if nth <= after:
            member[b >> 5] |= bit
        else:
            member[b >> 5] &= ~bit
