"""Move values from the quantiles that a column has to those that it should have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import at, kernel
from synthmix.kernels.philox import MARGIN, uniform
from synthmix.kernels.search import count_below


@kernel
def move_to_quantiles(
    made: NDArray[np.float64],
    wanted: NDArray[np.float64],
    farthest: NDArray[np.float64],
    seed: np.uint64,
    first: int,
    values: NDArray[np.float64],
) -> None:
    """Move the `values` (m,) of rows ``first, first + 1, ...`` by at most `farthest` (m,), in place; NaN stays.

    `made` and `wanted` (k,) are sorted quantiles of the same k >= 2 levels, with straight lines between. A value that
    is several quantiles goes to one of their levels at random, each row by a draw of its own: else more ties than
    there should be would stay.
    """
    last, places = made.size - 1, np.empty(values.size, np.int64)
    count_below(made, values, places)
    after = np.arange(made.size)  # the last of the quantiles that are equal to each
    for i in range(last - 1, -1, -1):
        after[i] = after[i + 1] if made[i] == made[i + 1] else i
    for i in range(values.size):
        value, below = values[i], places[i]
        if np.isnan(value):
            continue
        level = float(min(below, last))
        if below <= last and made[at(below)] == value:
            ties = after[at(below)] - below
            if ties > 0:
                level += ties * uniform(seed, np.uint64(first + i), MARGIN, np.uint64(0))
        elif 0 < below <= last:
            low = made[at(below - 1)]
            level = below - 1 + (value - low) / (made[at(below)] - low)
        whole = min(int(level), last - 1)
        base = wanted[at(whole)]
        target = base + (level - whole) * (wanted[at(whole + 1)] - base)
        values[i] = min(max(target, value - farthest[i]), value + farthest[i])
