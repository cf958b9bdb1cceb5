"""Give the columns of a pass of a chain the distribution that they have in the table, before its covariances (T20)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.margins import move_to_quantiles
from synthmix.kernels.threads import run_all

Array = NDArray[np.float64]
Quantiles = dict[int, Array]

_MOST = 1024  # intervals between quantiles
_LEAST = 12  # values that a column needs: quantiles of fewer are a few rows' values, and no distribution


class Margins:
    """The quantiles of the continuous columns that a chain draws.

    Parameters
    ----------
    observed : ndarray of shape (n, p)
        Latent values of the source, NaN for missing.
    seeds : mapping of int to int
        Columns that the chain draws, and the seed of each. Columns of fewer than 12 values are left alone.
    """

    def __init__(self, observed: Array, seeds: Mapping[int, int]) -> None:
        there = np.count_nonzero(~np.isnan(observed), axis=0)
        self._seeds = {j: np.uint64(seed) for j, seed in seeds.items() if there[j] >= _LEAST}
        self._wanted = self.of(observed.T)

    def of(self, columns: Array, threads: int = 1) -> Quantiles:
        """Return the quantiles of a whole pass, latent columns (p, n), NaN for missing."""
        found: Quantiles = {}

        def work(j: int) -> None:
            found[j] = _quantiles(columns[j])

        run_all(work, list(self._seeds), threads)
        return found

    def move(self, made: Quantiles, columns: Array, farthest: Array, first: int) -> None:
        """Move rows ``first, first + 1, ...`` of a pass with the quantiles `made`, in place.

        `columns` are latent columns (p, m), and `farthest` (p, m) is how far each value may be moved.
        """
        for j, seed in self._seeds.items():
            move_to_quantiles(made[j], self._wanted[j], farthest[j], seed, first, columns[j])


def _quantiles(column: Array) -> Array:
    """Return quantiles, from halfway between the two smallest values to halfway between the two largest ones.

    They lie between values, so that none is given away where there are few; NaN does not count.
    """
    values = np.sort(column)  # NaN comes last
    values = values[: values.size - np.count_nonzero(np.isnan(column))]
    places = np.linspace(0.5, values.size - 1.5, min(values.size - 2, _MOST) + 1)
    low = places.astype(np.int64)
    return np.asarray(values[low] + (places - low) * (values[low + 1] - values[low]))
