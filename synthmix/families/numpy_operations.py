"""The operations of the families on numpy arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import special

from synthmix.families.operations import Array


class NumpyOperations:
    """See :class:`synthmix.families.operations.Operations`."""

    checks = True

    exp = staticmethod(np.exp)
    expm1 = staticmethod(np.expm1)
    isfinite = staticmethod(np.isfinite)
    log1p = staticmethod(np.log1p)
    lgamma = staticmethod(special.gammaln)
    xlogy = staticmethod(special.xlogy)
    xlog1py = staticmethod(special.xlog1py)
    where = staticmethod(np.where)

    def array(self, x: Any) -> Array:
        """Return `x` as a floating point array; whole numbers become float64."""
        array = np.asarray(x)
        return array if np.issubdtype(array.dtype, np.floating) else array.astype(np.float64)

    def like(self, x: Any, other: Array) -> Array:
        """Return `x` as an array of the type of `other`."""
        return np.asarray(x, dtype=other.dtype)

    def broadcast(self, x: Array, shape: Sequence[int]) -> Array:
        """Return a view of `x` of the given shape."""
        return np.broadcast_to(x, tuple(shape))

    def log(self, x: Array) -> Array:
        """Return the natural logarithm, -inf at zero."""
        with np.errstate(divide="ignore"):
            return np.log(x)

    def softplus(self, x: Array) -> Array:
        """Return log(1 + e^x)."""
        return np.logaddexp(0.0, x)

    def logsumexp(self, x: Array, axis: int) -> Array:
        """Return log of the sum of e^x along an axis."""
        return special.logsumexp(x, axis=axis)

    def is_integer(self, x: Any) -> bool:
        """Return whether `x` holds whole numbers by its type."""
        return bool(np.issubdtype(np.asarray(x).dtype, np.integer))

    def take_last(self, x: Array, ids: Array) -> Array:
        """Return one entry of the last axis for each entry of `ids`."""
        return np.take_along_axis(x, np.broadcast_to(ids, x.shape[:-1])[..., None], axis=-1)[..., 0]

    def positive_definite(self, x: Array) -> Array:
        """Return whether the factorisation of each matrix exists."""
        return ~np.isnan(_cholesky(x)).any(axis=(-2, -1))

    def inverse(self, x: Array) -> Array:
        """Return the inverse, exactly symmetric."""
        half = np.linalg.inv(_cholesky(x))
        return np.swapaxes(half, -2, -1) @ half

    def logdet(self, x: Array) -> Array:
        """Return the log determinant."""
        return 2.0 * np.log(np.diagonal(_cholesky(x), axis1=-2, axis2=-1)).sum(-1)

    def first(self, condition: Array) -> tuple[int, ...] | None:
        """Return the first index where the condition holds."""
        places = np.argwhere(condition)
        return tuple(int(i) for i in places[0]) if len(places) else None


def _cholesky(x: Array) -> Array:
    """Factor each matrix; NaN for those that are not positive definite (numpy raises for the whole stack)."""
    try:
        return np.linalg.cholesky(x)
    except np.linalg.LinAlgError:
        if x.ndim == 2:
            return np.full_like(x, np.nan)
        return np.stack([_cholesky(matrix) for matrix in x])


NUMPY = NumpyOperations()
