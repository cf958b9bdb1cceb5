"""Random orthogonal matrices that fix the vector of ones, for group rotation, for a batch of groups at once.

``Q = J + H' O H`` with J the averaging matrix, H an orthonormal basis of the vectors that sum to zero and O
orthogonal. Q'Q = I and Q1 = 1 hold to rounding for every draw; nothing else is needed for exactness.

O is Haar-distributed by the subgroup algorithm (Diaconis and Shahshahani 1987): the reflection that sends the first
axis to a uniform direction, after a Haar matrix of the other axes. Matrices are flat batches
(:mod:`synthmix.kernels.directions`): entry (i, j) of group g stands at ``BATCH * (k * i + j) + g``, batch after batch.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel
from synthmix.kernels.directions import batch_words, fill_directions, lift, words_of_direction
from synthmix.kernels.philox import ROTATION
from synthmix.kernels.records import BATCH
from synthmix.kernels.unrolled import LANES, rotate_3, rotate_4, rotate_5, rotate_6


@inlined
def words_of_rotation(k: int) -> int:
    """Return how many 32-bit words the rotation of k rows takes, in whole blocks of four."""
    total = 0
    for s in range(1, k):
        total += words_of_direction(s)
    return (total + 3) // 4 * 4


@inlined
def _reflect(x: NDArray[np.float64], s: int, m: int, o: NDArray[np.float64]) -> None:
    """Turn the lower right ``s - 1`` square of the m x m `o` into the lower right s square.

    `x` is the image of the first axis; it becomes the normal of the mirror.
    """
    factor, dot = np.zeros(BATCH), np.zeros(BATCH)
    for g in range(BATCH):
        x[g] -= 1.0
    for r in range(s):
        for g in range(BATCH):
            factor[g] += x[BATCH * r + g] * x[BATCH * r + g]
    for g in range(BATCH):
        factor[g] = 2.0 / factor[g] if factor[g] > 0.0 else 0.0
    corner = BATCH * (m + 1) * (m - s)
    for r in range(s):
        for g in range(BATCH):
            o[corner + BATCH * m * r + g] = 0.0
            o[corner + BATCH * r + g] = 0.0
    for g in range(BATCH):
        o[corner + g] = 1.0
    for c in range(s):
        for g in range(BATCH):
            dot[g] = 0.0
        for r in range(s):
            for g in range(BATCH):
                dot[g] += x[BATCH * r + g] * o[corner + BATCH * (m * r + c) + g]
        for g in range(BATCH):
            dot[g] *= factor[g]
        for r in range(s):
            for g in range(BATCH):
                o[corner + BATCH * (m * r + c) + g] -= x[BATCH * r + g] * dot[g]


@inlined
def _planes(v: NDArray[np.float64], k: int, cosine: float, q: NDArray[np.float64]) -> None:
    """Turn each of the planes (v0, v1), (v2, v3), ... by the same angle; a last odd direction stays fixed."""
    sine = math.sqrt(max(1.0 - cosine * cosine, 0.0))
    for i in range(k):
        for j in range(k):
            at = BATCH * (k * i + j)
            for g in range(BATCH):
                q[at + g] = 1.0 / k
            for a in range(0, k - 2, 2):
                x, y = BATCH * k * a, BATCH * k * (a + 1)
                p, r = BATCH * i, BATCH * j
                for g in range(BATCH):
                    along = v[x + p + g] * v[x + r + g] + v[y + p + g] * v[y + r + g]
                    across = v[x + p + g] * v[y + r + g] - v[y + p + g] * v[x + r + g]
                    q[at + g] += cosine * along + sine * across
            if k % 2 == 0:
                x = BATCH * k * (k - 2)
                for g in range(BATCH):
                    q[at + g] += v[x + BATCH * i + g] * v[x + BATCH * j + g]


@kernel
def any_rotations(
    seed: np.uint64, units: NDArray[np.int64], batches: int, k: int, strength: float, q: NDArray[np.float64]
) -> None:
    """Fill `q` with the rotations of `batches` batches of groups of k >= 3 rows, named by their `units`."""
    m, size = k - 1, BATCH * k * k
    words, tail = np.empty(BATCH * words_of_rotation(k), np.uint32), np.empty(BATCH)
    o, v, turned = np.empty(size), np.empty(size + 2 * BATCH), np.empty(size)
    for b in range(batches):
        batch_words(seed, units, BATCH * b, ROTATION, words_of_rotation(k) // 4, words)
        at = 0
        for s in range(1, k):
            fill_directions(words, at, s, v)
            at += words_of_direction(s)
            if s == 1:
                for g in range(BATCH):
                    o[BATCH * (m * m - 1) + g] = v[g]
            else:
                _reflect(v, s, m, o)
        for r in range(m):  # V = O H: orthonormal rows of sum zero
            lift(o, BATCH * m * r, BATCH, m, v, BATCH * k * r, BATCH, tail)
        if strength >= 1.0:  # Q = J + H'V
            for j in range(k):
                lift(v, BATCH * j, BATCH * k, m, turned, BATCH * j, BATCH * k, tail)
            for place in range(size):
                q[size * b + place] = turned[place] + 1.0 / k
        else:
            cosine = 1.0 - strength if k % 2 == 1 else 1.0 - strength * (k - 1.0) / (k - 2.0)
            _planes(v, k, cosine, turned)
            for place in range(size):
                q[size * b + place] = turned[place]


@kernel
def usual_rotations(seed: np.uint64, units: NDArray[np.int64], batches: int, k: int, q: NDArray[np.float64]) -> None:
    """Do what :func:`any_rotations` does at strength 1, for 3 to USUAL rows, with code of their own."""
    words = np.empty(BATCH * words_of_rotation(k), np.uint32)
    for b in range(batches):
        batch_words(seed, units, BATCH * b, ROTATION, words_of_rotation(k) // 4, words)
        for g in range(0, BATCH, LANES):
            at = BATCH * k * k * b + g
            if k == 3:
                rotate_3(words, g, q, at)
            elif k == 4:
                rotate_4(words, g, q, at)
            elif k == 5:
                rotate_5(words, g, q, at)
            else:
                rotate_6(words, g, q, at)
