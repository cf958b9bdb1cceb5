"""Laws of counts 0, 1, 2, ..."""

from __future__ import annotations

import math
import numbers
from typing import Any, ClassVar

from synthmix.errors import OptionError
from synthmix.families.base import Family, Parameter
from synthmix.families.operations import Array, Params, operations_of


class Poisson(Family):
    """Counts with a rate r: p(y) = r^y e^-r / y!.

    phi = log r, T(y) = y, A = e^phi, h(y) = 1 / y!. The rate of the pool is the weighted geometric mean of the rates,
    for all weights that sum to one.
    """

    name = "poisson"
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("rate", "positive"),)
    support = "0, 1, 2, ..."
    condition = "a finite log rate"
    any_weights = True

    def natural(self, params: Any) -> Params:
        """Return (log r,)."""
        o, (rate,) = self._open(params)
        return (o.log(rate),)

    def params(self, phi: Params) -> Params:
        """Return (rate,)."""
        return (operations_of(*phi).exp(phi[0]),)

    def log_partition(self, phi: Params) -> Array:
        """Return e^phi."""
        return operations_of(*phi).exp(phi[0])

    def integrable(self, phi: Params) -> Array:
        """Return where the log rate is finite."""
        return operations_of(*phi).isfinite(phi[0])

    def log_density(self, y: Any, params: Any) -> Array:
        """Return y log r - r - log y!."""
        o, (rate,) = self._open(params)
        y = o.like(y, rate)
        return o.xlogy(y, rate) - rate - o.lgamma(y + 1.0)

    def mean(self, params: Any) -> Array:
        """Return r."""
        return self.pack(params)[0]


class NegativeBinomial(Family):
    """Failures before the r-th success, r fixed, with probability p of success.

    p(y) = Gamma(y + r) / (Gamma(r) y!) p^r (1 - p)^y. phi = log(1 - p), T(y) = y, A = -r log(1 - e^phi),
    h(y) = Gamma(y + r) / (Gamma(r) y!). Mean r (1 - p) / p. The pool has the weighted geometric mean of the 1 - p.

    Parameters
    ----------
    r : float
        Number of successes, positive, the same in all densities; need not be whole.
    """

    name = "negative_binomial"
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("probability", "in (0, 1)"),)
    support = "0, 1, 2, ..."
    condition = "phi < 0: a probability in (0, 1)"
    r: float

    def __init__(self, r: float) -> None:
        if isinstance(r, bool) or not isinstance(r, numbers.Real) or not 0.0 < float(r) < math.inf:
            raise OptionError(f"r={r!r}: give a positive number of successes, such as NegativeBinomial(r=2)")
        self.r = float(r)

    def natural(self, params: Any) -> Params:
        """Return (log(1 - p),)."""
        o, (probability,) = self._open(params)
        return (o.log1p(-probability),)

    def params(self, phi: Params) -> Params:
        """Return (p,)."""
        return (-operations_of(*phi).expm1(phi[0]),)

    def log_partition(self, phi: Params) -> Array:
        """Return -r log(1 - e^phi)."""
        o = operations_of(*phi)
        return -self.r * o.log(-o.expm1(phi[0]))

    def integrable(self, phi: Params) -> Array:
        """Return where phi is negative."""
        return phi[0] < 0.0

    def log_density(self, y: Any, params: Any) -> Array:
        """Return log Gamma(y + r) - log Gamma(r) - log y! + r log p + y log(1 - p)."""
        o, (probability,) = self._open(params)
        y = o.like(y, probability)
        ways = o.lgamma(y + self.r) - o.lgamma(y + 1.0) - math.lgamma(self.r)
        return ways + self.r * o.log(probability) + o.xlog1py(y, -probability)

    def mean(self, params: Any) -> Array:
        """Return r (1 - p) / p."""
        (probability,) = self.pack(params)
        return self.r * (1.0 - probability) / probability

    def __repr__(self) -> str:
        return f"NegativeBinomial(r={self.r:g})"


class Geometric(NegativeBinomial):
    """Failures before the first success, with probability p of success: p(y) = p (1 - p)^y, y = 0, 1, 2, ...

    phi = log(1 - p), T(y) = y, A = -log(1 - e^phi), h = 1. Where trials are counted instead, subtract one from y.
    """

    name = "geometric"

    def __init__(self) -> None:
        super().__init__(1.0)

    def __repr__(self) -> str:
        return "Geometric()"
