"""Rows of tables of any accepted type: choose some, put some below others."""

from __future__ import annotations

from collections.abc import Sequence
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


def stack_rows(first: Any, others: Sequence[Any]) -> Any:
    """Return the others below `first`, tables of one type, names and dtypes."""
    if isinstance(first, np.ndarray):
        return np.concatenate([first, *(other.astype(first.dtype, copy=False) for other in others)])
    if hasattr(first, "iloc"):
        import pandas as pd

        return pd.concat([first, *others], ignore_index=True)
    if hasattr(first, "combine_chunks"):
        import pyarrow as pa

        return pa.concat_tables([first, *(other.cast(first.schema) for other in others)]).unify_dictionaries()
    for other in others:
        first = first.vstack(other)
    return first
