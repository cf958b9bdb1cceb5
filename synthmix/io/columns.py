"""The type of a CSV column: the first that every value has, so that writing gives the same values back."""

from __future__ import annotations

from typing import Any

MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "<NA>", "NaT")

_FEW = 1000
_WHOLE = r"^[+-]?(0|[1-9][0-9]*)$"
_REAL = r"^[+-]?(((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[iI][nN][fF](inity)?)$"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?"
_OFFSET = r"(Z|[+-][0-9]{2}:?[0-9]{2})$"
_FRACTIONS = (("s", ""), ("ms", r"\.[0-9]{1,3}"), ("us", r"\.[0-9]{4,6}"), ("ns", r"\.[0-9]{7,9}"))


def typed_column(text: Any) -> Any:
    """Return the values of a column of CSV cells as a pandas series.

    Parameters
    ----------
    text : pyarrow.ChunkedArray of string, shape (n,)
        The cells as written, empty for missing.

    Returns
    -------
    pandas.Series, shape (n,)
        bool, int64, boolean, Int64, float64, date32[day][pyarrow], datetime64 or text; the order in which they are
        tried is that of :func:`synthmix.io.read_table`.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim_whitespace(text)
    known = pc.invert(pc.is_in(trimmed, value_set=pa.array(MISSING)))
    values = pc.if_else(known, trimmed, None)
    for convert in (_boolean, _whole, _real, _date, _date_time):
        converted = convert(values)
        if converted is not None:
            return converted
    plain = pc.if_else(pc.equal(text, ""), None, text)
    return plain.to_pandas()


def cast_column(text: Any, kind: Any) -> Any:
    """Return a column of CSV cells as an Arrow type that :func:`typed_column` found for it.

    Parameters
    ----------
    text : pyarrow.ChunkedArray of string, shape (n,)
        The cells as written, empty for missing.
    kind : pyarrow.DataType

    Raises
    ------
    pyarrow.ArrowInvalid
        When a cell is none of that type.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_string(kind):
        return pc.if_else(pc.equal(text, ""), None, text)
    trimmed = pc.utf8_trim_whitespace(text)
    values = pc.if_else(pc.is_in(trimmed, value_set=pa.array(MISSING)), None, trimmed)
    if pa.types.is_boolean(kind):
        return pc.equal(values, "True")
    return pc.cast(pc.utf8_ltrim(values, characters="+") if pa.types.is_integer(kind) else values, kind)


def _all_match(values: Any, pattern: str) -> bool:
    import pyarrow.compute as pc

    # A few values settle most columns; the rest is looked at only where they all agree.
    return all(
        pc.all(pc.match_substring_regex(part, pattern), min_count=0).as_py() for part in (values[:_FEW], values[_FEW:])
    )


def _cast(values: Any, kind: Any) -> Any:
    """Return `values` as `kind`, or None where one of them is not (a thirteenth month, too many digits)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        return pc.cast(values, kind)
    except pa.ArrowInvalid:
        return None


def _boolean(values: Any) -> Any:
    """Take only the spelling that is written back; ``TRUE`` or ``yes`` stay text and come back as they were."""
    import pandas as pd
    import pyarrow.compute as pc

    if values.null_count == len(values) or not _all_match(values, "^(True|False)$"):
        return None
    return pc.equal(values, "True").to_pandas(types_mapper=_nullable(pd.BooleanDtype(), values))


def _whole(values: Any) -> Any:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    if values.null_count == len(values) or not _all_match(values, _WHOLE):
        return None
    numbers = _cast(pc.utf8_ltrim(values, characters="+"), pa.int64())
    return None if numbers is None else numbers.to_pandas(types_mapper=_nullable(pd.Int64Dtype(), values))


def _nullable(dtype: Any, values: Any) -> Any:
    return (lambda _: dtype) if values.null_count else None


def _real(values: Any) -> Any:
    import pyarrow as pa

    if not _all_match(values, _REAL) or _too_large_to_be_whole(values):
        return None
    numbers = _cast(values, pa.float64())
    return None if numbers is None else numbers.to_pandas()


def _too_large_to_be_whole(values: Any) -> bool:
    """Tell whether all values are whole but some lie beyond int64: such digits are names, not measurements."""
    return values.null_count < len(values) and _all_match(values, _WHOLE)


def _date(values: Any) -> Any:
    """Keep whole days as days: as moments they would come back with a time of day."""
    import pandas as pd
    import pyarrow as pa

    dates = _cast(values, pa.date32()) if _all_match(values, _DATE) else None
    return None if dates is None else dates.to_pandas(types_mapper=pd.ArrowDtype)


def _date_time(values: Any) -> Any:
    """Use the coarsest unit that holds every fraction: the unit is the column's grid."""
    import pyarrow as pa

    if not _all_match(values, _TIME):
        return None
    for ending, zone in (("$", None), (_OFFSET, "UTC")):
        fractions = ""
        for unit, fraction in _FRACTIONS:
            fractions = f"{fractions}|{fraction}" if fractions else f"({fraction}"
            if _all_match(values, f"{_TIME}{fractions}){ending}"):
                moments = _cast(values, pa.timestamp(unit, zone))
                return None if moments is None else moments.to_pandas()
    return None
