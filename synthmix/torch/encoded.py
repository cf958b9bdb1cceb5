"""A batch of synthetic rows on a device, and the encoded table that batches are made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat
from typing import NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synthmix.errors import OptionError, did_you_mean
from synthmix.mixing.source import Source
from synthmix.table import TableEncoder
from synthmix.torch.plan.blend import Recipe, blend
from synthmix.torch.plan.tables import upload


class Batch(NamedTuple):
    """Synthetic rows in encoded form.

    Attributes
    ----------
    continuous : Tensor, shape (m, p)
        Mixed columns in the space of the fitted encoding: normal scores for ``encoding="normal"``, the data's own units
        for "raw". Neither rounded to a grid nor clamped to a range. Where a value is missing stands a stand-in. For a
        latent map such as :class:`TableVAE` these are no columns but its coordinates, z1, z2, ...
    codes : Tensor of int64, shape (m, q)
        Discrete columns of the donor, or for chained rows each of a parent of its own, 0, 1, ... in the order of the
        levels; for a latent map those that define classes.
    missing : Tensor of bool, shape (m, p), or None
        Which continuous values are missing; None where the table has no missing values, and for a latent map.
    target : Tensor, shape (m,), or None
        The column that was split off: mixed numbers, or int64 codes where it is discrete.
    rows : Tensor of int64, shape (m,), or None
        Numbers of the synthetic rows; None in batches that were asked for without them.
    """

    continuous: Tensor
    codes: Tensor
    missing: Tensor | None
    target: Tensor | None
    rows: Tensor | None

    def part(self, low: int, high: int) -> Batch:
        """Return rows [low, high) of this batch, as views."""
        return self._each(lambda field: field[low:high])

    def to(self, device: torch.device | str, *, non_blocking: bool = False) -> Batch:
        """Return this batch on another device."""
        return self._each(lambda field: field.to(device, non_blocking=non_blocking))

    def _each(self, change: Callable[[Tensor], Tensor]) -> Batch:
        changed = [None if field is None else change(field) for field in self]
        return Batch(*cast("list[Tensor]", changed))

    def split(self, size: int) -> Iterator[Batch]:
        """Yield the rows in batches of `size`, as views; the last one may be shorter.

        All views of a field are made in one call: cut one by one, they would cost more than small batches do.
        """
        return map(Batch._make, zip(*(_views(field, size) for field in self), strict=False))

    @staticmethod
    def join(parts: list[Batch]) -> Batch:
        """Return one batch of the rows of several."""
        if len(parts) == 1:
            return parts[0]
        joined = [None if fields[0] is None else torch.cat(fields) for fields in zip(*parts, strict=True)]
        return Batch(*cast("list[Tensor]", joined))


def _views(field: Tensor | None, size: int) -> Iterable[Tensor | None]:
    if field is None:
        return repeat(None)
    if field.ndim == 2 and field.shape[1] == 0 and field.shape[0] % size == 0:
        return repeat(field[:size], field.shape[0] // size)  # nothing in it, so all views are alike
    return torch.split(field, size)


class EncodedTable(NamedTuple):
    """The rows that are mixed, on a device, in the order in which the source keeps them."""

    latent: Tensor  # (n, p)
    codes: Tensor  # (n, q) int64
    missing: Tensor | None  # (n, p) bool
    mixed_target: Tensor | None  # (n, 1)
    coded_target: Tensor | None  # (n,) int64
    continuous_names: tuple[str, ...]
    code_names: tuple[str, ...]
    cardinalities: tuple[int, ...]

    @property
    def has_donors(self) -> bool:
        """Whether anything is copied from a donor."""
        return self.codes.shape[1] > 0 or self.missing is not None or self.coded_target is not None


class _Lanes(NamedTuple):
    """What the source's matrices hold: names of what is mixed, and the discrete columns that a donor gives."""

    mixed: tuple[str, ...]
    coded: tuple[str, ...]
    n_levels: tuple[int, ...]
    codes: NDArray[np.int32]


def _lanes(source: Source, encoder: TableEncoder) -> _Lanes:
    """Return the columns of the table, or the coordinates of a map and the class columns that travel beside them."""
    through = encoder.through
    if through is None:
        return _Lanes(encoder.latent_names, encoder.code_names, encoder.n_levels, source.codes)
    first = source.codes.shape[1] - len(through.carried)  # before them, the number of the pattern of missing values
    names, levels = encoder.code_names, encoder.n_levels
    carried = tuple(names[j] for j in through.carried), tuple(levels[j] for j in through.carried)
    return _Lanes(through.names, *carried, source.codes[:, first:])


def _no_target(target: str, learnable: Sequence[str], encoder: TableEncoder) -> OptionError:
    """Return the error for a target that no batch can hold apart."""
    if encoder.through is None or target not in encoder.feature_names:
        return OptionError(f"target={target!r} is not a column with values to learn{did_you_mean(target, learnable)}")
    return OptionError(
        f"target={target!r} is inside the coordinates of {encoder.through.map.name}; batches can hold apart only "
        "columns that define classes, such as that of WithinClass(column): fit with one, or with encoding='normal'"
    )


def encoded_table(
    source: Source, encoder: TableEncoder, target: str | None, device: torch.device, dtype: torch.dtype
) -> EncodedTable:
    """Return the encoded rows of a fitted source, the target column apart.

    Raises
    ------
    OptionError
        When the target is no column that is mixed or coded, or has missing values.
    """
    lanes = _lanes(source, encoder)
    mixed, coded = lanes.mixed, lanes.coded
    learnable = coded if encoder.through is not None else (*mixed, *coded)
    if target is not None and target not in learnable:
        raise _no_target(target, learnable, encoder)
    own = [j for j, name in enumerate(mixed) if name == target and name in learnable]
    class_of = [j for j, name in enumerate(coded) if name == target]
    if own and source.missing[:, own].any():
        raise OptionError(
            f"target={target!r} has missing values: leave out rows without a target, or leave out target= and use "
            "the mask of missing values"
        )
    rest = [j for j in range(len(mixed)) if j not in own]
    others = [j for j in range(len(coded)) if j not in class_of]
    numbers = np.float64 if dtype == torch.float64 else np.float32
    codes = lanes.codes.astype(np.int64)
    return EncodedTable(
        latent=upload(source.latent[:, rest].astype(numbers, copy=False), device),
        codes=upload(codes[:, others], device),
        missing=upload(source.missing[:, rest], device) if source.has_missing else None,
        mixed_target=upload(source.latent[:, own].astype(numbers, copy=False), device) if own else None,
        coded_target=upload(codes[:, class_of[0]], device) if class_of else None,
        continuous_names=tuple(mixed[j] for j in rest),
        code_names=tuple(coded[j] for j in others),
        cardinalities=tuple(lanes.n_levels[j] for j in others),
    )


def batch_of(table: EncodedTable, how: Recipe, rows: Tensor, dtype: torch.dtype) -> Batch:
    """Return the batch that a recipe makes of a table: mixed in the table's precision, returned in `dtype`."""
    codes = rows.new_empty((rows.shape[0], 0))
    if table.codes.shape[1]:
        codes = table.codes.index_select(0, how.donors)
    target = None
    if table.mixed_target is not None:
        target = blend(table.mixed_target, how)[:, 0].to(dtype)
    elif table.coded_target is not None:
        target = table.coded_target.index_select(0, how.donors)
    return Batch(
        continuous=blend(table.latent, how).to(dtype),
        codes=codes,
        missing=None if table.missing is None else table.missing.index_select(0, how.donors),
        target=target,
        rows=rows,
    )
