"""Laws of the accumulate regime: every generation is made from the real rows and all rows made before, n in each batch.

The pool of generation g holds g + 1 batches, the real one included.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import gammaln, loggamma

from synthmix.collapse.laws.paths import Path, rows_of, steps


def accumulate_path(c: float, generations: int) -> Path:
    """Return the covariance of the pool over that of the real rows, for covariance factor c; many rows.

    With T = g + 1 batches Gamma(T+c) / (Gamma(1+c) Gamma(T+1)), which is the product of (k+c)/(k+1) over k = 1..g and
    about T^(c-1) / Gamma(1+c): for c < 1 it tends to 0, as a power. Accumulating alone does not rescue a generator that
    shrinks.
    """
    batches = steps(generations) + 1.0
    return np.asarray(np.exp(gammaln(batches + c) - gammaln(1.0 + c) - gammaln(batches + 1.0)))


def accumulate_finite_path(c: float, n: float, generations: int) -> Path:
    """Return E P_g / P_0, P the covariance of the pool with divisor nT, for independent parents. Exact.

    One batch more: P' = P [(t+c)/(t+1) - c/(n (t+1)^2)]. With r+- = ((1-c) +- sqrt((1-c)^2 + 4c/n))/2 the product is
    Gamma(T+1-r+) Gamma(T+1-r-) / (Gamma(2-r+) Gamma(2-r-) Gamma(T+1)^2).

    Parameters
    ----------
    c : float
        E sum w^2: the covariance of a new row about the pool's mean over P; 1 for copied rows and for a Gaussian fitted
        by maximum likelihood.
    n : float
        Rows in each batch.
    generations : int

    Returns
    -------
    ndarray, shape (generations + 1,)
    """
    batches = steps(generations) + 1.0
    root = math.sqrt((1.0 - c) ** 2 + 4.0 * c / rows_of(n))
    logs = -2.0 * gammaln(batches + 1.0)
    for r in (0.5 * ((1.0 - c) + root), 0.5 * ((1.0 - c) - root)):
        logs = logs + np.real(loggamma(batches + 1.0 - r) - loggamma(2.0 - r))
    return np.asarray(np.exp(logs))


def accumulate_likelihood_path(n: float, generations: int) -> Path:
    """Return E P_g / variance of the source for a Gaussian fitted by maximum likelihood to the accumulated pool. Exact.

    The product of (1 - 1/(n t^2)) over t = 1..g+1: the first factor is the first fit, to the real rows. One minus it is
    the expected squared error of the mean, in units of the source's variance.
    """
    batches = steps(generations) + 1.0
    return np.asarray(np.cumprod(1.0 - 1.0 / (rows_of(n) * batches**2)), np.float64)


def accumulate_limit(n: float) -> float:
    """Return the limit sin(x)/x, x = pi/sqrt(n), of :func:`accumulate_likelihood_path`.

    1 minus it is the limit of the squared error of the mean, at most pi^2/(6n).
    """
    return float(np.sinc(1.0 / math.sqrt(rows_of(n))))


def accumulate_mean_path(generations: int) -> Path:
    """Return n Var(mean) / variance after g fits to the accumulated pool: the sum of 1/k^2 over k = 1..g; many rows.

    The limit is pi^2/6. For finite n it is an upper bound, because the variance of the pool falls a little
    (:func:`accumulate_likelihood_path`), also where each fit uses the unbiased variance.
    """
    return np.concatenate([[0.0], np.cumsum(1.0 / steps(generations)[1:] ** 2)])


def accumulate_kurtosis_path(A: float, kurtosis: float, generations: int) -> Path:
    """Return the excess kurtosis of the pool for a generator with c = 1 and B = 2A - 1 (two parents); many rows.

    (kur_0 + 6) Gamma(T+A) / (Gamma(1+A) Gamma(T+1)) - 6, T = g + 1: growth as the power A - 1 = 2 q2 of T.
    """
    return (kurtosis + 6.0) * accumulate_path(A, generations) - 6.0
