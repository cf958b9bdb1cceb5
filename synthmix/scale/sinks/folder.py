"""A folder of Parquet files, which is one table to whatever reads Parquet data sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from synthmix.io.atomic import atomic_write
from synthmix.scale.sinks.base import Part
from synthmix.scale.sinks.parquet import ParquetOptions, write_groups


class ParquetFolder:
    """The sink of a folder: every part is a file that appears whole or not at all.

    Attributes
    ----------
    path : Path
        Where the files go; others may write them, too.
    """

    def __init__(self, path: Path, schema: Any, options: ParquetOptions, parts: list[Part]) -> None:
        self.path = path
        self._schema = schema
        self._options = options
        self._next = len(parts)
        path.mkdir(exist_ok=True)

    def append(self, table: Any) -> Part:
        """Write `table` as the next file."""
        write_file(self.path / file_name(self._next), table, self._schema, self._options)
        self._next += 1
        return {"rows": table.num_rows}

    def sync(self) -> None:
        """Do nothing: files are on disk when they get their names."""

    def finish(self) -> None:
        """Write one file without rows for a table without rows: it keeps the columns."""
        if not any(self.path.iterdir()):
            self.append(self._schema.empty_table())

    def close(self) -> None:
        """Nothing is open between parts."""


def file_name(number: int) -> str:
    """Return the name of part `number`; names sort as the rows do."""
    return f"part-{number:06d}.parquet"


def write_file(path: Path, table: Any, schema: Any, options: ParquetOptions) -> None:
    """Write one file of a folder, whole or not at all."""
    with atomic_write(path) as file:
        write_groups(file, [table], schema, options.for_writer(schema))
