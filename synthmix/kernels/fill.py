"""Stand-ins for missing values while rows are mixed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import kernel
from synthmix.kernels.philox import FILL, bounded


@kernel
def fill_from_observed(
    column: NDArray[np.float64],
    rows: NDArray[np.int64],
    observed: NDArray[np.float64],
    seed: np.uint64,
    number: int,
) -> None:
    """Replace the NaN of `column` in `rows` by values drawn from `observed`; unit = row, draw = column number."""
    for row in rows:
        if np.isnan(column[row]):
            drawn = bounded(seed, np.uint64(row), FILL, np.uint64(number), np.uint64(observed.size))
            column[row] = observed[np.int64(drawn)]
