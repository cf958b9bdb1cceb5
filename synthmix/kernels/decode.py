"""From mixed rows to the numbers of a table, column by column, in place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel
from synthmix.kernels.philox import ROUND, fill_words, to_unit
from synthmix.kernels.quantiles import BLOCK, quantiles
from synthmix.kernels.records import ColumnArrays

STEP = 512  # cells that are taken through all steps of rounding at once
TILE = 16  # rows that stay in the cache while every column takes its own
_ON_GRID = 1e-9
_TWO_ULP = 4.5e-16


@kernel
def to_columns(rows: NDArray[np.float64], at: int, out: NDArray[np.float64]) -> None:
    """Write `rows` (m, p) into ``out[:, at : at + m]``, four columns at a time while their lines are at hand."""
    m, p = rows.shape
    for low in range(0, m, TILE):
        high = min(low + TILE, m)
        for j in range(0, p - 3, 4):
            for i in range(low, high):
                out[j, at + i] = rows[i, j]
                out[j + 1, at + i] = rows[i, j + 1]
                out[j + 2, at + i] = rows[i, j + 2]
                out[j + 3, at + i] = rows[i, j + 3]
        for j in range(p - p % 4, p):
            for i in range(low, high):
                out[j, at + i] = rows[i, j]


@kernel
def to_rows(columns: NDArray[np.float64], first: int, last: int, at: int, out: NDArray[np.float64]) -> None:
    """Write ``columns[:, first:last]`` into the rows of `out` from ``at + first`` on, four columns at a time."""
    p = columns.shape[0]
    for low in range(first, last, TILE):
        high = min(low + TILE, last)
        for j in range(0, p - 3, 4):
            for i in range(low, high):
                out[at + i, j] = columns[j, i]
                out[at + i, j + 1] = columns[j + 1, i]
                out[at + i, j + 2] = columns[j + 2, i]
                out[at + i, j + 3] = columns[j + 3, i]
        for j in range(p - p % 4, p):
            for i in range(low, high):
                out[at + i, j] = columns[j, i]


@kernel
def round_to_grid(
    values: NDArray[np.float64], row: int, scale: float, seed: np.uint64, number: np.uint64, out: NDArray[np.float64]
) -> None:
    """Fill `out` with `values` rounded stochastically to multiples of ``1 / scale``; NaN stays NaN.

    A value between two multiples goes up with a probability equal to its fraction, so its expectation stays. The price
    is variance: ``f (1 - f)`` steps squared for a fraction f, about 1/6 on average, against 1/12 for plain rounding,
    which moves means.

    Entry i belongs to row ``row + i``, and `number` is the column: together they own one uniform. A value within
    1e-9 of a multiple (or within its own rounding error, where that is larger) is that multiple, so a value that
    lies on the grid never moves. ``multiple / scale`` with ``scale = 10**d`` is the float nearest to the decimal
    number, the same one that parsing its text gives; ``multiple * 10**-d`` is not.
    """
    words = np.empty((4, values.size), np.uint32)
    fill_words(seed, row, ROUND, number, words)
    for i in range(values.size):
        scaled = values[i] * scale
        nearest = np.rint(scaled)  # floor(scaled + 0.5) would move odd integers beyond 2**52
        low = np.floor(scaled)
        up = to_unit(np.uint64(words[0, i]), np.uint64(words[1, i])) < scaled - low
        near = abs(scaled - nearest) <= max(_ON_GRID, _TWO_ULP * abs(scaled))
        whole = nearest if near else low + (1.0 if up else 0.0)
        out[i] = (whole + 0.0) / scale  # adding zero turns -0.0 into 0.0


@inlined
def _finish(columns: ColumnArrays, j: int, row: int, seed: np.uint64, cells: NDArray[np.float64]) -> None:
    """Round and clamp decoded numbers in place: grid, storage unit, range of the dtype, short floats."""
    if columns.scale[j] > 0.0:
        round_to_grid(cells, row, columns.scale[j], seed, np.uint64(j), cells)
    if columns.unit[j] > 0.0:
        for i in range(cells.size):
            whole = np.floor(cells[i])
            cells[i] = whole + np.rint((cells[i] - whole) * columns.unit[j]) / columns.unit[j]
    low, high = columns.low[j], columns.high[j]
    for i in range(cells.size):
        value = max(cells[i], low)  # NaN stays NaN
        cells[i] = min(value, high)
    if columns.short[j]:
        for i in range(cells.size):
            cells[i] = np.float64(np.float32(cells[i]))


@kernel
def decode_column(columns: ColumnArrays, j: int, row: int, seed: np.uint64, cells: NDArray[np.float64]) -> None:
    """Turn the mixed numbers of column j, of rows ``row, row + 1, ...`` of the sample, into decoded ones in place."""
    if columns.known[j] > 0:
        room, rest = np.empty(BLOCK), np.zeros(BLOCK)
        whole = cells.size - cells.size % BLOCK
        first, count, never = columns.first[j], columns.known[j], columns.never[j]
        for low in range(0, whole, BLOCK):
            quantiles(cells, low, columns.ndtr, columns.values, first, count, never, room)
        for i in range(whole, cells.size):
            rest[i - whole] = cells[i]
        quantiles(rest, 0, columns.ndtr, columns.values, first, count, never, room)
        for i in range(whole, cells.size):
            cells[i] = rest[i - whole]
    if columns.bounded[j]:
        for low in range(0, cells.size, STEP):
            _finish(columns, j, row + low, seed, cells[low : low + STEP])


@kernel
def blank_missing(missing: NDArray[np.bool_], donors: NDArray[np.int64], at: int, out: NDArray[np.float64]) -> None:
    """Put NaN into ``out[:, at : at + m]`` where the donor's cell is missing; `missing` is (n, p), `donors` (m,)."""
    for low in range(0, donors.size, STEP):
        for j in range(out.shape[0]):
            for i in range(low, min(low + STEP, donors.size)):
                if missing[donors[i], j]:
                    out[j, at + i] = np.nan


@kernel
def take_codes(codes: NDArray[np.int32], donors: NDArray[np.int64], at: int, out: NDArray[np.int32]) -> None:
    """Write the codes (n, q) of the donors (m,) into ``out[:, at : at + m]``."""
    for low in range(0, donors.size, STEP):
        for j in range(codes.shape[1]):
            for i in range(low, min(low + STEP, donors.size)):
                out[j, at + i] = codes[donors[i], j]
