"""What every sink does: it takes whole parts of a table, and becomes a file in the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

Part = dict[str, Any]


class Sink(Protocol):
    """An output that grows by parts.

    A sink is made from a path, the schema, and what the journal says of the parts that are there; it cuts off what
    follows them.
    """

    def append(self, table: Any) -> Part:
        """Write a part, and return what must be known to go on after it."""

    def sync(self) -> None:
        """Return when all parts that were written before are on disk."""

    def finish(self) -> None:
        """Write what belongs at the end."""

    def close(self) -> None:
        """Let go of files, finished or not."""


def cut(path: Path, parts: list[Part]) -> None:
    """Cut off what follows the last whole part of a file; make the file where it is not there."""
    with path.open("ab") as file:
        file.truncate(parts[-1]["end"] if parts else 0)
