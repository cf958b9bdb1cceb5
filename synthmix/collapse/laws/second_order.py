"""How far the variance of a chain strays: exact second-order recursions of the replace regime.

A law that keeps the variance in expectation still performs a random walk. Rows are independent given the last table;
m2 and m4 are empirical central moments with divisor n. E m2'^2 and E m4' are linear in (m4, m2^2), so the mean square
of the variance after any number of generations follows from the table's own two moments.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.certificate.row_law import RowLaw
from synthmix.collapse.laws.paths import Path, rows_of, steps
from synthmix.weights import Scheme, WeightMoments, WeightsLaw, covariance_factor

Matrix = NDArray[np.float64]


def sample_moments_map(n: float) -> Matrix:
    """Return the matrix from (u4, u2^2), central moments of a draw, to (E m4, E m2^2) of n independent draws."""
    n = rows_of(n)
    fourth = [(n - 1.0) * (n * n - 3.0 * n + 3.0), 3.0 * (n - 1.0) * (2.0 * n - 3.0)]
    square = [(n - 1.0) ** 2, (n - 1.0) * (n * n - 2.0 * n + 3.0)]
    return np.array([fourth, square]) / n**3


def second_order_matrix(moments: WeightMoments, n: float) -> Matrix:
    """Return the matrix from (m4, m2^2) to (E m4', E m2'^2): one generation of n rows, independent parents. Exact."""
    rows = np.array([[moments.A, 3.0 * (moments.B - moments.A)], [0.0, moments.c**2]])
    return np.asarray(sample_moments_map(n) @ rows)


def second_order_path(moments: WeightMoments, n: float, generations: int, *, kurtosis: float = 0.0) -> Matrix:
    """Return E m4_g and E m2_g^2 in units of m2_0^2, exact for independent parents and n rows in each generation.

    Parameters
    ----------
    moments : WeightMoments
    n : float
    generations : int
    kurtosis : float
        Excess kurtosis m4/m2^2 - 3 of the start, with divisor n.

    Returns
    -------
    ndarray, shape (generations + 1, 2)
    """
    step, state = second_order_matrix(moments, n), np.array([kurtosis + 3.0, 1.0])
    path = [state]
    for _ in steps(generations)[1:]:
        path.append(step @ path[-1])
    return np.array(path)


def variance_sd_path(moments: WeightMoments, n: float, generations: int, *, kurtosis: float = 0.0) -> Path:
    """Return the standard deviation over chains of the variance ratio m2_g / m2_0, as :func:`second_order_path`.

    The law is skewed: while the mean stays, the typical chain falls. Quantiles of simulated chains are the
    better band where this exceeds about 0.3.
    """
    square = second_order_path(moments, n, generations, kurtosis=kurtosis)[:, 1]
    mean = (moments.c * (float(n) - 1.0) / float(n)) ** steps(generations)
    return np.sqrt(np.maximum(square - mean**2, 0.0))


def with_factor_one(moments: WeightMoments, n: float) -> WeightMoments:
    """Return the moments of weights scaled about the mean so that independent parents keep the covariance of n rows.

    The deviations of rows from the mean are multiplied by s = sqrt(n / (c (n-1))): c, A and B by s^2 and s^4. Rows are
    then M + s sum w (x - M), which no longer are weights of sum 1; second and fourth moments are those of this record.
    """
    square = rows_of(n) / (moments.c * (float(n) - 1.0))
    return WeightMoments(
        mean=moments.mean,
        second=moments.second * square,
        squares=moments.squares * square**2,
        p3=moments.p3 * square**1.5,
        expected_max=moments.expected_max,
        expected_squared_donor=moments.expected_squared_donor,
    )


def paired_variance_sd_path(
    law: WeightsLaw, scheme: Scheme, n: int, generations: int, *, kurtosis: float = 0.0
) -> Path:
    """Return the standard deviation over chains of the variance ratio S_g / S_0 for any scheme of pairing.

    One pass of n rows is mixed from n rows, by `law` as it is (give the corrected law for EpBeta). Exact for "iid" and
    "distinct", where rows are independent given the table; for "anchor" and "cyclic" to leading order in 1/n.

    Parameters
    ----------
    law : WeightsLaw
        Not one of groups: rotation has no spread at all.
    scheme : {"iid", "distinct", "anchor", "cyclic"}
    n : int
    generations : int
    kurtosis : float
        Excess kurtosis of the start, divisor n.
    """
    square = paired_path(law, scheme, n, generations, kurtosis=kurtosis)[:, 1]
    factor = covariance_factor(law.moments(), scheme, n)
    return np.sqrt(np.maximum(square - factor ** (2.0 * steps(generations)), 0.0))


def paired_path(law: WeightsLaw, scheme: Scheme, n: int, generations: int, *, kurtosis: float = 0.0) -> Matrix:
    """Return E m4_g and E m2_g^2 in units of m2_0^2 for any scheme of pairing, shape (generations + 1, 2).

    Parameters and conditions as in :func:`paired_variance_sd_path`.
    """
    factor = covariance_factor(law.moments(), scheme, n)
    step, path = _paired_matrix(RowLaw(law, scheme), n, factor), [np.array([kurtosis + 3.0, 1.0])]
    for _ in steps(generations)[1:]:
        path.append(step @ path[-1])
    return np.array(path)


def _paired_matrix(row: RowLaw, n: int, factor: float) -> Matrix:
    """Return the matrix of one generation for (E m4, E m2^2)."""
    sizes = np.array([n])
    spread = float(row.spread(sizes)[0])
    _, alpha, beta = (float(part[0]) for part in row.higher(sizes))
    draw = np.array([[alpha, beta], [0.0, spread**2]])
    if row.scheme in ("iid", "distinct"):
        return np.asarray(sample_moments_map(n) @ draw)
    if row.scheme == "anchor":  # what the first parents explain does not vary over a pass
        own = row.own_square**2
        square = np.array([alpha - own, beta - spread**2 + own])
    else:
        square = np.array([row.square_variance, row.square_covariance + 2.0 * row.lagged])
    return np.array([draw[0], square / n + [0.0, factor**2]])


def gaussian_variance_sd_path(n: float, generations: int) -> Path:
    """Return the standard deviation of s2_g / s2_0 for a Gaussian refitted with unbiased variance: exact.

    sqrt((1 + 2/(n-1))^g - 1).
    """
    return np.sqrt((1.0 + 2.0 / (rows_of(n) - 1.0)) ** steps(generations) - 1.0)


def pair_matrix(moments: WeightMoments, n: float) -> Matrix:
    """Return the 3x3 matrix of one generation for (E m_aabb, E m_aa m_bb, E m_ab^2) of two columns. Exact as above.

    u = A m_aabb + (B-A)(m_aa m_bb + 2 m_ab^2), P = c^2 m_aa m_bb, C = c^2 m_ab^2, k22 = u - P - 2C.
    """
    n = rows_of(n)
    spread = moments.B - moments.A
    u = np.array([moments.A, spread, 2.0 * spread])
    P, C = np.array([0.0, moments.c**2, 0.0]), np.array([0.0, 0.0, moments.c**2])
    k22, f = u - P - 2.0 * C, ((n - 1.0) / n) ** 2
    fourth = (n - 1.0) * ((n * n - 3.0 * n + 3.0) * u + (2.0 * n - 3.0) * (P + 2.0 * C)) / n**3
    product = f * (P + k22 / n + 2.0 * C / (n - 1.0))
    square = f * (C + k22 / n + (P + C) / (n - 1.0))
    return np.array([fourth, product, square])


def pair_path(moments: WeightMoments, n: float, generations: int, start: tuple[float, float, float]) -> Matrix:
    """Return (E m_aabb, E m_aa m_bb, E m_ab^2) of generations 0, 1, ..., shape (generations + 1, 3).

    Parameters
    ----------
    moments, n, generations
        As in :func:`second_order_path`.
    start : tuple of float
        The three products of the table: m_aabb, m_aa m_bb, m_ab^2, divisor n.
    """
    step, path = pair_matrix(moments, n), [np.array(start, np.float64)]
    for _ in steps(generations)[1:]:
        path.append(step @ path[-1])
    return np.array(path)
