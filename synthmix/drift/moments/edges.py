"""Where the eigenvalues of one covariance relative to another lie when the two are equal."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SIMULATED = 64  # directions up to which quantiles are simulated; beyond, the edges are sharp
_RUNS = 600


def noise_edges(rank: int, m: int, n: int | None = None) -> tuple[float, float]:
    """Return the edges between which the variance ratios lie without a difference, for many directions.

    Marchenko and Pastur's ``(1 -+ sqrt(p/m))^2`` where only the new table is a sample, Wachter's
    ``((1 -+ w) / (1 - p/n))^2``, ``w^2 = p/n + p/m - p^2/(n m)`` where both are.
    """
    if n is None:
        root = np.sqrt(rank / m)
        return float(max(0.0, 1.0 - root) ** 2), float((1.0 + root) ** 2)
    if n <= rank:
        return 0.0, float("inf")
    root = np.sqrt(rank / n + rank / m - rank * rank / (n * m))
    return float((max(0.0, 1.0 - root) / (1.0 - rank / n)) ** 2), float(((1.0 + root) / (1.0 - rank / n)) ** 2)


@lru_cache(maxsize=32)
def extreme_quantiles(rank: int, m: int, n: int | None, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return draws of the least and the largest variance ratio of normal tables without a difference, sorted.

    Simulated from Wishart matrices (Bartlett's decomposition, which costs the same for any number of rows); for more
    than 64 directions both hold the edge only.
    """
    if rank > _SIMULATED or m - 1 < rank or (n is not None and n - 1 < rank):
        low, high = noise_edges(rank, m, n)
        return np.array([low]), np.array([high])
    generator = np.random.Generator(np.random.Philox(key=seed))
    root: NDArray[Any] = _bartlett(rank, m - 1, generator)
    if n is not None:
        root = np.linalg.solve(_bartlett(rank, n - 1, generator), root)
    values = np.linalg.svd(root, compute_uv=False) ** 2
    return np.sort(values[:, -1]), np.sort(values[:, 0])


def _bartlett(rank: int, freedom: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Return lower triangular factors of Wishart matrices over their degrees of freedom, shape (runs, rank, rank)."""
    factor = np.tril(generator.standard_normal((_RUNS, rank, rank)), -1)
    places = np.arange(rank)
    factor[:, places, places] = np.sqrt(generator.chisquare(freedom - places, (_RUNS, rank)))
    return np.asarray(factor / np.sqrt(freedom), np.float64)
