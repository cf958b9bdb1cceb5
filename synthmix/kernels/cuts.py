"""The best place to cut a column of a node of a tree in two."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined
from synthmix.kernels.nodes import Copy, Room


@inlined
def _gain(room: Room, below: int, above: int) -> float:
    """Return how much of the sum of squares the two sides explain."""
    explained = 0.0
    for t in range(room.whole.size):
        left = room.left[t]
        other = room.whole[t] - left
        explained += left * left * room.inverse[below] + other * other * room.inverse[above]
    return explained


@inlined
def best_bins(size: int, leaf: int, room: Room, listed: int) -> tuple[float, int]:
    """Return the best gain of a split after one of the first bins in ``found``, and after how many; -1 for none."""
    best, after, below = -1.0, -1, 0
    room.left[:] = 0.0
    for place in range(listed - 1):
        b = room.found[place]
        below += room.counts[b]
        for t in range(room.left.size):
            room.left[t] += room.total[b, t]
        if below >= leaf and size - below >= leaf:
            gain = _gain(room, below, size - below)
            if gain > best:
                best, after = gain, place
    return best, after


@inlined
def _best_of_one(
    rows: NDArray[np.int32], codes: NDArray[np.int32], low: int, size: int, leaf: int, copy: Copy, room: Room
) -> tuple[float, int]:
    """Return what ``best_value`` does, for a target of one number, which most are."""
    best, cut, left, whole = -1.0, np.int64(-1), 0.0, room.whole[0]
    row = rows[low]
    code = codes[row]
    for i in range(size - leaf):
        left += copy.target[row, 0]
        row = rows[low + i + 1]
        after = codes[row]
        if code < after and i + 1 >= leaf:
            other = whole - left
            gain = left * left * room.inverse[i + 1] + other * other * room.inverse[size - i - 1]
            if gain > best:
                best, cut = gain, np.int64(code)
        code = after
    return best, cut  # type: ignore[return-value]  # Numba integers stand for Python ones


@inlined
def best_value(place: int, low: int, size: int, leaf: int, copy: Copy, room: Room) -> tuple[float, int]:
    """Return the best gain of a split after a value of a sorted column of a copied node, and that value."""
    if room.whole.size == 1:
        return _best_of_one(copy.lists[place], copy.codes[place], low, size, leaf, copy, room)
    best, cut = -1.0, np.int64(-1)
    room.left[:] = 0.0
    row = copy.lists[place, low]
    code = copy.codes[place, row]
    for i in range(size - leaf):
        for t in range(room.whole.size):
            room.left[t] += copy.target[row, t]
        row = copy.lists[place, low + i + 1]
        after = copy.codes[place, row]
        if code < after and i + 1 >= leaf:
            gain = _gain(room, i + 1, size - i - 1)
            if gain > best:
                best, cut = gain, np.int64(code)
        code = after
    return best, cut  # type: ignore[return-value]  # Numba integers stand for Python ones
