"""Kurtosis-targeted hybrid: EpBeta, which inflates tails, mixed with a sphere law, which shortens them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from synthmix.weights import checks
from synthmix.weights.base import WeightsLaw
from synthmix.weights.epbeta import EpBeta
from synthmix.weights.law_data import HYBRID, LawData, law_data
from synthmix.weights.moments import WeightMoments, mixture, padded
from synthmix.weights.sphere import Sphere


@dataclass(frozen=True)
class Hybrid(WeightsLaw):
    """With probability pi the two-point weights of EpBeta(delta, eps), else those of Sphere(k, top=1-delta).

    Keeps the mean and the covariance of independent rows in expectation, and an excess kurtosis equal to the target;
    another kurtosis moves towards the target in every synthesis. Skewness is multiplied by pi + (1-pi) p_3 < 1.

    Parameters
    ----------
    kurtosis : float
        Excess kurtosis to keep, above 0 (0 is what a sphere law alone keeps), at most 1e6. One number for all columns.
    delta : float
        Label-noise equivalent of both parts.
    eps : float
        Extension of the weights of EpBeta below 0 and above 1.
    k : int
        Number of parents of the sphere part, 3 to 256.

    Raises
    ------
    OptionError
        For values out of range or a delta that is not feasible.

    Notes
    -----
    pi / (1-pi) = (1 - p_4) kur / (2 q2 (kur + 6)) with p_4 of the sphere law and q2 = E[l^2 (1-l)^2] of EpBeta. The
    kurtosis approaches the target at the rate pi (1 + 2 q2) + (1-pi) p_4 < 1. Derived for synthmix.

    Examples
    --------
    >>> law = Hybrid(kurtosis=1.0)
    >>> round(law.share, 4), round(law.moments().kurtosis(1.0), 12)
    (0.2718, 1.0)
    """

    kurtosis: float = 1.0
    delta: float = 0.05
    eps: float = 0.3
    k: int = 3
    law_name: ClassVar[str] = "hybrid"

    def __post_init__(self) -> None:
        remedy = "give the excess kurtosis to keep; a sphere law keeps 0"
        target = checks.between("kurtosis", self.kurtosis, 1e-6, 1e6, remedy)
        object.__setattr__(self, "kurtosis", target)
        two_point = EpBeta(self.delta, self.eps)
        sphere = Sphere(self.k, top=1.0 - two_point.delta)
        object.__setattr__(self, "delta", two_point.delta)
        object.__setattr__(self, "eps", two_point.eps0)
        object.__setattr__(self, "k", sphere.k)

    @property
    def two_point(self) -> EpBeta:
        """The part that inflates tails."""
        return EpBeta(self.delta, self.eps)

    @property
    def sphere(self) -> Sphere:
        """The part that shortens tails."""
        return Sphere(self.k, top=1.0 - self.delta)

    @property
    def share(self) -> float:
        """Probability pi of the two-point part."""
        p4 = self.sphere.moments().p4
        q2 = float(self.two_point.moments().squares[0, 1])
        odds = (1.0 - p4) * self.kurtosis / (2.0 * q2 * (self.kurtosis + 6.0))
        return odds / (1.0 + odds)

    def moments(self) -> WeightMoments:
        """Return the moments of the law."""
        return mixture(self.share, padded(self.two_point.moments(), self.k), self.sphere.moments())

    def kernel_data(self) -> LawData:
        """Return the law as arrays."""
        return law_data(HYBRID, self.k, params=(self.share, 1.0 - self.delta), tables=(self.two_point.table(),))

    def parameters(self) -> dict[str, Any]:
        """Return kurtosis, delta, eps and k."""
        return {"kurtosis": self.kurtosis, "delta": self.delta, "eps": self.eps, "k": self.k}
