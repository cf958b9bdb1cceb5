"""Random words as arrays, for steps that numpy does as well as a kernel would."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.philox import TIES, fill_words

_HIGH, _LOW, _BITS = np.uint32(5), np.uint32(6), np.uint64(26)
_WORD = np.uint64(32)


def words_of(seed: int, start: int, count: int, purpose: np.uint64, number: int) -> NDArray[np.uint32]:
    """Return four words of each of the units ``start, start + 1, ...``, shape (4, count)."""
    words = np.empty((4, count), np.uint32)
    fill_words(np.uint64(seed), start, purpose, np.uint64(number), words)
    return words


def units_of(high: NDArray[np.uint32], low: NDArray[np.uint32]) -> NDArray[np.float64]:
    """Return doubles in [0, 1) with 53 random bits, as :func:`synthmix.kernels.philox.to_unit` makes them."""
    whole = (high >> _HIGH).astype(np.uint64) << _BITS
    whole |= low >> _LOW
    return np.ldexp(whole.astype(np.float64), -53)


def words_of_unit(seed: int, unit: int, purpose: np.uint64) -> NDArray[np.uint32]:
    """Return the four words of the first block of one unit, shape (4,)."""
    words: NDArray[np.uint32] = words_of(seed, unit, 1, purpose, 0)[:, 0]
    return words


def below(n: int, high: np.uint32, low: np.uint32) -> int:
    """Return an integer in [0, n) from 64 random bits: n / 2**64 is all that it can be off."""
    return (((int(high) << 32) | int(low)) * n) >> 64


def random_keys(seed: int, count: int, purpose: np.uint64, start: int = 0, number: int = 0) -> NDArray[np.uint64]:
    """Return one word of 64 bits for each of the units ``start, start + 1, ...``, shape (count,)."""
    words = words_of(seed, start, count, purpose, number)
    keys: NDArray[np.uint64] = words[0].astype(np.uint64) << _WORD
    keys |= words[1]
    return keys


def tie_keys(seed: int, rows: NDArray[np.int64], number: int) -> NDArray[np.float64]:
    """Return the uniforms that order tied values; the unit is the row, the draw is the column."""
    words = words_of(seed, 0, int(rows.max(initial=-1)) + 1, TIES, number)
    keys: NDArray[np.float64] = units_of(words[0], words[1])[rows]
    return keys
