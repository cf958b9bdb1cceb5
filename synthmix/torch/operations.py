"""The operations of :mod:`synthmix.families` on tensors; importing this module teaches them to the families."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from synthmix.families.operations import register

_WHOLE = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)


class TensorOperations:
    """See :class:`synthmix.families.operations.Operations`. Nothing but ``first`` waits for the device."""

    checks = False

    exp = staticmethod(torch.exp)
    expm1 = staticmethod(torch.expm1)
    isfinite = staticmethod(torch.isfinite)
    log = staticmethod(torch.log)
    log1p = staticmethod(torch.log1p)
    lgamma = staticmethod(torch.lgamma)
    xlogy = staticmethod(torch.xlogy)
    xlog1py = staticmethod(torch.special.xlog1py)

    def array(self, x: Any) -> Tensor:
        """Return `x` as a floating point tensor."""
        tensor = torch.as_tensor(x)
        return tensor if tensor.is_floating_point() else tensor.to(torch.get_default_dtype())

    def like(self, x: Any, other: Tensor) -> Tensor:
        """Return `x` in the type of `other`; numbers that are no tensor move to its device."""
        return (
            x.to(other.dtype) if isinstance(x, Tensor) else torch.as_tensor(x, dtype=other.dtype, device=other.device)
        )

    def broadcast(self, x: Tensor, shape: Sequence[int]) -> Tensor:
        """Return a view of `x` of the given shape."""
        return x.expand(tuple(shape))

    def softplus(self, x: Tensor) -> Tensor:
        """Return log(1 + e^x), exact for large x (torch's softplus is x from 20 on)."""
        return torch.logaddexp(x, torch.zeros_like(x))

    def where(self, condition: Tensor, x: Any, y: Any) -> Tensor:
        """Return `x` where the condition holds, else `y`."""
        return torch.where(condition, x, y)

    def logsumexp(self, x: Tensor, axis: int) -> Tensor:
        """Return log of the sum of e^x along an axis."""
        total: Tensor = torch.logsumexp(x, axis)
        return total

    def is_integer(self, x: Any) -> bool:
        """Return whether `x` holds whole numbers by its type."""
        return isinstance(x, Tensor) and x.dtype in _WHOLE

    def take_last(self, x: Tensor, ids: Tensor) -> Tensor:
        """Return one entry of the last axis for each entry of `ids`."""
        taken: Tensor = x.gather(-1, ids.long().expand(x.shape[:-1])[..., None])
        return taken[..., 0]

    def positive_definite(self, x: Tensor) -> Tensor:
        """Return whether the factorisation of each matrix exists."""
        exists: Tensor = torch.linalg.cholesky_ex(x).info == 0
        return exists

    def inverse(self, x: Tensor) -> Tensor:
        """Return the inverse."""
        inverse: Tensor = torch.cholesky_inverse(_cholesky(x))
        return inverse

    def logdet(self, x: Tensor) -> Tensor:
        """Return the log determinant."""
        return 2.0 * _cholesky(x).diagonal(dim1=-2, dim2=-1).log().sum(-1)

    def first(self, condition: Tensor) -> tuple[int, ...] | None:
        """Return the first index where the condition holds; waits for the device."""
        places = condition.nonzero()
        return tuple(int(i) for i in places[0]) if len(places) else None


def _cholesky(x: Tensor) -> Tensor:
    """Factor each matrix without waiting for the device; NaN for those that are not positive definite."""
    factor, info = torch.linalg.cholesky_ex(x)
    return torch.where((info == 0)[..., None, None], factor, torch.nan)


register(Tensor, TensorOperations())
