"""Laws of repeated group rotation with random groups. Mean and covariance do not move in any draw; shape does."""

from __future__ import annotations

import numpy as np

from synthmix.collapse.laws.paths import Path, rows_of, steps


def k_statistics(m2: float, m3: float, m4: float, n: float) -> tuple[float, float]:
    """Return the unbiased third and fourth cumulants from central moments with divisor n >= 4 (Fisher 1929)."""
    rows = rows_of(n, 4.0)
    third = rows**2 * m3 / ((rows - 1.0) * (rows - 2.0))
    fourth = rows**2 * ((rows + 1.0) * m4 - 3.0 * (rows - 1.0) * m2**2)
    return third, fourth / ((rows - 1.0) * (rows - 2.0) * (rows - 3.0))


def rotation_third_path(p3: float, n: float, generations: int) -> Path:
    """Return E m3_g / m3_0 for uniformly random groups of any sizes; exact for any table of n >= 4 rows.

    Parameters
    ----------
    p3 : float
        (1/n) sum over all rows of E sum_j Q_ij^3, Q the rotation of the row's group.
    n : float
        Rows of the table, all of which are rotated in each generation.
    generations : int

    Returns
    -------
    ndarray, shape (generations + 1,)
        [1 - (1-p3) n^2 / ((n-1)(n-2))]^g, about p3^g. Holds for joint third moments as well.
    """
    rows = rows_of(n, 4.0)
    factor = 1.0 - (1.0 - p3) * rows**2 / ((rows - 1.0) * (rows - 2.0))
    return np.asarray(factor ** steps(generations))


def rotation_fourth_path(p3: float, p4: float, n: float, generations: int) -> Path:
    """Return E kst4_g / kst4_0, the fourth k-statistic, for uniformly random groups; exact for n >= 4 rows.

    [1 - ((1-p4) - 4 (1-p3)/n) n^2 (n+1) / ((n-1)(n-2)(n-3))]^g, about p4^g. `p3` and `p4` as in
    :func:`rotation_third_path`.
    """
    rows = rows_of(n, 4.0)
    lost = (1.0 - p4) - 4.0 * (1.0 - p3) / rows
    factor = 1.0 - lost * rows**2 * (rows + 1.0) / ((rows - 1.0) * (rows - 2.0) * (rows - 3.0))
    return np.asarray(factor ** steps(generations))


def rotation_kurtosis_path(p3: float, p4: float, n: float, kurtosis: float, generations: int) -> Path:
    """Return the expected excess kurtosis m4/m2^2 - 3 (divisor n) of generations 0, 1, ...; exact for n >= 4 rows.

    m2 is the same in every draw, so the ratio is as linear as m4. The limit is -6/(n+1), the value of n Gaussian rows.
    """
    start = kurtosis + 3.0
    _, fourth = k_statistics(1.0, 0.0, start, n)
    rows = float(n)
    cumulants = fourth * rotation_fourth_path(p3, p4, n, generations)
    scale = (rows - 1.0) * (rows - 2.0) * (rows - 3.0) / rows**2
    return (cumulants * scale + 3.0 * (rows - 1.0)) / (rows + 1.0) - 3.0
