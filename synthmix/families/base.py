"""What every exponential family offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from synthmix.errors import InputError
from synthmix.families.operations import Array, Operations, Params, operations_of


@dataclass(frozen=True)
class Parameter:
    """One parameter of a family.

    Parameters
    ----------
    name : str
        Its name.
    domain : str
        The values that it may take, in words.
    axes : int
        How many axes at the end belong to one value: 0 for numbers, 1 for vectors, 2 for matrices.
    """

    name: str
    domain: str
    axes: int = 0


class Family(ABC):
    """Densities p(y) = h(y) exp(phi . T(y) - A(phi)) of one family.

    Parameters of a family are a tuple of arrays in the order of :attr:`parameters`; where a family has one, the array
    alone will do. Arrays are numpy's or, after ``import synthmix.torch``, tensors; results are of the same kind. The
    axes before those of :attr:`Parameter.axes` are the batch, and parameters are broadcast against each other over it.

    The formulas hold for every y; nothing checks that y lies in the support, so that counts may be fractional, as
    mixed labels are. Outside the support of a family on (0, inf) or (0, 1) they give NaN. Numbers of classes are
    looked at where they are arrays, for one that there is not would count from the end.

    Attributes
    ----------
    name : str
        Name by which :func:`synthmix.families.resolve_family` finds the family.
    parameters : tuple of Parameter
        The parameters, in order.
    support : str
        Values of y, in words.
    condition : str
        When phi has a density, in words (see :meth:`integrable`).
    y_axes : int
        How many axes at the end belong to one y.
    classes : bool
        Whether y is a class, given by its number or by probabilities.
    any_weights : bool
        Whether weighted sums of natural parameters have a density for all weights that sum to one, also outside
        [0, 1].
    whole_line : bool
        Whether every real y has a density, so that labels mixed with weights outside [0, 1] make sense.
    """

    name: ClassVar[str]
    parameters: ClassVar[tuple[Parameter, ...]]
    support: ClassVar[str]
    condition: ClassVar[str]
    y_axes: ClassVar[int] = 0
    classes: ClassVar[bool] = False
    any_weights: bool = False
    whole_line: ClassVar[bool] = False

    @abstractmethod
    def natural(self, params: Any) -> Params:
        """Return the natural parameters phi of `params`."""

    @abstractmethod
    def params(self, phi: Params) -> Params:
        """Return the parameters of `phi`; the inverse of :meth:`natural`. Sense only where phi is integrable."""

    @abstractmethod
    def log_partition(self, phi: Params) -> Array:
        """Return A(phi), over the batch."""

    @abstractmethod
    def integrable(self, phi: Params) -> Array:
        """Return where phi has a density, over the batch; see :attr:`condition`."""

    @abstractmethod
    def log_density(self, y: Any, params: Any) -> Array:
        """Return log p(y), normalised and with the base measure, over the batch."""

    @abstractmethod
    def mean(self, params: Any) -> Array:
        """Return E[y]; for classes their probabilities."""

    def gap(self, params: Params, weights: Array, pooled: Params) -> Array:
        """Return sum_k w_k A(phi_k) - A(phi~) for `params` and `weights` stacked along the first axis.

        Parameters
        ----------
        params : tuple of arrays, (K, batch, axes of the parameter)
            The densities.
        weights : array, (K, 1 or batch, ...) with as many axes as the batch of `params`
            Their weights.
        pooled : tuple of arrays
            Their pool.
        """
        return (weights * self.log_partition(self.natural(params))).sum(0) - self.log_partition(self.natural(pooled))

    def pack(self, params: Any) -> Params:
        """Return `params` as a tuple of floating point arrays with one batch shape.

        Raises
        ------
        InputError
            For another number of parameters, missing axes, or batch shapes that do not fit each other.
        """
        given = tuple(params) if isinstance(params, tuple | list) else (params,)
        if len(given) != len(self.parameters):
            names = ", ".join(parameter.name for parameter in self.parameters)
            raise InputError(f"family {self.name!r} takes the parameters ({names}), and {len(given)} were given")
        o = operations_of(*given)
        arrays = tuple(o.array(x) for x in given)
        for x, parameter in zip(arrays, self.parameters, strict=True):
            if x.ndim < parameter.axes:
                raise InputError(
                    f"{parameter.name} of family {self.name!r} has shape {tuple(x.shape)}; "
                    f"its last {parameter.axes} axes belong to one density"
                )
        return self._broadcast(o, arrays)

    def batch_of(self, params: Params) -> tuple[int, ...]:
        """Return the batch shape of packed parameters."""
        return tuple(params[0].shape[: params[0].ndim - self.parameters[0].axes])

    def _broadcast(self, o: Operations, arrays: Params) -> Params:
        batches = [tuple(x.shape[: x.ndim - p.axes]) for x, p in zip(arrays, self.parameters, strict=True)]
        if all(batch == batches[0] for batch in batches):
            return arrays
        try:
            shape = np.broadcast_shapes(*batches)
        except ValueError:
            shapes = ", ".join(f"{p.name} {tuple(x.shape)}" for x, p in zip(arrays, self.parameters, strict=True))
            raise InputError(f"the parameters of family {self.name!r} do not fit each other: {shapes}") from None
        return tuple(
            o.broadcast(x, (*shape, *x.shape[x.ndim - p.axes :])) for x, p in zip(arrays, self.parameters, strict=True)
        )

    def _open(self, params: Any) -> tuple[Operations, Params]:
        packed = self.pack(params)
        return operations_of(*packed), packed

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
