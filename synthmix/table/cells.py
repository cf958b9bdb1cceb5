"""The canonical form of a column: what every frame type is read into and built from.

A backend (one file for each frame type) turns a native column into a :class:`SourceColumn` and cells back into a
native column. Nothing else in synthmix knows how pandas, polars or Arrow store anything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Family: TypeAlias = Literal[
    "real",
    "integer",
    "boolean",
    "string",
    "categorical",
    "datetime",
    "timedelta",
    "date",
    "time",
    "period",
    "decimal",
    "empty",
]
# How a backend remembers a dtype: JSON-able, and opaque to everyone but that backend.
Layout: TypeAlias = dict[str, Any]

TIMES: frozenset[str] = frozenset({"datetime", "timedelta", "date", "time", "period"})
_FEW = 64
NANOSECONDS = {"D": 86_400_000_000_000, "m": 60_000_000_000, "s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}


@dataclass(frozen=True, eq=False)
class Numbers:
    """Numbers with a missing mask; times are int64 counts of a storage unit, decimals are int64 multiples.

    ``data`` has shape (n,) and dtype float64, int64 or bool; entries under the mask are 0 (NaN for floats). It may be
    a view of the user's table, so nothing writes to it. ``reach`` is a size that no observed value exceeds, infinite
    where it is not known.
    """

    data: NDArray[Any]
    missing: NDArray[np.bool_]
    reach: float = math.inf

    @cached_property
    def n_missing(self) -> int:
        """How many cells are missing."""
        return int(np.count_nonzero(self.missing))

    @property
    def observed(self) -> NDArray[Any]:
        """The values that are not missing, in row order."""
        return self.data[~self.missing] if self.n_missing else self.data

    @cached_property
    def extremes(self) -> tuple[int, int]:
        """The least and the largest observed value of integers, (0, 0) where there is none."""
        observed = self.observed
        return (int(observed.min()), int(observed.max())) if observed.size else (0, 0)


@dataclass(frozen=True, eq=False)
class Texts:
    """Strings: a pyarrow ``large_string`` array with nulls for missing cells."""

    array: Any


@dataclass(frozen=True, eq=False)
class Coded:
    """Cells of a categorical dtype: int32 codes into the dtype's own categories, -1 for missing."""

    codes: NDArray[np.int32]
    levels: tuple[Any, ...]


Cells: TypeAlias = Numbers | Texts | Coded


@dataclass(frozen=True, eq=False)
class Distinct:
    """The distinct values of a column in ascending order and, for each row, which one it has (-1 for missing).

    ``data`` is a numpy array for numbers and a pyarrow ``large_string`` array for strings.
    """

    data: Any
    codes: NDArray[np.int32]

    @property
    def size(self) -> int:
        """The number of distinct values, missing not counted."""
        return len(self.data)


