"""Read one pandas column into canonical cells."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from synthmix.errors import InputError
from synthmix.table.arrow_read import read_array
from synthmix.table.cells import Coded, Family, Layout, Numbers, SourceColumn, Texts, float_numbers
from synthmix.table.frame_numpy import read_values
from synthmix.table.pandas_build import zone_from
from synthmix.table.pandas_index import labels_of, pack_index
from synthmix.table.pandas_object import REPAIR, read_object
from synthmix.table.times import INT64, stored_bounds


def read_column(name: str, series: pd.Series[Any]) -> SourceColumn:
    """Read a pandas column of a flat dtype.

    Raises
    ------
    InputError
        For complex numbers, sparse and interval dtypes, and objects that are not all of one plain type.
    """
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _read_categorical(name, series, dtype)
    if isinstance(dtype, pd.ArrowDtype):
        return _read_arrow(name, series)
    if isinstance(dtype, pd.StringDtype):
        return _read_strings(name, series, dtype)
    if isinstance(dtype, pd.DatetimeTZDtype) or dtype.kind in "mM":
        return _read_times(name, series)
    if isinstance(dtype, pd.PeriodDtype):
        missing = series.isna().to_numpy()
        counts = series.astype("int64").to_numpy().copy()
        counts[missing] = 0
        layout: Layout = {"is": "period", "dtype": str(dtype)}
        return SourceColumn(name, "period", Numbers(counts, missing), layout, str(dtype), bounds=INT64)
    if isinstance(dtype, np.dtype) and dtype.kind in "fiub":
        return read_values(name, series.to_numpy(), {"is": "numpy", "dtype": str(dtype)})
    if isinstance(dtype, np.dtype) and dtype.kind == "O":
        return read_object(name, series.to_numpy())
    if hasattr(dtype, "numpy_dtype"):  # Int64, Float32, boolean: numbers with a mask
        return _read_masked(name, series)
    raise InputError(f"column {name!r} has dtype {dtype}, which cannot be mixed; {_remedy(str(dtype))}")


def _remedy(dtype: str) -> str:
    if dtype.startswith("complex"):
        return "split it into a real and an imaginary column"
    if dtype.startswith("Sparse"):
        return "use table[column].sparse.to_dense()"
    if dtype.startswith("interval"):
        return "use .astype('category'), or one column for each end"
    return "turn it into numbers, text or a category, or drop it"


def _read_categorical(name: str, series: pd.Series[Any], dtype: pd.CategoricalDtype) -> SourceColumn:
    codes = series.cat.codes.to_numpy().astype(np.int32, copy=False)
    layout: Layout = {
        "is": "category",
        "ordered": bool(dtype.ordered),
        "categories": pack_index(name, dtype.categories),
    }
    cells = Coded(codes, labels_of(dtype.categories))
    return SourceColumn(name, "categorical", cells, layout, "category", ordered=bool(dtype.ordered))


def _read_arrow(name: str, series: pd.Series[Any]) -> SourceColumn:
    column = read_array(name, series.array.__arrow_array__())
    layout: Layout = {**column.layout, "is": "arrow"}
    return SourceColumn(**{**_fields(column), "layout": layout, "dtype": str(series.dtype)})


def _fields(column: SourceColumn) -> dict[str, Any]:
    return {name: getattr(column, name) for name in SourceColumn.__dataclass_fields__}


def _read_strings(name: str, series: pd.Series[Any], dtype: pd.StringDtype) -> SourceColumn:
    import pyarrow as pa

    try:
        array = pa.array(series.array, from_pandas=True)
    except UnicodeError as error:
        raise InputError(
            f"column {name!r} of dtype {dtype} holds text that is no Unicode: {error}; {REPAIR}"
        ) from error
    if isinstance(array, pa.ChunkedArray):
        array = array.cast(pa.large_string()).combine_chunks()
    layout: Layout = {"is": "string", "storage": dtype.storage, "nan": dtype.na_value is not pd.NA}
    return SourceColumn(name, "string", Texts(array.cast(pa.large_string())), layout, str(dtype))


def _read_times(name: str, series: pd.Series[Any]) -> SourceColumn:
    dtype: Any = series.dtype
    zone = str(dtype.tz) if isinstance(dtype, pd.DatetimeTZDtype) else None
    unit = dtype.unit if zone is not None else np.datetime_data(dtype)[0]
    family: Family = "timedelta" if dtype.kind == "m" else "datetime"
    layout: Layout = {"is": family, "unit": unit, "zone": zone}
    if zone is not None:
        layout["zoneinfo"] = isinstance(dtype.tz, ZoneInfo)
    if zone is not None and not _same_zone(dtype, layout):
        raise InputError(
            f"column {name!r} has the time zone {zone!r}, which has no name that leads back to it; "
            "use .dt.tz_convert with a named zone such as 'Europe/Paris'"
        )
    # For a zoned column this is UTC, in its own unit, as whole counts.
    counts = series.to_numpy(dtype=f"{dtype.kind}8[{unit}]").view(np.int64)
    missing = counts == np.iinfo(np.int64).min
    if missing.any():
        counts = np.where(missing, 0, counts)
    numbers = Numbers(counts, missing)
    bounds = stored_bounds(unit, numbers, zoned=zone is not None) if family == "datetime" else INT64
    return SourceColumn(name, family, numbers, layout, str(dtype), unit=unit, bounds=bounds)


def _same_zone(dtype: pd.DatetimeTZDtype, layout: Layout) -> bool:
    try:
        return bool(pd.DatetimeTZDtype(dtype.unit, zone_from(layout)) == dtype)
    except (TypeError, ValueError, KeyError):
        return False


def _read_masked(name: str, series: pd.Series[Any]) -> SourceColumn:
    dtype: Any = series.dtype
    missing = series.isna().to_numpy()
    numpy_dtype = np.dtype(dtype.numpy_dtype)
    filler = False if numpy_dtype.kind == "b" else 0
    values = series.to_numpy(dtype=numpy_dtype, na_value=filler)
    column = read_values(name, values, {"is": "masked", "dtype": str(dtype)})
    if not isinstance(column.cells, Numbers):
        raise TypeError(f"column {name!r}: no numbers under a mask")
    cells = Numbers(column.cells.data, missing)
    if numpy_dtype.kind == "f":
        cells = float_numbers(np.where(missing, np.nan, column.cells.data))
    return SourceColumn(**{**_fields(column), "cells": cells, "dtype": str(dtype)})
