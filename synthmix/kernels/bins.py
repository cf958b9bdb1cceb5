"""Bins of the columns of a node: how many rows each has, and the sums of their targets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import at, inlined
from synthmix.kernels.nodes import BINS, BLOCK, Bins, Room


@inlined
def nth_bins(room: Room, n: int) -> Bins:
    """Return the bins in the nth place: those of a node that waits to be split, behind these those of another side."""
    return Bins(room.counts[n], room.total[n], room.found, room.mean)


@inlined
def _clear(used: NDArray[np.int64], bins: Bins) -> None:
    """Empty the bins of each column."""
    for place in range(used.size):
        bins.counts[place, : used[place]] = 0
        bins.total[place, : used[place]] = 0.0


@inlined
def subtract_bins(used: NDArray[np.int64], bins: Bins, part: Bins) -> None:
    """Take those of some rows of a node away from its bins."""
    for place in range(used.size):
        for b in range(used[place]):
            bins.counts[place, b] -= part.counts[place, b]
            for t in range(bins.total.shape[2]):
                bins.total[place, b, t] -= part.total[place, b, t]


@inlined
def _add_block(
    m: int,
    block: NDArray[np.uint8],
    near: NDArray[np.float64],
    counts: NDArray[np.int64],
    total: NDArray[np.float64],
) -> None:
    """Count the `m` rows of a block and add up their targets, column by column and bin by bin."""
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
    bins_of: NDArray[np.uint8],
    target: NDArray[np.float64],
    looked_at: NDArray[np.int64],
    used: NDArray[np.int64],
    order: NDArray[np.int32],
    low: int,
    high: int,
    block: NDArray[np.uint8],
    near: NDArray[np.float64],
    bins: Bins,
) -> None:
    """Fill the bins of all columns with the rows of a large node, whose memory is read row by row, once."""
    _clear(used, bins)
    for first in range(low, high, BLOCK):
        m = min(BLOCK, high - first)
        for i in range(m):
            row = at(order[first + i])
            for t in range(near.shape[1]):
                near[i, t] = target[row, t]
            for place in range(looked_at.size):
                block[place, i] = bins_of[row, at(looked_at[place])]
        _add_block(m, block, near, bins.counts, bins.total)


@inlined
def fill_levels(
    codes: NDArray[np.int32],
    target: NDArray[np.float64],
    used: int,
    order: NDArray[np.int32],
    low: int,
    high: int,
    counts: NDArray[np.int64],
    total: NDArray[np.float64],
) -> None:
    """Count the rows of a copied node and add up their targets, level by level, in the first bins."""
    counts[0, :used] = 0
    total[0, :used] = 0.0
    for i in range(low, high):
        row = order[i]
        b = min(codes[row], BINS - 1)
        counts[0, b] += 1
        for t in range(total.shape[2]):
            total[0, b, t] += target[row, t]


@inlined
def list_bins(place: int, used: int, counts: NDArray[np.int64], found: NDArray[np.int64]) -> int:
    """List the bins of a column that hold rows, in their own order, and return how many there are."""
    listed = 0
    for b in range(used):
        found[listed] = b
        listed += counts[place, b] > 0
    return listed


@inlined
def _widest(place: int, listed: int, whole: NDArray[np.float64], bins: Bins) -> int:
    """Return that part of the target which varies most between the listed bins."""
    counts, total, found = bins.counts, bins.total, bins.found
    widest, most, size = 0, -1.0, 0
    for nth in range(listed):
        size += counts[place, at(found[nth])]
    for t in range(whole.size if whole.size > 1 else 0):
        spread = 0.0
        for nth in range(listed):
            b = at(found[nth])
            spread += total[place, b, t] * total[place, b, t] / counts[place, b]
        spread -= whole[t] * whole[t] / size
        if spread > most:
            widest, most = t, spread
    return widest


@inlined
def sort_bins(place: int, listed: int, whole: NDArray[np.float64], bins: Bins) -> None:
    """Order the listed bins by their means, of one part of the target."""
    found, mean, widest = bins.found, bins.mean, _widest(place, listed, whole, bins)
    for nth in range(listed):
        b = at(found[nth])
        mean[b] = bins.total[place, b, widest] / bins.counts[place, b]
    for start in range(1, listed):
        b, nth = found[start], start
        while nth > 0 and mean[at(found[nth - 1])] > mean[at(b)]:
            found[nth] = found[nth - 1]
            nth -= 1
        found[nth] = b


@inlined
def keep_members(
    place: int,
    after: int,
    listed: int,
    counts: NDArray[np.int64],
    found: NDArray[np.int64],
    member: NDArray[np.uint32],
) -> None:
    """Mark the bins that go left: the first ones listed, and where most rows go there also those without rows."""
    below, above = 0, 0
    for nth in range(listed):
        if nth <= after:
            below += counts[place, found[nth]]
        else:
            above += counts[place, found[nth]]
    for word in range(8):
        member[word] = np.uint32(0xFFFFFFFF) if below > above else np.uint32(0)
    for nth in range(listed):
        b = found[nth]
        bit = np.uint32(1) << np.uint32(b & 31)
        if nth <= after:
            member[b >> 5] |= bit
        else:
            member[b >> 5] &= ~bit
