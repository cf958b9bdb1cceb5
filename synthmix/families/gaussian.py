"""The normal law of one number, and that of its exponential."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from synthmix.families.base import Family, Parameter
from synthmix.families.operations import Array, Params, operations_of

HALF_LOG_TWO_PI = 0.5 * math.log(2.0 * math.pi)


class Gaussian(Family):
    """Normal law with mean m and variance v.

    phi = (m / v, -1 / (2 v)), T(y) = (y, y^2), A = -phi_1^2 / (4 phi_2) - log(-2 phi_2) / 2, h = (2 pi)^(-1/2).
    The pool has precision sum w_k / v_k, and its mean is the mean weighted by w_k / v_k.

    Parameters
    ----------
    shared_variance : bool, default False
        A promise that densities which are pooled have equal variances. Their pool then has a density for all weights
        that sum to one, also outside [0, 1], and its mean is sum w_k m_k.
    """

    name = "gaussian"
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("mean", "any number"), Parameter("variance", "positive"))
    support = "the real line"
    condition = "phi_2 < 0: a positive precision"
    whole_line = True

    def __init__(self, *, shared_variance: bool = False) -> None:
        self.any_weights: bool = bool(shared_variance)

    def natural(self, params: Any) -> Params:
        """Return (m / v, -1 / (2 v))."""
        _, (mean, variance) = self._open(params)
        return mean / variance, -0.5 / variance

    def params(self, phi: Params) -> Params:
        """Return (mean, variance)."""
        variance = -0.5 / phi[1]
        return phi[0] * variance, variance

    def log_partition(self, phi: Params) -> Array:
        """Return -phi_1^2 / (4 phi_2) - log(-2 phi_2) / 2."""
        o = operations_of(*phi)
        return -0.25 * phi[0] * phi[0] / phi[1] - 0.5 * o.log(-2.0 * phi[1])

    def integrable(self, phi: Params) -> Array:
        """Return where the precision is positive."""
        return phi[1] < 0.0

    def log_density(self, y: Any, params: Any) -> Array:
        """Return -((y - m)^2 / v + log v + log 2 pi) / 2."""
        o, (mean, variance) = self._open(params)
        return _log_normal(o, o.like(y, mean), mean, variance)

    def mean(self, params: Any) -> Array:
        """Return m."""
        return self.pack(params)[0]

    def gap(self, params: Params, weights: Array, pooled: Params) -> Array:
        """Return the gap as log p~ - sum w_k log p_k at the pooled mean: the same number, without cancellation.

        The definition is a difference of numbers of size m^2 / v.
        """
        o, (mean, variance) = self._open(params)
        centre, width = pooled
        return _log_normal(o, centre, centre, width) - (weights * _log_normal(o, centre, mean, variance)).sum(0)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'shared_variance=True' if self.any_weights else ''})"


class Lognormal(Gaussian):
    """Law of y whose logarithm is normal with mean m and variance v.

    As :class:`Gaussian` with T(y) = (log y, log(y)^2) and h(y) = (2 pi)^(-1/2) / y. Mean exp(m + v / 2).

    Parameters
    ----------
    shared_variance : bool, default False
        As for :class:`Gaussian`; it concerns the densities. Labels are positive still.
    """

    name = "lognormal"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("mean", "any number: of log y"),
        Parameter("variance", "positive: of log y"),
    )
    support = "positive numbers"
    whole_line = False

    def log_density(self, y: Any, params: Any) -> Array:
        """Return the normal log density of log y, less log y."""
        o, (mean, variance) = self._open(params)
        log_y = o.log(o.like(y, mean))
        return _log_normal(o, log_y, mean, variance) - log_y

    def mean(self, params: Any) -> Array:
        """Return exp(m + v / 2)."""
        o, (mean, variance) = self._open(params)
        return o.exp(mean + 0.5 * variance)


def _log_normal(o: Any, y: Array, mean: Array, variance: Array) -> Array:
    away = y - mean
    return -0.5 * (away * away / variance + o.log(variance)) - HALF_LOG_TWO_PI
