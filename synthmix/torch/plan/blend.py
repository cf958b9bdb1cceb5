"""Mix rows by a plan on a device: the twin of :mod:`synthmix.kernels.mix`."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from synthmix.torch.plan.block import Planned
from synthmix.torch.plan.bounded import looks

_PIECE = 2**16  # numbers: what a CPU mixes at once stays in its cache


class Recipe(NamedTuple):
    """A plan in the form in which rows are mixed: ``x_b + sum_j s_j (x_j - x_b)``.

    With weights that sum to one this is the weighted sum, but a copied row is a bit-exact copy, equal values stay
    equal, and an offset common to the parents costs no digits.
    """

    base: Tensor  # (m,) int64: the parent b of the largest weight, for groups the first
    others: Tensor  # (k - 1, m) int64: the other parents in their order
    shares: Tensor  # (k - 1, m): their weights, in the precision of the mixing
    donors: Tensor  # (m,) int64, or (0,) where nothing is copied


def recipe(planned: Planned, dtype: torch.dtype) -> Recipe:
    """Return a plan as it is mixed in `dtype`."""
    parents, weights, base, donors = planned
    number = torch.arange(parents.shape[0] - 1, device=parents.device)[:, None]
    later = number >= base
    others = torch.where(later, parents[1:], parents[:-1])
    shares = torch.where(later, weights[1:], weights[:-1]).to(dtype)
    first = parents.gather(0, base[None])[0]
    return Recipe(first, others, shares, donors)


def blend(source: Tensor, how: Recipe) -> Tensor:
    """Return mixed rows (m, p) of `source` (n, p), parent after parent, so that no (m, k, p) numbers are held at once.

    Products and sums are those of the kernels, in their order.
    """
    if looks(source):
        return _in_pieces(source, how)
    base = source.index_select(0, how.base)
    mixed = base
    for other, share in zip(how.others.unbind(0), how.shares.unbind(0), strict=True):
        mixed = mixed + (source.index_select(0, other) - base) * share[:, None]
    return mixed


def _in_pieces(source: Tensor, how: Recipe) -> Tensor:
    """Return the same rows, mixed a few at a time."""
    m, p = how.base.shape[0], source.shape[1]
    mixed, room = source.new_empty((m, p)), max(_PIECE // max(p, 1), 1)
    for low in range(0, m, room):
        piece = slice(low, low + room)
        base, into = source.index_select(0, how.base[piece]), mixed[piece]
        into.copy_(base)
        for other, share in zip(how.others.unbind(0), how.shares.unbind(0), strict=True):
            step = source.index_select(0, other[piece])
            into.add_(step.sub_(base).mul_(share[piece, None]))
    return mixed
