"""Build one Arrow array from canonical cells."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.table.arrow_types import pack_type, unpack_array, unpack_type
from synthmix.table.cells import Cells, Coded, Layout, Numbers, Texts

_DATE64 = 86_400_000


def build_array(cells: Cells, layout: Layout) -> Any:
    """Return an Arrow array of the layout's type."""
    kind = unpack_type(layout["type"])
    if isinstance(cells, Texts):
        return cells.array.cast(kind)
    if isinstance(cells, Coded):
        return _build_dictionary(cells, kind, layout)
    return _build_numbers(cells, kind, keep_nan=bool(layout.get("nan", False)))


def as_real(layout: Layout) -> Layout:
    """Return the layout of the same column in float64."""
    import pyarrow as pa

    return {**layout, "type": pack_type(pa.float64())}


def _build_dictionary(cells: Coded, kind: Any, layout: Layout) -> Any:
    import pyarrow as pa

    indices = pa.array(cells.codes, mask=cells.codes < 0).cast(kind.index_type)
    return pa.DictionaryArray.from_arrays(indices, unpack_array(layout["dictionary"]), ordered=kind.ordered)


def _build_numbers(cells: Numbers, kind: Any, *, keep_nan: bool) -> Any:
    import pyarrow as pa

    values, missing = cells.data, cells.missing
    if pa.types.is_null(kind):
        return pa.nulls(values.size)
    if pa.types.is_floating(kind):
        if not missing.any():
            return pa.array(values.astype(kind.to_pandas_dtype(), copy=False))
        floats = values.astype(kind.to_pandas_dtype())
        floats[missing] = np.nan
        return pa.array(floats) if keep_nan else pa.array(floats, mask=missing)
    if pa.types.is_decimal(kind):
        return _build_decimals(values, missing, kind)
    if pa.types.is_boolean(kind):
        return pa.array(values.astype(bool), mask=missing)
    integers = values.astype(np.int64)
    if pa.types.is_date(kind) and kind.bit_width == 64:
        integers = integers * _DATE64
    array = pa.array(integers, mask=missing)
    if pa.types.is_temporal(kind) and kind.bit_width == 32:
        array = array.cast(pa.int32())
    return array.cast(kind)


def _build_decimals(values: NDArray[Any], missing: NDArray[np.bool_], kind: Any) -> Any:
    """Put the integers into the 16-byte words of decimal128; Arrow has no cast that keeps the digits."""
    import pyarrow as pa

    words = np.empty((values.size, 2), dtype=np.int64)
    words[:, 0] = values
    words[:, 1] = words[:, 0] >> 63
    valid = pa.array(~missing).buffers()[1] if missing.any() else None
    wide = pa.decimal128(38, kind.scale)
    return pa.Array.from_buffers(wide, values.size, [valid, pa.py_buffer(words)]).cast(kind)


def native_labels(layout: Layout) -> tuple[Any, ...]:
    """Return the categories of a dictionary type as plain Python values."""
    return tuple(unpack_array(layout["dictionary"]).to_pylist())
