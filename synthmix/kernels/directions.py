"""Uniform directions: points of the unit sphere in s dimensions, for a batch of 16 units at once.

The construction is that of :func:`synthmix.kernels.formulas.direction`, for any number of dimensions.
A batch of vectors is a flat array: coordinate j of unit g stands at ``BATCH * j + g``. With the batch a constant every
inner loop becomes a few vector instructions.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import kernel, spliced
from synthmix.kernels.formulas import COSINE, SINE, TO_UNIT
from synthmix.kernels.philox import draw
from synthmix.kernels.records import BATCH


@spliced
def circle(word: np.uint32) -> tuple[float, float]:
    """Return cosine and sine of a uniform angle of 32 bits."""
    f = (float(word) + 0.5) * TO_UNIT - 0.5
    y = f * f
    sine, cosine = SINE[7], COSINE[7]
    for i in range(6, -1, -1):
        sine = sine * y + SINE[i]
        cosine = cosine * y + COSINE[i]
    return cosine, f * sine


@spliced
def words_of_direction(s: int) -> int:
    """Return how many 32-bit words a direction in s dimensions takes."""
    return 1 if s == 1 else s + s % 2 - 1


@kernel
def batch_words(
    seed: np.uint64, units: NDArray[np.int64], first: int, purpose: np.uint64, blocks: int, words: NDArray[np.uint32]
) -> None:
    """Fill a batch of words: four from each of the first `blocks` draws of BATCH units from ``units[first]`` on."""
    for block in range(blocks):
        for g in range(BATCH):
            a, b, c, d = draw(seed, np.uint64(units[first + g]), purpose, np.uint64(block))
            at = 4 * BATCH * block + g
            words[at] = a
            words[at + BATCH] = b
            words[at + 2 * BATCH] = c
            words[at + 3 * BATCH] = d


@spliced
def _radii(words: NDArray[np.uint32], first: int, pairs: int, x: NDArray[np.float64]) -> None:
    """Fill the first coordinates with the square roots of the spacings of ``pairs - 1`` sorted uniforms."""
    for a in range(pairs - 1):
        for g in range(BATCH):
            x[BATCH * a + g] = (float(words[BATCH * (first + a) + g]) + 0.5) * TO_UNIT
        for b in range(a):  # insert: the larger of two moves up
            for g in range(BATCH):
                low, high = x[BATCH * b + g], x[BATCH * a + g]
                x[BATCH * b + g], x[BATCH * a + g] = min(low, high), max(low, high)
    for g in range(BATCH):
        x[BATCH * (pairs - 1) + g] = 1.0
    for a in range(pairs - 1, 0, -1):
        for g in range(BATCH):
            x[BATCH * a + g] = math.sqrt(x[BATCH * a + g] - x[BATCH * (a - 1) + g])
    for g in range(BATCH):
        x[g] = math.sqrt(x[g])


@kernel
def fill_directions(words: NDArray[np.uint32], first: int, s: int, x: NDArray[np.float64]) -> None:
    """Fill the first s coordinates of `x` (room for s + s % 2) with directions made of the words from `first` on."""
    if s == 1:
        for g in range(BATCH):
            x[g] = 1.0 if words[BATCH * first + g] & np.uint32(1) else -1.0
        return
    pairs = (s + 1) // 2
    _radii(words, first, pairs, x)
    for a in range(pairs - 1, -1, -1):  # from the last pair on, so that no radius is overwritten before it is used
        at = BATCH * (first + pairs - 1 + a)
        for g in range(BATCH):
            radius = x[BATCH * a + g]
            cosine, sine = circle(words[at + g])
            x[BATCH * 2 * a + g] = radius * cosine
            x[BATCH * (2 * a + 1) + g] = radius * sine
    norm = np.zeros(BATCH)
    for j in range(s):
        for g in range(BATCH):
            norm[g] += x[BATCH * j + g] * x[BATCH * j + g]
    for g in range(BATCH):
        norm[g] = 1.0 / math.sqrt(norm[g])
    for j in range(s):
        for g in range(BATCH):
            x[BATCH * j + g] *= norm[g]


@kernel
def lift(
    x: NDArray[np.float64],
    first: int,
    gap: int,
    s: int,
    y: NDArray[np.float64],
    to: int,
    step: int,
    tail: NDArray[np.float64],
) -> None:
    """Write H'x: the vector of sum zero, of s + 1 coordinates, whose coordinates in the Helmert basis are x.

    Coordinates of x begin at `first` and are `gap` apart, those of the result begin at `to` and are `step` apart.
    Helmert row a, a = 1 .. s, has 1 / sqrt(a (a + 1)) in its first a places and -a times that in the next.
    """
    for g in range(BATCH):
        tail[g] = 0.0
    for j in range(s, 0, -1):
        c = 1.0 / math.sqrt(j * (j + 1.0))
        for g in range(BATCH):
            part = c * x[first + gap * (j - 1) + g]
            y[to + step * j + g] = tail[g] - j * part
            tail[g] += part
    for g in range(BATCH):
        y[to + g] = tail[g]
