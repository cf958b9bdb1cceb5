"""How the rows of one batch are mixed: their weights, partners and donors, drawn once and used for everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import torch
from torch import Tensor

from synthmix.errors import InputError, OptionError, did_you_mean
from synthmix.torch.batch.lam import LawOnDevice, units
from synthmix.torch.batch.rows import is_mixable, mix_many, mix_pair, take
from synthmix.torch.batch.tree import Extent, Tree, extent_of, map_tree, same_form, tensors

Per: TypeAlias = Literal["row", "batch"]
Donor: TypeAlias = Literal["largest", "squared"]


class Mixing(NamedTuple):
    """How the B rows of a batch are mixed.

    Attributes
    ----------
    lam : Tensor, shape (B,) or (k, B)
        Weight of the row itself; for a law of k > 2 parents all weights, that of the row itself first.
    partner : Tensor of int64, shape (B,) or (k-1, B)
        Row numbers of the partners, in the batch or in the pool.
    donor : Tensor of int64, shape (B,)
        The parent that gives what cannot be averaged: 0 for the row itself, j for partner j.
    """

    lam: Tensor
    partner: Tensor
    donor: Tensor


def draw_weights(
    law: LawOnDevice, rows: int, *, per: Per = "row", dtype: torch.dtype, generator: torch.Generator | None
) -> Tensor:
    """Return weights for `rows` rows, shape (rows,) for two parents, else (k, rows), in `dtype`.

    Raises
    ------
    OptionError
        For an unknown `per`.
    """
    if per not in get_args(Per):
        raise OptionError(f"per={per!r} is unknown{did_you_mean(per, get_args(Per))}")
    n = rows if per == "row" else 1
    drawn = law.lam(n, generator=generator) if law.k == 2 else law.weights(n, generator=generator)
    return drawn.to(dtype).expand(*drawn.shape[:-1], rows).contiguous()


def draw_donor(weights: Tensor, parents: int, rule: Donor, generator: torch.Generator | None) -> Tensor:
    """Return which parent is the donor, for weights as in :class:`Mixing`, or lam of shape (..., B) for two parents.

    Raises
    ------
    OptionError
        For an unknown rule.
    """
    if rule not in get_args(Donor):
        raise OptionError(f"donor={rule!r} is unknown{did_you_mean(rule, get_args(Donor))}")
    if rule == "largest":
        return (weights < 0.5).long() if parents == 2 else weights.argmax(0)
    if parents == 2:
        weights = torch.stack([weights, 1.0 - weights])
    running = weights.double().square().cumsum(0)
    threshold = running[-1] * units(tuple(running.shape[1:]), weights.device, generator)
    return (threshold >= running[:-1]).sum(0)


def combine(parents: tuple[Tensor, ...], lam: Tensor, donor: Tensor) -> Tensor:
    """Return the mixed values of floating point parents, else the donor's."""
    if is_mixable(parents[0].dtype, "x"):
        return mix_pair(*parents, lam) if len(parents) == 2 else mix_many(torch.stack(parents), lam)
    return take(torch.stack(parents), donor)


def parents_of(tensor: Tensor, mixing: Mixing, pool: Tensor | None = None) -> tuple[Tensor, ...]:
    """Return the rows themselves and, for each partner, the rows of the partners."""
    source = tensor if pool is None else pool
    if mixing.partner.ndim == 1:
        return tensor, source[mixing.partner]
    return tensor, *(source[partner] for partner in mixing.partner)


def mix_rows(x: Tree, mixing: Mixing, *, pool: Tree = None) -> Tree:
    """Mix the rows of a batch as drawn.

    Parameters
    ----------
    x : Tensor of shape (B, ...), or dict, tuple or list of such trees
        Floating point tensors are averaged with the weights; integers and booleans are categories, taken from the
        donor. Whole numbers that are quantities must come as floats.
    mixing : Mixing
        Weights, partners and donors, the same for all tensors.
    pool : tree like `x`, optional
        The rows that ``mixing.partner`` counts; by default the batch itself.

    Returns
    -------
    tree like `x`
        New tensors, in the dtypes of `x`, which is not changed. Means are computed in float32 at least; a row with
        weight 1 is a bit-equal copy.

    Notes
    -----
    Works under ``torch.compile(fullgraph=True)``; drawing, which needs a generator, stays outside.

    Raises
    ------
    InputError
        For tensors that differ in rows or device, from each other or from the mixing; for complex numbers.
    """
    extent_of(x, "x", Extent(mixing.lam.shape[-1], mixing.lam.device))
    return _with_pool(lambda own, source: combine(parents_of(own, mixing, source), mixing.lam, mixing.donor), x, pool)


def _with_pool(function: Callable[[Tensor, Tensor | None], Any], tree: Tree, pool: Tree) -> Tree:
    """Return the function of each tensor and the tensor at its place in the pool, None without a pool."""
    if pool is None:
        return map_tree(lambda own: function(own, None), tree)
    same_form(tree, pool, "x", "pool")
    return map_tree(function, tree, pool)


def dtype_of_weights(x: Tree) -> torch.dtype:
    """Return the widest floating point dtype of a batch, float32 at least."""
    dtype = torch.float32
    for place, tensor in tensors(x):
        if is_mixable(tensor.dtype, place):
            dtype = torch.promote_types(dtype, tensor.dtype)
    return dtype


def checked_partners(partner: Tensor, law: LawOnDevice, batch: Extent) -> Tensor:
    """Return partners if they have the right shape, dtype and device.

    Raises
    ------
    InputError
        If not, for a pairing of one's own.
    """
    shape = (batch.rows,) if law.k == 2 else (law.k - 1, batch.rows)
    if isinstance(partner, Tensor) and tuple(partner.shape) == shape and partner.dtype == torch.int64:
        if partner.device == batch.device:
            return partner
        raise InputError(f"pairing gave partners on {partner.device}, the batch is on {batch.device}")
    found = f"{tuple(partner.shape)}, {partner.dtype}" if isinstance(partner, Tensor) else type(partner).__name__
    raise InputError(f"pairing gave {found}; it must return row numbers of shape {shape}, torch.int64")
