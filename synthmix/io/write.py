"""A table to a CSV or Parquet file, at once or batch by batch."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any, BinaryIO, Protocol

from synthmix.errors import InputError
from synthmix.io.atomic import atomic_write
from synthmix.io.formats import file_format

_PANDAS_INTEGERS = {f"{sign}int{bits}": f"{sign.upper()}Int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}


class TableWriter(Protocol):
    """What :func:`table_writer` yields: it takes the table's batches, in order."""

    n_rows: int

    def write(self, batch: Any) -> None:
        """Append the rows of `batch`, a table with the columns of the first batch."""


def write_table(table: Any, path: str | os.PathLike[str]) -> None:
    """Write `table` to `path`; the file appears whole or not at all.

    Parameters
    ----------
    table : pandas.DataFrame, polars.DataFrame or pyarrow.Table
        The index of a pandas frame is not written.
    path : path
        ``.csv`` or ``.parquet`` / ``.pq``.

    Raises
    ------
    FileError
        Unknown extension, or the file cannot be written (no such folder, no permission, disk full).
    InputError
        `table` is of another type.

    Notes
    -----
    CSV: UTF-8, comma, missing values as empty cells, numbers with the fewest digits that read back as the same
    double, date-times as ``2024-01-31 23:59:00`` with the fraction of their unit and their offset. CSV knows no types:
    what :func:`read_table` gives back is what the text shows. Parquet keeps types, categories and zones.
    """
    with table_writer(path) as writer:
        writer.write(table)


@contextlib.contextmanager
def table_writer(path: str | os.PathLike[str]) -> Iterator[TableWriter]:
    """Open `path` for a table that arrives in batches; memory stays that of one batch.

    Parameters
    ----------
    path : path
        ``.csv`` or ``.parquet`` / ``.pq``. It appears when the ``with`` block ends without an error, else not at all.

    Yields
    ------
    TableWriter
        Call ``write(batch)`` at least once. Each batch becomes one row group of a Parquet file.

    Raises
    ------
    FileError
        As :func:`write_table`.
    InputError
        A batch is no table, or no batch was written.
    """
    kind = file_format(path)
    with atomic_write(path) as file:
        writer = _CsvWriter(file) if kind == "csv" else _ParquetWriter(file)
        try:
            yield writer
            _finish(writer, path)
        except BaseException:
            writer.abandon()
            raise


def _finish(writer: _CsvWriter | _ParquetWriter, path: str | os.PathLike[str]) -> None:
    if not writer.started:
        raise InputError(f"no batch was written to {os.fspath(path)!r}; write at least one, it may have no rows")
    writer.close()


def csv_text(table: Any, *, header: bool) -> bytes:
    """Return the lines of a table as :func:`write_table` writes them to a CSV file, after a header if asked for."""
    text: str = _printable(table).to_csv(index=False, header=header, lineterminator="\n")
    return text.encode()


class _CsvWriter:
    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.started = False
        self.n_rows = 0

    def write(self, batch: Any) -> None:
        self.file.write(csv_text(batch, header=not self.started))
        self.started = True
        self.n_rows += len(batch)

    def close(self) -> None:
        """Nothing is buffered here."""

    def abandon(self) -> None:
        """Nothing to undo: the file below has no name yet."""


class _ParquetWriter:
    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.writer: Any = None
        self.n_rows = 0

    @property
    def started(self) -> bool:
        return self.writer is not None

    def write(self, batch: Any) -> None:
        import pyarrow.parquet as pq

        table = as_arrow(batch)
        if self.writer is None:
            self.writer = pq.ParquetWriter(self.file, without_null_types(table.schema))
        self.writer.write_table(table.cast(self.writer.schema))
        self.n_rows += table.num_rows

    def close(self) -> None:
        self.writer.close()

    def abandon(self) -> None:
        """Close what pyarrow holds, or it would try when garbage is collected, on a file that is gone."""
        if self.writer is not None:
            with contextlib.suppress(Exception):
                self.writer.close()


def as_arrow(table: Any) -> Any:
    """Return any accepted table as a pyarrow.Table.

    Raises
    ------
    InputError
        For a table of another type.
    """
    import pandas as pd
    import pyarrow as pa

    if isinstance(table, pa.Table):
        return table
    if isinstance(table, pd.DataFrame):
        return pa.Table.from_pandas(table, preserve_index=False)
    if hasattr(table, "to_arrow"):
        return table.to_arrow()
    raise InputError(
        f"cannot write a {type(table).__module__}.{type(table).__qualname__}; "
        "give a pandas DataFrame, a polars DataFrame or a pyarrow Table"
    )


def without_null_types(schema: Any) -> Any:
    """Give a column that is all missing in the first batch the type text, which later batches may need."""
    import pyarrow as pa

    for number, field in enumerate(schema):
        if pa.types.is_null(field.type):
            schema = schema.set(number, field.with_type(pa.string()))
    return schema


def _printable(table: Any) -> Any:
    """Return a pandas frame whose cells print as they shall stand in a CSV file."""
    import pandas as pd

    frame = table if isinstance(table, pd.DataFrame) else as_arrow(table).to_pandas(types_mapper=_nullable_dtype)
    moments = [name for name, column in frame.items() if pd.api.types.is_datetime64_any_dtype(column)]
    if moments:
        frame = frame.copy(deep=False)
        for name in moments:
            frame[name] = _moment_text(frame[name])
    return frame


def _moment_text(column: Any) -> Any:
    """Print date-times by their type alone; pandas would print dates where a batch happens to hold midnights only."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    values = pa.array(column, from_pandas=True)
    if not pa.types.is_timestamp(values.type):  # days, which pandas counts among the date-times
        return column
    zoned = values.type.tz is not None
    text = pc.strftime(values, format="%Y-%m-%d %H:%M:%S%z" if zoned else "%Y-%m-%d %H:%M:%S")
    return pd.Series(text.to_pandas().to_numpy(), index=column.index, dtype=object)


def _nullable_dtype(kind: Any) -> Any:
    """Map Arrow's whole numbers and booleans to the pandas types that print missing values without turning to float."""
    import pandas as pd
    import pyarrow as pa

    if pa.types.is_boolean(kind):
        return pd.BooleanDtype()
    if pa.types.is_integer(kind):
        return pd.api.types.pandas_dtype(_PANDAS_INTEGERS[str(kind)])
    return None
