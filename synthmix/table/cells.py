"""The canonical form of a column: what every frame type is read into and built from.

A backend (one file for each frame type) turns a native column into a :class:`SourceColumn` and cells back into a
native column. Nothing else in synthmix knows how pandas, polars or Arrow store anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias, TypeVar

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
Key = TypeVar("Key", np.int64, np.float64, np.bool_)

TIMES: frozenset[str] = frozenset({"datetime", "timedelta", "date", "time", "period"})
NANOSECONDS = {"D": 86_400_000_000_000, "m": 60_000_000_000, "s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}


@dataclass(frozen=True, eq=False)
class Numbers:
    """Numbers with a missing mask; times are int64 counts of a storage unit, decimals are int64 multiples.

    ``data`` has shape (n,) and dtype float64, int64 or bool; entries under the mask are 0 (NaN for floats).
    """

    data: NDArray[Any]
    missing: NDArray[np.bool_]


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
        found: NDArray[np.bool_] = self.cells.array.is_null().to_numpy(zero_copy_only=False)
        return found

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
            codes = self.cells.codes
            return int(np.unique(codes[codes >= 0]).size)
        if isinstance(self.cells, Numbers):  # without the codes that `distinct` would make, which few columns need
            return int(np.unique(self.cells.data[~self.cells.missing]).size)
        return self.distinct.size


@dataclass(frozen=True, eq=False)
class SourceTable:
    """A table as it was read: its columns in order and what the backend needs to build its like."""

    columns: list[SourceColumn]
    layout: Layout
    n_rows: int


def distinct_numbers(cells: Numbers) -> Distinct:
    """Factorise numbers; 0.0 and -0.0 are one value."""
    codes = np.full(cells.data.size, -1, dtype=np.int32)
    observed = ~cells.missing
    values, inverse = np.unique(cells.data[observed], return_inverse=True)
    codes[observed] = inverse
    return Distinct(values, codes)


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
