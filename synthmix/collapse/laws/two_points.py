"""Laws of rows turned towards a partner: cos(phi) of their own deviation and sin(phi) of another's.

x~_i = mean + cos(phi) (x_i - mean) + sin(phi) (x_j - mean), as the preconditioned Crank-Nicolson proposal moves a state
(Cotter et al. 2013, Statistical Science 28), with a real row in place of the noise. Partners go around a circle in
random order, so that each row is partner once.
"""

from __future__ import annotations

import math

import numpy as np

from synthmix.collapse.laws.paths import Path, rows_of, share_of, steps


def two_point_rotation_path(delta: float, n: float, generations: int, *, signed: bool = False) -> Path:
    """Return E S_g / S_0 of repeated turns, exact for any table of n rows.

    Parameters
    ----------
    delta : float
        1 - cos(phi), between 0 and 1.
    n : float
        Rows of each generation.
    generations : int
    signed : bool
        Whether each row's sin(phi) has a random sign of its own.

    Returns
    -------
    ndarray, shape (generations + 1,)
        [1 - 2 cos sin / (n-1)]^g; with signs [1 - sin^2 / n]^g. No row meets itself, and what partners share with the
        mean is lost: the variance does not stay, but for many rows.
    """
    return np.asarray(_factor(delta, rows_of(n), signed=signed) ** steps(generations))


def two_point_rotation_mean_path(delta: float, n: float, generations: int, *, signed: bool = False) -> Path:
    """Return E (mean_g - mean_0)^2 in units of the unbiased variance of generation 0, exact.

    0 in every draw without signs: a circle uses each row once in both places. With signs a generation adds
    sin^2 (n-1) / n^2 times the variance that is left. Parameters as in :func:`two_point_rotation_path`.
    """
    rows = rows_of(n)
    if not signed:
        return np.zeros(len(steps(generations)))
    left = two_point_rotation_path(delta, rows, generations, signed=True)[:-1]
    _, sine = _turn(delta)
    return np.concatenate([[0.0], np.cumsum(sine**2 * (rows - 1.0) / rows**2 * left)])


def _factor(delta: float, rows: float, *, signed: bool) -> float:
    cosine, sine = _turn(delta)
    return 1.0 - sine**2 / rows if signed else 1.0 - 2.0 * cosine * sine / (rows - 1.0)


def _turn(delta: float) -> tuple[float, float]:
    cosine = 1.0 - share_of("delta", delta)
    return cosine, math.sqrt(1.0 - cosine**2)
