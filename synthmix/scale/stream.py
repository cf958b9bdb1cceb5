"""``stream``: from a source to a file or a folder of files, whatever their size, in bounded memory."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from synthmix.arguments import count
from synthmix.errors import OptionError, did_you_mean
from synthmix.scale.flow import in_parts, write_all
from synthmix.scale.output import kind_of_sink, open_output
from synthmix.scale.progress import Told, progress
from synthmix.scale.rows import Rows
from synthmix.scale.sinks.parquet import ParquetOptions
from synthmix.scale.sizes import bytes_of_row, pace_for, parse_memory, resident
from synthmix.synthesizer import MixupSynthesizer

_FORMAT = 1


@dataclass(frozen=True)
class Streamed:
    """What a run of :func:`stream` did.

    Attributes
    ----------
    path : Path
        Where the rows are.
    n_rows : int
        All rows.
    resumed_rows : int
        Those of them that an earlier run of the same had written.
    seed : int
    seconds : float
        From the first row to the name of the output; fitting apart.
    synthesizer : MixupSynthesizer
        The fitted synthesizer, whose ``sample(n_rows)`` are these rows.
    """

    path: Path
    n_rows: int
    resumed_rows: int
    seed: int
    seconds: float
    synthesizer: MixupSynthesizer


def write_rows(
    synthesizer: MixupSynthesizer,
    sink: str | os.PathLike[str],
    n_rows: int,
    *,
    memory: int | str = "2GiB",
    batch_rows: int | None = None,
    row_group_rows: int | None = None,
    compression: str = "auto",
    resume: bool = True,
    progress_told: Told = False,
) -> Streamed:
    """Write the rows of ``synthesizer.sample(n_rows)`` to `sink`."""
    total, path = count("n_rows", n_rows), Path(sink)
    kind_of_sink(path)
    for name, value in (("batch_rows", batch_rows), ("row_group_rows", row_group_rows)):
        if value is not None and count(name, value) == 0:
            raise OptionError(f"{name}=0: give a positive number of rows")
    rows = Rows(synthesizer)
    room = parse_memory(memory) - resident()
    pace = pace_for(room, bytes_of_row(rows.schema), rows.n_source, batch_rows, row_group_rows)
    identity = {
        "synthmix": "rows",
        "format": _FORMAT,
        "rows": total,
        "seed": synthesizer.seed_,
        "source": rows.fingerprint(),
        "schema": str(rows.schema),
        "row_group_rows": pace.part_rows,
        "compression": compression,
        "versions": {name: version(name) for name in ("synthmix", "numpy", "pyarrow")},
    }
    began = time.perf_counter()
    options = ParquetOptions(compression)
    with open_output(path, rows.schema, options, identity, resume=resume) as output:
        done = output.n_rows
        with progress(progress_told, total, done) as advance:
            parts = in_parts(rows.batches(done, total, pace.batch_rows), pace.part_rows)
            write_all(output, parts, pace.batch_rows, advance)
    return Streamed(path, total, done, synthesizer.seed_, time.perf_counter() - began, synthesizer)


def fitted(source: Any, target: str | int | None, options: dict[str, Any]) -> MixupSynthesizer:
    """Return a synthesizer of a table, or the one that is given.

    Raises
    ------
    OptionError
        For options that a synthesizer does not have, or any beside a fitted one.
    """
    if isinstance(source, MixupSynthesizer):
        if options or target is not None:
            name = next(iter(options), "target")
            raise OptionError(f"{name}= is an option of fitting, and the source is fitted already; leave it out")
        return source
    unknown = [name for name in options if name not in MixupSynthesizer._parameters()]
    if unknown:
        raise OptionError(f"unknown option {unknown[0]!r}{did_you_mean(unknown[0], MixupSynthesizer._parameters())}")
    return MixupSynthesizer(**options).fit(source, target=target)
