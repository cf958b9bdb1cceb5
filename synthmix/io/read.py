"""A table from a CSV or Parquet file."""

from __future__ import annotations

import codecs
import csv
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
_LONGEST_HEADER = 100_000  # characters that are looked at; Python's csv module refuses fields of over 131072


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
        No such file, unknown extension, or a file that is empty, damaged, cut short, not UTF-8 or separated by
        something else than commas.
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
    with readable(repr(name)):
        return _read_csv(name) if kind == "csv" else _read_parquet(name)


@contextmanager
def readable(where: str) -> Iterator[None]:
    """Turn what Arrow and the system say of a damaged file into an error that names the place `where` it is.

    Raises
    ------
    FileError
        With the reason and what to do.
    """
    import pyarrow as pa

    try:
        yield
    except (FileError, InputError):
        raise
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        remedy = "the file may be damaged, cut short or in another format; write it again from its source"
        if "utf" in reason.casefold():
            remedy = "save the file in the encoding UTF-8"
        raise FileError(f"cannot read {where}: {reason}; {remedy}") from error


def _read_parquet(name: str) -> Any:
    import pyarrow.parquet as pq

    # ParquetFile, not read_table: the latter guesses partition columns from folder names like "year=2020".
    with pq.ParquetFile(name) as file:
        no_duplicates(file.schema_arrow.names, repr(name))
        table = file.read()
        look_at_notes(table.schema)  # they are in the file twice, and these are the ones that go on
        return table


def look_at_notes(schema: Any) -> None:
    """Refuse a schema whose notes for pandas are damaged, at which whoever turns the table into a frame would fail.

    Raises
    ------
    FileError
        When they are no JSON text.
    """
    try:
        _ = schema.pandas_metadata
    except (ValueError, RecursionError) as error:
        raise FileError(
            f"the notes for pandas in the file's schema are damaged ({error}); write the file again from its source"
        ) from error


def _read_csv(name: str) -> Any:
    import pandas as pd
    from pyarrow import csv as arrow_csv

    reading, parsing, converting = csv_options(name)
    table = arrow_csv.read_csv(name, read_options=reading, parse_options=parsing, convert_options=converting)
    names = table.column_names
    _no_open_quote(table, name)
    columns = {column: typed_column(table.column(column)) for column in names}
    return pd.DataFrame(columns, columns=pd.Index(names, dtype=object), index=pd.RangeIndex(table.num_rows))


def csv_options(name: str) -> tuple[Any, Any, Any]:
    """Return how pyarrow is to read, parse and convert a CSV file: every cell as the text that stands there.

    Raises
    ------
    FileError, InputError
        As :func:`read_table`.
    """
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    if Path(name).stat().st_size == 0:
        raise FileError(f"cannot read {name!r}: the file is empty; give a file with a header line and rows")
    header, blank = _header(name)
    _no_other_separator(header, name)
    reading = arrow_csv.ReadOptions(block_size=_BLOCK_BYTES, skip_rows=blank)
    parsing = arrow_csv.ParseOptions(newlines_in_values=True)
    with arrow_csv.open_csv(name, read_options=reading, parse_options=parsing) as head:
        names = head.schema.names
    no_duplicates(names, repr(name))
    parsing.ignore_empty_lines = len(names) > 1  # in a single column an empty line is a missing value
    as_text = arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
    return reading, parsing, as_text


def _header(name: str) -> tuple[str, int]:
    """Return the first line of a CSV file that is not empty, and how many empty ones stand before it."""
    with Path(name).open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            raise FileError(
                f"cannot read {name!r}: its encoding is UTF-16; save it as UTF-8, "
                "for example by iconv -f UTF-16 -t UTF-8"
            )
        file.seek(0)
        for blank, line in enumerate(iter(lambda: file.readline(_BLOCK_BYTES), b"")):
            text = line.decode("utf-8-sig", errors="replace").rstrip("\r\n")
            if text:
                return text.split("\r")[0][:_LONGEST_HEADER], blank
    return "", 0


def _no_other_separator(header: str, name: str) -> None:
    """Refuse a table of another separator, which would be one column of text; quotes tell a name from a list."""
    if len(next(csv.reader([header]), [])) != 1:
        return
    for separator in (";", "\t", "|"):
        if len(next(csv.reader([header], delimiter=separator), [])) > 1:
            shown = "tab" if separator == "\t" else repr(separator)
            raise FileError(
                f"cannot read {name!r}: it looks {shown}-separated (first line {header[:60]!r}); write it with commas, "
                f"in pandas by pandas.read_csv(path, sep={separator!r}).to_csv(path, index=False), "
                "or put the name in double quotes if it is one column"
            )


def no_duplicates(names: list[str], where: str) -> None:
    """Refuse a table in which several columns have one name.

    Raises
    ------
    InputError
        With all such names.
    """
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        shown = ", ".join(repr(name) for name in twice)
        raise InputError(f"{where} has more than one column named {shown}; give every column its own name")


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
