"""Sort a few rows by whole numbers, digit by digit: several times faster than by comparisons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined

_DIGITS = 256


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
        counts[:] = 0
        for i in range(size):
            counts[((codes[i] - least) >> digit) & (_DIGITS - 1)] += 1
        before = 0
        for b in range(_DIGITS):
            number = counts[b]
            counts[b] = before
            before += number
        for i in range(size):
            row = rows[i]
            b = ((codes[row] - least) >> digit) & (_DIGITS - 1)
            spare[counts[b]] = row
            counts[b] += 1
        for i in range(size):
            rows[i] = spare[i]
        digit += 8
