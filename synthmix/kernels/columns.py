"""From rows to columns: mixing writes rows, decoding reads columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import kernel

TILE = 64  # rows whose cells stay in the cache while every column takes its own


@kernel
def to_columns(
    latent: NDArray[np.float64], missing: NDArray[np.bool_], low: int, high: int, out: NDArray[np.float64]
) -> None:
    """Write rows [low, high) of `latent` (m, p) into `out` (p, m); NaN where `missing`, shape (m, p) or (0, 0)."""
    any_missing = missing.size > 0
    for first in range(low, high, TILE):
        last = min(first + TILE, high)
        for j in range(latent.shape[1]):
            for i in range(first, last):
                out[j, i] = np.nan if any_missing and missing[i, j] else latent[i, j]
