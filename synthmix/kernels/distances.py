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
    p, m = rows.shape[1], stop - start
    for j in range(m):
        out[j] = 0.0
    for c in range(0, p - 3, 4):
        v0, v1, v2, v3 = rows[row, c], rows[row, c + 1], rows[row, c + 2], rows[row, c + 3]
        x0, x1 = columns[c, start:stop], columns[c + 1, start:stop]  # of slices the compiler knows where they begin
        x2, x3 = columns[c + 2, start:stop], columns[c + 3, start:stop]
        for j in range(m):
            g0, g1, g2, g3 = v0 - x0[j], v1 - x1[j], v2 - x2[j], v3 - x3[j]
            out[j] = out[j] + g0 * g0 + g1 * g1 + g2 * g2 + g3 * g3
    for c in range(p - p % 4, p):
        value, x = rows[row, c], columns[c, start:stop]
        for j in range(m):
            gap = value - x[j]
            out[j] += gap * gap


@inlined
def _least(values: NDArray[np.float64], m: int, limit: float) -> float:
    """Return the smallest of `limit` and the first m values: four at a time, none of which waits for another."""
    a = b = c = d = limit
    for j in range(0, m - 3, 4):
        a = values[j] if values[j] < a else a  # noqa: FURB136 - max and min ask for more than numbers need
        b = values[j + 1] if values[j + 1] < b else b  # noqa: FURB136
        c = values[j + 2] if values[j + 2] < c else c  # noqa: FURB136
        d = values[j + 3] if values[j + 3] < d else d  # noqa: FURB136
    for j in range(m - m % 4, m):
        a = values[j] if values[j] < a else a  # noqa: FURB136
    return min(a, b, c, d)


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
                code, others = codes[i, c], code_columns[c, start:stop]
                for j in range(stop - start):
                    buffer[j] += apart if code != others[j] else 0.0
            out[i] = _least(buffer, stop - start, out[i])
