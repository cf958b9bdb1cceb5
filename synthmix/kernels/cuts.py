"""The best place to cut a column of a node of a tree in two."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import at, inlined
from synthmix.kernels.nodes import DIGITS, ROW, Bins, Sums


@inlined
def _gain(sums: Sums, below: int, above: int) -> float:
    """Return how much of the sum of squares the two sides explain."""
    explained = 0.0
    for t in range(sums.whole.size):
        left = sums.left[t]
        other = sums.whole[t] - left
        explained += left * left * sums.inverse[below] + other * other * sums.inverse[above]
    return explained


@inlined
def best_bins(place: int, size: int, leaf: int, listed: int, bins: Bins, sums: Sums) -> tuple[float, int]:
    """Return the best gain of a split after one of a column's bins in ``found``, and after how many; -1 for none."""
    best, after, below = -1.0, -1, 0
    sums.left[:] = 0.0
    for nth in range(listed - 1):
        b = bins.found[nth]
        below += bins.counts[place, b]
        for t in range(sums.left.size):
            sums.left[t] += bins.total[place, b, t]
        if below >= leaf and size - below >= leaf:
            gain = _gain(sums, below, size - below)
            if gain > best:
                best, after = gain, nth
    return best, after


@inlined
def best_gains(
    ordered: NDArray[np.bool_],
    turn: int,
    low: int,
    size: int,
    leaf: int,
    entries: NDArray[np.int32],
    target: NDArray[np.float64],
    sums: Sums,
    gains: NDArray[np.float64],
) -> None:
    """Write to `gains` the best gain of a split of a node between two values of each column; -1 for none.

    Where the gain is, is not asked: that would be a branch to guess for each row. One call serves all columns, as each
    one counts references.
    """
    inverse, whole = sums.inverse, sums.whole[0]
    now = at(turn)  # a view of the lists of one column would count references
    for place in range(ordered.size):
        best = -1.0
        if ordered[place] and entries[now, place, low] >> DIGITS < entries[now, place, low + size - 1] >> DIGITS:
            left, entry = 0.0, entries[now, place, low]
            for i in range(1, leaf):
                left += target[at(entry & ROW), 0]
                entry = entries[now, place, at(low + i)]
            for i in range(leaf, size - leaf + 1):
                left += target[at(entry & ROW), 0]
                after = entries[now, place, at(low + i)]
                other = whole - left
                gain = left * left * inverse[at(i)] + other * other * inverse[at(size - i)]
                gain = gain if entry >> DIGITS < after >> DIGITS else -1.0
                best = gain if gain > best else best  # noqa: FURB136 - max asks for more than numbers need
                entry = after
        gains[place] = best


@inlined
def best_gains_of_several(
    ordered: NDArray[np.bool_],
    turn: int,
    low: int,
    size: int,
    leaf: int,
    entries: NDArray[np.int32],
    target: NDArray[np.float64],
    sums: Sums,
    gains: NDArray[np.float64],
) -> None:
    """Do the same for a target of several numbers: PARTS of them, the last ones 0, each with a register of its own."""
    now, inverse, r = at(turn), sums.inverse, sums.whole.size
    w0, w1, w2, w3 = sums.whole[0], sums.whole[1], sums.whole[2] if r > 2 else 0.0, sums.whole[3] if r > 3 else 0.0
    for place in range(ordered.size):
        best, l0, l1, l2, l3 = -1.0, 0.0, 0.0, 0.0, 0.0
        for i in range(1, size - leaf + 1 if ordered[place] else 1):
            entry, after = entries[now, place, at(low + i - 1)], entries[now, place, at(low + i)]
            row = at(entry & ROW)
            l0, l1, l2, l3 = l0 + target[row, 0], l1 + target[row, 1], l2 + target[row, 2], l3 + target[row, 3]
            below, above = inverse[at(i)], inverse[at(size - i)]
            gain = l0 * l0 * below + (w0 - l0) * (w0 - l0) * above
            gain += l1 * l1 * below + (w1 - l1) * (w1 - l1) * above
            gain += l2 * l2 * below + (w2 - l2) * (w2 - l2) * above
            gain += l3 * l3 * below + (w3 - l3) * (w3 - l3) * above
            gain = gain if i >= leaf and entry >> DIGITS < after >> DIGITS else -1.0
            best = gain if gain > best else best  # noqa: FURB136 - max asks for more than numbers need
        gains[place] = best


@inlined
def first_with(
    gain: float,
    place: int,
    turn: int,
    low: int,
    size: int,
    leaf: int,
    entries: NDArray[np.int32],
    target: NDArray[np.float64],
    sums: Sums,
) -> int:
    """Return the last row on the left of the first split of a column that has a gain that was found before."""
    sums.left[:] = 0.0
    for i in range(1, size - leaf + 1):
        entry, after = entries[turn, place, low + i - 1], entries[turn, place, low + i]
        for t in range(sums.whole.size):
            sums.left[t] += target[entry & ROW, t]
        if entry >> DIGITS < after >> DIGITS and i >= leaf and _gain(sums, i, size - i) == gain:
            return int(entry & ROW)
    return -1
