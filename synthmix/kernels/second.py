"""Sums of products of columns over blocks of rows, and how much a row moves a function of a covariance matrix."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import kernel


@kernel
def block_features(rows: NDArray[np.float64], starts: NDArray[np.int64], out: NDArray[np.float64]) -> None:
    """Fill row k of out (K, 3 + 2 p + 2 q + p^2) with sums over the rows ``starts[k] .. starts[k + 1]``.

    With a = |x|^2 and q = p (p + 1) / 2 the sums are those of 1, a, a^2, x_i, a x_i, x_i x_j (i <= j), x_i^2 x_j^2 (i
    <= j) and x_i^2 x_j (all i, j): covariances, their variances and Li and Chen's statistic are functions of them.
    """
    p = rows.shape[1]
    q = p * (p + 1) // 2
    for k in range(starts.size - 1):
        out[k] = 0.0
        sums = out[k]
        for r in range(starts[k], starts[k + 1]):
            a = 0.0
            for i in range(p):
                a += rows[r, i] * rows[r, i]
            sums[0] += 1.0
            sums[1] += a
            sums[2] += a * a
            at = 3 + 2 * p
            cross = at + 2 * q
            for i in range(p):
                x = rows[r, i]
                square = x * x
                sums[3 + i] += x
                sums[3 + p + i] += a * x
                for j in range(i, p):
                    product = x * rows[r, j]
                    sums[at + j - i] += product
                    sums[at + q + j - i] += product * product
                for j in range(p):
                    sums[cross + j] += square * rows[r, j]
                at += p - i
                cross += p


@kernel
def quadratic_forms(
    rows: NDArray[np.float64], center: NDArray[np.float64], matrices: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Fill row k of out (K, 2) with mean and variance over `rows` (n, p) of ``(x - center)' M_k (x - center)``.

    `matrices` (K, p, p) are symmetric. The variances are those of a row's influence on functions of the covariance.
    """
    p = rows.shape[1]
    x, form = np.empty(p), np.empty(p)
    out[:] = 0.0
    for r in range(rows.shape[0]):
        for i in range(p):
            x[i] = rows[r, i] - center[i]
        for k in range(matrices.shape[0]):
            form[:] = 0.0
            for i in range(p):
                for j in range(p):
                    form[j] += x[i] * matrices[k, i, j]
            value = 0.0
            for j in range(p):
                value += form[j] * x[j]
            step = value - out[k, 0]
            out[k, 0] += step / (r + 1)
            out[k, 1] += step * (value - out[k, 0])
    for k in range(matrices.shape[0]):
        out[k, 1] /= rows.shape[0]


@kernel
def fourth_products(
    rows: NDArray[np.float64],
    center: NDArray[np.float64],
    scale: NDArray[np.float64],
    squares: NDArray[np.float64],
    cubes: NDArray[np.float64],
) -> None:
    """Add to squares[i, j] the sum of u_i^2 u_j^2 and to cubes[i, j] that of u_i^3 u_j, u = (x - center) / scale."""
    p = rows.shape[1]
    u = np.empty(p)
    for r in range(rows.shape[0]):
        for i in range(p):
            u[i] = (rows[r, i] - center[i]) / scale[i]
        for i in range(p):
            square = u[i] * u[i]
            cube = square * u[i]
            for j in range(p):
                squares[i, j] += square * (u[j] * u[j])
                cubes[i, j] += cube * u[j]


@kernel
def row_hashes(rows: NDArray[np.float64], out: NDArray[np.uint64]) -> None:
    """Fill out (n,) with a word that depends on the bits of a row alone (the mixer of SplitMix64 over its values)."""
    bits = rows.view(np.uint64)
    for r in range(rows.shape[0]):
        word = np.uint64(0x9E3779B97F4A7C15)
        for i in range(rows.shape[1]):
            word ^= bits[r, i]
            word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            word ^= word >> np.uint64(31)
            word += np.uint64(0x9E3779B97F4A7C15)
        out[r] = word
