"""Pools: one density from K densities and their weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from synthmix.errors import InputError
from synthmix.families.base import Family
from synthmix.families.operations import Array, Operations, Params, operations_of
from synthmix.families.registry import resolve_family
from synthmix.shown import ShortRepr

_SUM_TOLERANCE = 1e-5  # far above rounding in single precision


@dataclass(frozen=True, eq=False, repr=False)
class LogLinearPool(ShortRepr):
    """The density proportional to p_1^w_1 ... p_K^w_K.

    Parameters
    ----------
    family : Family
        The family of the densities, and of their pool.
    params : tuple of arrays
        Parameters of the pool.
    components : tuple of arrays, first axis K
        Parameters of the densities; those of weight 0 are replaced by others of the pool, for they must not matter.
    weights : array, first axis K
        Weights, with one axis for each of the batch.
    """

    family: Family
    params: Params
    components: Params
    weights: Array

    @property
    def gap(self) -> Array:
        """The log of the normaliser, with a minus: sum_k w_k A(phi_k) - A(phi~).

        The NLL of the pool is the weighted NLL of the densities less the gap. It is nonnegative for weights in [0, 1],
        and zero only where densities of positive weight are equal.
        """
        return self.family.gap(self.components, self.weights, self.params)

    def log_density(self, y: Any) -> Array:
        """Return the normalised log density at `y`."""
        return self.family.log_density(y, self.params)

    def mean(self) -> Array:
        """Return the mean of the pool."""
        return self.family.mean(self.params)


@dataclass(frozen=True, eq=False, repr=False)
class LinearPool(ShortRepr):
    """The mixture w_1 p_1 + ... + w_K p_K; it leaves the family.

    Parameters
    ----------
    family : Family
        The family of the densities.
    components : tuple of arrays, first axis K
        Parameters of the densities; those of weight 0 are replaced by others of the pool, for they must not matter.
    weights : array, first axis K
        Weights, with one axis for each of the batch.
    """

    family: Family
    components: Params
    weights: Array

    def log_density(self, y: Any) -> Array:
        """Return the log density at `y`.

        For a soft class label it is the expected log probability of the class under the mixture.
        """
        o = operations_of(*self.components)
        if not self.family.classes:
            return o.logsumexp(o.log(self.weights) + self.family.log_density(y, self.components), 0)
        return self.family.log_density(y, self._log_odds(o))

    def mean(self) -> Array:
        """Return the mean of the mixture."""
        means = self.family.mean(self.components)
        weights = self.weights.reshape(tuple(self.weights.shape) + (1,) * (means.ndim - self.weights.ndim))
        return (weights * means).sum(0)

    def _log_odds(self, o: Operations) -> Params:
        """Return logits of the mixture; mixtures of laws of classes stay laws of classes."""
        (logits,) = self.components
        if self.family.y_axes:
            log_w = o.log(self.weights)[..., None]
            return (o.logsumexp(log_w + logits - o.logsumexp(logits, -1)[..., None], 0),)
        log_w = o.log(self.weights)
        return (o.logsumexp(log_w - o.softplus(-logits), 0) - o.logsumexp(log_w - o.softplus(logits), 0),)


def log_linear_pool(
    params: Any, weights: Any, family: Family | str = "gaussian", *, check: bool | None = None
) -> LogLinearPool:
    """Return the log-linear pool of K densities of one family: natural parameters sum_k w_k phi_k.

    Parameters
    ----------
    params : tuple of arrays, each (K, batch, axes of the parameter)
        Parameters of the densities, in the order of ``family.parameters``; an array alone where there is one.
    weights : array, (K, leading axes of the batch)
        Weights of the densities, sum one over K. They belong to the leading axes: weights (K, B) go with parameters
        (K, B) and (K, B, M).
    family : Family or str, default "gaussian"
        The family, see :func:`synthmix.families.resolve_family`.
    check : bool, optional
        Whether to look at values: that weights sum to one and that the pool has a density. By default arrays are
        checked, and tensors are not, because looking waits for the device. Unchecked, a pool that has no density gets
        NaN for parameters.

    Returns
    -------
    LogLinearPool
        With the fields ``params`` and ``gap`` and the method ``log_density``. Where one weight is exactly 1, the
        parameters are those of its density, bit for bit.

    Raises
    ------
    InputError
        For shapes that do not fit, and when checked for weights whose sum is not one and for a pool that has no
        density (which needs weights outside [0, 1], or parameters outside their domain).

    Notes
    -----
    A density of weight exactly 0 is left out, whatever its parameters; it gets no gradient, and its weight one as if it
    were one of the others. Where a weight is exactly 1, so has the pool no gradient but that of its density.

    Weights outside [0, 1] are proper in families with ``any_weights``: categorical, bernoulli, poisson, and Gaussian
    laws of equal variances. In others a weighted sum may leave the natural parameter space.

    References
    ----------
    El-Laham et al. (2025), Mixup Regularization: A Probabilistic Perspective, UAI, for K = 2.

    Examples
    --------
    >>> import numpy as np
    >>> pool = log_linear_pool((np.array([0.0, 10.0]), np.array([1.0, 100.0])), np.array([0.5, 0.5]))
    >>> [round(float(x), 7) for x in (*pool.params, pool.gap)]
    [0.0990099, 1.980198, 1.0572189]
    """
    family, o, packed, w = _prepare(params, weights, family)
    checked = o.checks if check is None else check
    if checked:
        _check_sum(o, w)
    packed = _of_weight(o, family, packed, w)
    pooled_phi = tuple(
        (_widen(w, axes.axes) * phi).sum(0) for phi, axes in zip(family.natural(packed), family.parameters, strict=True)
    )
    proper = family.integrable(pooled_phi)
    if checked:
        _check_proper(o, family, proper, pooled_phi)
    pooled = []
    for x, given, parameter in zip(family.params(pooled_phi), packed, family.parameters, strict=True):
        y = o.where(_widen(proper, parameter.axes), x, float("nan"))
        for k in range(len(w)):
            y = o.where(_widen(w[k] == 1.0, parameter.axes), given[k], y)
        pooled.append(y)
    return LogLinearPool(family, tuple(pooled), packed, w)


def linear_pool(
    params: Any, weights: Any, family: Family | str = "gaussian", *, check: bool | None = None
) -> LinearPool:
    """Return the linear pool of K densities of one family: their mixture.

    Parameters
    ----------
    params, weights, family, check
        As for :func:`log_linear_pool`; weights in [0, 1].

    Returns
    -------
    LinearPool
        With the methods ``log_density`` and ``mean``.

    Raises
    ------
    InputError
        For shapes that do not fit, and when checked for weights outside [0, 1] or whose sum is not one: a mixture
        with negative weights may be a negative density.
    """
    family, o, packed, w = _prepare(params, weights, family)
    if o.checks if check is None else check:
        _check_sum(o, w)
        at = o.first((w < 0.0) | (w > 1.0))
        if at is not None:
            raise InputError(
                f"weights[{at}]={float(w[at]):g} is outside [0, 1], and a mixture with such a weight is no density; "
                "use weights in [0, 1], or log_linear_pool with a family that takes any weights"
            )
    return LinearPool(family, _of_weight(o, family, packed, w), w)


def _prepare(params: Any, weights: Any, family: Family | str) -> tuple[Family, Operations, Params, Array]:
    family = resolve_family(family)
    packed = family.pack(params)
    o = operations_of(*packed)
    w = o.like(weights, packed[0])
    batch = family.batch_of(packed)
    fits = 0 < w.ndim <= len(batch) and w.shape[0] == batch[0]
    if not fits or any(a not in (1, b) for a, b in zip(w.shape[1:], batch[1:], strict=False)):
        raise InputError(
            f"weights have shape {tuple(w.shape)} and the densities {batch}; the first axis counts the densities, "
            "and the others of the weights are leading axes of the batch"
        )
    return family, o, packed, _widen(w, len(batch) - w.ndim)


def _of_weight(o: Operations, family: Family, packed: Params, w: Array) -> Params:
    """Return the parameters with those of weight 0 replaced by others of the same pool, of weight not 0.

    Zero times an infinite natural parameter, or times its infinite derivative, would be NaN.
    """
    replaced = []
    for x, parameter in zip(packed, family.parameters, strict=True):
        used = _widen(w != 0.0, parameter.axes)
        other = x[0]
        for k in range(1, len(w)):
            other = o.where(used[k], x[k], other)
        replaced.append(o.where(used, x, other))
    return tuple(replaced)


def _widen(x: Array, axes: int) -> Array:
    return x.reshape(tuple(x.shape) + (1,) * axes) if axes else x


def _check_sum(o: Operations, w: Array) -> None:
    total = w.sum(0)
    at = o.first(~(abs(total - 1.0) < _SUM_TOLERANCE))
    if at is not None:
        raise InputError(f"the weights of element {at} sum to {float(total[at]):g}; divide them by their sum")


def _check_proper(o: Operations, family: Family, proper: Array, phi: Params) -> None:
    at = o.first(~proper)
    if at is None:
        return
    raise InputError(
        f"the pool of family {family.name!r} has no density at element {at}: its natural parameters are "
        f"{tuple(x[at].tolist() for x in phi)}, and it needs {family.condition}; use weights in [0, 1], or a family "
        "that takes any weights (categorical, bernoulli, poisson, Gaussian laws of equal variances)"
    )
