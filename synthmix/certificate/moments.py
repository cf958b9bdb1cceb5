"""Pairwise-complete means and covariances with divisor n, in units of a spread, so that no square overflows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class TableMoments:
    """Moments of the observed values of a table.

    Attributes
    ----------
    mean, sd : ndarray, shape (p,)
        In the columns' units; sd is 1 for constant columns, which have nothing to scale.
    covariance : ndarray, shape (p, p)
        In units of the given scale (default: of `sd`), over the rows in which both columns are observed.
    skewness, kurtosis : ndarray, shape (p,)
        m3 / m2^1.5 and m4 / m2^2 - 3 with divisor n; NaN for constant columns.
    """

    mean: Array
    sd: Array
    covariance: Array
    skewness: Array
    kurtosis: Array


def table_moments(values: Array, scale: Array | None = None) -> TableMoments:
    """Return the moments of `values` (n, p), NaN = missing; `scale` (p,) is the unit of the covariance."""
    observed = ~np.isnan(values)
    number = np.maximum(observed.sum(axis=0), 1)
    # A provisional origin and the largest deviation from it first: an offset costs no digits, no power overflows.
    largest = np.where(observed, values, -np.inf).max(axis=0, initial=-np.inf)
    origin = np.where(np.isfinite(largest), largest, 0.0)
    shifted = np.where(observed, values - origin, 0.0)
    shift = shifted.sum(axis=0) / number
    centred = np.where(observed, shifted - shift, 0.0)
    reach = np.abs(centred).max(axis=0, initial=0.0)
    unit = np.where(reach > 0, reach, 1.0)
    u = centred / unit
    m2 = (u**2).sum(axis=0) / number
    varies = m2 > 0
    z = u / np.where(varies, np.sqrt(m2), 1.0)
    sd = np.where(varies, unit * np.sqrt(m2), 1.0)
    relative = np.ones_like(sd) if scale is None else sd / scale
    covariance = _covariance(z, observed) * np.outer(relative, relative)
    skewness = np.where(varies, (z**3).sum(axis=0) / number, np.nan)
    kurtosis = np.where(varies, (z**4).sum(axis=0) / number - 3.0, np.nan)
    return TableMoments(origin + shift, sd, covariance, skewness, kurtosis)


def _covariance(z: Array, observed: NDArray[np.bool_]) -> Array:
    """Return the pairwise-complete covariance of columns `z`, centred and 0 where not observed."""
    if observed.all():
        full: Array = z.T @ z / max(z.shape[0], 1)
        return full
    mask = observed.astype(np.float64)
    count = np.maximum(mask.T @ mask, 1.0)
    mean = z.T @ mask / count  # of column a over the rows in which b is observed too
    pairwise: Array = z.T @ z / count - mean * mean.T
    return pairwise
