"""Laws of a Gaussian that is refitted to n draws of itself, generation after generation (the replace regime).

"Unbiased" fits use the variance with divisor n-1, "likelihood" fits divisor n. Where a law counts fits, the
first is the one to the real rows.

References
----------
Shumailov et al. (2024), Nature 631. Kazdan et al. (2024), arXiv 2410.16713. Formulas: derived for synthmix.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import digamma, gammaln, polygamma

from synthmix.collapse.laws.paths import Path, rows_of, steps


def c4(n: float) -> float:
    """Return E s / sigma for n Gaussian rows, s with divisor n-1: sqrt(2/(n-1)) Gamma(n/2) / Gamma((n-1)/2)."""
    n = rows_of(n)
    return math.sqrt(2.0 / (n - 1.0)) * math.exp(gammaln(0.5 * n) - gammaln(0.5 * (n - 1.0)))


def log_variance_drift(n: float) -> float:
    """Return E log(s2'/s2) of an unbiased refit: psi((n-1)/2) - log((n-1)/2), about -1/(n-1). Exact.

    The variance is kept in expectation, the typical chain falls.
    """
    half = 0.5 * (rows_of(n) - 1.0)
    return float(digamma(half) - math.log(half))


def log_variance_path(n: float, generations: int) -> Path:
    """Return E log(s2_g / s2_0) of unbiased refits. Exact."""
    return log_variance_drift(n) * steps(generations)


def log_variance_spread_path(n: float, generations: int) -> Path:
    """Return Var log(s2_g / s2_0) = g psi1((n-1)/2) of refits with either divisor. Exact."""
    return float(polygamma(1, 0.5 * (rows_of(n) - 1.0))) * steps(generations)


def sd_path(n: float, generations: int) -> Path:
    """Return E s_g / s_0 = c4^g of unbiased refits. Exact."""
    return np.asarray(c4(n) ** steps(generations))


def wasserstein_path(n: float, generations: int) -> Path:
    """Return E W2^2 between the fit after g refits and the start, in units of its variance: g/n + 2 (1 - c4^g). Exact.

    About 1.5 g/n while that is small. Unbiased refits of mean and variance.
    """
    return steps(generations) / rows_of(n) + 2.0 * (1.0 - sd_path(n, generations))


def likelihood_path(n: float, generations: int) -> Path:
    """Return E s2_g / s2_0 = (1 - 1/n)^g of refits by maximum likelihood. Exact."""
    return np.asarray((1.0 - 1.0 / rows_of(n)) ** steps(generations))


def likelihood_mean_path(n: float, generations: int) -> Path:
    """Return E (mean_g - mean_0)^2 / s2_0 = 1 - (1 - 1/n)^g of refits by maximum likelihood. Exact."""
    return 1.0 - likelihood_path(n, generations)


def unbiased_mean_path(n: float, generations: int) -> Path:
    """Return E (mean_g - mean_0)^2 / s2_0 = g/n of unbiased refits. Exact: the variance is kept in expectation."""
    return steps(generations) / rows_of(n)


def log_det_drift(n: float, p: int, *, unbiased: bool = True) -> float:
    """Return E log(det S' / det S) of one refit of p columns: sum over i = 1..p of psi((n-i)/2) - log((n-1)/2). Exact.

    About -p (p+1) / (2n). A fit by maximum likelihood loses p log(n/(n-1)) more. Needs n > p rows: below, the fitted
    matrix is singular.
    """
    rows = rows_of(n, p + 1.0)
    drift = float(np.sum(digamma(0.5 * (rows - np.arange(1, p + 1)))) - p * math.log(0.5 * (rows - 1.0)))
    return drift if unbiased else drift + p * math.log1p(-1.0 / rows)


def log_det_path(n: float, p: int, generations: int, *, unbiased: bool = True) -> Path:
    """Return E log(det S_g / det S_0) of refits of p columns, S_g the unbiased covariance of generation g. Exact."""
    return log_det_drift(n, p, unbiased=unbiased) * steps(generations)


def small_sd_bound(sd: float, n: float, generations: int) -> Path:
    """Return an upper bound of P(SD of generation g > `sd` times that of the start), unbiased refits.

    exp(-g/(4n)) / sd, at most 1: Markov's inequality with c4 (Suresh, Thangaraj and Khandavally 2025).
    """
    return np.minimum(1.0, np.exp(-steps(generations) / (4.0 * rows_of(n))) / sd)
