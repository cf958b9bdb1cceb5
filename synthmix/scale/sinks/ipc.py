"""An Arrow IPC file (Feather, version 2) that grows by record batches.

Its footer is known to its writer alone, so after a kill the whole batches are copied once into a new file, which is
read as the stream that such a file holds.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from synthmix.errors import FileError
from synthmix.io.atomic import sync
from synthmix.scale.sinks.base import Part

_HEAD = 8  # bytes before the stream inside a file


class IpcFile:
    """The sink of one Arrow IPC file."""

    def __init__(self, path: Path, schema: Any, parts: list[Part]) -> None:
        import pyarrow as pa

        self._path = path
        old = path.with_name(path.name + ".old")
        if parts and not old.exists():  # else a copy was cut short: what it copied from is still there
            path.rename(old)
        self._file = pa.OSFile(os.fspath(path), "wb")
        self._writer = pa.ipc.new_file(self._file, schema)
        self._rows = 0
        if parts:
            self._copy(old, len(parts))
            old.unlink()

    def _copy(self, old: Path, n_batches: int) -> None:
        import pyarrow as pa

        try:
            with pa.OSFile(os.fspath(old), "rb") as file:
                file.seek(_HEAD)
                with pa.ipc.open_stream(file) as stream:
                    for _ in range(n_batches):
                        batch = stream.read_next_batch()
                        batch.validate(full=True)
                        self._writer.write_batch(batch)
        except (pa.ArrowException, StopIteration, UnicodeDecodeError) as error:
            raise FileError(
                f"the unfinished output {os.fspath(old)!r} is damaged ({error}); delete its folder to begin anew"
            ) from error
        self._file.flush()
        sync(self._path)

    def append(self, table: Any) -> Part:
        """Write `table` as one record batch."""
        import pyarrow as pa

        # A concatenation has buffers of its own: slices bring along bits of their neighbours and masks without holes.
        own = pa.concat_tables([table, table.slice(0, 0)]).combine_chunks()
        self._writer.write_table(own, max_chunksize=max(own.num_rows, 1))
        self._file.flush()
        return {"rows": table.num_rows}

    def sync(self) -> None:
        """Return when all parts are on disk."""
        sync(self._path)

    def finish(self) -> None:
        """Write the footer."""
        self._writer.close()
        self._file.close()
        sync(self._path)

    def close(self) -> None:
        """Let go of the file."""
        if not self._file.closed:
            self._file.close()
