"""Rows of a fitted synthesizer to a file or a folder of files, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from synthmix.arguments import count, one_of
from synthmix.errors import OptionError
from synthmix.scale.flow import in_parts, write_all
from synthmix.scale.output import kind_of_sink, open_output
from synthmix.scale.progress import Told, progress
from synthmix.scale.rows import Rows
from synthmix.scale.sinks.parquet import COMPRESSIONS, ParquetOptions
from synthmix.scale.sizes import bytes_of_row, pace_for, parse_memory, resident
from synthmix.synthesizer import MixupSynthesizer

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


def write_rows(synthesizer: MixupSynthesizer, path: Path, n_rows: int, pacing: Pacing) -> int:
    """Write the rows of ``synthesizer.sample(n_rows)`` to `path`; return how many an earlier run had written."""
    kind_of_sink(path)
    rows = Rows(synthesizer)
    room = pacing.memory - resident()
    pace = pace_for(room, bytes_of_row(rows.schema), rows.n_source, pacing.batch_rows, pacing.row_group_rows)
    identity = {
        "synthmix": "rows",
        "format": FORMAT,
        "rows": n_rows,
        "seed": synthesizer.seed_,
        "source": rows.fingerprint(),
        "schema": str(rows.schema),
        "row_group_rows": pace.part_rows,
        "compression": pacing.compression,
        "versions": versions(),
    }
    options = ParquetOptions(pacing.compression)
    with open_output(path, rows.schema, options, identity, resume=pacing.resume) as output:
        done = output.n_rows
        with progress(pacing.progress, n_rows, done) as advance:
            parts = in_parts(rows.batches(done, n_rows, pace.batch_rows), pace.part_rows)
            write_all(output, parts, pace.batch_rows, advance)
    return done


def versions() -> dict[str, str]:
    """Return the versions of what the bytes of an output depend on."""
    return {name: version(name) for name in ("synthmix", "numpy", "pyarrow")}
