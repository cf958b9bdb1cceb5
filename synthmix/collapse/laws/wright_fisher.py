"""Laws of rows that are copied: each of n new rows is the copy of a uniformly drawn row of the last generation.

The row bootstrap does this, and so do the discrete columns of mixed rows whose parents are drawn independently. Other
pairings copy more evenly, see :mod:`synthmix.collapse.laws.descent`. Rotated groups pass every row on once.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.stats import binom

from synthmix.arguments import count
from synthmix.collapse.laws.paths import Path, rows_of, steps
from synthmix.errors import OptionError

LARGEST_CHAIN = 4096  # rows up to which the exact chain is worked out: its matrix takes 8 n^2 bytes


def heterozygosity_path(n: float, generations: int) -> Path:
    """Return E (1 - sum p_g^2) / (1 - sum p_0^2) = (1 - 1/n)^g. Exact."""
    return np.asarray((1.0 - 1.0 / rows_of(n)) ** steps(generations))


def lost_at_once(copies: float, n: float) -> float:
    """Return the probability (1 - k/n)^n, about exp(-k), that a level with k copies is gone after one generation."""
    return float((1.0 - copies / rows_of(n)) ** n)


def survival_table(n: int, generations: int) -> Path:
    """Return the probability that a level is alive in generation g, shape (generations + 1, n + 1), by copies in D_0.

    Exact: column k is for a level with k copies among the n rows of generation 0; the chain of its count is
    Binomial(n, k/n), worked out backwards in g.

    Raises
    ------
    OptionError
        For more than 4,096 rows; use :func:`synthmix.collapse.laws.extinction_path` there.
    """
    rows = count("n", n)
    if not 1 <= rows <= LARGEST_CHAIN:
        raise OptionError(f"n={n}: the exact chain is for 1 to {LARGEST_CHAIN} rows; use extinction_path beyond")
    return _survival(rows, count("generations", generations)).copy()


def survival_path(copies: int, n: int, generations: int) -> Path:
    """Return the probability that a level with `copies` of n rows is alive in generations 0, 1, ...; exact."""
    return np.asarray(survival_table(n, generations)[:, count("copies", copies)])


@lru_cache(maxsize=8)
def _survival(n: int, generations: int) -> Path:
    counts = np.arange(n + 1)
    chain = binom.pmf(counts[None, :], n, counts[:, None] / n)
    path = [np.minimum(counts, 1).astype(np.float64)]
    for _ in range(generations):
        path.append(chain @ path[-1])
    return np.array(path)


def entropy_path(levels: int, n: float, generations: int) -> Path:
    """Return the first-order change of the expected entropy (nats): -g (K-1)/(2n) for K levels far from extinction."""
    return -steps(generations) * (levels - 1.0) / (2.0 * rows_of(n))


def polymorphism_bounds(share: float, n: float, generations: int) -> tuple[Path, Path]:
    """Return bounds of the probability that a level of share p still is neither lost nor alone in generation g.

    4 p (1-p) (1-1/n)^g and 2 n p (1-p) (1-1/n)^g, the latter at most 1 (Seddik et al. 2024).
    """
    left = share * (1.0 - share) * heterozygosity_path(n, generations)
    return 4.0 * left, np.minimum(1.0, 2.0 * float(n) * left)
