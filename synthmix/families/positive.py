"""Laws of positive numbers, and of numbers between zero and one."""

from __future__ import annotations

from typing import Any, ClassVar

from synthmix.families.base import Family, Parameter
from synthmix.families.operations import Array, Params, operations_of


class Exponential(Family):
    """Waiting times with a rate r: p(y) = r e^(-r y).

    phi = -r, T(y) = y, A = -log(-phi), h = 1. The rate of the pool is the weighted mean of the rates.
    """

    name = "exponential"
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("rate", "positive"),)
    support = "numbers from 0 on"
    condition = "phi < 0: a positive rate"

    def natural(self, params: Any) -> Params:
        """Return (-r,)."""
        return (-self.pack(params)[0],)

    def params(self, phi: Params) -> Params:
        """Return (rate,)."""
        return (-phi[0],)

    def log_partition(self, phi: Params) -> Array:
        """Return -log(-phi)."""
        return -operations_of(*phi).log(-phi[0])

    def integrable(self, phi: Params) -> Array:
        """Return where the rate is positive."""
        return phi[0] < 0.0

    def log_density(self, y: Any, params: Any) -> Array:
        """Return log r - r y."""
        o, (rate,) = self._open(params)
        return o.log(rate) - rate * o.like(y, rate)

    def mean(self, params: Any) -> Array:
        """Return 1 / r."""
        return 1.0 / self.pack(params)[0]


class Gamma(Family):
    """Gamma law with shape a and rate b: p(y) = b^a y^(a-1) e^(-b y) / Gamma(a).

    phi = (a - 1, -b), T(y) = (log y, y), A = log Gamma(a) - a log b, h = 1. Shape and rate of the pool are the
    weighted means of shapes and rates. Mean a / b.
    """

    name = "gamma"
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("shape", "positive"), Parameter("rate", "positive"))
    support = "positive numbers"
    condition = "phi_1 > -1 and phi_2 < 0: a positive shape and rate"

    def natural(self, params: Any) -> Params:
        """Return (a - 1, -b)."""
        shape, rate = self.pack(params)
        return shape - 1.0, -rate

    def params(self, phi: Params) -> Params:
        """Return (shape, rate)."""
        return phi[0] + 1.0, -phi[1]

    def log_partition(self, phi: Params) -> Array:
        """Return log Gamma(phi_1 + 1) - (phi_1 + 1) log(-phi_2)."""
        o = operations_of(*phi)
        shape = phi[0] + 1.0
        return o.lgamma(shape) - shape * o.log(-phi[1])

    def integrable(self, phi: Params) -> Array:
        """Return where shape and rate are positive."""
        return (phi[0] > -1.0) & (phi[1] < 0.0)

    def log_density(self, y: Any, params: Any) -> Array:
        """Return a log b + (a - 1) log y - b y - log Gamma(a)."""
        o, (shape, rate) = self._open(params)
        y = o.like(y, shape)
        return shape * o.log(rate) + o.xlogy(shape - 1.0, y) - rate * y - o.lgamma(shape)

    def mean(self, params: Any) -> Array:
        """Return a / b."""
        shape, rate = self.pack(params)
        return shape / rate


class Beta(Family):
    """Beta law with shapes a and b: p(y) = y^(a-1) (1 - y)^(b-1) / B(a, b).

    phi = (a - 1, b - 1), T(y) = (log y, log(1 - y)), A = log Gamma(a) + log Gamma(b) - log Gamma(a + b), h = 1.
    The shapes of the pool are the weighted means of the shapes. Mean a / (a + b).
    """

    name = "beta"
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("a", "positive"), Parameter("b", "positive"))
    support = "numbers between 0 and 1"
    condition = "phi_1 > -1 and phi_2 > -1: positive shapes"

    def natural(self, params: Any) -> Params:
        """Return (a - 1, b - 1)."""
        a, b = self.pack(params)
        return a - 1.0, b - 1.0

    def params(self, phi: Params) -> Params:
        """Return (a, b)."""
        return phi[0] + 1.0, phi[1] + 1.0

    def log_partition(self, phi: Params) -> Array:
        """Return log B(a, b)."""
        o = operations_of(*phi)
        a, b = self.params(phi)
        return o.lgamma(a) + o.lgamma(b) - o.lgamma(a + b)

    def integrable(self, phi: Params) -> Array:
        """Return where both shapes are positive."""
        return (phi[0] > -1.0) & (phi[1] > -1.0)

    def log_density(self, y: Any, params: Any) -> Array:
        """Return (a - 1) log y + (b - 1) log(1 - y) - log B(a, b)."""
        o, (a, b) = self._open(params)
        y = o.like(y, a)
        return o.xlogy(a - 1.0, y) + o.xlog1py(b - 1.0, -y) - self.log_partition((a - 1.0, b - 1.0))

    def mean(self, params: Any) -> Array:
        """Return a / (a + b)."""
        a, b = self.pack(params)
        return a / (a + b)
