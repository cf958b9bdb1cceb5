"""Plain numpy versions of what the kernels compute, and loops over the helpers that only kernels can call.

Words of units, numbers for the formulas, batches as matrices; blocks, uniforms and bounded integers of many units.
"""

from __future__ import annotations

import numpy as np

from synthmix.kernels.compile import kernel
from synthmix.kernels.formulas import TO_UNIT
from synthmix.kernels.philox import bounded, fill_words, philox, uniform
from synthmix.kernels.records import BATCH


class NumpyNumbers:
    """The operations of ``synthmix.kernels.formulas.Numbers`` on arrays."""

    def uniform(self, word):
        return (word.astype(np.float64) + 0.5) * TO_UNIT

    def sqrt(self, x):
        return np.sqrt(x)

    def smaller(self, x, y):
        return np.minimum(x, y)

    def larger(self, x, y):
        return np.maximum(x, y)

    def sign(self, word):
        return np.where(word & np.uint32(1), 1.0, -1.0)


def words_of_units(seed, units, purpose, blocks):
    """Return ``4 * blocks`` arrays of words, each with one word of every unit."""
    words = np.empty((4 * blocks, len(units)), np.uint32)
    for i, unit in enumerate(units):
        for block in range(blocks):
            fill_words(
                np.uint64(seed), int(unit), purpose, np.uint64(block), words[4 * block : 4 * block + 4, i : i + 1]
            )
    return list(words)


def batched(matrix):
    """Return a (groups, a, b) array as flat batches; groups is a multiple of BATCH."""
    _groups, a, b = matrix.shape
    return np.ascontiguousarray(matrix.reshape(-1, BATCH, a, b).transpose(0, 2, 3, 1)).ravel()


def unbatched(flat, a, b):
    """Return flat batches as (groups, a, b)."""
    return np.ascontiguousarray(flat.reshape(-1, a, b, BATCH).transpose(0, 3, 1, 2).reshape(-1, a, b))


@kernel
def philox_block(counter, key):
    """Return the four output words for a counter of four and a key of two 32-bit words."""
    out = np.empty(4, np.uint64)
    out[0], out[1], out[2], out[3] = philox(counter[0], counter[1], counter[2], counter[3], key[0], key[1])
    return out


@kernel
def fill_uniform(seed, start, purpose, number, out):
    """Fill `out` with the uniforms of units ``start, start + 1, ...``."""
    for i in range(out.size):
        out[i] = uniform(seed, np.uint64(start + i), purpose, number)


@kernel
def fill_bounded(seed, start, purpose, number, n, out):
    """Fill `out` with integers in [0, n) of units ``start, start + 1, ...``."""
    for i in range(out.size):
        out[i] = np.int64(bounded(seed, np.uint64(start + i), purpose, number, n))
