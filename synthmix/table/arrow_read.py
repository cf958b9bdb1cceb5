"""Read one Arrow array into canonical cells; pandas' Arrow dtypes and polars come this way too."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import InputError
from synthmix.table.arrow_types import pack_array, pack_type
from synthmix.table.cells import Cells, Coded, Family, Layout, Numbers, SourceColumn, Texts, float_numbers
from synthmix.table.frame_numpy import check_int64, integer_bounds
from synthmix.table.times import INT64, stored_bounds

_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


def read_array(name: str, array: Any) -> SourceColumn:
    """Read an Arrow array or chunked array of a flat type.

    Raises
    ------
    InputError
        For nested, binary and other types that have no place in a table of numbers, times and categories.
    """
    import pyarrow as pa

    array = _one_chunk(array)
    kind = array.type
    if pa.types.is_dictionary(kind):
        return _read_dictionary(name, array)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or _is_string_view(kind):
        return _column(name, array, "string", Texts(array.cast(pa.large_string())))
    if pa.types.is_floating(kind):
        return _read_floats(name, array)
    if pa.types.is_integer(kind):
        return _read_integers(name, array)
    if pa.types.is_boolean(kind):
        values = array.fill_null(False).to_numpy(zero_copy_only=False)  # noqa: FBT003 - positional in pyarrow
        return _column(name, array, "boolean", Numbers(values, nulls(array)))
    if pa.types.is_decimal(kind):
        return _read_decimals(name, array)
    if pa.types.is_temporal(kind) and not pa.types.is_interval(kind):
        return _read_times(name, array)
    if pa.types.is_null(kind):
        values = np.full(len(array), np.nan)
        return _column(name, array, "empty", Numbers(values, np.ones(len(array), dtype=bool)))
    raise InputError(
        f"column {name!r} has the Arrow type {kind}, which cannot be mixed; turn it into numbers or text, or drop it"
    )


def nulls(array: Any) -> NDArray[np.bool_]:
    """Return which entries are null, shape (n,)."""
    if not array.null_count:
        return np.zeros(len(array), dtype=bool)
    found: NDArray[np.bool_] = array.is_null().to_numpy(zero_copy_only=False)
    return found


def scaled_integers(name: str, array: Any) -> NDArray[np.int64]:
    """Return a decimal array as int64 multiples of ten to the minus its scale; nulls become 0."""
    import pyarrow as pa

    try:
        wide = array.cast(pa.decimal128(38, array.type.scale))
    except pa.ArrowInvalid as error:
        raise InputError(f"column {name!r} of type {array.type} holds values of over 38 digits; round it") from error
    words = np.frombuffer(wide.buffers()[1], dtype=np.int64).reshape(-1, 2)[wide.offset : wide.offset + len(wide)]
    missing = nulls(array)
    low = np.where(missing, 0, words[:, 0])
    beyond = np.flatnonzero(~missing & (words[:, 1] != words[:, 0] >> 63))
    if beyond.size:
        row = int(beyond[0])
        raise InputError(f"column {name!r} holds {array[row]} in row {row}, over 18 digits; convert it to float64")
    return low


def _column(name: str, array: Any, family: Family, cells: Cells, **facts: Any) -> SourceColumn:
    extra: Layout = facts.pop("extra", {})
    layout: Layout = {"type": pack_type(array.type), **extra}
    return SourceColumn(name, family, cells, layout, str(array.type), **facts)


def _one_chunk(array: Any) -> Any:
    import pyarrow as pa

    if not isinstance(array, pa.ChunkedArray):
        return array
    if pa.types.is_dictionary(array.type):
        array = array.unify_dictionaries()
    if array.num_chunks == 1:
        return array.chunk(0)
    joined = array.combine_chunks()
    if isinstance(joined, pa.ChunkedArray):  # an empty column, or over 2 GiB of text in one string array
        joined = pa.array([], array.type) if not joined.num_chunks else array.cast(pa.large_string()).combine_chunks()
    return joined


def _is_string_view(kind: Any) -> bool:
    import pyarrow as pa

    known = getattr(pa.types, "is_string_view", None)
    return known is not None and bool(known(kind))


def _read_floats(name: str, array: Any) -> SourceColumn:
    dtype = array.type.to_pandas_dtype()
    numbers = float_numbers(array.to_numpy(zero_copy_only=False).astype(np.float64, copy=False))
    # NaN and null both mean missing; what the source used is what comes back (null where it used both).
    extra: Layout = {"nan": True} if numbers.n_missing and not array.null_count else {}
    return _column(name, array, "real", numbers, precision=int(np.finfo(dtype).nmant) + 1, extra=extra)


def _read_integers(name: str, array: Any) -> SourceColumn:
    dtype = np.dtype(array.type.to_pandas_dtype())
    values = array.fill_null(0).to_numpy(zero_copy_only=False)
    check_int64(name, values)
    numbers = Numbers(values.astype(np.int64, copy=False), nulls(array))
    return _column(name, array, "integer", numbers, bounds=integer_bounds(dtype))


def _read_decimals(name: str, array: Any) -> SourceColumn:
    numbers = Numbers(scaled_integers(name, array), nulls(array))
    limit = min(10**array.type.precision - 1, INT64[1])
    return _column(name, array, "decimal", numbers, decimals=array.type.scale, bounds=(-limit, limit))


def _read_times(name: str, array: Any) -> SourceColumn:
    import pyarrow as pa

    kind = array.type
    missing = nulls(array)
    storage = pa.int32() if kind.bit_width == 32 else pa.int64()
    values = array.view(storage).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    if pa.types.is_date(kind):
        if kind.bit_width == 64:
            values //= _DAY["ms"]
        days = Numbers(values, missing)
        return _column(name, array, "date", days, unit="D", bounds=stored_bounds("D", days))
    numbers = Numbers(values, missing)
    if pa.types.is_time(kind):
        return _column(name, array, "time", numbers, unit=kind.unit, bounds=(0, _DAY[kind.unit] - 1))
    if pa.types.is_timestamp(kind):
        bounds = stored_bounds(kind.unit, numbers, zoned=kind.tz is not None)
        return _column(name, array, "datetime", numbers, unit=kind.unit, bounds=bounds)
    return _column(name, array, "timedelta", numbers, unit=kind.unit, bounds=INT64)


def _read_dictionary(name: str, array: Any) -> SourceColumn:
    import pyarrow as pa

    kind = array.type
    if pa.types.is_nested(kind.value_type):
        raise InputError(f"column {name!r} has nested categories ({kind.value_type}); turn them into text")
    levels = tuple(array.dictionary.to_pylist())
    codes = array.indices.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int32)
    codes[nulls(array.indices)] = -1
    if None in levels:
        codes[np.isin(codes, [code for code, level in enumerate(levels) if level is None])] = -1
    extra: Layout = {"dictionary": pack_array(array.dictionary)}
    return _column(name, array, "categorical", Coded(codes, levels), ordered=bool(kind.ordered), extra=extra)
