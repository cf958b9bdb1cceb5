"""Find out what a source is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from synthmix.errors import FileError, InputError
from synthmix.io.read import read_table
from synthmix.scale.sources.base import TableSource, all_batches
from synthmix.scale.sources.csv import CsvFile
from synthmix.scale.sources.files import IPC, PARQUET, ArrowFiles, files_in
from synthmix.scale.sources.spool import Spool
from synthmix.table.frames import remedy_for

_TABLES = {("numpy", "ndarray"), ("pandas", "DataFrame"), ("polars", "DataFrame"), ("pyarrow", "Table")}


def is_table(source: object) -> bool:
    """Tell whether `source` is a table in memory, of a type that a synthesizer is fitted to."""
    return any((kind.__module__.partition(".")[0], kind.__name__) in _TABLES for kind in type(source).__mro__)


def open_source(source: Any) -> TableSource:
    """Return a source whose rows can be read again and again.

    Parameters
    ----------
    source : path, object with ``__arrow_c_stream__``, or TableSource
        A Parquet, Arrow IPC or CSV file, a folder of Parquet or Arrow files, a stream; or what this function returned.

    Raises
    ------
    FileError
        The files cannot be read.
    InputError
        It is nothing of that kind, or files differ in their columns.
    """
    if isinstance(source, Spool | ArrowFiles | CsvFile):
        return source
    if not isinstance(source, str | os.PathLike):
        if not hasattr(source, "__arrow_c_stream__"):
            raise InputError(
                f"a source of type {type(source).__module__}.{type(source).__qualname__} is not accepted; give a path, "
                "a pandas or polars DataFrame, a pyarrow Table, an array, or an object with __arrow_c_stream__; "
                f"{remedy_for(source)}"
            )
        return Spool(source)
    path = Path(source)
    if path.is_dir():
        return ArrowFiles(files_in(path))
    if not path.is_file():
        raise FileError(f"cannot read {str(path)!r}: there is no such file; check the path (now in {Path.cwd()})")
    ending = path.suffix.lower()
    if ending == ".csv":
        return CsvFile(path)
    if ending in (*PARQUET, *IPC):
        return ArrowFiles([path])
    raise FileError(f"{str(path)!r} ends in {ending or 'nothing'}; a source is .csv, .parquet, .arrow or a folder")


def size_of(source: Any) -> int:
    """Return about how many bytes a source takes in memory, without reading a CSV file."""
    if isinstance(source, str | os.PathLike) and Path(source).suffix.lower() == ".csv" and Path(source).is_file():
        return Path(source).stat().st_size
    return open_source(source).size


def read_whole(source: Any) -> Any:
    """Return a source as one table in memory.

    A single CSV or Parquet file comes as :func:`synthmix.io.read_table` reads it, anything else as a pyarrow.Table.
    """
    import pyarrow as pa

    if isinstance(source, str | os.PathLike) and Path(source).suffix.lower() in (".csv", *PARQUET):
        path = Path(source)
        if not path.is_dir():
            return read_table(path)
    opened = open_source(source)
    return pa.concat_tables([opened.schema.empty_table(), *all_batches(opened)]).unify_dictionaries().combine_chunks()
