"""A Parquet file that grows by row groups and can go on after a kill.

Row groups are self-contained; only the footer knows them all. So each is written by a writer of its own at the end of
the file, with true offsets; its footer goes to the journal instead of the file, and the footers become one at the end.
No row group is written twice, whatever happened in between.
"""

from __future__ import annotations

import base64
import contextlib
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthmix.errors import FileError
from synthmix.io.atomic import sync
from synthmix.scale.sinks.base import Part, cut

COMPRESSIONS = ("auto", "none", "lz4", "snappy", "zstd", "gzip", "brotli")
_MAGIC = 4  # bytes at both ends of a Parquet file
_DESCRIPTORS = 1 << 16  # that are looked at; a new one has the lowest number that is free


@dataclass(frozen=True)
class ParquetOptions:
    """How columns are stored.

    Attributes
    ----------
    compression : str
        "auto", or one word for all columns: "none", "lz4", "snappy", "zstd", "gzip" or "brotli". Numbers of full
        precision hardly get smaller, so "auto" takes the quickest (lz4) for floats, and zstd for all else.
    """

    compression: str = "auto"

    def for_writer(self, schema: Any) -> dict[str, Any]:
        """Return the arguments of pyarrow's writer. Dictionaries of floats would be tried in vain, at much time."""
        import pyarrow as pa

        floats = {field.name for field in schema if pa.types.is_floating(field.type)}
        compression: Any = self.compression
        if compression == "auto":
            compression = {field.name: "lz4" if field.name in floats else "zstd" for field in schema}
        return {"compression": compression, "use_dictionary": [name for name in schema.names if name not in floats]}


class ParquetFile:
    """The sink of one Parquet file."""

    def __init__(self, path: Path, schema: Any, options: ParquetOptions, parts: list[Part]) -> None:
        cut(path, parts)
        self._path = path
        self._schema = schema
        self._options = options.for_writer(schema)
        self._footers = [_footer_of(part) for part in parts]

    def append(self, table: Any) -> Part:
        """Write `table` as one row group."""
        footer = self._write([table])
        content = io.BytesIO()
        footer.write_metadata_file(content)
        self._footers.append(footer)
        text = base64.b64encode(content.getvalue()).decode()
        return {"rows": table.num_rows, "end": self._path.stat().st_size, "footer": text}

    def _write(self, tables: list[Any]) -> Any:
        """Write a row group at the end of the file, without its footer; return that."""
        import pyarrow as pa

        with pa.OSFile(os.fspath(self._path), "ab") as file:
            descriptor = descriptor_of(file, self._path)
            os.lseek(descriptor, 0, os.SEEK_SET)  # a writer begins where it believes a file begins; writes append
            footer = write_groups(file, tables, self._schema, self._options)
        with self._path.open("r+b") as written:
            size = written.seek(-(_MAGIC + 4), os.SEEK_END)
            written.truncate(size - int.from_bytes(written.read(4), "little"))
        return footer

    def sync(self) -> None:
        """Return when all parts are on disk."""
        sync(self._path)

    def finish(self) -> None:
        """Write the footer of all row groups."""
        footer, *others = self._footers or [self._write([])]
        for other in others:
            footer.append_row_groups(other)
        content = io.BytesIO()
        footer.write_metadata_file(content)
        with self._path.open("ab") as file:
            file.write(content.getvalue()[_MAGIC:])
        sync(self._path)

    def close(self) -> None:
        """Nothing is open between parts."""


def descriptor_of(file: Any, path: Path) -> int:
    """Return the descriptor of pyarrow's file of `path`, which is open for appending.

    Before pyarrow 25 such a file cannot tell; it is then the descriptor of this process that appends to that file.
    """
    with contextlib.suppress(AttributeError):
        return int(file.fileno())
    import fcntl

    wanted = path.stat()
    for descriptor in range(_DESCRIPTORS):
        with contextlib.suppress(OSError):  # none is open under that number
            mine = os.path.samestat(os.fstat(descriptor), wanted)
            if mine and fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_APPEND:
                return descriptor
    raise FileError(f"cannot write {os.fspath(path)!r} by this version of pyarrow; install pyarrow 25 or later")


def write_groups(file: Any, tables: list[Any], schema: Any, options: dict[str, Any]) -> Any:
    """Write tables as row groups of a whole Parquet file into an open one; return its footer."""
    import pyarrow.parquet as pq

    kept: list[Any] = []
    writer = pq.ParquetWriter(file, schema, metadata_collector=kept, **options)
    try:
        for table in tables:
            writer.write_table(table, row_group_size=max(table.num_rows, 1))
        writer.close()
    except BaseException:
        with contextlib.suppress(Exception):  # the first error counts
            writer.close()
        writer.is_open = False  # or it would try again when it is collected
        raise
    return kept[0]


def _footer_of(part: Part) -> Any:
    import pyarrow.parquet as pq

    return pq.read_metadata(io.BytesIO(base64.b64decode(part["footer"])))
