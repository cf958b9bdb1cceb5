"""Read another table's column the way the source's was read, although a file may have changed its dtype."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import InputError, did_you_mean
from synthmix.table.cells import NANOSECONDS, TIMES, Coded, Family, Numbers, SourceColumn, Texts
from synthmix.table.text_time import TextTime
from synthmix.table.times import Clock

_CONVERT = "convert the column to the type that it has there"
_HINTS = 1000  # near names are looked for among so many levels; more would take long and help nobody


def match_numbers(
    column: SourceColumn, family: Family, unit: str, clock: Clock, text: TextTime | None
) -> NDArray[np.float64]:
    """Return the numbers of `column` (shape (n,), NaN for missing) in the units of a source column.

    Parameters
    ----------
    column : SourceColumn
        The other table's column.
    family, unit, clock, text
        The source column's family, storage unit, count and text form.
    """
    if column.family == "empty":
        return np.full(column.missing.size, np.nan)
    if family in TIMES:
        counts, counted_in = _counts(column, family, text)
        numbers = _rescale(counts, counted_in, unit, clock)
    else:
        if not isinstance(column.cells, Numbers) or column.family in TIMES:
            raise InputError(
                f"column {column.name!r} has dtype {column.dtype}, but the source holds numbers there; {_CONVERT}"
            )
        numbers = column.cells.data / 10.0**column.decimals
    return np.where(column.missing, np.nan, numbers)


def _counts(column: SourceColumn, family: Family, text: TextTime | None) -> tuple[NDArray[np.int64], str]:
    if isinstance(column.cells, Numbers) and column.family in TIMES:
        return column.cells.data, column.unit
    if isinstance(column.cells, Texts):
        distinct = column.distinct
        parsed = None if text is None else text.parse(distinct.data)
        counts, unit = (parsed, text.unit) if text and parsed is not None else _parse(column, family)
        return np.append(counts, 0)[distinct.codes], unit
    raise InputError(f"column {column.name!r} has dtype {column.dtype}, but the source holds times there; {_CONVERT}")


def _parse(column: SourceColumn, family: Family) -> tuple[NDArray[np.int64], str]:
    """Read the distinct texts as times; pandas knows more forms than numpy does."""
    import pandas as pd

    texts = column.distinct.data.to_pylist()
    times: Any
    try:
        if family in ("timedelta", "time"):
            times = pd.to_timedelta(texts)
        else:
            times = pd.to_datetime(texts, format="ISO8601", utc=True).tz_localize(None)
    except ValueError as error:
        raise InputError(f"column {column.name!r} holds text that is no {family}: {error}") from error
    return times.as_unit("us").to_numpy().view(np.int64), "us"


def _rescale(counts: NDArray[np.int64], counted_in: str, unit: str, clock: Clock) -> NDArray[np.float64]:
    """Return counts of one unit as numbers of a clock that counts in another."""
    if counted_in == unit:
        return clock.numbers(counts)
    if not counted_in or not unit:
        raise InputError("a column of periods is compared with one of times; convert it to periods first")
    size, base = NANOSECONDS[counted_in], NANOSECONDS[unit]
    whole, rest = divmod(clock.origin * base, size)
    offset = (counts - whole).astype(np.float64)
    return (offset * size - rest) / (float(clock.unit) * base)


def match_levels(column: SourceColumn, known: dict[Any, int], source: str) -> NDArray[np.int32]:
    """Return the codes of `column` (shape (n,), -1 for missing) among the levels of a source column.

    Parameters
    ----------
    column : SourceColumn
        The other table's column.
    known : dict
        Level to code, as :func:`lookup_of` makes it.
    source : str
        How to name the source's levels in an error.

    Raises
    ------
    InputError
        For a level that the source does not have.
    """
    codes, unknown = extend_levels(column, known)
    if unknown:
        row = int(np.flatnonzero(codes >= _first_new(known))[0])
        label = unknown[int(codes[row]) - _first_new(known)]
        hint = did_you_mean(label, [level for level in known if isinstance(level, str)][:_HINTS])
        raise InputError(f"column {column.name!r} holds {label!r} in row {row}, a level that {source} never has{hint}")
    return codes


def extend_levels(column: SourceColumn, known: dict[Any, int]) -> tuple[NDArray[np.int32], list[Any]]:
    """Return the codes of `column` (shape (n,), -1 for missing), and the levels in use that are not known.

    Those have the codes that follow the known ones, in the order of the second result.
    """
    distinct = column.distinct
    table = np.full(distinct.size + 1, -1, dtype=np.int32)
    used = set(np.unique(distinct.codes).tolist())
    unknown: list[Any] = []
    for code, label in enumerate(labels_of(column)):
        found = _find(label, known)
        if found is not None:
            table[code] = found
        elif code in used:
            table[code] = _first_new(known) + len(unknown)
            unknown.append(label)
    return table[distinct.codes], unknown


def _first_new(known: dict[Any, int]) -> int:
    return max(known.values(), default=-1) + 1


def lookup_of(labels: list[Any]) -> dict[Any, int]:
    """Return a dictionary from each label, and from its text, to its code."""
    known: dict[Any, int] = {}
    for code, label in enumerate(labels):
        known.setdefault(label, code)
    for code, label in enumerate(labels):
        known.setdefault(str(label), code)
    return known


def labels_of(column: SourceColumn) -> list[Any]:
    """Return the distinct values of a column (categories, for a categorical dtype) as plain Python values."""
    if isinstance(column.cells, Coded):
        return list(column.cells.levels)
    values = column.distinct.data
    if isinstance(column.cells, Texts):
        return list(values.to_pylist())
    return number_labels(values, column.family, column.unit, column.decimals)


def number_labels(values: NDArray[Any], family: Family, unit: str, decimals: int) -> list[Any]:
    """Return distinct stored numbers as printable values; times become text."""
    if family in ("datetime", "date"):
        texts: list[Any] = np.datetime_as_string(values.view(f"datetime64[{unit}]"), unit="auto").tolist()
        return texts
    if family in TIMES:
        return [f"{value} {unit or 'periods'}" for value in values.tolist()]
    if family == "decimal":
        return [value / 10.0**decimals for value in values.tolist()]
    labels: list[Any] = values.tolist()
    return labels


def _find(label: Any, known: dict[Any, int]) -> int | None:
    """Look a label up as itself, then as the forms that a file may have given it."""
    text = str(label)
    candidates = [label, text, text.capitalize()]  # CSV writers print true and True
    if isinstance(label, float) and label.is_integer():
        candidates.append(str(int(label)))  # integers beside missing values come back as floats
    return next((known[candidate] for candidate in candidates if candidate in known), None)