@dataclass(frozen=True, eq=False)
class SourceColumn:
    """One column as it was read."""

    name: str
    family: Family
    cells: Cells
    layout: Layout
    dtype: str  # as the frame prints it
    unit: str = ""  # storage unit of times, a key of NANOSECONDS; empty for periods
    bounds: tuple[int, int] | None = None  # what an integer storage can hold
    precision: int = 53  # bits of the mantissa of a float storage
    decimals: int = 0  # scale of a decimal dtype
    ordered: bool = False  # of a categorical dtype

    @cached_property
    def missing(self) -> NDArray[np.bool_]:
        """Which cells are missing, shape (n,)."""
        if isinstance(self.cells, Numbers):
            return self.cells.missing
        if isinstance(self.cells, Coded):
            return self.cells.codes < 0
        if not self.cells.array.null_count:
            return np.zeros(len(self.cells.array), dtype=bool)
        found: NDArray[np.bool_] = self.cells.array.is_null().to_numpy(zero_copy_only=False)
        return found

    @cached_property
    def n_missing(self) -> int:
        """How many cells are missing."""
        if isinstance(self.cells, Texts):
            return int(self.cells.array.null_count)
        return self.cells.n_missing if isinstance(self.cells, Numbers) else int(np.count_nonzero(self.missing))

    @property
    def n_observed(self) -> int:
        """How many cells are not missing."""
        return self.missing.size - self.n_missing

    @property
    def is_constant(self) -> bool:
        """Whether every cell holds one and the same value; few cells show that most columns are not."""
        if self.n_missing:
            return False
        if not isinstance(self.cells, Numbers):
            return self.n_distinct == 1
        values = self.cells.data
        return bool((values[:_FEW] == values[0]).all() and (values == values[0]).all())

    @cached_property
    def distinct(self) -> Distinct:
        """The distinct values; for a categorical dtype these are its categories, used or not."""
        if isinstance(self.cells, Numbers):
            return distinct_numbers(self.cells)
        if isinstance(self.cells, Texts):
            return distinct_texts(self.cells)
        return Distinct(np.arange(len(self.cells.levels), dtype=np.int64), self.cells.codes)

    @cached_property
    def n_distinct(self) -> int:
        """How many distinct values occur; unused categories do not count."""
        if isinstance(self.cells, Coded):
            return int(np.count_nonzero(np.bincount(self.cells.codes + 1, minlength=1)[1:]))
        if isinstance(self.cells, Numbers) and self.cells.data.dtype.kind == "f":  # few of them need the codes as well
            return int(np.unique(self.cells.observed).size)
        return self.distinct.size


@dataclass(frozen=True, eq=False)
class SourceTable:
    """A table as it was read: its columns in order and what the backend needs to build its like."""

    columns: list[SourceColumn]
    layout: Layout
    n_rows: int


def float_numbers(values: NDArray[np.float64]) -> Numbers:
    """Return floats as cells, NaN being missing; a minimum that is no NaN says that there is none."""
    if not values.size:
        return Numbers(values, np.zeros(0, dtype=bool))
    low, high = float(values.min()), float(values.max())
    if low == low:  # noqa: PLR0124 - false for NaN only
        return Numbers(values, np.zeros(values.size, dtype=bool), max(-low, high))
    low, high = float(np.fmin.reduce(values)), float(np.fmax.reduce(values))
    reach = max(-low, high) if low == low else math.inf  # noqa: PLR0124
    return Numbers(values, np.isnan(values), reach)


def distinct_numbers(cells: Numbers) -> Distinct:
    """Factorise numbers; 0.0 and -0.0 are one value."""
    values, inverse = _factorised(cells)
    if not cells.n_missing:
        return Distinct(values, inverse.astype(np.int32))
    codes = np.full(cells.data.size, -1, dtype=np.int32)
    codes[~cells.missing] = inverse
    return Distinct(values, codes)


def _factorised(cells: Numbers) -> tuple[NDArray[Any], NDArray[np.integer[Any]]]:
    """Return the distinct observed values, ascending, and the place of each observed value among them."""
    observed = cells.observed
    low, high = cells.extremes if observed.dtype.kind in "ib" else (0, observed.size)
    if high - low >= observed.size:
        return np.unique(observed, return_inverse=True)
    offsets = observed.astype(np.int64) - low  # whole numbers of a short range need no sort
    seen = np.bincount(offsets, minlength=1) > 0
    values = (np.flatnonzero(seen) + low).astype(observed.dtype)
    return values, offsets if seen.all() else (np.cumsum(seen) - 1)[offsets]


def distinct_texts(cells: Texts) -> Distinct:
    """Factorise strings; ascending by code point."""
    import pyarrow as pa
    import pyarrow.compute as pc

    encoded = cells.array.dictionary_encode()
    order = pc.array_sort_indices(encoded.dictionary).to_numpy()
    rank = np.empty(order.size + 1, dtype=np.int32)
    rank[order] = np.arange(order.size, dtype=np.int32)
    rank[-1] = -1  # a null index becomes -1 below, which picks this entry
    indices = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Distinct(encoded.dictionary.take(pa.array(order)), rank[indices])
