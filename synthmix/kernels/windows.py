"""The order of the rows of a pass: source rows as they are kept, shuffled inside windows of 256.

Source rows are kept in a random order that the seed gives (:mod:`synthmix.mixing.assemble`), so rows that follow each
other in memory are a random sample of the table, and reading them in turn costs what reading memory in turn costs.
Pass e begins at a random place of that circle. In addition every window of 256 output rows is shuffled by a keyed
permutation, so that equal distances between output rows of two passes do not tell that they share a parent.

The permutation of a window is three rounds of a product, a sum and a shift with numbers of eight bits that a hash of
the window gives: each step is a bijection of [0, 256). It hides which rows belong together, and no statement about
samples rests on it. The last, shorter window sends a point through again until it falls inside. All words have 32 bits,
so that a vector holds many.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import kernel, spliced

WINDOW = 256
_ONE = np.uint32(1)
_TWO = np.uint32(2)
_FOUR = np.uint32(4)
_EIGHT = np.uint32(8)
_BYTE = np.uint32(255)
_MIX_1 = np.uint32(0x85EBCA6B)
_MIX_2 = np.uint32(0xC2B2AE35)
_SHIFT_16 = np.uint32(16)
_SHIFT_13 = np.uint32(13)


@spliced
def _scrambled(word: np.uint32) -> np.uint32:
    """Scramble a 32-bit word (the finaliser of MurmurHash3)."""
    word = np.uint32(np.uint32(word ^ (word >> _SHIFT_16)) * _MIX_1)
    word = np.uint32(np.uint32(word ^ (word >> _SHIFT_13)) * _MIX_2)
    return np.uint32(word ^ (word >> _SHIFT_16))


@spliced
def _round(point: np.uint32, key: np.uint32) -> np.uint32:
    """Return ``p ^ (p >> 4)`` of the product of a point with the odd byte of the key, plus the next byte."""
    moved = np.uint32(np.uint32(np.uint32(point * (key | _ONE)) + (key >> _EIGHT)) & _BYTE)
    return np.uint32(moved ^ (moved >> _FOUR))


@spliced
def _round_back(point: np.uint32, key: np.uint32) -> np.uint32:
    """Return the point whose round is `point`; the shift by half of the bits undoes itself."""
    moved = np.uint32(np.uint32(point ^ (point >> _FOUR)) - (key >> _EIGHT))
    factor = np.uint32(key | _ONE)  # its inverse: an odd number is its own modulo 8, and each step doubles the bits
    inverse = np.uint32(factor * np.uint32(_TWO - np.uint32(factor * factor)))
    inverse = np.uint32(inverse * np.uint32(_TWO - np.uint32(factor * inverse)))
    return np.uint32(np.uint32(moved * inverse) & _BYTE)


@spliced
def _hashes(window: np.uint32, keys: NDArray[np.uint32]) -> tuple[np.uint32, np.uint32]:
    """Return the numbers that shuffle a window."""
    return _scrambled(np.uint32(window ^ keys[0])), _scrambled(np.uint32(window ^ keys[1]))


@spliced
def _into(point: np.uint32, first: np.uint32, second: np.uint32) -> np.uint32:
    """Return the image of a point of a window of 256 with these hashes."""
    point = _round(point, first)
    point = _round(point, np.uint32(first >> _SHIFT_16))
    return _round(point, second)


@spliced
def _back(point: np.uint32, window: np.uint32, keys: NDArray[np.uint32]) -> np.uint32:
    """Return the point whose image is `point`."""
    first, second = _hashes(window, keys)
    point = _round_back(point, second)
    point = _round_back(point, np.uint32(first >> _SHIFT_16))
    return _round_back(point, first)


@kernel
def rows_at(start: int, n: int, turn: int, keys: NDArray[np.uint32], rows: NDArray[np.int64]) -> None:
    """Fill `rows` with the source rows that positions ``start, start + 1, ...`` of a pass of n rows stand for."""
    low = 0
    while low < rows.size:  # window after window: all of its points have the same hashes
        window = (start + low) // WINDOW
        high = min((window + 1) * WINDOW - start, rows.size)
        first, second = _hashes(np.uint32(window), keys)
        for i in range(low, high):
            rows[i] = window * WINDOW + np.int64(_into(np.uint32(start + i - window * WINDOW), first, second))
        low = high
    last = n - n % WINDOW
    first, second = _hashes(np.uint32(last // WINDOW), keys)
    for i in range(max(last - start, 0), rows.size):
        while rows[i] >= n:
            rows[i] = last + np.int64(_into(np.uint32(rows[i] - last), first, second))
    for i in range(rows.size):
        moved = rows[i] + turn
        rows[i] = moved - n if moved >= n else moved


@kernel
def positions_of(
    rows: NDArray[np.int64],
    n: int,
    turn: int,
    keys: NDArray[np.uint32],
    start: int,
    stop: int,
    at: NDArray[np.int64],
) -> None:
    """Fill `at` with where positions stand for source `rows`, the inverse of :func:`rows_at`.

    Positions are counted from `start`, and those outside [start, stop) become -1.
    """
    last = n - n % WINDOW
    for i in range(rows.size):
        moved = rows[i] - turn
        moved = moved + n if moved < 0 else moved
        t = np.uint32(moved)
        at[i] = np.int64(t - (t & _BYTE)) + np.int64(_back(np.uint32(t & _BYTE), np.uint32(t >> _EIGHT), keys))
    for i in range(rows.size):
        while at[i] >= n:
            at[i] = last + np.int64(_back(np.uint32(at[i] - last), np.uint32(last >> 8), keys))
    for i in range(rows.size):
        at[i] = at[i] - start if start <= at[i] < stop else -1
