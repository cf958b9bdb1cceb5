"""pandas frames: column labels of any plain type come back, rows get a fresh ``RangeIndex``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from synthmix.errors import InputError
from synthmix.table.cells import Cells, Layout, SourceTable
from synthmix.table.pandas_build import as_real, build_column, native_labels
from synthmix.table.pandas_read import read_column

__all__ = ["as_real", "build", "native_labels", "read"]


def read(table: pd.DataFrame) -> SourceTable:
    """Read a ``pandas.DataFrame``; its index is not a column and is left out."""
    labels = [_plain_label(label) for label in _flat(table.columns)]
    columns = [read_column(str(label), table.iloc[:, j]) for j, label in enumerate(labels)]
    layout: Layout = {
        "frame": "pandas",
        "labels": labels,
        "dtype": str(table.columns.dtype),
        "range": isinstance(table.columns, pd.RangeIndex),
        "name": table.columns.name if isinstance(table.columns.name, str) else None,
    }
    return SourceTable(columns, layout, len(table))


def build(columns: Sequence[tuple[str, Layout, Cells]], layout: Layout, n_rows: int) -> pd.DataFrame:
    """Return a ``pandas.DataFrame`` with the source's column labels and a ``RangeIndex``."""
    native = {j: build_column(cells, column_layout) for j, (_, column_layout, cells) in enumerate(columns)}
    frame = pd.DataFrame(native, index=pd.RangeIndex(n_rows), copy=False)
    by_name = {str(label): label for label in layout["labels"]}
    labels = [by_name[name] for name, _, _ in columns]
    if layout["range"] and labels == layout["labels"]:
        step = labels[1] - labels[0] if len(labels) > 1 else 1
        frame.columns = pd.RangeIndex(labels[0], labels[0] + step * len(labels), step, name=layout["name"])
    else:
        frame.columns = pd.Index(labels, dtype=layout["dtype"], name=layout["name"])
    return frame


def _flat(columns: pd.Index[Any]) -> list[Any]:
    if isinstance(columns, pd.MultiIndex):
        raise InputError(
            f"the columns have {columns.nlevels} levels; make one of them, for example by "
            "table.columns = ['_'.join(map(str, label)) for label in table.columns]"
        )
    return list(columns)


def _plain_label(label: Any) -> str | int | float | bool:
    """Return `label` as a type that JSON keeps apart."""
    if isinstance(label, str):
        return str(label)
    if isinstance(label, (bool, np.bool_)):
        return bool(label)
    if isinstance(label, (int, np.integer)):
        return int(label)
    if isinstance(label, (float, np.floating)) and np.isfinite(label):
        return float(label)
    raise InputError(f"the column label {label!r} has type {type(label).__name__}; rename it to text")
