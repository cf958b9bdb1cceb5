"""Laws of classes: one of C, and one of two."""

from __future__ import annotations

from typing import Any, ClassVar

from synthmix.errors import InputError
from synthmix.families.base import Family, Parameter
from synthmix.families.operations import Array, Operations, Params, operations_of


class Categorical(Family):
    """One of C classes, with probabilities softmax(logits).

    phi = logits, T(y) = the one-hot vector of y, A = log sum exp(phi), h = 1. The logits are known up to a constant,
    which changes nothing. The pool has the weighted mean of the logits, so that every weights which sum to one will do.

    y is the number of a class (a type of whole numbers, shape of the batch) or a vector of C numbers that sum to one
    (one-hot or probabilities); the log density is then the expected one, sum_c y_c log p_c, the cross-entropy less
    its sign. Logits must be finite.
    """

    name = "categorical"
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("logits", "any vector", 1),)
    support = "0, ..., C - 1, or vectors of C probabilities"
    condition = "finite logits"
    y_axes = 1
    classes = True
    any_weights = True

    def natural(self, params: Any) -> Params:
        """Return the logits."""
        return self.pack(params)

    def params(self, phi: Params) -> Params:
        """Return the logits."""
        return phi

    def log_partition(self, phi: Params) -> Array:
        """Return log sum exp(phi)."""
        return operations_of(*phi).logsumexp(phi[0], -1)

    def integrable(self, phi: Params) -> Array:
        """Return where all logits are finite."""
        return operations_of(*phi).isfinite(phi[0]).all(-1)

    def log_density(self, y: Any, params: Any) -> Array:
        """Return sum_c y_c log softmax(logits)_c, or log softmax(logits) of the class y.

        Raises
        ------
        InputError
            For vectors of another length, and for arrays (not tensors) of class numbers outside 0, ..., C - 1.
        """
        o, (logits,) = self._open(params)
        log_p = logits - o.logsumexp(logits, -1)[..., None]
        if o.is_integer(y) and y.ndim == logits.ndim - 1:
            _check_numbers(o, y, int(logits.shape[-1]))
            return o.take_last(log_p, y)
        y = o.like(y, logits)
        if y.ndim == 0 or y.shape[-1] != logits.shape[-1]:
            raise InputError(
                f"y has shape {tuple(y.shape)} and the logits have {tuple(logits.shape)}; give class numbers of the "
                "shape without the last axis and a type of whole numbers, or one number for each class"
            )
        return (y * log_p).sum(-1)

    def mean(self, params: Any) -> Array:
        """Return the probabilities of the classes."""
        o, (logits,) = self._open(params)
        return o.exp(logits - o.logsumexp(logits, -1)[..., None])


class Bernoulli(Family):
    """Yes or no, with probability 1 / (1 + exp(-logit)) of yes.

    phi = logit, T(y) = y, A = log(1 + e^phi), h = 1. The pool has the weighted mean of the logits, so that every
    weights which sum to one will do. y in [0, 1] is a probability; the log density is then the expected one.
    """

    name = "bernoulli"
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("logit", "any number"),)
    support = "0 and 1, or probabilities"
    condition = "a finite logit"
    classes = True
    any_weights = True

    def natural(self, params: Any) -> Params:
        """Return the logit."""
        return self.pack(params)

    def params(self, phi: Params) -> Params:
        """Return the logit."""
        return phi

    def log_partition(self, phi: Params) -> Array:
        """Return log(1 + e^phi)."""
        return operations_of(*phi).softplus(phi[0])

    def integrable(self, phi: Params) -> Array:
        """Return where the logit is finite."""
        return operations_of(*phi).isfinite(phi[0])

    def log_density(self, y: Any, params: Any) -> Array:
        """Return y logit - log(1 + e^logit).

        Raises
        ------
        InputError
            For arrays (not tensors) of whole numbers other than 0 and 1.
        """
        o, (logit,) = self._open(params)
        if o.is_integer(y):
            _check_numbers(o, y, 2)
        return o.like(y, logit) * logit - o.softplus(logit)

    def mean(self, params: Any) -> Array:
        """Return the probability of 1."""
        o, (logit,) = self._open(params)
        return o.exp(-o.softplus(-logit))


def _check_numbers(o: Operations, y: Any, classes: int) -> None:
    """Refuse numbers of classes that there are not, which would count from the end; not for tensors: see `checks`."""
    if not o.checks:
        return
    y = o.array(y)
    at = o.first((y < 0) | (y >= classes))
    if at is not None:
        raise InputError(f"y[{', '.join(map(str, at))}]={y[at]:g} is no class; give 0, ..., {classes - 1}")
