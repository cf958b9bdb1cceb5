"""From mixed rows to the numbers of a table, column by column, in place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel
from synthmix.kernels.intrinsics import SQUARE, copy_past, turn_square
from synthmix.kernels.philox import ROUND, fill_words, to_unit
from synthmix.kernels.quantiles import BLOCK, quantiles
from synthmix.kernels.records import ColumnArrays

STEP = 512  # cells that are taken through all steps of rounding at once
PIECE = 256  # numbers of a column that are written at once
TILE = 16  # rows that are put together from all columns
NEAR = 2**12  # sorted values that the first cache holds
READ_FIRST = 2**17  # that the second cache of a large processor holds, or the last one of any
LINE_OF_NUMBERS = 8
_ON_GRID = 1e-9
_TWO_ULP = 4.5e-16


@kernel
def to_columns(rows: NDArray[np.float64], at: int, past: bool, out: NDArray[np.float64]) -> None:
    """Write `rows` (m, p) into ``out[:, at : at + m]``, a piece of some columns while the rows are at hand.

    With `past` pieces are written past the caches, for columns that these cannot hold until they are read again.
    """
    m, p = rows.shape
    tile = np.empty((SQUARE, PIECE))
    for low in range(0, m, PIECE):
        count = min(PIECE, m - low)
        for j in range(0, p, SQUARE):
            few = min(SQUARE, p - j)
            even = count - count % SQUARE if few == SQUARE else 0
            for i in range(0, even, SQUARE):
                turn_square(tile, 0, i, rows, low + i, j)
            for k in range(few):
                for i in range(even, count):
                    tile[k, i] = rows[low + i, j + k]
                if past:
                    copy_past(out, j + k, at + low, tile, k, count)
                else:
                    for i in range(count):
                        out[j + k, at + low + i] = tile[k, i]


@kernel
def to_rows(columns: NDArray[np.float64], first: int, last: int, at: int, past: bool, out: NDArray[np.float64]) -> None:
    """Write ``columns[:, first:last]`` into the rows of `out` from ``at + first`` on.

    With `past` they are written past the caches, for arrays that these cannot hold.
    """
    p = columns.shape[0]
    whole, tile = p - p % SQUARE, np.empty((TILE, p), out.dtype)
    for low in range(first, last, TILE):
        m = min(TILE, last - low)
        even = m - m % SQUARE
        for j in range(0, whole, SQUARE):
            for i in range(0, even, SQUARE):
                turn_square(tile, i, j, columns, j, low + i)
        for i in range(m):
            for j in range(whole if i < even else 0, p):
                tile[i, j] = columns[j, low + i]
        if past:
            copy_past(out, at + low, 0, tile, 0, m * p)
        else:
            for i in range(m):
                for j in range(p):
                    out[at + low + i, j] = tile[i, j]


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


@inlined
def _read(values: NDArray[np.float64], first: int, count: int) -> float:
    """Read a number of each cache line in order, so that the second cache holds them; their sum is of no use."""
    total = 0.0
    for i in range(first, first + count, LINE_OF_NUMBERS):
        total += values[i]
    return total


@kernel
def decode_column(columns: ColumnArrays, j: int, row: int, seed: np.uint64, cells: NDArray[np.float64]) -> None:
    """Turn the mixed numbers of column j, of rows ``row, row + 1, ...`` of the sample, into decoded ones in place."""
    if columns.known[j] > 0:
        parts, found, rest = np.empty(BLOCK), np.empty(BLOCK, np.int32), np.zeros(BLOCK)
        first, count, ties, never = columns.first[j], columns.known[j], columns.ties[j], columns.never[j]
        far = count > NEAR
        if far and count <= min(READ_FIRST, LINE_OF_NUMBERS * cells.size):  # with a cell for every line, or more
            rest[0] = _read(columns.values, first, count)
            far = False
        for low in range(0, cells.size, BLOCK):
            left = cells.size - low
            if left < BLOCK:  # loops: slices take a second to compile
                for i in range(left):
                    rest[i] = cells[low + i]
            block, start = (rest, 0) if left < BLOCK else (cells, low)
            quantiles(block, start, columns.ndtr, columns.values, first, count, ties, never, far, parts, found)
            if left < BLOCK:
                for i in range(left):
                    cells[low + i] = rest[i]
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
