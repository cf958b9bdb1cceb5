"""Find the backend of a table: pandas, polars, pyarrow or numpy, without importing those that are not there."""

from __future__ import annotations

import importlib
import os
from collections import Counter
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from synthmix.errors import InputError
from synthmix.table.cells import Cells, Layout, SourceTable
from synthmix.table.finite import refuse_infinite

_BACKENDS = {
    "numpy": "synthmix.table.frame_numpy",
    "pandas": "synthmix.table.frame_pandas",
    "polars": "synthmix.table.frame_polars",
    "pyarrow": "synthmix.table.frame_arrow",
}
_CLASSES = {("numpy", "ndarray"), ("pandas", "DataFrame"), ("polars", "DataFrame"), ("pyarrow", "Table")}
_ACCEPTED = "a pandas.DataFrame, a polars.DataFrame, a pyarrow.Table or a two-dimensional numpy array"
_REMEDIES = {
    ("pandas", "Series"): "use series.to_frame()",
    ("polars", "Series"): "use series.to_frame()",
    ("polars", "LazyFrame"): "use table.collect()",
    ("pyarrow", "RecordBatch"): "use pyarrow.Table.from_batches([table])",
    ("torch", "Tensor"): "use table.numpy(force=True)",
    ("builtins", "list"): "use pandas.DataFrame(table)",
    ("builtins", "dict"): "use pandas.DataFrame(table)",
    ("builtins", "NoneType"): "the table is None, which functions return that change a table in place",
}


def read_table(table: object, min_rows: int = 2) -> SourceTable:
    """Read `table` column by column.

    Raises
    ------
    InputError
        For another type of table, no columns, fewer than `min_rows` rows, duplicated column names, infinite
        values, and every column that a backend refuses.
    """
    backend, names = _backend_of(table), _names_of(table)
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise InputError(f"the column name {repeated[0]!r} occurs {names.count(repeated[0])} times; rename the columns")
    source: SourceTable = backend.read(table)
    if not source.columns:
        raise InputError("the table has no columns; give at least one")
    if source.n_rows < min_rows:
        what = "is empty: it has 0 rows" if source.n_rows == 0 else f"has {source.n_rows} row"
        raise InputError(f"the table {what}; mixing needs at least {min_rows}")
    for column in source.columns:
        refuse_infinite(column)
    return source


def build_table(columns: Sequence[tuple[str, Layout, Cells]], layout: Layout, n_rows: int) -> Any:
    """Return a table of the type that `layout` remembers."""
    return _load(layout["frame"]).build(columns, layout, n_rows)


def as_real(layout: Layout, frame: Layout) -> Layout:
    """Return the layout of a float64 column in place of a column of `frame`."""
    changed: Layout = _load(frame["frame"]).as_real(layout)
    return changed


def _backend_of(table: object) -> ModuleType:
    for kind in type(table).__mro__:
        package = kind.__module__.partition(".")[0]
        if (package, kind.__name__) in _CLASSES:
            return _load(package)
    package, name = _type_of(table)
    shown = name if package == "builtins" else f"{package}.{name}"
    raise InputError(f"a table of type {shown} is not accepted: give {_ACCEPTED}; {remedy_for(table)}")


def _type_of(table: object) -> tuple[str, str]:
    return type(table).__module__.partition(".")[0], type(table).__name__


def remedy_for(table: object) -> str:
    """Return how to get a table out of something that is none."""
    if isinstance(table, str | os.PathLike):
        return f"read the file {str(table)!r} first, for example by pandas.read_csv or pandas.read_parquet"
    if hasattr(table, "sample_batches"):
        return "use the rows that it makes, synthesizer.sample(n_rows)"
    found = _REMEDIES.get(_type_of(table))
    return found or ("it is sparse: use table.toarray()" if hasattr(table, "toarray") else "convert it to one of these")


def _names_of(table: Any) -> list[str]:
    """Return the column names as text, before any column is read: backends look columns up by name."""
    if hasattr(table, "column_names"):  # pyarrow
        return list(table.column_names)
    return [str(label) for label in getattr(table, "columns", ())]


def _load(package: str) -> ModuleType:
    try:
        return importlib.import_module(_BACKENDS[package])
    except ModuleNotFoundError as error:
        raise InputError(f"a {package} table needs the package {error.name}; pip install {error.name}") from error


def native_labels(layout: Layout, frame: Layout) -> tuple[Any, ...]:
    """Return the categories that a categorical column's layout carries, as plain Python values."""
    found: tuple[Any, ...] = _load(frame["frame"]).native_labels(layout)
    return found
