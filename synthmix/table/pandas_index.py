"""The categories of a pandas categorical as JSON, and back: text, numbers, times and intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from synthmix.errors import InputError
from synthmix.table.cells import Coded, Layout, Numbers, Texts


def pack_index(name: str, index: pd.Index[Any]) -> dict[str, Any]:
    """Return `index` (the categories of column `name`) as JSON-able data."""
    if isinstance(index, pd.IntervalIndex):
        left, right = pack_index(name, index.left), pack_index(name, index.right)
        return {"is": "interval", "closed": index.closed, "left": left, "right": right}
    from synthmix.table.pandas_read import read_column

    column = read_column(name, pd.Series(index))
    cells = column.cells
    if isinstance(cells, Texts):
        return {"layout": column.layout, "texts": cells.array.to_pylist()}
    if isinstance(cells, Coded):
        raise InputError(f"column {name!r} has categories that are categorical themselves; turn them into text")
    values = cells.data
    listed = [float(v).hex() for v in values] if values.dtype.kind == "f" else values.tolist()
    return {"layout": column.layout, "numbers": listed, "dtype": values.dtype.str}


def unpack_index(packed: dict[str, Any]) -> pd.Index[Any]:
    """Return the index of :func:`pack_index`."""
    if packed.get("is") == "interval":
        left, right = unpack_index(packed["left"]), unpack_index(packed["right"])
        intervals: pd.Index[Any] = pd.IntervalIndex.from_arrays(left, right, closed=packed["closed"])
        return intervals
    from synthmix.table.pandas_build import build_column

    layout: Layout = packed["layout"]
    cells: Texts | Numbers
    if "texts" in packed:
        import pyarrow as pa

        cells = Texts(pa.array(packed["texts"], pa.large_string()))
    else:
        dtype = np.dtype(packed["dtype"])
        listed = [float.fromhex(v) for v in packed["numbers"]] if dtype.kind == "f" else packed["numbers"]
        cells = Numbers(np.array(listed, dtype=dtype), np.zeros(len(listed), dtype=bool))
    values = build_column(cells, layout)
    index: pd.Index[Any] = pd.Index(values, dtype=getattr(values, "dtype", None))
    return index


def labels_of(index: pd.Index[Any]) -> tuple[Any, ...]:
    """Return the categories as plain Python values for printing and matching."""
    return tuple(str(label) if isinstance(label, pd.Interval) else label for label in index.tolist())
