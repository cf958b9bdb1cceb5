"""Rows of tables of any accepted type: choose some, count them, put some below others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def take_rows(table: Any, rows: NDArray[np.int64]) -> Any:
    """Return the rows (or entries) at these positions, in the type of `table`; pandas objects get a fresh index."""
    if hasattr(table, "iloc"):
        return table.iloc[rows].reset_index(drop=True)
    if isinstance(table, list):
        return [table[row] for row in rows.tolist()]
    if hasattr(table, "combine_chunks") or not hasattr(table, "__array_interface__"):
        return table.take(rows) if hasattr(table, "take") else table[rows]
    return table[rows]


def stack_rows(first: Any, second: Any) -> Any:
    """Return `second` below `first`, two tables of one type, names and dtypes."""
    if isinstance(first, np.ndarray):
        return np.concatenate([first, second.astype(first.dtype, copy=False)])
    if hasattr(first, "iloc"):
        import pandas as pd

        return pd.concat([first, second], ignore_index=True)
    if hasattr(first, "combine_chunks"):
        import pyarrow as pa

        return pa.concat_tables([first, second.cast(first.schema)]).unify_dictionaries()
    return first.vstack(second)
