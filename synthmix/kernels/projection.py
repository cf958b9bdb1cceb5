"""One split of a random-projection tree: a random direction, the rows projected on it, and a partition at a rank.

A row of a node is one 64-bit key: its projection in the upper half, in the lower half a number that names the row.
Keys are compared as integers, so that they are never equal, and rows with the same projection are ordered by their
names, which are random. A partition moves keys only.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel, spliced
from synthmix.kernels.hash import mix32
from synthmix.kernels.intrinsics import dot, prefetch_row
from synthmix.kernels.philox import TREE, draw

BLOCK = 8  # columns are taken in blocks of eight
_AHEAD = 16  # rows asked for before they are needed
_NAME = np.int64(0xFFFFFFFF)
_UPPER = np.int64(32)
_SIGN = np.int32(31)
_BELOW_SIGN = np.int32(0x7FFFFFFF)
_MASK = np.uint64(0xFFFFFFFF)
_BYTE = np.uint64(0xFF)
_SHIFT_8 = np.uint64(8)
_SHIFT_13 = np.uint64(13)
_SHIFT_16 = np.uint64(16)
_SHIFT_24 = np.uint64(24)
_SHIFT_26 = np.uint64(26)
_GOLDEN = np.uint64(0x9E3779B9)
_CODE = np.uint64(0x85EBCA6B)
_UNMIX_1 = np.uint64(0xA5CB9243)  # inverses modulo 2**32 of the factors of mix32
_UNMIX_2 = np.uint64(0x7ED1B41D)
_CENTRE_WORD = np.int64(1 << 31)
_TO_WEIGHT = math.sqrt(12.0) / 4294967296.0  # a uniform 32-bit word to unit variance
_SPREAD = 1.0 / math.sqrt(4.0 * (256.0**2 - 1.0) / 12.0)  # of a sum of four bytes
_LEVEL = np.uint64(24)  # draw numbers below 2**24 are columns, the bits above them the level of the node


@spliced
def name_of(row: np.uint64, key: np.uint64) -> np.uint64:
    """Return the random name of a row: a keyed bijection of 32-bit words."""
    return mix32(row ^ key)


@spliced
def row_of(name: np.uint64, key: np.uint64) -> np.uint64:
    """Return the row with a given name, the inverse of :func:`name_of`."""
    one = name ^ (name >> _SHIFT_16)
    two = (one * _UNMIX_2) & _MASK
    three = two ^ (two >> _SHIFT_13) ^ (two >> _SHIFT_26)
    four = (three * _UNMIX_1) & _MASK
    return (four ^ (four >> _SHIFT_16)) ^ key


@spliced
def scrambled(column: int, code: np.int32) -> np.uint64:
    """Return a 32-bit word for a level of a discrete column."""
    return mix32((np.uint64(code) * _CODE + np.uint64(column + 1) * _GOLDEN) & _MASK)


@spliced
def _normal(word: np.uint64) -> float:
    """Turn a 32-bit word into a nearly normal deviate: a cubic of a sum of four bytes.

    Variance 1 and kurtosis 3 to within 0.001, mean 0.003 because it must never be zero: enough for a direction in
    space, and made of sums and products, which have the same bits everywhere.
    """
    total = (word & _BYTE) + ((word >> _SHIFT_8) & _BYTE) + ((word >> _SHIFT_16) & _BYTE) + (word >> _SHIFT_24)
    z = (float(total) - 509.5) * _SPREAD
    return z * (0.949 + 0.0186 * z * z)


@inlined
def draw_direction(
    seed: np.uint64, node: np.uint64, level: int, scale: NDArray[np.float64], direction: NDArray[np.float64]
) -> np.uint64:
    """Fill `direction` with a random one, times `scale`, and return the key of the node's level weights."""
    base = np.uint64(level) << _LEVEL  # one row may begin a node on every level
    key = np.uint64(0)
    for first in range(-4, scale.size, 4):  # the key is the first word of a block of its own
        words = draw(seed, node, TREE, base + np.uint64(first // 4 + 1))
        if first < 0:
            key = words[0]
            continue
        for c in range(first, min(first + 4, scale.size)):
            direction[c] = _normal(words[c - first]) * scale[c]
    return key


@kernel
def select(keys: NDArray[np.int64], low: int, high: int, middle: int) -> None:
    """Move the smallest of ``keys[low:high]`` to the places below `middle`; keys are all different."""
    left, right = low, high
    while left < middle < right:
        if right - left == 2:
            keys[left], keys[left + 1] = min(keys[left], keys[left + 1]), max(keys[left], keys[left + 1])
            return
        a, b, c = keys[left], keys[(left + right) // 2], keys[right - 1]
        pivot = max(min(a, b), min(max(a, b), c))
        store = left
        for i in range(left, right):  # no branch depends on a key: the processor could not predict it
            key = keys[i]
            keys[i] = keys[store]
            keys[store] = key
            store += 1 if key < pivot else 0
        if middle <= store:
            right = store
        else:
            left = store


@spliced
def _ordered(value: float, name: np.int64) -> np.int64:
    """Return the key of a row: the bits of its projection as a number of the same order, then its name."""
    bits = np.float32(value).view(np.int32)
    return (np.int64(bits ^ ((bits >> _SIGN) & _BELOW_SIGN)) << _UPPER) | name


@inlined
def project_table(
    latent: NDArray[np.float64],
    codes: NDArray[np.int32],
    direction: NDArray[np.float64],
    word: np.uint64,
    names: np.uint64,
    keys: NDArray[np.int64],
    low: int,
    high: int,
    first: np.int64,
) -> None:
    """Project the rows named by ``keys[low:high]``; projections are counted from that of row `first`."""
    columns = latent.shape[1]
    whole = columns - columns % BLOCK
    zero = dot(direction, latent, first)
    for c in range(whole, columns):
        zero += direction[c] * latent[first, c]
    for i in range(low, high):
        ahead = np.int64(row_of(np.uint64(keys[min(i + _AHEAD, high - 1)] & _NAME), names))
        prefetch_row(latent, ahead)
        name = keys[i] & _NAME
        row = np.int64(row_of(np.uint64(name), names))
        total = dot(direction, latent, row)
        for c in range(whole, columns):
            total += direction[c] * latent[row, c]
        weights = np.int64(0)
        for c in range(codes.shape[1]):
            weights += np.int64(mix32(scrambled(c, codes[row, c]) ^ word)) - _CENTRE_WORD
        keys[i] = _ordered(total - zero + float(weights) * _TO_WEIGHT, name)


@inlined
def project_copies(
    copies: NDArray[np.float32],
    hashes: NDArray[np.uint32],
    direction: NDArray[np.float32],
    word: np.uint64,
    keys: NDArray[np.int64],
    low: int,
    high: int,
) -> None:
    """Project the copied rows numbered by ``keys[low:high]``."""
    for i in range(low, high):
        name = keys[i] & _NAME
        weights = np.int64(0)
        for c in range(hashes.shape[1]):
            weights += np.int64(mix32(np.uint64(hashes[name, c]) ^ word)) - _CENTRE_WORD
        keys[i] = _ordered(dot(direction, copies, name) + float(weights) * _TO_WEIGHT, name)


@inlined
def copy_rows(
    latent: NDArray[np.float64],
    scale: NDArray[np.float64],
    codes: NDArray[np.int32],
    rows: NDArray[np.int64],
    size: int,
    copies: NDArray[np.float32],
    hashes: NDArray[np.uint32],
) -> None:
    """Copy ``rows[:size]``, standardised and counted from the first, so that a common offset costs no precision."""
    first = rows[0]
    for i in range(size):
        ahead, row = rows[min(i + _AHEAD, size - 1)], rows[i]
        prefetch_row(latent, ahead)
        for c in range(latent.shape[1]):
            copies[i, c] = (latent[row, c] - latent[first, c]) * scale[c]
        for c in range(codes.shape[1]):
            hashes[i, c] = scrambled(c, codes[row, c])
