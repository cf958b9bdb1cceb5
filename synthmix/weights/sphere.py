"""K-point sphere: weights with sum w = 1 and sum w^2 = 1 in every draw."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from synthmix.weights import checks
from synthmix.weights.base import WeightsLaw
from synthmix.weights.largest_weight import certainly_largest
from synthmix.weights.law_data import SPHERE, LawData, law_data
from synthmix.weights.moments import WeightMoments
from synthmix.weights.sphere_moments import fixed_first, full_sphere


@dataclass(frozen=True)
class Sphere(WeightsLaw):
    """Uniform on the sphere sum w = sum w^2 = 1, all of it or the part with a fixed first weight.

    Keeps mean and covariance of independent rows in expectation. Skewness and excess kurtosis are multiplied by
    E sum w^3 < 1 and E sum w^4 < 1, so that repeated synthesis drifts to Gaussian shape; Gaussian columns stay
    Gaussian. Every row that is no copy has a negative weight, so values leave the range of their parents.

    Parameters
    ----------
    k : int
        Number of parents, 3 to 256. With two parents the sphere holds only copies.
    top : float, optional
        Weight of the first parent in every row. It must be large enough to be the largest weight in every draw,
        which holds from 2/3 for k = 3 and from 1/sqrt(2) for any k; then the label-noise equivalent is 1 - top.

    Raises
    ------
    OptionError
        For values outside these ranges.

    Notes
    -----
    All: w = 1/k + sqrt(1-1/k) u, u a uniform unit vector orthogonal to 1. Fixed: w = (top, b + r u),
    b = (1-top)/(k-1), r^2 = 1 - top^2 - (k-1) b^2, u in k-1 dimensions. Derived for synthmix; the row law of a
    Haar rotation of k rows that fixes their mean.

    Examples
    --------
    >>> round(Sphere(3).moments().p3, 4)
    0.7778
    """

    k: int = 3
    top: float | None = None
    law_name: ClassVar[str] = "sphere"

    def __post_init__(self) -> None:
        k = checks.parents(self.k, 3, "give k=3 or more; with two parents the sphere holds only copies")
        object.__setattr__(self, "k", k)
        if self.top is not None:
            least = certainly_largest(k)
            remedy = "only then is it the largest weight in every draw; Sphere(k) without top moves rows further"
            object.__setattr__(self, "top", checks.between("top", self.top, least, 1.0, remedy))

    def moments(self) -> WeightMoments:
        """Return the moments of the law."""
        return _moments(self.k, self.top)

    def kernel_data(self) -> LawData:
        """Return the law as arrays."""
        return law_data(SPHERE, self.k, params=(math.nan if self.top is None else self.top,))

    def parameters(self) -> dict[str, Any]:
        """Return k and top."""
        return {"k": self.k, "top": self.top}


@lru_cache(maxsize=64)
def _moments(k: int, top: float | None) -> WeightMoments:
    return full_sphere(k) if top is None else fixed_first(k, top)
