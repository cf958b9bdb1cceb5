"""Moments of weights on the sphere sum w = sum w^2 = 1: full, with a fixed first weight, or a mixture of these.

Given w_1 = a, every law that is used here spreads the others uniformly over the sphere that is left, so their
moments are polynomials in a:  with n = k-1, b = (1-a)/n and r^2 = 1 - a^2 - n b^2,

    sum w^3 = a^3 + n b^3 + 3 b r^2
    sum w^4 = a^4 + n b^4 + 6 b^2 r^2 + r^4 3(n-1)/(n (n+1))

The mixed moments follow from symmetry and from sum w = sum w^2 = 1.
"""

from __future__ import annotations

import numpy as np

from synthmix.weights.largest_weight import certainly_largest, expected_max_given_first
from synthmix.weights.moments import WeightMoments
from synthmix.weights.special import FloatArray, gauss_legendre, log_gamma


def given_first(k: int, first: FloatArray, share: FloatArray, expected_max: float) -> WeightMoments:
    """Return the moments when w_1 takes the values `first` with probabilities `share`, both of shape (r,).

    Parameters
    ----------
    k : int
        Number of parents, at least 3.
    first, share : ndarray, shape (r,)
        Law of w_1, or a quadrature rule that is exact for its first eight moments.
    expected_max : float
        E max w.
    """
    n = k - 1.0
    b = (1.0 - first) / n
    r2 = np.maximum(1.0 - first**2 - n * b * b, 0.0)
    other4 = b**4 + 6.0 * b * b * r2 / n + r2 * r2 * 3.0 * (n - 1.0) / (n * n * (n + 1.0))

    def mean(values: FloatArray) -> float:
        return float(share @ values)

    m1, m2, m4 = mean(first), mean(first**2), mean(first**4)
    return WeightMoments(
        mean=np.concatenate([[m1], np.full(k - 1, (1.0 - m1) / n)]),
        second=_exchangeable(k, m2, m1 - m2, (1.0 - m2) / n, (1.0 - m1) / n),
        squares=_exchangeable(k, m4, m2 - m4, mean(other4), (1.0 - m2) / n),
        p3=mean(first**3 + n * b**3 + 3.0 * b * r2),
        expected_max=expected_max,
        expected_squared_donor=mean(first**3 + n * b**3 + 3.0 * b * r2),
        sum_w2_constant=True,
    )


def _exchangeable(k: int, first: float, first_rest: float, other: float, row_total: float) -> FloatArray:
    """Return E f_i f_j, the parents 2, ..., k alike, from row sums that are known because sum f = 1.

    `first` is E f_1^2, `first_rest` the sum of E f_1 f_j over j > 1, `other` is E f_2^2 and `row_total` is E f_2.
    """
    n = k - 1.0
    mixed = (row_total - other - first_rest / n) / (n - 1.0)
    matrix = np.full((k, k), mixed)
    matrix[0, :] = matrix[:, 0] = first_rest / n
    np.fill_diagonal(matrix, other)
    matrix[0, 0] = first
    return matrix


def full_sphere(k: int) -> WeightMoments:
    """Return the moments of the uniform law on the whole sphere, k >= 3.

    E p_3 = (3k-2)/k^2 ; E p_4 = 1/k^3 + 6(k-1)/k^3 + 3(k-1)^3/(k^3 (k+1)) ; E max w = 1/k + sqrt(1-1/k) m_k / x_k with
    m_k the expected maximum of k standard normals and x_k the mean of a chi variable with k-1 degrees of freedom,
    because the direction of a normal vector is independent of its length.
    """
    p3 = (3.0 * k - 2.0) / k**2
    p4 = 1.0 / k**3 + 6.0 * (k - 1.0) / k**3 + 3.0 * (k - 1.0) ** 3 / (k**3 * (k + 1.0))
    chi = np.sqrt(2.0) * np.exp(log_gamma(0.5 * k) - log_gamma(0.5 * (k - 1.0)))
    rest = (1.0 - p4) / (k * (k - 1.0))
    return WeightMoments(
        mean=np.full(k, 1.0 / k),
        second=np.eye(k) / k,
        squares=np.full((k, k), rest) + np.eye(k) * (p4 / k - rest),
        p3=p3,
        expected_max=1.0 / k + float(np.sqrt(1.0 - 1.0 / k) * normal_maximum(k) / chi),
        expected_squared_donor=p3,
        sum_w2_constant=True,
    )


def normal_maximum(k: int) -> float:
    """Return the expected maximum of k independent standard normals, by Gauss-Legendre to rounding."""
    from synthmix.weights.special import special

    edges = np.linspace(-12.0, 12.0, 49)
    x, weight = gauss_legendre(edges[:-1], edges[1:], 12)
    density = np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi)
    return float(np.sum(weight * x * k * density * np.exp((k - 1.0) * special("log_ndtr")(x))))


def fixed_first(k: int, first: float) -> WeightMoments:
    """Return the moments when w_1 = `first` in every draw, k >= 3."""
    value = np.array([first])
    largest = first if first >= certainly_largest(k) else float(expected_max_given_first(k, value)[0])
    return given_first(k, value, np.ones(1), largest)
