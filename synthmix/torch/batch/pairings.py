"""Partners of the rows of a batch, by name. All of them only index: nothing waits for the device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, Protocol, TypeAlias, get_args

import torch
from torch import Tensor

from synthmix.errors import OptionError, did_you_mean
from synthmix.torch.batch.lam import units
from synthmix.torch.batch.tree import Extent, Tree

PairingName: TypeAlias = Literal["random", "permutation", "roll", "flip", "within_class"]


class BatchPairing(Protocol):
    """A pairing of one's own: a function of the batch that returns row numbers."""

    def __call__(self, x: Tree, y: Tree, generator: torch.Generator | None, /) -> Tensor:
        """Return partners, shape (B,), or (k-1, B) for a law of k parents, int64, on the device of the batch."""
        ...


class Pool(NamedTuple):
    """The table that partners come from, and where the batch lies in it.

    Attributes
    ----------
    rows : int
        Number of rows.
    y : tree or None
        Their labels.
    at : Tensor of int64 or None
        Row numbers of the batch in the table, if known, so that no row becomes its own partner.
    """

    rows: int
    y: Tree = None
    at: Tensor | None = None


def partners_by_name(
    name: str, batch: Extent, y: Tree, count: int, generator: torch.Generator | None, pool: Pool | None = None
) -> Tensor:
    """Return `count` partners for each row of a batch, shape (count, B).

    Parameters
    ----------
    name : {"random", "permutation", "roll", "flip", "within_class"}
        "random": any other row, independently for each row. "permutation": a random permutation of the batch, in which
        a row can meet itself. "roll": partner j of row i is row i - j. "flip": row B - 1 - i. "within_class": any other
        row with the same class id; a row alone in its class is its own partner.
    batch : Extent
        Rows and device.
    y : tree
        Labels, for "within_class".
    count : int
        Partners for each row.
    generator : torch.Generator or None
        Needed by all but "roll" and "flip".
    pool : Pool, optional
        Partners from a table, for "random" and "within_class".

    Raises
    ------
    OptionError
        For an unknown name, a pairing that cannot use a pool, and labels that are no class ids.
    """
    if name not in get_args(PairingName):
        raise OptionError(f"pairing={name!r} is unknown{did_you_mean(name, get_args(PairingName))}")
    if name == "random":
        return _random(batch, count, generator, pool)
    if name == "within_class":
        return _within_class(class_ids(y, "y"), batch, count, generator, pool)
    if pool is not None:
        raise OptionError(f"pairing={name!r} pairs rows of the batch; with a pool take 'random' or 'within_class'")
    rows = torch.arange(batch.rows, device=batch.device)
    if name == "roll":
        return torch.stack([rows.roll(j + 1) for j in range(count)])
    if name == "flip":
        if count > 1:
            raise OptionError("pairing='flip' gives one partner; a law of more parents needs 'random' or 'permutation'")
        return rows.flip(0)[None]
    return units((count, batch.rows), batch.device, generator).argsort(-1)


def class_ids(y: Tree, place: str) -> Tensor:
    """Return class ids, shape (B,): whole numbers as they are, one-hot or soft labels by their largest entry.

    Raises
    ------
    OptionError
        For labels that are neither.
    """
    if isinstance(y, Mapping):
        raise OptionError(f"pairing='within_class': {place} is a dict; pass a function that pairs by the right entry")
    if isinstance(y, Tensor) and y.ndim == 1 and not y.dtype.is_floating_point:
        return y.long()
    if isinstance(y, Tensor) and y.ndim == 2 and y.shape[1] > 1:
        return y.argmax(1)
    found = f"{y.dtype} of shape {tuple(y.shape)}" if isinstance(y, Tensor) else type(y).__name__
    raise OptionError(f"pairing='within_class' needs class ids (B,) or one-hot labels (B, C); {place} is {found}")


def other_than(own: Tensor, size: Tensor | int, u: Tensor) -> Tensor:
    """Return a uniform number in 0, ..., size-1 other than `own`, from a uniform u; 0 where size is 1."""
    step = 1 + (u * (size - 1)).long()
    return (own + step) % (size.clamp_min(1) if isinstance(size, Tensor) else max(size, 1))


def _random(batch: Extent, count: int, generator: torch.Generator | None, pool: Pool | None) -> Tensor:
    u = units((count, batch.rows), batch.device, generator)
    if pool is None:
        return other_than(torch.arange(batch.rows, device=batch.device), batch.rows, u)
    if pool.at is not None:
        return other_than(pool.at, pool.rows, u)
    return (u * pool.rows).long()


def _within_class(
    ids: Tensor, batch: Extent, count: int, generator: torch.Generator | None, pool: Pool | None
) -> Tensor:
    """Return partners of the same class; a class that the pool lacks gives a row number that does not exist."""
    table = ids if pool is None else class_ids(pool.y, "pool y")
    order = table.argsort(stable=True)
    ranked = table[order].contiguous()
    first = torch.searchsorted(ranked, ids.contiguous())
    size = torch.searchsorted(ranked, ids.contiguous(), right=True) - first
    at = torch.arange(batch.rows, device=batch.device) if pool is None else pool.at
    u = units((count, batch.rows), batch.device, generator)
    if at is None:
        place = (u * size).long()
    else:
        rank = torch.empty_like(order).scatter(0, order, torch.arange(order.shape[0], device=order.device))
        place = other_than(rank[at] - first, size, u)
    found = order[(first + place).clamp_max(order.shape[0] - 1)]
    return torch.where(size > 0, found, order.shape[0])
