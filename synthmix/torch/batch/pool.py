"""What a pool, the table that partners come from, must have to go with a batch. Shapes and dtypes only: free."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from synthmix.errors import InputError, OptionError
from synthmix.torch.batch.tree import Extent, Tree, extent_of, same_form


def part(pool: Sequence[Any] | None, place: int) -> Any:
    """Return an entry of the pool, None if there is none."""
    return None if pool is None or place >= len(pool) else pool[place]


def check_pool(pool: Any, x: Tree, y: Tree, rows: Tensor | None) -> Extent:
    """Return rows and device of a pool that has the form of the batch `x`, `y`.

    Raises
    ------
    InputError
        For no tuple, no rows, or entries whose rows have another shape, dtype, device or number; for row numbers
        that are not (B,), int64, on the device of the batch.
    """
    if not isinstance(pool, tuple | list) or not 1 <= len(pool) <= 3:
        raise InputError(f"pool has type {type(pool).__name__}; give a tuple, pool=(x, y) or (x, y, sample_weight)")
    batch, table = extent_of(x), extent_of(pool[0], "pool x")
    if table.rows == 0:
        raise InputError("pool has no rows, and so no partners; give the whole table, or leave pool out")
    same_form(x, pool[0], "x", "pool x")
    check_part(pool, 1, y, "y", table)
    at = rows is None or (isinstance(rows, Tensor) and rows.shape == (batch.rows,) and rows.dtype == torch.int64)
    if not at or (rows is not None and rows.device != batch.device):
        found = f"{rows.dtype} of shape {tuple(rows.shape)} on {rows.device}" if isinstance(rows, Tensor) else rows
        raise InputError(f"rows is {found}; give row numbers of shape ({batch.rows},), torch.int64, on {batch.device}")
    return table


def check_part(pool: Sequence[Any], place: int, own: Tree, name: str, table: Extent) -> None:
    """Raise InputError unless an entry of the pool, where there is one, has the rows of the pool and the form of `own`.

    ``(B,)`` against ``(n, 1)`` would be broadcast to ``(B, B)``, and whole numbers against floats mixed as numbers.
    """
    found = part(pool, place)
    if found is None:
        return
    if own is not None:
        same_form(own, found, name, f"pool {name}")
    rows = extent_of(found, f"pool {name}").rows
    if rows != table.rows:
        raise InputError(f"pool {name} has {rows} rows and pool x {table.rows}; give one for each row of the table")


def check_pairing(pairing: Any, batch: Extent, table: Extent | None) -> None:
    """Refuse a pairing whose partners are rows of something else than the batch or the pool.

    A pairing says so by ``inside_batch`` (True for partners inside the batch) or ``table_rows`` (rows of its table).

    Raises
    ------
    OptionError
        For pairs inside a batch with a pool, or a table that is not the pool.
    """
    name = type(pairing).__name__
    if table is not None and getattr(pairing, "inside_batch", False):
        raise OptionError(f"pairing={name} pairs rows inside a batch; leave pool out, or take 'random' or TargetKernel")
    size = getattr(pairing, "table_rows", None)
    if size is None or size == (batch if table is None else table).rows:
        return
    if table is None:
        raise OptionError(
            f"pairing={name} gives rows of its table of {size} rows, and the batch has {batch.rows}; give that table "
            "as pool=(x, y)"
        )
    raise OptionError(f"pairing={name} was made for {size} rows and the pool has {table.rows}; give the same table")
