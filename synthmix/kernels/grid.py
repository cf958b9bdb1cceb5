"""Stochastic rounding to a decimal grid, from the row's own counter.

A value between two multiples goes up with a probability equal to its fraction, so its expectation stays. The price
is variance: ``f (1 - f)`` steps squared for a fraction f, about 1/6 on average, against 1/12 for plain rounding,
which moves means.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import kernel
from synthmix.kernels.philox import ROUND, uniform

_SNAP = 1e-9
_TWO_ULP = 4.5e-16


@kernel
def round_to_grid(
    values: NDArray[np.float64],
    start: int,
    scale: float,
    seed: np.uint64,
    number: np.uint64,
    out: NDArray[np.float64],
) -> None:
    """Fill `out` with `values` rounded to multiples of ``1 / scale``; NaN stays NaN.

    Entry i belongs to row ``start + i``, and `number` is the column: together they own one uniform. A value within
    1e-9 of a multiple (or within its own rounding error, where that is larger) is that multiple, so a value that
    lies on the grid never moves. ``multiple / scale`` with ``scale = 10**d`` is the float nearest to the decimal
    number, the same one that parsing its text gives; ``multiple * 10**-d`` is not.
    """
    for i in range(values.size):
        value = values[i]
        if np.isnan(value):
            out[i] = np.nan
            continue
        scaled = value * scale
        nearest = np.rint(scaled)  # floor(scaled + 0.5) would move odd integers beyond 2**52
        if abs(scaled - nearest) <= max(_SNAP, _TWO_ULP * abs(scaled)):
            whole = nearest
        else:
            low = np.floor(scaled)
            up = uniform(seed, np.uint64(start + i), ROUND, number) < scaled - low
            whole = low + 1.0 if up else low
        out[i] = (whole + 0.0) / scale  # adding zero turns -0.0 into 0.0
