"""Laws of the fixed-share regime: a share a of each training table is real, the rest the last synthetic rows."""

from __future__ import annotations

import math

import numpy as np

from synthmix.collapse.laws.paths import Path, rows_of, share_of, steps


def share_limit(c: float, share: float) -> float:
    """Return the limit a / (1 - c (1-a)) of the training covariance over the real one, inf where there is none.

    Many rows; c is the covariance factor of the generator. The synthetic rows have c times this. With c -> 1 - D it is
    the limit of the association with columns that a donor gives.
    """
    rest = c * (1.0 - share_of("share", share))
    if rest >= 1.0:
        return 1.0 if c == 1.0 else math.inf
    return share / (1.0 - rest)


def share_path(c: float, share: float, generations: int) -> Path:
    """Return the training covariance over the real one in generations 0, 1, ...: V' = a + (1-a) c V; many rows.

    It converges at the rate c (1-a); stable if and only if that is below 1. Multiply the path up to g - 1 by c for the
    synthetic rows of generation g.
    """
    rest = c * (1.0 - share_of("share", share))
    power = rest ** steps(generations)
    fixed = share_limit(c, share)
    if math.isinf(fixed):
        fixed = share / (1.0 - rest) if rest != 1.0 else math.nan
    return np.asarray(fixed + (1.0 - fixed) * power)


def share_for_stable_fourth_moment(A: float) -> float:
    """Return the smallest share of real rows above which the fourth moment stays bounded: A (1-a) < 1, A = E sum w^4.

    0 for A <= 1 (spheres, rotations). Two parents with c = 1: 2 q2 / (1 + 2 q2), 6.5 % for the default EpBeta.
    """
    return max(0.0, 1.0 - 1.0 / A)


def share_mean_limit(n: float, share: float) -> float:
    """Return the stationary variance of the training mean with fresh real rows, c = 1, in units of the variance.

    The mean is an AR(1) process with coefficient 1-a and innovations of variance 1/n: (1/n) / (1 - (1-a)^2).
    """
    kept = (1.0 - share_of("share", share)) ** 2
    return math.inf if kept == 1.0 else 1.0 / (rows_of(n) * (1.0 - kept))
