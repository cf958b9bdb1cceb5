"""pandas columns of dtype object: accepted where every value is of one plain type, else refused with examples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.errors import InputError
from synthmix.table.arrow_read import read_array
from synthmix.table.cells import Layout, SourceColumn

# What pandas calls the common type of the values, and whether Arrow may carry them.
_CARRIED = frozenset({"string", "boolean", "integer", "floating", "decimal", "date", "time", "empty"})
_REMEDY = {
    "datetime": "use pandas.to_datetime on the column",
    "datetime64": "use pandas.to_datetime on the column",
    "timedelta": "use pandas.to_timedelta on the column",
    "timedelta64": "use pandas.to_timedelta on the column",
    "complex": "split it into a real and an imaginary column",
    "mixed-integer-float": "use pandas.to_numeric on the column",
}
REPAIR = "use .str.encode('utf-8', 'replace').str.decode('utf-8') on the column"
_MARKERS: dict[str, Any] = {"None": None, "nan": np.nan, "NA": pd.NA, "NaT": pd.NaT}


def read_object(name: str, values: NDArray[Any]) -> SourceColumn:
    """Read an object array whose values are all str, bool, int, float, Decimal, date or time (or missing)."""
    import pyarrow as pa

    missing = np.asarray(pd.isna(values), dtype=bool)
    marker = _marker(values, missing)
    if missing.any():  # one marker for all: Arrow and pandas read some of them (NaT beside text) as another type
        values = values.copy()
        values[missing] = None
    found = pd.api.types.infer_dtype(values, skipna=True)
    if found not in _CARRIED:
        raise InputError(f"column {name!r} {_what(values, missing)}; {_REMEDY.get(found, _default_remedy())}")
    try:
        array = pa.array(values, from_pandas=True, type=pa.large_string() if found == "string" else None)
    except (pa.ArrowException, OverflowError, UnicodeError) as error:
        what = f"column {name!r} {_what(values, missing)}; Arrow cannot hold them: {error}"
        raise InputError(f"{what}; {_repair(found, error)}") from error
    column = read_array(name, array)
    layout: Layout = {**column.layout, "is": "object", "found": found, "marker": marker}
    facts = {field: getattr(column, field) for field in SourceColumn.__dataclass_fields__}
    return SourceColumn(**{**facts, "layout": layout, "dtype": "object"})


def _repair(found: str, error: Exception) -> str:
    if isinstance(error, UnicodeError):
        return REPAIR
    if found == "integer":
        return "use .astype(str) if these numbers are identifiers, else .astype(float)"
    return _default_remedy()


def build_object(array: Any, layout: Layout) -> NDArray[Any]:
    """Return an object array with the Python objects of an Arrow array and the source's marker for missing."""
    marker = _MARKERS[layout["marker"]]
    if layout["found"] == "string":
        values: NDArray[Any] = array.to_numpy(zero_copy_only=False)
    else:
        values = np.empty(len(array), dtype=object)
        values[:] = array.to_pylist()
    if array.null_count:
        values = values.copy()
        values[array.is_null().to_numpy(zero_copy_only=False)] = marker
    return values


def _marker(values: NDArray[Any], missing: NDArray[np.bool_]) -> str:
    """Return which object marks missing cells: the first one found stands for all."""
    rows = np.flatnonzero(missing)
    if not rows.size:
        return "None"
    first = values[rows[0]]
    if first is pd.NA:
        return "NA"
    if first is pd.NaT:
        return "NaT"
    return "None" if first is None else "nan"


def _what(values: NDArray[Any], missing: NDArray[np.bool_]) -> str:
    """Name the types in the column, each with an example and its row."""
    examples: dict[str, str] = {}
    for row in np.flatnonzero(~missing):
        kind = type(values[row]).__name__
        if kind not in examples:
            shown = repr(values[row])
            examples[kind] = f"{kind} ({shown if len(shown) <= 40 else shown[:37] + '...'} in row {row})"
    listed = ", ".join(examples.values())
    return f"of dtype object holds {'values of the types' if len(examples) > 1 else 'values of the type'} {listed}"


def _default_remedy() -> str:
    return "make all its values one type, for example by .astype('string'), or drop it"
