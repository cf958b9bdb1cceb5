"""Two-dimensional numpy arrays: columns are named ``x0`` to ``x{d-1}``, one dtype for all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import InputError
from synthmix.table.cells import Cells, Layout, Numbers, SourceColumn, SourceTable, float_numbers

_FAMILIES = {"f": "real", "i": "integer", "u": "integer", "b": "boolean"}
_WIDEST_FLOAT = 8  # bytes
_ONE_COLUMN = "; array.reshape(-1, 1) is one column"


def read(table: NDArray[Any]) -> SourceTable:
    """Read an array of shape (n, d) with a float, integer or boolean dtype."""
    _check(table)
    layout: Layout = {"frame": "numpy", "dtype": table.dtype.str}
    whole = _whole(table)
    columns = [read_values(f"x{j}", table[:, j], {"dtype": table.dtype.str}, whole) for j in range(table.shape[1])]
    return SourceTable(columns, layout, table.shape[0])


def _whole(table: NDArray[Any]) -> Numbers | None:
    """Return what holds for every column of float64 rows without any NaN; None where columns are looked at singly.

    Rows are read through at once far faster than column by column.
    """
    if table.dtype != np.float64 or not table.flags.c_contiguous or not table.size:
        return None
    cells = float_numbers(table.reshape(-1))
    if cells.n_missing or math.isinf(cells.reach):
        return None
    return Numbers(cells.data, np.zeros(table.shape[0], dtype=bool), cells.reach)


def build(columns: Sequence[tuple[str, Layout, Cells]], layout: Layout, n_rows: int) -> NDArray[Any]:
    """Return a C-contiguous array of shape (n_rows, d) in the smallest dtype that all columns agree on."""
    dtypes = [np.dtype(column_layout["dtype"]) for _, column_layout, _ in columns]
    dtype = np.result_type(*dtypes) if len(set(dtypes)) > 1 else (dtypes or [np.dtype(layout["dtype"])])[0]
    table = np.empty((n_rows, len(columns)), dtype=dtype)
    for j, (_, _, cells) in enumerate(columns):
        table[:, j] = build_values(cells, dtype)
    return table


def as_real(layout: Layout) -> Layout:
    """Return the layout of the same column in float64."""
    return {**layout, "dtype": np.dtype(np.float64).str}


def read_values(name: str, values: NDArray[Any], layout: Layout, whole: Numbers | None = None) -> SourceColumn:
    """Read a one-dimensional float, integer or boolean array, part of a `whole` without NaN where that is given."""
    dtype = values.dtype
    text = str(dtype)
    if dtype.kind == "f":
        if dtype.itemsize > _WIDEST_FLOAT:
            raise InputError(f"column {name!r} has dtype {dtype}, wider than float64; convert it to float64")
        floats = values.astype(np.float64, copy=False)
        cells = float_numbers(floats) if whole is None else Numbers(floats, whole.missing, whole.reach)
        return SourceColumn(name, "real", cells, layout, text, precision=int(np.finfo(dtype).nmant) + 1)
    present = np.zeros(values.size, dtype=bool)
    if dtype.kind == "b":
        return SourceColumn(name, "boolean", Numbers(values, present), layout, text)
    check_int64(name, values)
    numbers = Numbers(values.astype(np.int64, copy=False), present)
    return SourceColumn(name, "integer", numbers, layout, text, bounds=integer_bounds(dtype))


def build_values(cells: Cells, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return the numbers of `cells` in `dtype`, the very array where it is that; missing cells are NaN."""
    if not isinstance(cells, Numbers):
        raise TypeError(f"a numpy column is built from numbers, not from {type(cells).__name__}")
    if dtype.kind == "f" and cells.data.dtype.kind != "f":
        values = cells.data.astype(np.float64)
        values[cells.missing] = np.nan
        return values.astype(dtype, copy=False)
    return cells.data.astype(dtype, copy=False)  # floats hold NaN where they are missing


def integer_bounds(dtype: np.dtype[Any]) -> tuple[int, int]:
    """Return the range of an integer dtype, as far as int64 reaches."""
    limits = np.iinfo(dtype)
    return int(limits.min), min(int(limits.max), int(np.iinfo(np.int64).max))


def check_int64(name: str, values: NDArray[Any]) -> None:
    """Refuse unsigned integers that int64 cannot hold."""
    if values.dtype.kind == "u" and values.size and int(values.max()) > np.iinfo(np.int64).max:
        row = int(values.argmax())
        raise InputError(
            f"column {name!r} holds {int(values[row])} in row {row}, beyond 2**63 - 1; "
            "convert the column to text if its numbers are identifiers, else to float64"
        )


def _check(table: NDArray[Any]) -> None:
    if isinstance(table, np.ma.MaskedArray):
        raise InputError("a masked array is not accepted; use table.filled(numpy.nan) to mark missing values by NaN")
    if table.ndim != 2:
        remedy = _ONE_COLUMN if table.ndim == 1 else ""
        raise InputError(f"the array has shape {table.shape}; give a two-dimensional one, rows by columns{remedy}")
    if table.dtype.kind not in _FAMILIES:
        raise InputError(
            f"the array has dtype {table.dtype}; a numpy table holds floats, integers or booleans: "
            "put mixed columns into a pandas, polars or pyarrow table"
        )


def native_labels(layout: Layout) -> tuple[Any, ...]:
    """Return nothing: numpy has no categorical dtype."""
    del layout
    return ()
