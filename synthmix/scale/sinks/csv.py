"""A CSV file that grows by lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from synthmix.io.atomic import sync
from synthmix.io.write import csv_text
from synthmix.scale.sinks.base import Part, cut


class CsvFile:
    """The sink of one CSV file, written as :func:`synthmix.io.write_table` writes it."""

    def __init__(self, path: Path, schema: Any, parts: list[Part]) -> None:
        cut(path, parts)
        self._path = path
        self._schema = schema

    def append(self, table: Any) -> Part:
        """Write the rows of `table` as lines, after the header if they are the first."""
        with self._path.open("ab") as file:
            file.write(csv_text(table, header=file.tell() == 0))
        return {"rows": table.num_rows, "end": self._path.stat().st_size}

    def sync(self) -> None:
        """Return when all parts are on disk."""
        sync(self._path)

    def finish(self) -> None:
        """Write the header of a table without rows."""
        if self._path.stat().st_size == 0:
            self.append(self._schema.empty_table())

    def close(self) -> None:
        """Nothing is open between parts."""
