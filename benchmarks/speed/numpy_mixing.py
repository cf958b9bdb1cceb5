"""Two-point mixing and group rotation as numpy users write them: plainly, and with care for memory."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.speed.tables import SEED

Floats = NDArray[np.floating]
CHUNK = 2_000  # rows; a block of 20 doubles and its scratch then stay in the second cache


class Draws(NamedTuple):
    """Who is mixed with whom, and how much of the first."""

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    weight: Floats


def draw(n: int, rows: int, dtype: str, seed: int = SEED) -> Draws:
    """Return `rows` random pairs of `n` source rows, with uniform weights of shape (rows, 1)."""
    rng = np.random.default_rng(seed)
    first, second = rng.integers(n, size=rows), rng.integers(n, size=rows)
    return Draws(first, second, rng.random((rows, 1)).astype(dtype, copy=False))


def naive(X: Floats, draws: Draws) -> Floats:
    """Return the formula as it stands in papers: one line, five temporaries."""
    i, j, weight = draws
    return weight * X[i] + (1 - weight) * X[j]


def naive_with_draws(X: Floats, rows: int) -> Floats:
    """Return the same, draws included."""
    return naive(X, draw(X.shape[0], rows, X.dtype.name))


def chunked(X: Floats, draws: Draws, out: Floats, scratch: Floats) -> Floats:
    """Fill `out` block by block in place, with one scratch block: second + weight * (first - second).

    ``mode="clip"`` matters: with the default, numpy.take goes through a buffer of its own before it fills `out`.
    """
    for a in range(0, out.shape[0], CHUNK):
        block, part = out[a : a + CHUNK], slice(a, a + CHUNK)
        other = scratch[: block.shape[0]]
        np.take(X, draws.first[part], axis=0, out=block, mode="clip")
        np.take(X, draws.second[part], axis=0, out=other, mode="clip")
        np.subtract(block, other, out=block)
        np.multiply(block, draws.weight[part], out=block)
        np.add(block, other, out=block)
    return out


def rotations(k: int, count: int, dtype: str) -> Floats:
    """Return `count` random orthogonal k x k matrices that fix the vector of ones, shape (count, k, k)."""
    rng = np.random.default_rng(SEED)
    basis = np.linalg.qr(np.column_stack([np.ones(k), rng.normal(size=(k, k - 1))]))[0][:, 1:]
    haar = np.linalg.qr(rng.normal(size=(count, k - 1, k - 1)))[0]
    return (np.full((k, k), 1 / k) + basis @ haar @ basis.T).astype(dtype, copy=False)


def rotate(X: Floats, order: NDArray[np.intp], Q: Floats) -> Floats:
    """Return the rows of `order` in groups of k, each group times its own matrix; groups and matrices are given."""
    groups, k, _ = Q.shape
    return (Q @ X[order].reshape(groups, k, X.shape[1])).reshape(groups * k, X.shape[1])
