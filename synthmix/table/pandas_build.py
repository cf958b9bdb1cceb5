"""Build one pandas column from canonical cells."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from synthmix.table.arrow_build import as_real as arrow_as_real
from synthmix.table.arrow_build import build_array
from synthmix.table.arrow_build import native_labels as arrow_native_labels
from synthmix.table.cells import Cells, Coded, Layout, Numbers, Texts
from synthmix.table.frame_numpy import build_values
from synthmix.table.pandas_index import labels_of, unpack_index
from synthmix.table.pandas_object import build_object


def build_column(cells: Cells, layout: Layout) -> Any:
    """Return a pandas or numpy array (or a Series) of the layout's dtype."""
    kind = layout["is"]
    if kind == "numpy" and isinstance(cells, Numbers):
        return build_values(cells, np.dtype(layout["dtype"]))
    if kind == "category" and isinstance(cells, Coded):
        return pd.Categorical.from_codes(cells.codes, dtype=_category_dtype(json.dumps(layout)))
    if kind == "string" and isinstance(cells, Texts):
        return _string_dtype(layout).__from_arrow__(cells.array)
    if kind == "masked" and isinstance(cells, Numbers):
        return _build_masked(cells, layout)
    if kind == "period" and isinstance(cells, Numbers):
        return _build_periods(cells, layout)
    if kind in ("datetime", "timedelta") and isinstance(cells, Numbers):
        return _build_times(cells, layout)
    if kind == "arrow":
        return pd.arrays.ArrowExtensionArray(build_array(cells, layout))
    if kind == "object":
        # A Series, because pandas 3 would take a bare object array of strings for its new string dtype.
        return pd.Series(build_object(build_array(cells, layout), layout), dtype=object)
    raise TypeError(f"a pandas column of kind {kind!r} is not built from {type(cells).__name__}")


def as_real(layout: Layout) -> Layout:
    """Return the layout of the same column in float64, as nullable or Arrow-backed as it was."""
    kind = layout["is"]
    if kind == "masked":
        return {**layout, "dtype": "Float64"}
    if kind == "arrow":
        return arrow_as_real(layout)
    return {"is": "numpy", "dtype": "float64"}


@lru_cache(maxsize=256)
def _category_dtype(text: str) -> pd.CategoricalDtype:
    """Return the dtype of a layout; its categories are built once, not for each batch of rows."""
    layout = json.loads(text)
    return pd.CategoricalDtype(unpack_index(layout["categories"]), ordered=layout["ordered"])


def _string_dtype(layout: Layout) -> Any:
    if not layout["nan"]:
        return pd.StringDtype(layout["storage"])
    try:
        return pd.StringDtype(layout["storage"], na_value=np.nan)
    except TypeError:  # pandas 2.2 has one string dtype with NaN, under its own storage name
        return pd.StringDtype("pyarrow_numpy")


def _build_masked(cells: Numbers, layout: Layout) -> Any:
    dtype: Any = pd.api.types.pandas_dtype(layout["dtype"])
    values = cells.data.copy()
    values[cells.missing] = 0
    array = pd.array(values.astype(dtype.numpy_dtype), dtype=dtype)
    array[cells.missing] = pd.NA
    return array


def _build_times(cells: Numbers, layout: Layout) -> Any:
    counts = cells.data.astype(np.int64)
    counts[cells.missing] = np.iinfo(np.int64).min  # NaT
    if layout["is"] == "timedelta":
        return pd.array(counts.view(f"m8[{layout['unit']}]"))
    times = pd.DatetimeIndex(counts.view(f"M8[{layout['unit']}]"))
    if layout["zone"] is None:
        return times.array
    return times.tz_localize("UTC").tz_convert(zone_from(layout)).array


def zone_from(layout: Layout) -> Any:
    """Return the time zone of a layout: a ``ZoneInfo`` where it was one, else what pandas makes of the name."""
    return ZoneInfo(layout["zone"]) if layout["zoneinfo"] else layout["zone"]


def _build_periods(cells: Numbers, layout: Layout) -> Any:
    dtype: Any = pd.api.types.pandas_dtype(layout["dtype"])
    index: Any = pd.PeriodIndex
    array = index.from_ordinals(cells.data.astype(np.int64), freq=dtype.freq).array.copy()
    array[cells.missing] = pd.NaT
    return array


def native_labels(layout: Layout) -> tuple[Any, ...]:
    """Return the categories of a categorical dtype as plain Python values."""
    if layout["is"] == "arrow":
        return arrow_native_labels(layout)
    return labels_of(_category_dtype(json.dumps(layout)).categories)
