"""``stream``: from a source to a file or a folder of files, whatever their size, in bounded memory."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from synthmix.arguments import count, one_of
from synthmix.errors import OptionError, did_you_mean
from synthmix.scale.journal import seed_of_unfinished
from synthmix.scale.output import kind_of_sink
from synthmix.scale.progress import Told
from synthmix.scale.sizes import shown
from synthmix.scale.sources.opening import is_table, read_whole, size_of
from synthmix.scale.write import Pacing, write_rows
from synthmix.synthesizer import MixupSynthesizer

_COPIES = 5  # of a source that are held while a synthesizer is fitted to it
_LIBRARIES = 400 * 2**20  # bytes of code and of what it keeps for itself


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
        From beginning to end, reading and fitting included.
    synthesizer : MixupSynthesizer
        The fitted synthesizer, whose ``sample(n_rows)`` are these rows.
    """

    path: Path
    n_rows: int
    resumed_rows: int
    seed: int
    seconds: float
    synthesizer: MixupSynthesizer


def stream(
    source: Any,
    sink: str | os.PathLike[str],
    n_rows: int | None = None,
    *,
    target: str | int | None = None,
    memory: int | str = "2GiB",
    mode: Literal["auto", "memory"] = "auto",
    batch_rows: int | None = None,
    row_group_rows: int | None = None,
    compression: str = "auto",
    resume: bool = True,
    progress: Told = False,
    **options: Any,
) -> Streamed:
    """Write synthetic rows of `source` to `sink`, as many as asked for, in bounded memory.

    Parameters
    ----------
    source : MixupSynthesizer, table, path, or object with ``__arrow_c_stream__``
        A fitted synthesizer, or what one is fitted to: a pandas or polars DataFrame, a pyarrow Table, an array, a
        Parquet, Arrow IPC or CSV file, a folder of Parquet or Arrow files, a DuckDB relation or another Arrow stream.
    sink : path
        ``.parquet``, ``.csv``, ``.arrow`` (or ``.feather``), or a name without extension for a folder of Parquet files.
    n_rows : int, optional
        As many as the source has where it is left out.
    target : str or int, optional
        As in :meth:`MixupSynthesizer.fit`.
    memory : int or str
        What the process may hold in all, as bytes or in words such as "2GiB".
    mode : {"auto", "memory"}
        "memory" holds the source in memory.
    batch_rows : int, optional
        Rows that are made at a time, by default as many as `memory` allows. The output does not depend on it.
    row_group_rows : int, optional
        Rows of a row group of a Parquet file, of a record batch of an Arrow file, or of a file of a folder; by default
        a power of two of about 64 MiB. The file's bytes depend on it, its rows do not.
    compression : str
        Of Parquet: "auto" (lz4 for floats, zstd for all else), "none", "lz4", "snappy", "zstd", "gzip" or "brotli".
    resume : bool
        Whether a run that is killed or fails can be gone on with by running the same again: what is written then stays
        in a hidden folder beside `sink`. False leaves nothing behind and begins anew.
    progress : bool or callable
        True draws a bar with rate and time left on standard error where that is a terminal; a function is called with
        the rows that are done and all rows, after each part.
    **options
        Those of :class:`MixupSynthesizer`, where `source` is not fitted yet.

    Returns
    -------
    Streamed

    Raises
    ------
    FileError
        The source cannot be read or the output cannot be written.
    InputError
        The table cannot be used.
    OptionError
        For unknown or unfitting options, too little memory, and an unfinished output of another run at `sink`.

    Notes
    -----
    The rows are those of ``sample(n_rows)``, bit for bit, whatever the batches, and equal bytes are written whether or
    not the run was interrupted. Nothing is ever half-written under its final name. Where no `random_state` is given, a
    run that goes on takes the seed of the run that was cut short.
    """
    path = Path(sink)
    kind_of_sink(path)
    pacing = Pacing.of(
        memory,
        batch_rows=batch_rows,
        row_group_rows=row_group_rows,
        compression=compression,
        resume=resume,
        progress=progress,
    )
    one_of("mode", mode, ("auto", "memory"))
    rows = None if n_rows is None else count("n_rows", n_rows)
    began = time.perf_counter()
    synthesizer = fitted(source, target, seeded(options, path, resume=resume), pacing.memory)
    total = synthesizer._executor.source.n_rows if rows is None else rows
    resumed = write_rows(synthesizer, path, total, pacing)
    return Streamed(path, total, resumed, synthesizer.seed_, time.perf_counter() - began, synthesizer)


def seeded(options: dict[str, Any], path: Path, *, resume: bool) -> dict[str, Any]:
    """Return the options with the seed of the run that is gone on with, where they name none."""
    if not resume or options.get("random_state") is not None:
        return options
    seed = seed_of_unfinished(path)
    return options if seed is None else {**options, "random_state": seed}


def fitted(source: Any, target: str | int | None, options: dict[str, Any], memory: int) -> MixupSynthesizer:
    """Return a synthesizer of a source, or the one that is given.

    Raises
    ------
    OptionError
        For options that a synthesizer does not have, or any beside a fitted one, and for a source that does not fit
        into `memory` bytes.
    """
    if isinstance(source, MixupSynthesizer):
        named = [name for name, value in options.items() if name != "random_state" or value is None]
        if named or target is not None:
            name = next(iter(named), "target")
            raise OptionError(f"{name}= is an option of fitting, and the source is fitted already; leave it out")
        return source
    check_options(options)
    if is_table(source):
        return MixupSynthesizer(**options).fit(source, target=target)
    size = size_of(source)
    if not fits(size, memory):
        raise OptionError(
            f"the source takes about {shown(size)} in memory, and a fit to it {shown(_COPIES * size + _LIBRARIES)}, "
            f"which is more than memory={shown(memory)}; give more memory"
        )
    return MixupSynthesizer(**options).fit(read_whole(source), target=target)


def fits(size: int, memory: int) -> bool:
    """Tell whether a source of `size` bytes can be held and fitted to in `memory` bytes."""
    return _COPIES * size + _LIBRARIES <= memory


def check_options(options: dict[str, Any]) -> None:
    """Refuse options that a synthesizer does not have."""
    known = MixupSynthesizer._parameters()
    unknown = [name for name in options if name not in known]
    if unknown:
        raise OptionError(f"unknown option {unknown[0]!r}{did_you_mean(unknown[0], known)}")
