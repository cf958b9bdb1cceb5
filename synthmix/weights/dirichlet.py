"""Symmetric Dirichlet weights for k parents."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from synthmix.weights import checks, dirichlet_integrals
from synthmix.weights.base import WeightsLaw
from synthmix.weights.law_data import STICK, LawData, law_data
from synthmix.weights.moments import WeightMoments
from synthmix.weights.quantile_table import beta_table


@dataclass(frozen=True)
class Dirichlet(WeightsLaw):
    """Weights of k parents from the symmetric Dirichlet law.

    Keeps the mean. Multiplies the covariance by c = (alpha + 1) / (k alpha + 1) < 1, so it shrinks all variances, more
    with more parents. Rows stay inside the hull of their parents. A tiny alpha (1e-8) copies rows.

    Parameters
    ----------
    k : int
        Number of parents, 2 to 256.
    alpha : float
        Shape, 1e-12 to 1e6; 1 is uniform on the simplex.

    Raises
    ------
    OptionError
        For values outside these ranges.

    Notes
    -----
    With rising factorials x^(r) and s = k alpha: E w_j^r = alpha^(r) / s^(r), E w_i^2 w_j^2 = (alpha^(2))^2 / s^(4).
    E max w and E [sum w^3 / sum w^2] are integrals without closed form, computed to about 1e-13. Rows are drawn by
    breaking a stick: parent j = 0, ..., k-2 takes a Beta(alpha, (k-1-j) alpha) share of what is left.

    Examples
    --------
    >>> Dirichlet(3).moments().c
    0.5
    """

    k: int = 3
    alpha: float = 1.0
    law_name: ClassVar[str] = "dirichlet"

    def __post_init__(self) -> None:
        object.__setattr__(self, "k", checks.parents(self.k, 2, "give a number of parents such as 3"))
        remedy = "small values copy single rows, large ones average all parents"
        object.__setattr__(self, "alpha", checks.between("alpha", self.alpha, 1e-12, 1e6, remedy))

    def moments(self) -> WeightMoments:
        """Return the moments of the law."""
        return _moments(self.k, self.alpha)

    def kernel_data(self) -> LawData:
        """Return the law as arrays."""
        shares = tuple(beta_table(self.alpha, (self.k - 1 - j) * self.alpha) for j in range(self.k - 1))
        return law_data(STICK, self.k, tables=shares)

    def parameters(self) -> dict[str, Any]:
        """Return k and alpha."""
        return {"k": self.k, "alpha": self.alpha}


@lru_cache(maxsize=64)
def _moments(k: int, alpha: float) -> WeightMoments:
    s = k * alpha
    second = (alpha + 1.0) / (k * (s + 1.0))
    third = second * (alpha + 2.0) / (s + 2.0)
    fourth = third * (alpha + 3.0) / (s + 3.0)
    cross = alpha / (k * (s + 1.0))
    cross_squares = cross * (alpha + 1.0) ** 2 / ((s + 2.0) * (s + 3.0))
    return WeightMoments(
        mean=np.full(k, 1.0 / k),
        second=np.full((k, k), cross) + np.eye(k) * (second - cross),
        squares=np.full((k, k), cross_squares) + np.eye(k) * (fourth - cross_squares),
        p3=k * third,
        expected_max=dirichlet_integrals.expected_max(k, alpha),
        expected_squared_donor=dirichlet_integrals.expected_squared_donor(k, alpha),
    )
