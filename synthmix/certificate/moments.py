"""Pairwise-complete means and covariances with divisor n."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TableMoments:
    """Moments of the observed values of a table.

    Attributes
    ----------
    mean : ndarray, shape (p,)
    covariance : ndarray, shape (p, p)
        Over the rows in which both columns are observed, divisor their number.
    count : ndarray, shape (p, p)
        Rows in which both columns are observed.
    skewness, kurtosis : ndarray, shape (p,)
        m3 / m2^1.5 and m4 / m2^2 - 3 with divisor n; NaN for constant columns.
    """

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]
    count: NDArray[np.float64]
    skewness: NDArray[np.float64]
    kurtosis: NDArray[np.float64]

    @property
    def sd(self) -> NDArray[np.float64]:
        """Standard deviations; 1 for constant columns, which have nothing to scale."""
        variance = np.diag(self.covariance)
        return np.sqrt(np.where(variance > 0, variance, 1.0))


def table_moments(values: NDArray[np.float64]) -> TableMoments:
    """Return the moments of `values` (n, p), NaN = missing."""
    observed = ~np.isnan(values)
    number = observed.sum(axis=0)
    # Two passes: a provisional mean first, so that an offset of any size costs no digits.
    largest = np.where(observed, values, -np.inf).max(axis=0, initial=-np.inf)
    origin = np.where(number > 0, largest, 0.0)
    shifted = np.where(observed, values - origin, 0.0)
    shift = shifted.sum(axis=0) / np.maximum(number, 1)
    centred = np.where(observed, values - origin - shift, 0.0)
    if observed.all():
        count = np.full((values.shape[1], values.shape[1]), float(values.shape[0]))
        covariance = centred.T @ centred / max(values.shape[0], 1)
    else:
        mask = observed.astype(np.float64)
        count = mask.T @ mask
        safe = np.maximum(count, 1.0)
        left = centred.T @ mask / safe  # mean of column a over the rows in which b is observed too
        covariance = centred.T @ centred / safe - left * left.T
    m2 = (centred**2).sum(axis=0) / np.maximum(number, 1)
    m3 = (centred**3).sum(axis=0) / np.maximum(number, 1)
    m4 = (centred**4).sum(axis=0) / np.maximum(number, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        skewness, kurtosis = m3 / m2**1.5, m4 / m2**2 - 3.0
    return TableMoments(origin + shift, covariance, count, skewness, kurtosis)
