"""A table from a CSV or Parquet file."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from synthmix.errors import FileError, InputError
from synthmix.io.columns import typed_column
from synthmix.io.formats import file_format

_BLOCK_BYTES = 1 << 24


def read_table(path: str | os.PathLike[str]) -> Any:
    """Read a table from `path`, in the form that keeps what its format knows.

    Parameters
    ----------
    path : path
        ``.csv`` (UTF-8, comma, one header line) or ``.parquet`` / ``.pq``.

    Returns
    -------
    pandas.DataFrame for CSV, pyarrow.Table for Parquet
        A Parquet file keeps the types that it declares. A CSV file has none, so each column gets the first type that
        *every* value has: boolean (``True`` / ``False``), whole number (``int64``, with missing values ``Int64``),
        real number (read to the nearest double), ISO date, ISO date-time (with an offset: UTC), else text.

    Raises
    ------
    FileError
        No such file, unknown extension, or a file that is empty, damaged, cut short or not UTF-8.
    InputError
        Two columns have one name.

    Notes
    -----
    An empty cell is missing. ``NA``, ``N/A``, ``NaN``, ``nan``, ``null``, ``NULL``, ``<NA>`` and ``NaT`` are missing
    only where all other values of the column are numbers, dates or booleans: among text they stay text, since they
    may be names (``NA`` is Namibia). Digits with leading zeros (``00123``) and whole numbers beyond ``int64`` are
    text: as numbers they could not be written back.
    """
    name = os.fspath(path)
    kind = file_format(path)
    if not Path(path).is_file():
        what = "it is a folder" if Path(path).is_dir() else "there is no such file"
        raise FileError(f"cannot read {name!r}: {what}; check the path (the current folder is {Path.cwd()})")
    with _explained(name):
        return _read_csv(name) if kind == "csv" else _read_parquet(name)


@contextmanager
def _explained(name: str) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (FileError, InputError):
        raise
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = str(error).strip().splitlines()[0]
        remedy = "the file may be damaged, cut short or in another format; write it again from its source"
        if "utf" in reason.casefold():
            remedy = "save the file in the encoding UTF-8"
        raise FileError(f"cannot read {name!r}: {reason}; {remedy}") from error


def _read_parquet(name: str) -> Any:
    import pyarrow.parquet as pq

    # ParquetFile, not read_table: the latter guesses partition columns from folder names like "year=2020".
    with pq.ParquetFile(name) as file:
        _no_duplicates(file.schema_arrow.names, name)
        return file.read()


def _read_csv(name: str) -> Any:
    import pandas as pd
    import pyarrow as pa
    from pyarrow import csv

    if Path(name).stat().st_size == 0:
        raise FileError(f"cannot read {name!r}: the file is empty; give a file with a header line and rows")
    reading = csv.ReadOptions(block_size=_BLOCK_BYTES)
    parsing = csv.ParseOptions(newlines_in_values=True)
    with csv.open_csv(name, read_options=reading, parse_options=parsing) as head:
        names = head.schema.names
    _no_duplicates(names, name)
    as_text = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
    table = csv.read_csv(name, read_options=reading, parse_options=parsing, convert_options=as_text)
    _no_open_quote(table, name)
    columns = {column: typed_column(table.column(column)) for column in names}
    return pd.DataFrame(columns, columns=pd.Index(names, dtype=object), index=pd.RangeIndex(table.num_rows))


def _no_duplicates(names: list[str], path: str) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        shown = ", ".join(repr(name) for name in twice)
        raise InputError(f"{path!r} has more than one column named {shown}; give every column its own name")


def _no_open_quote(table: Any, name: str) -> None:
    """Refuse a file that ends inside a quoted value: the reader takes the rest of the file as that value."""
    if table.num_rows == 0:
        return
    last = table.column(table.num_columns - 1)[-1].as_py()
    tail = b'"' + last.replace('"', '""').encode()
    with Path(name).open("rb") as file:
        file.seek(-min(len(tail) + 1, Path(name).stat().st_size), os.SEEK_END)
        end = file.read()
    if end.endswith(tail) and not end.endswith(b'"' + tail):
        raise FileError(
            f"cannot read {name!r}: the file ends inside a quoted value of the last column; "
            "it was cut short, write it again from its source"
        )
