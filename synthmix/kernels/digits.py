"""Sort a few rows by whole numbers, digit by digit: several times faster than by comparisons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import at, inlined
from synthmix.kernels.nodes import DIGITS, ROW


@inlined
def sort_rows(
    codes: NDArray[np.int32], size: int, rows: NDArray[np.int32], spare: NDArray[np.int32], counts: NDArray[np.int64]
) -> None:
    """Write the rows 0 to size - 1 to `rows` in the order of their codes, equal ones in their own: digit by digit."""
    least, most = codes[0], codes[0]
    for i in range(size):
        rows[i] = i
        least, most = min(least, codes[i]), max(most, codes[i])
    digit = 0
    while (most - least) >> digit > 0:
        _by_digit(codes, least, digit, size, rows, spare, counts)
        _by_digit(codes, least, digit + DIGITS, size, spare, rows, counts)
        digit += 2 * DIGITS


@inlined
def _by_digit(
    codes: NDArray[np.int32],
    least: int,
    digit: int,
    size: int,
    rows: NDArray[np.int32],
    sorted_rows: NDArray[np.int32],
    counts: NDArray[np.int64],
) -> None:
    """Write the rows in the order of one digit of their codes."""
    counts[:] = 0
    for i in range(size):
        counts[at(((codes[i] - least) >> digit) & ROW)] += 1
    before = 0
    for b in range(counts.size):
        number = counts[b]
        counts[b] = before
        before += number
    for i in range(size):
        row = rows[i]
        b = at(((codes[at(row)] - least) >> digit) & ROW)
        sorted_rows[at(counts[b])] = row
        counts[b] += 1


@inlined
def number_values(codes: NDArray[np.int32], size: int, rows: NDArray[np.int32], bits: int) -> None:
    """Write the place of its value among the distinct ones above the `bits` of each of the sorted rows."""
    place, last = 0, codes[rows[0]]
    for i in range(size):
        row = rows[i]
        place += codes[at(row)] != last
        last = codes[at(row)]
        rows[i] = (place << bits) | row
