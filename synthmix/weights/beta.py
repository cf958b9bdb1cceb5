"""Beta weights of classical mixup."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from synthmix.weights import checks
from synthmix.weights.base import WeightsLaw
from synthmix.weights.law_data import TWO_POINT, LawData, law_data
from synthmix.weights.moments import WeightMoments
from synthmix.weights.quantile_table import beta_table
from synthmix.weights.stretched_beta import StretchedBeta

SMALLEST, LARGEST = 1e-100, 1e8


@dataclass(frozen=True)
class Beta(WeightsLaw):
    """Two parents with the weights (l, 1-l), l ~ Beta(a, b).

    Keeps the mean. Multiplies the covariance by c = 1 - 2ab / ((a+b)(a+b+1)) < 1, because weights in [0, 1] other than
    0 and 1 always shrink it. Tiny shapes (1e-8) copy rows.

    Parameters
    ----------
    a : float
        First shape, 1e-100 to 1e8.
    b : float, optional
        Second shape, by default `a`.

    Raises
    ------
    OptionError
        For values outside this range.

    References
    ----------
    Zhang, Cisse, Dauphin and Lopez-Paz, mixup: Beyond empirical risk minimization, ICLR 2018, arXiv 1710.09412.

    Examples
    --------
    >>> round(Beta(0.5).moments().c, 3)
    0.75
    """

    a: float = 0.2
    b: float | None = None
    k: int = field(default=2, init=False, repr=False, compare=False)
    law_name: ClassVar[str] = "beta"

    def __post_init__(self) -> None:
        remedy = "use a shape in that range; below it rows are only copied, above it l is constant"
        a = checks.between("a", self.a, SMALLEST, LARGEST, remedy)
        object.__setattr__(self, "a", a)
        object.__setattr__(self, "b", a if self.b is None else checks.between("b", self.b, SMALLEST, LARGEST, remedy))

    @property
    def _shapes(self) -> tuple[float, float]:
        return self.a, self.a if self.b is None else self.b

    def moments(self) -> WeightMoments:
        """Return the moments of the law."""
        return StretchedBeta(*self._shapes).moments()

    def kernel_data(self) -> LawData:
        """Return the law as arrays."""
        return law_data(TWO_POINT, 2, tables=(beta_table(*self._shapes),))

    def parameters(self) -> dict[str, Any]:
        """Return a and b."""
        return {"a": self.a, "b": self.b}
