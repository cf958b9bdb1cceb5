"""Distances between rows, in tiles that stay in the cache; nothing as large as all pairs is ever stored."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel

STRIP = 1024  # distances of one row that are summed up together


@inlined
def _strip(
    row: int, rows: NDArray[np.float64], columns: NDArray[np.float64], start: int, stop: int, out: NDArray[np.float64]
) -> None:
    """Fill ``out[: stop - start]`` with the squared distances of a row to the rows `start` to `stop` of the others.

    Four columns a pass, added one after the other: the bits are those of one column a pass.
    """
    p = rows.shape[1]
    for j in range(stop - start):
        out[j] = 0.0
    for c in range(0, p - 3, 4):
        v0, v1, v2, v3 = rows[row, c], rows[row, c + 1], rows[row, c + 2], rows[row, c + 3]
        for j in range(stop - start):
            g0, g1 = v0 - columns[c, start + j], v1 - columns[c + 1, start + j]
            g2, g3 = v2 - columns[c + 2, start + j], v3 - columns[c + 3, start + j]
            out[j] = out[j] + g0 * g0 + g1 * g1 + g2 * g2 + g3 * g3
    for c in range(p - p % 4, p):
        value = rows[row, c]
        for j in range(stop - start):
            gap = value - columns[c, start + j]
            out[j] += gap * gap


@kernel
def squared_distances(rows: NDArray[np.float64], columns: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Fill `out` (a, b) with squared distances of `rows` (a, p) to the rows whose columns are `columns` (p, b).

    Sums of squared gaps in the order of the columns: exactly 0 for equal rows, which products of rows are not.
    """
    for start in range(0, columns.shape[1], STRIP):
        stop = min(start + STRIP, columns.shape[1])
        for i in range(rows.shape[0]):
            _strip(i, rows, columns, start, stop, out[i, start:stop])


@kernel
def nearest(
    rows: NDArray[np.float64],
    columns: NDArray[np.float64],
    skip: NDArray[np.int64],
    squared: NDArray[np.float64],
    index: NDArray[np.int64],
) -> None:
    """Fill `squared` and `index` (a, k) with the k nearest of b rows, nearest first, equal distances by their number.

    `rows` is (a, p), `columns` (p, b); row i is not compared with row ``skip[i]`` of the others (-1: with all).
    """
    k, width = squared.shape[1], columns.shape[1]
    buffer = np.empty(STRIP)
    squared[:] = math.inf
    index[:] = -1
    for start in range(0, width, STRIP):
        stop = min(start + STRIP, width)
        for i in range(rows.shape[0]):
            _strip(i, rows, columns, start, stop, buffer)
            worst = squared[i, k - 1]
            for j in range(stop - start):
                if buffer[j] < worst and start + j != skip[i]:
                    place = k - 1
                    while place > 0 and buffer[j] < squared[i, place - 1]:
                        squared[i, place] = squared[i, place - 1]
                        index[i, place] = index[i, place - 1]
                        place -= 1
                    squared[i, place] = buffer[j]
                    index[i, place] = start + j
                    worst = squared[i, k - 1]


@kernel
def pivoted_cholesky(
    matrix: NDArray[np.float64],
    tolerance: float,
    rest: NDArray[np.float64],
    lower: NDArray[np.float64],
    pivots: NDArray[np.int64],
) -> int:
    """Fill the first r columns of `lower` (p, p) and of `pivots` (p,) with ``matrix = L L'`` and return the rank r.

    `matrix` is positive semidefinite and `rest` (p,) its diagonal, which is overwritten. The next pivot is the column
    with the largest remaining variance; it ends where that is not above `tolerance`, so that repeated and collinear
    columns count once.
    """
    p = rest.size
    for rank in range(p):
        best = 0
        for i in range(1, p):
            if rest[i] > rest[best]:
                best = i
        if not rest[best] > tolerance:
            return rank
        root = math.sqrt(rest[best])
        for i in range(p):
            total = matrix[i, best]
            for c in range(rank):
                total -= lower[i, c] * lower[best, c]
            lower[i, rank] = total / root
        for i in range(p):
            rest[i] -= lower[i, rank] * lower[i, rank]
        rest[best] = -math.inf
        pivots[rank] = best
    return p


@kernel
def whitened_lengths(
    rows: NDArray[np.float64], lower: NDArray[np.float64], pivots: NDArray[np.int64], out: NDArray[np.float64]
) -> None:
    """Fill `out` (n,) with the squared lengths of ``L^-1 x`` over the pivots, by forward substitution."""
    rank = pivots.size
    solved = np.empty(rank)
    for i in range(rows.shape[0]):
        length = 0.0
        for a in range(rank):
            total = rows[i, pivots[a]]
            for b in range(a):
                total -= lower[pivots[a], b] * solved[b]
            solved[a] = total / lower[pivots[a], a]
            length += solved[a] * solved[a]
        out[i] = length


@kernel
def covariance(rows: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Fill `out` (p, p) with the mean products of columns that were centred before, added row by row."""
    n, p = rows.shape
    out[:] = 0.0
    for i in range(n):
        for a in range(p):
            for b in range(p):
                out[a, b] += rows[i, a] * rows[i, b]
    for a in range(p):
        for b in range(p):
            out[a, b] /= n


@kernel
def least_squared(
    rows: NDArray[np.float64],
    columns: NDArray[np.float64],
    codes: NDArray[np.int32],
    code_columns: NDArray[np.int32],
    apart: float,
    out: NDArray[np.float64],
) -> None:
    """Fill `out` (a,) with the squared distance of each row to the nearest of b rows, infinite where there are none.

    Numbers are `rows` (a, p) and `columns` (p, b); levels are `codes` (a, q) and `code_columns` (q, b), and two that
    differ are `apart`, squared.
    """
    width = code_columns.shape[1]
    buffer = np.empty(STRIP)
    out[:] = math.inf
    for start in range(0, width, STRIP):
        stop = min(start + STRIP, width)
        for i in range(rows.shape[0]):
            _strip(i, rows, columns, start, stop, buffer)
            for c in range(codes.shape[1]):
                code = codes[i, c]
                for j in range(stop - start):
                    buffer[j] += apart * np.float64(code != code_columns[c, start + j])
            least = out[i]
            for j in range(stop - start):
                least = min(least, buffer[j])
            out[i] = least
