"""polars frames, by way of Arrow; Enum, Categorical and the smaller differences are put back afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from synthmix.errors import InputError
from synthmix.table.arrow_build import as_real as arrow_as_real
from synthmix.table.arrow_build import build_array, native_labels
from synthmix.table.arrow_read import read_array
from synthmix.table.arrow_types import pack_array
from synthmix.table.cells import Cells, Coded, Layout, SourceColumn, SourceTable

__all__ = ["as_real", "build", "native_labels", "read"]

_WITHOUT_ARROW = ("Object", "Int128", "UInt128")


def read(table: Any) -> SourceTable:
    """Read a ``polars.DataFrame``."""
    columns = [_read_series(name, table.get_column(name)) for name in table.columns]
    return SourceTable(columns, {"frame": "polars"}, table.height)


def build(columns: Sequence[tuple[str, Layout, Cells]], layout: Layout, n_rows: int) -> Any:
    """Return a ``polars.DataFrame``."""
    import polars as pl

    del layout, n_rows  # a polars frame has no index and nothing else to remember
    frame = pl.DataFrame([_build_series(f"{j}", part, cells) for j, (_, part, cells) in enumerate(columns)])
    frame.columns = [name for name, _, _ in columns]  # afterwards: a frame does not take the empty name from a series
    return frame


def as_real(layout: Layout) -> Layout:
    """Return the layout of the same column in Float64."""
    return arrow_as_real(layout)


def _read_series(name: str, series: Any) -> SourceColumn:
    kind = series.dtype.base_type().__name__
    if kind in _WITHOUT_ARROW:
        raise InputError(
            f"column {name!r} has the polars dtype {series.dtype}, which cannot be mixed; "
            "cast it to Int64, Float64 or String, or drop it"
        )
    column = replace(read_array(name, series.to_arrow()), dtype=str(series.dtype))
    if kind == "Enum":
        return replace(column, ordered=True, layout={**column.layout, "enum": series.dtype.categories.to_list()})
    if kind == "Categorical":
        pool: Layout = {"categorical": _categories(series.dtype), "lexical": _is_lexical(series.dtype)}
        return _sorted_categories(replace(column, layout={**column.layout, **pool}))
    return column


def _categories(dtype: Any) -> list[str] | None:
    """Return the name of a private pool of categories, None for the common one (polars 1 has no other)."""
    pool = getattr(dtype, "categories", None)
    if pool is None or not hasattr(pool, "is_global") or pool.is_global():
        return None
    return [pool.name(), pool.namespace(), str(pool.physical())]


def _is_lexical(dtype: Any) -> bool:
    """Say whether a Categorical of polars 1 sorts by text; later versions have no other order."""
    return getattr(dtype, "ordering", None) == "lexical"


def _sorted_categories(column: SourceColumn) -> SourceColumn:
    """Keep only the categories that occur, sorted: which others the pool holds is no part of the table."""
    import pyarrow as pa

    cells = column.cells
    if not isinstance(cells, Coded):
        raise TypeError(f"column {column.name!r}: polars gave {type(cells).__name__} for a Categorical")
    seen = np.unique(cells.codes[cells.codes >= 0])
    levels = sorted(str(cells.levels[code]) for code in seen)
    rank = np.full(len(cells.levels) + 1, -1, dtype=np.int32)
    place = {level: code for code, level in enumerate(levels)}
    for code in seen:
        rank[code] = place[str(cells.levels[code])]
    layout = {**column.layout, "dictionary": pack_array(pa.array(levels, pa.large_string()))}
    return replace(column, cells=Coded(rank[cells.codes], tuple(levels)), layout=layout)


def _build_series(name: str, layout: Layout, cells: Cells) -> Any:
    import polars as pl

    series = pl.Series(name, build_array(cells, layout))
    if "enum" in layout:
        return series.cast(pl.Enum(layout["enum"]))
    if "categorical" in layout:
        pool = layout["categorical"]
        if pool is not None:
            return series.cast(pl.Categorical(pl.Categories(pool[0], pool[1], getattr(pl, pool[2]))))
        return series.cast(pl.Categorical("lexical") if layout["lexical"] else pl.Categorical)
    return series
