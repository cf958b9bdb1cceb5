"""Rows of a fitted synthesizer to a file or a folder of files, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from synthmix.arguments import count, one_of
from synthmix.errors import OptionError
from synthmix.scale.flow import in_parts, write_all
from synthmix.scale.output import open_output
from synthmix.scale.progress import Told, progress
from synthmix.scale.sinks.parquet import COMPRESSIONS, ParquetOptions
from synthmix.scale.sizes import Pace, parse_memory

FORMAT = 1


@dataclass(frozen=True)
class Pacing:
    """How a run goes about its work; nothing of it but `row_group_rows` and `compression` shows in the output.

    Attributes
    ----------
    memory : int
        Bytes that the process may hold.
    batch_rows, row_group_rows : int or None
        Rows that are made, and written, at a time; None to choose by `memory` and the size of a row.
    compression : str
    resume : bool
    progress : bool or callable
    """

    memory: int
    batch_rows: int | None = None
    row_group_rows: int | None = None
    compression: str = "auto"
    resume: bool = True
    progress: Told = False

    @classmethod
    def of(cls, memory: int | str, **others: Any) -> Pacing:
        """Return the pacing that a caller asks for.

        Raises
        ------
        OptionError
            For an amount that cannot be.
        """
        for name in ("batch_rows", "row_group_rows"):
            if others[name] is not None and count(name, others[name]) == 0:
                raise OptionError(f"{name}=0: give a positive number of rows")
        one_of("compression", others["compression"], COMPRESSIONS)
        return cls(parse_memory(memory), **others)


class RowMaker(Protocol):
    """What makes rows: row i is a function of i and of what :meth:`identity` says."""

    @property
    def schema(self) -> Any:
        """The pyarrow.Schema of every batch."""

    def pace(self, pacing: Pacing) -> Pace:
        """Return how many rows to make, and to write, at a time."""

    def identity(self) -> dict[str, Any]:
        """Return plain values that tell these rows from others."""

    def batches(self, start: int, stop: int, size: int) -> Iterator[Any]:
        """Yield rows `start` to ``stop - 1`` as pyarrow.Tables of about `size` rows."""


def write_rows(rows: RowMaker, path: Path, n_rows: int, pacing: Pacing) -> int:
    """Write rows 0 to ``n_rows - 1`` to `path`; return how many an earlier run had written."""
    pace = rows.pace(pacing)
    identity = identity_of(rows, n_rows, pace.part_rows, pacing.compression)
    options = ParquetOptions(pacing.compression)
    with open_output(path, rows.schema, options, identity, resume=pacing.resume) as output:
        done: int = output.n_rows
        with progress(pacing.progress, n_rows, done) as advance:
            parts = in_parts(rows.batches(done, n_rows, pace.batch_rows), pace.part_rows)
            write_all(output, parts, pace.batch_rows, advance)
    return done


def identity_of(rows: RowMaker, n_rows: int, part_rows: int, compression: str) -> dict[str, Any]:
    """Return everything that the bytes of an output are a function of, as plain values."""
    return {
        **rows.identity(),
        "format": FORMAT,
        "rows": n_rows,
        "schema": str(rows.schema),
        "row_group_rows": part_rows,
        "compression": compression,
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Return the versions of what the bytes of an output depend on."""
    return {name: version(name) for name in ("synthmix", "numpy", "pyarrow")}
