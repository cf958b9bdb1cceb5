"""A CSV file that need not fit into memory: read once for the types of its columns, then for its rows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synthmix.io.columns import cast_column, typed_column
from synthmix.io.read import csv_options, readable
from synthmix.scale.sources.base import Piece

_UNITS = ("s", "ms", "us", "ns")


class CsvFile:
    """A table in one CSV file.

    Every column gets the type that :func:`synthmix.io.read_table` gives it: the first that every value has. That
    takes a reading of the whole file.
    """

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        self._path = path
        with readable(repr(str(path))):
            self._options = csv_options(os.fspath(path))
            kinds: dict[str, Any] = {}
            for text in self._text():
                for name in text.column_names:
                    kinds[name] = _common(kinds.get(name), _kind_of(text.column(name)))
        if not kinds:
            kinds = dict.fromkeys(self._options[2].column_types)
        self.schema = pa.schema([(name, pa.float64() if kind is None else kind) for name, kind in kinds.items()])
        self.size: int = path.stat().st_size

    def _text(self) -> Iterator[Any]:
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        reading, parsing, converting = self._options
        with arrow_csv.open_csv(
            self._path, read_options=reading, parse_options=parsing, convert_options=converting
        ) as file:
            for batch in file:
                yield pa.Table.from_batches([batch])

    def pieces(self) -> list[Piece]:
        """Return the file, which can be read from its beginning only."""
        return [Piece(repr(str(self._path)), (0,))]

    def read(self, piece: Piece, batch_rows: int) -> Iterator[Any]:
        """Yield the rows of the file."""
        import pyarrow as pa

        with readable(piece.name):
            for text in self._text():
                columns = [cast_column(text.column(field.name), field.type) for field in self.schema]
                table = pa.Table.from_arrays(columns, schema=self.schema)
                for start in range(0, table.num_rows, batch_rows):
                    yield table.slice(start, batch_rows)

    def fingerprint(self) -> list[Any]:
        """Return name, size and time of change of the file."""
        about = self._path.stat()
        return [[self._path.name, about.st_size, about.st_mtime_ns]]

    def close(self) -> None:
        """Nothing was made."""


def _kind_of(text: Any) -> Any:
    """Return the Arrow type of some cells of a column; None where all are missing."""
    import pyarrow as pa

    found = pa.array(typed_column(text), from_pandas=True)
    if found.null_count == len(found):
        return None
    return pa.string() if pa.types.is_large_string(found.type) else found.type


def _common(one: Any, other: Any) -> Any:
    """Return the type that two stretches of a column have in common, text where there is no other."""
    import pyarrow as pa

    if one is None or other is None or one == other:
        return one if other is None else other
    kinds = {one, other}
    if kinds == {pa.int64(), pa.float64()}:
        return pa.float64()
    if all(pa.types.is_timestamp(kind) for kind in kinds) and one.tz == other.tz:
        return max(one, other, key=lambda kind: _UNITS.index(kind.unit))
    return pa.string()
