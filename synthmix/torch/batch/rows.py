"""The arithmetic of mixing rows: weighted means of real values, one donor for what cannot be averaged."""

from __future__ import annotations

import torch
from torch import Tensor

from synthmix.errors import InputError


def working_dtype(dtype: torch.dtype) -> torch.dtype:
    """Return the dtype in which values of `dtype` are mixed: float32 at least."""
    return torch.promote_types(dtype, torch.float32) if dtype.is_floating_point else torch.float32


def mix_pair(own: Tensor, other: Tensor, lam: Tensor) -> Tensor:
    """Return lam own + (1 - lam) other, in the dtype of `own`.

    Parameters
    ----------
    own, other : Tensor, shape (B, ...)
        Floating point values.
    lam : Tensor, shape (..., B)
        Weights of `own`; leading dimensions are further draws.

    Returns
    -------
    Tensor, shape ``lam.shape + own.shape[1:]``

    Notes
    -----
    Computed as b + w (o - b) with b the values of larger weight and w the smaller weight, in float32 at least. A weight
    of exactly 0 leaves the other value untouched, bit for bit, whatever the first one is.
    """
    dtype = working_dtype(own.dtype)
    weight = lam.reshape(*lam.shape, *(1,) * (own.ndim - 1))
    mine = weight >= 0.5
    small = torch.where(mine, 1.0 - weight, weight)
    base = torch.where(mine, own, other).to(dtype)
    mixed = base + small.to(dtype) * (torch.where(mine, other, own).to(dtype) - base)
    return torch.where(small == 0.0, base, mixed).to(own.dtype)


def mix_many(parents: Tensor, weights: Tensor) -> Tensor:
    """Return the sum of weights times parents, in the dtype of the parents.

    Parameters
    ----------
    parents : Tensor, shape (k, B, ...)
        Floating point values of k parents.
    weights : Tensor, shape (k, B)
        Their weights, with sum 1.

    Notes
    -----
    Computed as the values of largest weight plus weighted differences, so that a row whose weights are 1 and zeros is a
    copy, bit for bit.
    """
    dtype = working_dtype(parents.dtype)
    tail = (1,) * (parents.ndim - 2)
    largest = weights.argmax(0)
    index = largest.reshape(1, -1, *tail).expand(1, *parents.shape[1:])
    base = parents.gather(0, index)[0].to(dtype)
    total = torch.zeros_like(base)
    others = weights.scatter(0, largest[None], 0.0)
    for values, weight in zip(parents, others, strict=True):
        w = weight.reshape(-1, *tail)
        total = total + torch.where(w == 0.0, 0.0, w.to(dtype) * (values.to(dtype) - base))
    return torch.where(total == 0.0, base, base + total).to(parents.dtype)


def take(parents: Tensor, donor: Tensor) -> Tensor:
    """Return for each row the values of its donor, in the dtype of the parents.

    Parameters
    ----------
    parents : Tensor, shape (k, B, ...)
        Values of any dtype.
    donor : Tensor of int64, shape (..., B)
        Which parent, 0 for the row itself; leading dimensions are further draws.
    """
    if parents.shape[0] == 2:
        first = (donor == 0).reshape(*donor.shape, *(1,) * (parents.ndim - 2))
        return torch.where(first, parents[0], parents[1])
    rows = torch.arange(parents.shape[1], device=parents.device)
    return parents[donor, rows]


def is_mixable(dtype: torch.dtype, place: str) -> bool:
    """Return True for real floating point, False for what needs a donor; complex numbers are refused."""
    if dtype.is_complex:
        raise InputError(f"{place} has dtype {dtype}; mix torch.view_as_real of it")
    return dtype.is_floating_point
