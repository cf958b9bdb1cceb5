"""Uniform weights, as in SMOTE."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from synthmix.weights.base import WeightsLaw
from synthmix.weights.law_data import TWO_POINT, LawData, law_data
from synthmix.weights.moments import WeightMoments
from synthmix.weights.quantile_table import beta_table
from synthmix.weights.stretched_beta import StretchedBeta


@dataclass(frozen=True)
class Uniform(WeightsLaw):
    """Two parents with the weights (l, 1-l), l uniform on [0, 1].

    Keeps the mean. Multiplies the covariance of independent rows by 2/3; between near neighbours it removes two
    thirds of the covariance of half their differences (the shrinkage of SMOTE).

    References
    ----------
    Chawla, Bowyer, Hall and Kegelmeyer, SMOTE, JAIR 16 (2002) 321-357.

    Examples
    --------
    >>> round(Uniform().moments().c, 4)
    0.6667
    """

    k: int = field(default=2, init=False, repr=False, compare=False)
    law_name: ClassVar[str] = "uniform"

    def moments(self) -> WeightMoments:
        """Return the moments of the law."""
        return StretchedBeta(1.0, 1.0).moments()

    def kernel_data(self) -> LawData:
        """Return the law as arrays."""
        return law_data(TWO_POINT, 2, tables=(beta_table(1.0, 1.0),))

    def parameters(self) -> dict[str, Any]:
        """Return nothing: the law has no parameters."""
        return {}
