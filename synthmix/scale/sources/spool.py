"""A source that can be read only once: its rows are kept in a file that has no name."""

from __future__ import annotations

import hashlib
import os
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synthmix.io.read import no_duplicates, readable
from synthmix.scale.sources.base import Piece


class Spool:
    """The rows of an Arrow C stream (``__arrow_c_stream__``), kept on disk as they come.

    Parameters
    ----------
    stream : object
        With a method ``__arrow_c_stream__``: a ``pyarrow.RecordBatchReader``, a DuckDB relation, and others.

    Notes
    -----
    The file lies in the system's folder for such files (``TMPDIR``) and vanishes with the process.
    """

    def __init__(self, stream: Any) -> None:
        import pyarrow as pa

        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())  # the file lives as long as the source
        self._end = weakref.finalize(self, os.close, descriptor)
        self._path = f"/dev/fd/{descriptor}"
        self._name = f"the stream of a {type(stream).__name__}"
        self.size = self._n_batches = 0
        with readable(self._name):
            reader = pa.RecordBatchReader.from_stream(stream)
            self.schema = reader.schema
            no_duplicates(self.schema.names, self._name)
            with pa.OSFile(self._path, "wb") as out, pa.ipc.new_file(out, self.schema, options=_options()) as writer:
                for batch in reader:
                    writer.write_batch(batch)
                    self.size += batch.nbytes
                    self._n_batches += 1

    def pieces(self) -> list[Piece]:
        """Return the batches that came."""
        return [Piece(f"batch {number} of {self._name}", (number,)) for number in range(self._n_batches)]

    def read(self, piece: Piece, batch_rows: int) -> Iterator[Any]:
        """Yield the rows of a batch."""
        import pyarrow as pa

        with readable(piece.name), pa.OSFile(self._path, "rb") as raw, pa.ipc.open_file(raw) as file:
            whole = pa.Table.from_batches([file.get_batch(piece.place[0])])
            for start in range(0, whole.num_rows, batch_rows):
                yield whole.slice(start, batch_rows)

    def fingerprint(self) -> list[Any]:
        """Return a hash of all rows, as they were kept."""
        with Path(self._path).open("rb") as file:
            return [hashlib.file_digest(file, "blake2b").hexdigest()[:32]]

    def close(self) -> None:
        """Give the disk back."""
        self._end()


def _options() -> Any:
    import pyarrow as pa

    return pa.ipc.IpcWriteOptions(unify_dictionaries=False, emit_dictionary_deltas=True)
