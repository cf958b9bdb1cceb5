"""Infinite values, which no column of a table may hold, whatever becomes of it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import InputError
from synthmix.table.cells import Coded, Numbers, SourceColumn


def refuse_infinite(column: SourceColumn) -> None:
    """Raise :class:`InputError` for the first infinite value of `column`: a number, or a category that is one."""
    rows = _infinite(column)
    if rows.size:
        row, cells = int(rows[0]), column.cells
        value = cells.levels[cells.codes[row]] if isinstance(cells, Coded) else None
        value = cells.data[row] if isinstance(cells, Numbers) else value
        raise InputError(f"column {column.name!r} holds {value} in row {row}; mark it as missing or drop the row")


def _infinite(column: SourceColumn) -> NDArray[np.intp]:
    cells = column.cells
    if isinstance(cells, Numbers) and cells.data.dtype.kind == "f":
        return np.flatnonzero(np.isinf(cells.data)) if math.isinf(cells.reach) else np.empty(0, dtype=np.intp)
    if isinstance(cells, Coded):
        bad = [code for code, level in enumerate(cells.levels) if isinstance(level, float) and math.isinf(level)]
        return np.flatnonzero(np.isin(cells.codes, bad)) if bad else np.empty(0, dtype=np.intp)
    return np.empty(0, dtype=np.intp)
