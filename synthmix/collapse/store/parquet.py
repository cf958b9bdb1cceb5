"""Tables as Parquet bytes, always written the same way: equal tables give equal bytes."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd


def parquet_bytes(table: pd.DataFrame) -> bytes:
    """Return a table as a Parquet file."""
    stream = io.BytesIO()
    table.to_parquet(stream, index=False, engine="pyarrow", compression="zstd")
    return stream.getvalue()


def table_of(content: bytes) -> pd.DataFrame:
    """Return the table of a Parquet file, with the dtypes that it was written with."""
    return pd.read_parquet(io.BytesIO(content), engine="pyarrow")


def comes_back(table: pd.DataFrame) -> tuple[bytes, bool]:
    """Return a table as Parquet, and whether reading that gives the same table in every dtype and bit."""
    import pyarrow as pa

    try:
        content = parquet_bytes(table)
        again = table_of(content)
    except (pa.ArrowException, ValueError, TypeError):  # objects that Parquet has no type for
        return b"", False
    same: Any = list(again.columns) == list(table.columns) and list(again.dtypes) == list(table.dtypes)
    return content, bool(same and again.equals(table))
