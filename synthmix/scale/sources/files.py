"""Parquet and Arrow files, one or a folder of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synthmix.errors import FileError, InputError
from synthmix.io.read import look_at_notes, no_duplicates, readable
from synthmix.scale.sources.base import Piece

PARQUET = (".parquet", ".pq")
IPC = (".arrow", ".feather")


class ArrowFiles:
    """A table in one or more Parquet or Arrow IPC files, which must agree on the columns.

    Raises
    ------
    FileError
        A file cannot be read.
    InputError
        Two files differ in their columns.
    """

    def __init__(self, paths: list[Path]) -> None:
        self._paths = paths
        self._pieces: list[Piece] = []
        self.size = 0
        schemas = []
        for number, path in enumerate(paths):
            with readable(repr(str(path))):
                schemas.append(self._look(number, path))
                look_at_notes(schemas[-1])
        self.schema = schemas[0]
        no_duplicates(self.schema.names, repr(str(paths[0])))
        for path, schema in zip(paths[1:], schemas[1:], strict=True):
            self._check_same(path, schema)

    def _look(self, number: int, path: Path) -> Any:
        """Note the stretches of a file and return its schema."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        if path.suffix.lower() in PARQUET:
            with pq.ParquetFile(path) as file:
                for group in range(file.num_row_groups):
                    self._pieces.append(Piece(f"row group {group} of {str(path)!r}", (number, group)))
                    self.size += file.metadata.row_group(group).total_byte_size
                return file.schema_arrow
        self._pieces.append(Piece(repr(str(path)), (number, 0)))
        self.size += path.stat().st_size
        with pa.OSFile(os.fspath(path), "rb") as raw:
            return pa.ipc.open_file(raw).schema

    def _check_same(self, path: Path, schema: Any) -> None:
        first = self._paths[0]
        for name in self.schema.names:
            if name not in schema.names:
                raise InputError(f"{str(path)!r} lacks the column {name!r}, which {str(first)!r} has; {_REMEDY}")
            here, there = schema.field(name).type, self.schema.field(name).type
            if here != there:
                raise InputError(f"column {name!r} is {here} in {str(path)!r} but {there} in {str(first)!r}; {_REMEDY}")
        for name in schema.names:
            if name not in self.schema.names:
                raise InputError(f"{str(path)!r} has the column {name!r}, which {str(first)!r} lacks; {_REMEDY}")

    def pieces(self) -> list[Piece]:
        """Return the row groups of all files, or the files where there are none."""
        return list(self._pieces)

    def read(self, piece: Piece, batch_rows: int) -> Iterator[Any]:
        """Yield the rows of a row group, or of a file."""
        import pyarrow as pa

        number, group = piece.place
        names = self.schema.names
        with readable(piece.name):
            for batch in self._batches(self._paths[number], group, batch_rows):
                yield pa.Table.from_batches([batch]).select(names).cast(self.schema)

    def _batches(self, path: Path, group: int, batch_rows: int) -> Iterator[Any]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if path.suffix.lower() in PARQUET:
            with pq.ParquetFile(path) as file:
                yield from file.iter_batches(batch_rows, row_groups=[group], use_threads=False)
            return
        with pa.OSFile(os.fspath(path), "rb") as raw, pa.ipc.open_file(raw) as file:
            for number in range(file.num_record_batches):
                batch = file.get_batch(number)
                batch.validate(full=True)  # buffers come as they are: a changed offset would lead out of them
                for start in range(0, batch.num_rows, batch_rows):
                    yield batch.slice(start, batch_rows)

    def fingerprint(self) -> list[Any]:
        """Return name, size and time of change of every file."""
        return [[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in self._paths]

    def close(self) -> None:
        """Nothing was made."""


_REMEDY = "the files of a table must have the same columns: write them again, or move the odd one elsewhere"


def files_in(folder: Path) -> list[Path]:
    """Return the data files of a folder in the order of their names; hidden ones and those that begin with _ are none.

    Raises
    ------
    FileError
        There are none, or of several formats, or subfolders that hold the values of a column in their names.
    """
    found = sorted(path for path in folder.rglob("*") if path.is_file() and not _is_hidden(path, folder))
    if not found:
        raise FileError(f"cannot read {str(folder)!r}: the folder holds no data files")
    for path in found:
        if any("=" in part for part in path.relative_to(folder).parts[:-1]):
            raise FileError(
                f"cannot read {str(folder)!r}: names of folders such as {str(path.parent.name)!r} hold the values of a "
                "column, which are not read; write the table into files that have all its columns"
            )
    endings = {path.suffix.lower() for path in found}
    if not (endings <= set(PARQUET) or endings <= set(IPC)):
        raise FileError(
            f"cannot read {str(folder)!r}: its files end in {', '.join(sorted(endings)) or 'nothing'}; give a folder "
            "of Parquet files or one of Arrow files"
        )
    return found


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
