"""Laws of loops with a known bias in each turn."""

from __future__ import annotations

import numpy as np

from synthmix.collapse.laws.paths import Path, rows_of, steps


def biased_sampling_path(quality: float, generations: int) -> Path:
    """Return E S_g / S_0 = lambda^g: unbiased Gaussian refits to draws with covariance lambda times the fit's. Exact.

    lambda < 1 trades diversity for quality (Alemohammad et al. 2024); mixing is such a loop with lambda = c.
    """
    return np.asarray(quality ** steps(generations))


def kernel_density_path(variance: float, bandwidth: float, generations: int, *, n: float | None = None) -> Path:
    """Return the expected variance of generations drawn from a kernel density estimate of the last, replace regime.

    Many rows: variance + g h^2, inflation and not collapse. With `n` exact for the unbiased variance of n rows:
    V' = V (n-1)/n + h^2, with the limit n h^2.
    """
    kept = 1.0 if n is None else 1.0 - 1.0 / rows_of(n)
    path = [float(variance)]
    for _ in steps(generations)[1:]:
        path.append(kept * path[-1] + bandwidth**2)
    return np.array(path)


def majority_path(share: float, generations: int) -> Path:
    """Return the share of a class when each label is the majority of three random ones: p' = 3 p^2 - 2 p^3; many rows.

    A minority of 10 % is 2.8 % after one generation and .23 % after two: collapse is doubly exponential.
    """
    path = [float(share)]
    for _ in steps(generations)[1:]:
        p = path[-1]
        path.append(3.0 * p**2 - 2.0 * p**3)
    return np.array(path)
