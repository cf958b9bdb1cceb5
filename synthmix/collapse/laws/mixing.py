"""Laws of mixing under replacement: each generation is mixed from the rows of the last one.

Moments of the weights, as in :class:`synthmix.weights.WeightMoments`: c = E sum w^2, p3 = E sum w^3, A = E sum w^4,
B = E (sum w^2)^2; two parents: c = 1 - 2 qbar, A = 1 - 4 qbar + 2 q2, B = 1 - 4 qbar + 4 q2, with q = l(1-l),
qbar = E q and q2 = E q^2.
"""

from __future__ import annotations

import numpy as np

from synthmix.collapse.laws.paths import Path, rows_of, steps
from synthmix.weights import Scheme, WeightMoments, covariance_factor, mean_variance_factor


def covariance_path(
    moments: WeightMoments, generations: int, *, n: float | None = None, scheme: Scheme = "iid"
) -> Path:
    """Return E S_g / S_0, S_g the unbiased covariance of generation g.

    Exact for a given scheme of pairing and n rows in each generation, whatever the table: the factor of one generation
    does not depend on it. Without `n` the limit of many rows, c^g. Uniform weights lose a third in each generation;
    laws with c = 1 keep the covariance for many rows, and lose 1/n of it with independent parents. A law that is
    corrected for its table (``EpBeta``) has the factor 1: pass the moments of the corrected law.

    Parameters
    ----------
    moments : WeightMoments
    generations : int
    n : float, optional
        Rows of each generation.
    scheme : {"iid", "distinct", "anchor", "cyclic"}
        How parents are drawn, see :mod:`synthmix.weights.finite_sample`.

    Returns
    -------
    ndarray, shape (generations + 1,)
    """
    factor = moments.c if n is None else covariance_factor(moments, scheme, n)
    return np.asarray(factor ** steps(generations))


def third_moment_path(moments: WeightMoments, generations: int) -> Path:
    """Return E m3_g / m3_0 = p3^g for third central moments, also joint ones; many rows, independent parents.

    Two parents with c = 1 keep every third moment: p3 = 1 - 3 qbar.
    """
    return np.asarray(moments.p3 ** steps(generations))


def kurtosis_path(moments: WeightMoments, kurtosis: float, generations: int) -> Path:
    """Return the excess kurtosis, kur' = (A kur + 3 B) / c^2 - 3 in each generation; many rows, independent parents.

    Two parents with c = 1: kur_g = (1 + 2 q2)^g (kur_0 + 6) - 6, growth without end. Weights with sum w^2 = 1 in every
    row: kur_g = A^g kur_0, shape becomes Gaussian. Where tails grow, the mean sample kurtosis of n rows stays
    below this path, more with each generation: a few rows hold the fourth moment.
    """
    path = [float(kurtosis)]
    for _ in steps(generations)[1:]:
        path.append(moments.kurtosis(path[-1]))
    return np.array(path)


def kurtosis_rate(moments: WeightMoments) -> float:
    """Return A / c^2, the slope of the kurtosis map: below 1 the kurtosis converges, from 1 on it grows for ever."""
    return moments.A / moments.c**2


def kurtosis_fixed_point(moments: WeightMoments) -> float:
    """Return the excess kurtosis to which repeated mixing leads, inf where it grows for ever.

    3 (B - c^2) / (c^2 - A). Uniform weights: 1.5, with rate .9. Beta(a, a): finite if and only if a > (sqrt 17 - 3)/4.
    Weights with sum w^2 = 1 in every row: 0.
    """
    if kurtosis_rate(moments) >= 1.0:
        return float("inf")
    return 3.0 * (moments.B - moments.c**2) / (moments.c**2 - moments.A)


def association_path(moments: WeightMoments, generations: int) -> Path:
    """Return the factor of covariances between mixed columns and columns copied from the parent of largest weight.

    (1 - D)^g with the label noise D = 1 - E max w; independent parents, many rows. Between mixed columns the
    factor is that of the covariance.
    """
    return np.asarray(moments.expected_max ** steps(generations))


def mean_square_path(moments: WeightMoments, generations: int, *, n: float, scheme: Scheme = "iid") -> Path:
    """Return E (mean_g - mean_0)^2 in units of the unbiased variance of generation 0, exact for n rows a generation.

    A generation adds the variance of the mean of n mixed rows, `mean_variance_factor` / n times the variance that is
    left then. Zero for rotation, and for anything else that keeps the mean in every draw.
    """
    rows = rows_of(n)
    left = covariance_path(moments, generations, n=rows, scheme=scheme)
    added = mean_variance_factor(moments, scheme, rows) / rows * left[:-1]
    return np.concatenate([[0.0], np.cumsum(added)])


def dirichlet_factors(k: int, alpha: float) -> tuple[float, float]:
    """Return the factors of variance and third moment for symmetric Dirichlet(alpha) weights of k parents, many rows.

    (alpha + 1) / (k alpha + 1) and (alpha + 1)(alpha + 2) / ((k alpha + 1)(k alpha + 2)). Both lie below 1.
    """
    total = k * alpha
    second = (alpha + 1.0) / (total + 1.0)
    return second, second * (alpha + 2.0) / (total + 2.0)
