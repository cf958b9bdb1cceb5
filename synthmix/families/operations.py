"""What the formulas of the families need besides arithmetic, and the choice of it by the kind of number.

A formula is written once, with +, -, *, /, indexing and the operations below. Arrays of numpy are served by
:mod:`synthmix.families.numpy_operations`; ``import synthmix.torch`` adds tensors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

from synthmix.errors import InputError

Array: TypeAlias = Any  # a numpy array or a tensor: what the operations were made for
Params: TypeAlias = tuple[Array, ...]


class Operations(Protocol):
    """Elementwise functions, and a few of vectors and matrices in the last axes."""

    checks: bool  # whether looking at values is cheap enough to be done unasked

    def array(self, x: Any) -> Array:
        """Return `x` as an array of floating point numbers; one that is already so is returned itself."""

    def like(self, x: Any, other: Array) -> Array:
        """Return `x` as an array of the floating point type of `other`."""

    def broadcast(self, x: Array, shape: Sequence[int]) -> Array:
        """Return `x` repeated to `shape`, without a copy."""

    def exp(self, x: Array) -> Array:
        """Return e^x."""

    def expm1(self, x: Array) -> Array:
        """Return e^x - 1."""

    def log(self, x: Array) -> Array:
        """Return the natural logarithm."""

    def isfinite(self, x: Array) -> Array:
        """Return where `x` is neither infinite nor NaN."""

    def log1p(self, x: Array) -> Array:
        """Return log(1 + x)."""

    def lgamma(self, x: Array) -> Array:
        """Return the logarithm of the absolute value of the gamma function."""

    def softplus(self, x: Array) -> Array:
        """Return log(1 + e^x)."""

    def xlogy(self, x: Array, y: Array) -> Array:
        """Return x log y, 0 where x is 0."""

    def xlog1py(self, x: Array, y: Array) -> Array:
        """Return x log(1 + y), 0 where x is 0."""

    def where(self, condition: Array, x: Any, y: Any) -> Array:
        """Return `x` where the condition holds, else `y`."""

    def logsumexp(self, x: Array, axis: int) -> Array:
        """Return log of the sum of e^x along an axis."""

    def is_integer(self, x: Any) -> bool:
        """Return whether `x` is an array of whole numbers by its type."""

    def take_last(self, x: Array, ids: Array) -> Array:
        """Return ``x[..., ids]``, one entry of the last axis for each entry of `ids`."""

    def positive_definite(self, x: Array) -> Array:
        """Return for each symmetric matrix of the last two axes whether it is positive definite."""

    def inverse(self, x: Array) -> Array:
        """Return the inverse of each positive definite matrix; NaN for others."""

    def logdet(self, x: Array) -> Array:
        """Return the log determinant of each positive definite matrix; NaN for others."""

    def first(self, condition: Array) -> tuple[int, ...] | None:
        """Return the first index where a condition holds, None where it never does. Looks at values."""


_REGISTERED: dict[type, Operations] = {}


def register(kind: type, operations: Operations) -> None:
    """Use `operations` for arrays of the type `kind` and of types derived from it."""
    _REGISTERED[kind] = operations


def operations_of(*arrays: Any) -> Operations:
    """Return the operations for `arrays`: those of a registered type if any has one, else numpy's.

    Raises
    ------
    InputError
        For tensors while ``synthmix.torch`` is not imported.
    """
    for x in arrays:
        for kind in type(x).__mro__:
            if kind in _REGISTERED:
                return _REGISTERED[kind]
            if kind.__module__ == "torch":
                raise InputError(
                    "the parameters are tensors; import synthmix.torch, which teaches the families tensors"
                )
    from synthmix.families.numpy_operations import NUMPY

    return NUMPY
