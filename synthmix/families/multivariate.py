"""Normal laws of vectors, with a diagonal and with a full covariance."""

from __future__ import annotations

from typing import Any, ClassVar

from synthmix.errors import InputError
from synthmix.families.base import Family, Parameter
from synthmix.families.gaussian import HALF_LOG_TWO_PI
from synthmix.families.operations import Array, Params, operations_of


class DiagonalNormal(Family):
    """Normal law of a vector whose D coordinates are independent, with mean m and variances v.

    phi = (m / v, -1 / (2 v)), T(y) = (y, y^2), A = sum_d [-phi_1^2 / (4 phi_2) - log(-2 phi_2) / 2],
    h = (2 pi)^(-D/2). The pool is that of :class:`Gaussian`, coordinate by coordinate.

    Parameters
    ----------
    shared_variance : bool, default False
        A promise that densities which are pooled have equal variances; all weights that sum to one will then do.
    """

    name = "diagonal_normal"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("mean", "any vector", 1),
        Parameter("variance", "positive vector", 1),
    )
    support = "vectors of D real numbers"
    condition = "phi_2 < 0 in every coordinate"
    y_axes = 1
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
        """Return the sum over coordinates of -phi_1^2 / (4 phi_2) - log(-2 phi_2) / 2."""
        o = operations_of(*phi)
        return (-0.25 * phi[0] * phi[0] / phi[1] - 0.5 * o.log(-2.0 * phi[1])).sum(-1)

    def integrable(self, phi: Params) -> Array:
        """Return where all precisions are positive."""
        return (phi[1] < 0.0).all(-1)

    def log_density(self, y: Any, params: Any) -> Array:
        """Return the sum over coordinates of the normal log densities."""
        o, (mean, variance) = self._open(params)
        away = o.like(y, mean) - mean
        return (-0.5 * (away * away / variance + o.log(variance)) - HALF_LOG_TWO_PI).sum(-1)

    def mean(self, params: Any) -> Array:
        """Return m."""
        return self.pack(params)[0]

    def gap(self, params: Params, weights: Array, pooled: Params) -> Array:
        """Return the gap as log p~ - sum w_k log p_k at the pooled mean, without cancellation."""
        return self.log_density(pooled[0], pooled) - (weights * self.log_density(pooled[0], params)).sum(0)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'shared_variance=True' if self.any_weights else ''})"


class MultivariateNormal(DiagonalNormal):
    """Normal law of a vector with mean m and covariance matrix S, precision P = S^-1.

    phi = (P m, -P / 2), T(y) = (y, y y'), A = m' P m / 2 - log det(P) / 2, h = (2 pi)^(-D/2).
    The pool has precision sum w_k P_k and mean (sum w_k P_k)^-1 sum w_k P_k m_k.

    Parameters
    ----------
    shared_variance : bool, default False
        A promise that densities which are pooled have equal covariances; all weights that sum to one will then do.
    """

    name = "multivariate_normal"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("mean", "any vector", 1),
        Parameter("covariance", "positive definite matrix", 2),
    )
    condition = "-phi_2 positive definite"

    def natural(self, params: Any) -> Params:
        """Return (P m, -P / 2)."""
        o, (mean, covariance) = self._open(params)
        precision = o.inverse(covariance)
        return _times(precision, mean), -0.5 * precision

    def params(self, phi: Params) -> Params:
        """Return (mean, covariance)."""
        covariance = operations_of(*phi).inverse(-2.0 * phi[1])
        return _times(covariance, phi[0]), covariance

    def log_partition(self, phi: Params) -> Array:
        """Return phi_1' (-2 phi_2)^-1 phi_1 / 2 - log det(-2 phi_2) / 2."""
        o = operations_of(*phi)
        precision = -2.0 * phi[1]
        return 0.5 * (phi[0] * _times(o.inverse(precision), phi[0])).sum(-1) - 0.5 * o.logdet(precision)

    def integrable(self, phi: Params) -> Array:
        """Return where the precision matrix is positive definite."""
        return operations_of(*phi).positive_definite(-2.0 * phi[1])

    def log_density(self, y: Any, params: Any) -> Array:
        """Return -((y - m)' P (y - m) + log det S + D log 2 pi) / 2."""
        o, (mean, covariance) = self._open(params)
        away = o.like(y, mean) - mean
        square = (away * _times(o.inverse(covariance), away)).sum(-1)
        return -0.5 * (square + o.logdet(covariance)) - mean.shape[-1] * HALF_LOG_TWO_PI

    def pack(self, params: Any) -> Params:
        """Return mean and covariance, and refuse matrices that are not square or of another size than the mean."""
        mean, covariance = super().pack(params)
        d = mean.shape[-1]
        if tuple(covariance.shape[-2:]) != (d, d):
            raise InputError(
                f"covariance has shape {tuple(covariance.shape)}; a mean of {d} coordinates needs {d} x {d} matrices, "
                "and family 'diagonal_normal' takes a vector of variances"
            )
        return mean, covariance


def _times(matrix: Array, vector: Array) -> Array:
    """Multiply matrix and vector. A sum of products keeps its precision under autocast, which @ would lose."""
    return (matrix * vector[..., None, :]).sum(-1)
