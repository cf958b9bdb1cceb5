"""Counter-based random numbers: Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, SC 2011).

A draw is a pure function of ``(key, counter)``. synthmix fills the 128-bit counter with

    (low word of the unit, high word of the unit, purpose, draw number)

where the *unit* is a row, a source row, a group, a tree node or a pass, and the *purpose* is one of the constants
below. Parents and weights of a row are different words, so they are independent, which the covariance theorems need:
words 0 and 1 of the row's first block belong to parents, 2 and 3 to weights, later blocks and purposes to one of them.
The 64-bit seed is the key.

All words are kept in ``uint64`` and masked to 32 bits: Numba types a plain literal as ``int64``, and mixing it
with ``uint64`` would turn the product signed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel, spliced

# Purposes. Append, never renumber: a purpose is part of the definition of every synthetic row.
SHUFFLE = np.uint64(1)  # keys of the windows of a pass, and where it begins
ARRANGE = np.uint64(2)  # distances and turns of the streams of a cell; the unit is its first row in the pass
ROW = np.uint64(3)  # parents and weights of one row
WEIGHTS = np.uint64(4)
ROTATION = np.uint64(5)
DONOR = np.uint64(6)
TREE = np.uint64(7)
LEAF = np.uint64(8)
ROUND = np.uint64(9)  # stochastic rounding to a value grid; the unit is the row, the draw is the column
TIES = np.uint64(10)  # ties of ranks
FILL = np.uint64(11)  # values that stand in for missing ones while rows are mixed
SCATTER = np.uint64(12)  # names of rows in a tree (unit = pass), order of the rows of a node (unit = node)
STORE = np.uint64(13)  # order in which the source rows are kept
LEVELS = np.uint64(14)  # levels that a decoder network gives shares to; the unit is the row, the draw is the column
CHAIN = np.uint64(15)  # seeds of the columns of a chain (unit = column); directions of levels (unit = level)
FOREST = np.uint64(16)  # tree of a row (draw 0), rows that a tree is grown on (unit = source row, draw = 1 + tree)
MARGIN = np.uint64(17)  # level of a value of a chain among equal quantiles of its column; the unit is the row
SCREEN = np.uint64(18)  # order in which rows go to halves when a leaf is chosen; the key is the number of the cut
SUBSET = np.uint64(20)  # rows that get the labels of one permutation; the unit is the permutation
COUNTS = np.uint64(21)  # rows of one bootstrap; the unit is the bootstrap
SPLIT = np.uint64(22)  # order in which rows enter blocks, halves, runs of equal rows; the unit is the row
SLICE = np.uint64(23)  # directions of projections; the unit is the projection, the draw is the column
MOMENT_PERMUTE = np.uint64(25)  # labels of blocks of rows; the unit is permutation x blocks + block
MARGINAL_PERMUTE = np.uint64(30)  # labels of the rows of a level; the unit is the permutation, the draw is the level
STRATUM = np.uint64(31)  # order of strata among the rows of a pass (draw 0, unit = place), seed of each (draw 1)

_MASK = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)
_SHIFT_5 = np.uint64(5)
_SHIFT_6 = np.uint64(6)
_SHIFT_26 = np.uint64(26)
_ONE = np.uint64(1)
_ZERO = np.uint64(0)
_TO_UNIT = 1.0 / 9007199254740992.0  # 2**-53

Words = tuple[np.uint64, np.uint64, np.uint64, np.uint64]


@spliced
def philox(c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64) -> Words:
    """Return the four 32-bit words (held in uint64) of one Philox 4x32-10 block."""
    for _ in range(10):
        p0 = _M0 * c0
        p1 = _M1 * c2
        c0 = (p1 >> _HALF) ^ c1 ^ k0
        c2 = (p0 >> _HALF) ^ c3 ^ k1
        c1 = p1 & _MASK
        c3 = p0 & _MASK
        k0 = (k0 + _W0) & _MASK
        k1 = (k1 + _W1) & _MASK
    return c0, c1, c2, c3


@spliced
def draw(seed: np.uint64, unit: np.uint64, purpose: np.uint64, number: np.uint64) -> Words:
    """Return block `number` of the words that belong to `unit` and `purpose`."""
    return philox(unit & _MASK, unit >> _HALF, purpose, number, seed & _MASK, seed >> _HALF)


@spliced
def to_unit(high: np.uint64, low: np.uint64) -> float:
    """Turn two 32-bit words into a double in [0, 1) with 53 random bits."""
    return float(((high >> _SHIFT_5) << _SHIFT_26) | (low >> _SHIFT_6)) * _TO_UNIT


@spliced
def uniform(seed: np.uint64, unit: np.uint64, purpose: np.uint64, number: np.uint64) -> float:
    """Return one uniform in [0, 1); each `number` is a block of its own."""
    a, b, _, _ = draw(seed, unit, purpose, number)
    return to_unit(a, b)


@inlined
def bounded(seed: np.uint64, unit: np.uint64, purpose: np.uint64, number: np.uint64, n: np.uint64) -> np.uint64:
    """Return an integer in [0, n), n <= 2**32, without modulo bias (Lemire 2019, exact rejection).

    A rejected word (probability below n / 2**32) is replaced by the next words of the same counter block, then
    by blocks ``number + 2**31``, ``number + 2**31 + 1``, ... which nothing else comes near.
    """
    threshold = ((_ONE << _HALF) - n) % n
    extra = np.uint64(0)
    block = number
    while True:
        a, b, c, d = draw(seed, unit, purpose, block)
        for word in (a, b, c, d):
            product = word * n
            if (product & _MASK) >= threshold:
                return product >> _HALF
        block = (number + np.uint64(0x80000000) + extra) & _MASK
        extra += _ONE


@kernel
def fill_words(seed: np.uint64, start: int, purpose: np.uint64, number: np.uint64, words: NDArray[np.uint32]) -> None:
    """Fill the four rows of `words` (4, m) with block `number` of each of the units ``start, start + 1, ...``.

    A loop without branches, so that several blocks are computed at once: about a tenth of the cost of one by one.
    """
    for i in range(words.shape[1]):
        a, b, c, d = draw(seed, np.uint64(start + i), purpose, number)
        words[0, i] = a
        words[1, i] = b
        words[2, i] = c
        words[3, i] = d
