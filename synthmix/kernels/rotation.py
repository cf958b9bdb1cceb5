"""Random orthogonal matrices that fix the vector of ones, for group rotation.

``Q = J + H' O H`` with J the averaging matrix, H an orthonormal basis of the vectors that sum to zero and O
orthogonal. Q'Q = I and Q1 = 1 hold to rounding for every draw; nothing else is needed for exactness.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel
from synthmix.kernels.philox import ROTATION, normal_pair, uniform

_TWO_PI = 2.0 * math.pi


@inlined
def _circulant(q: NDArray[np.float64], angle: float) -> None:
    c, s = math.cos(angle), math.sin(angle) * math.sqrt(3.0)
    a, b, e = (1.0 + 2.0 * c) / 3.0, (1.0 - c - s) / 3.0, (1.0 - c + s) / 3.0
    for i in range(3):
        q[i, i] = a
        q[i, (i + 1) % 3] = b
        q[i, (i + 2) % 3] = e


@inlined
def _frame(v: NDArray[np.float64], k: int, seed: np.uint64, unit: np.uint64) -> None:
    """Fill the first k - 1 rows of v with a Haar-distributed orthonormal basis of the zero-sum vectors."""
    for a in range(k - 1):
        for j in range(0, k, 2):
            x, y = normal_pair(seed, unit, ROTATION, np.uint64(a * k + j))
            v[a, j] = x
            if j + 1 < k:
                v[a, j + 1] = y
        for _ in range(2):  # twice is enough for orthogonality to rounding
            mean = 0.0
            for j in range(k):
                mean += v[a, j]
            mean /= k
            for j in range(k):
                v[a, j] -= mean
            for b in range(a):
                dot = 0.0
                for j in range(k):
                    dot += v[a, j] * v[b, j]
                for j in range(k):
                    v[a, j] -= dot * v[b, j]
            norm = 0.0
            for j in range(k):
                norm += v[a, j] * v[a, j]
            norm = math.sqrt(norm)
            for j in range(k):
                v[a, j] /= norm


@inlined
def _haar(q: NDArray[np.float64], v: NDArray[np.float64], k: int) -> None:
    """Q = J + H'V with H the Helmert basis and V a random frame."""
    for i in range(k):
        for j in range(k):
            total = 1.0 / k
            # Helmert row a (a = 1 .. k-1) has 1/sqrt(a(a+1)) in its first a places and -a/sqrt(a(a+1)) next.
            for a in range(max(i, 1), k):
                scale = 1.0 / math.sqrt(a * (a + 1.0))
                total += (-a if i == a else 1.0) * scale * v[a - 1, j]
            q[i, j] = total


@inlined
def _planes(q: NDArray[np.float64], v: NDArray[np.float64], k: int, cosine: float) -> None:
    """Turn each of the planes (v0, v1), (v2, v3), ... by the same angle; a last odd direction stays fixed."""
    sine = math.sqrt(max(1.0 - cosine * cosine, 0.0))
    for i in range(k):
        for j in range(k):
            total = 1.0 / k
            for a in range(0, k - 2, 2):
                total += cosine * (v[a, i] * v[a, j] + v[a + 1, i] * v[a + 1, j])
                total += sine * (v[a, i] * v[a + 1, j] - v[a + 1, i] * v[a, j])
            if k % 2 == 0:
                total += v[k - 2, i] * v[k - 2, j]
            q[i, j] = total


@inlined
def fill_rotation(
    q: NDArray[np.float64], v: NDArray[np.float64], k: int, strength: float, seed: np.uint64, unit: np.uint64
) -> None:
    """Fill ``q[:k, :k]``; `v` is scratch of at least (k, k). For k < 3 only the identity mixes nothing wrongly."""
    if k < 3:
        for i in range(k):
            for j in range(k):
                q[i, j] = 1.0 if i == j else 0.0
        return
    if k == 3:
        turn = uniform(seed, unit, ROTATION, np.uint64(0))
        if strength >= 1.0:
            _circulant(q, _TWO_PI * turn)
        else:
            angle = math.acos(1.0 - strength)
            _circulant(q, angle if turn < 0.5 else -angle)
        return
    _frame(v, k, seed, unit)
    if strength >= 1.0:
        _haar(q, v, k)
    elif k % 2 == 1:
        _planes(q, v, k, 1.0 - strength)
    else:
        _planes(q, v, k, 1.0 - strength * (k - 1.0) / (k - 2.0))


@kernel
def rotation_matrix(k: int, strength: float, seed: np.uint64, unit: np.uint64) -> NDArray[np.float64]:
    """Return the k x k matrix of one group."""
    q = np.empty((k, k))
    v = np.empty((k, k))
    fill_rotation(q, v, k, strength, seed, unit)
    return q
