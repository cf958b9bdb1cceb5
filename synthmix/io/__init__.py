"""Tables from and to files: CSV and Parquet by extension, and output that appears whole or not at all."""

from __future__ import annotations

from synthmix.io.atomic import atomic_write
from synthmix.io.formats import check_place, file_format
from synthmix.io.read import read_table
from synthmix.io.write import TableWriter, table_writer, write_table

__all__ = [
    "TableWriter",
    "atomic_write",
    "check_place",
    "file_format",
    "read_table",
    "table_writer",
    "write_table",
]
