"""What every source does: it says what its columns are, and gives its rows again and again in the same order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

BATCH_ROWS = 2**16


@dataclass(frozen=True)
class Piece:
    """A stretch of rows that can be read on its own.

    Attributes
    ----------
    name : str
        For messages: the file, and which part of it.
    place : tuple
        Where the source finds it.
    """

    name: str
    place: tuple[int, ...]


class TableSource(Protocol):
    """A table that need not fit into memory."""

    @property
    def schema(self) -> Any:
        """The columns as a pyarrow.Schema."""

    @property
    def size(self) -> int:
        """About how many bytes the table takes in memory."""

    def pieces(self) -> list[Piece]:
        """Return the stretches that the table is made of, in order."""

    def read(self, piece: Piece, batch_rows: int) -> Iterator[Any]:
        """Yield the rows of a stretch as pyarrow.Tables of at most `batch_rows` rows and the source's schema."""

    def fingerprint(self) -> list[Any]:
        """Return what tells this source from another, as plain values."""

    def close(self) -> None:
        """Let go of what the source made for itself."""


def all_batches(source: TableSource, batch_rows: int = BATCH_ROWS) -> Iterator[Any]:
    """Yield all rows of a source in order."""
    for piece in source.pieces():
        yield from source.read(piece, batch_rows)
