"""A Gaussian copula with empirical margins in vectorised numpy and scipy: what synthesis by normal scores replaces."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from benchmarks.speed.tables import SEED

Floats = NDArray[np.float64]


class Copula(NamedTuple):
    """A fitted copula."""

    ordered: Floats  # (d, n): the sorted values of each column
    factor: Floats  # (d, d): Cholesky factor of the correlation of the scores


def fit(X: Floats) -> Copula:
    """Return the copula of `X` (n, d): ranks, normal scores, their correlation, its Cholesky factor."""
    columns = np.ascontiguousarray(X.T)
    n = columns.shape[1]
    order = columns.argsort(axis=1)
    scores = np.empty_like(columns)
    np.put_along_axis(scores, order, np.broadcast_to(ndtri((np.arange(n) + 0.5) / n), columns.shape), axis=1)
    return Copula(np.take_along_axis(columns, order, axis=1), np.linalg.cholesky(np.corrcoef(scores)))


def sample(copula: Copula, rows: int) -> Floats:
    """Return `rows` rows: correlated normals, their probabilities, interpolated quantiles."""
    d, n = copula.ordered.shape
    scores = np.random.default_rng(SEED).standard_normal((rows, d)) @ copula.factor.T
    probabilities = ndtr(scores, out=scores)
    out = np.empty((rows, d))
    grid = (np.arange(n) + 0.5) / n
    for j in range(d):
        out[:, j] = np.interp(probabilities[:, j], grid, copula.ordered[j])
    return out
