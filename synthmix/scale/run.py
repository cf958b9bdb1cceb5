"""``stream``: from a source to a file or a folder of files, whatever their size, in bounded memory."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from synthmix.arguments import count, one_of, resolve_target
from synthmix.certificate import Certificate
from synthmix.errors import OptionError
from synthmix.random_state import seed_from
from synthmix.report import Card, Facts
from synthmix.scale.certify import certify_windows
from synthmix.scale.journal import seed_of_unfinished
from synthmix.scale.output import kind_of_sink
from synthmix.scale.progress import Told
from synthmix.scale.rows import Rows
from synthmix.scale.sizes import LEAST_WINDOW, bytes_of_row, release, shown, window_size
from synthmix.scale.sources.opening import is_table, open_source, read_whole, size_of
from synthmix.scale.windows import WindowedRows
from synthmix.scale.write import Pacing, write_rows
from synthmix.synthesizer import MixupSynthesizer

CERTIFIED_ROWS = 1_000_000
CERTIFIABLE_ROWS = 2  # a single row has no covariance
_COPIES = 5  # of a source that are held while a synthesizer is fitted to it
_LIBRARIES = 400 * 2**20  # bytes of code and of what it keeps for itself


@dataclass(frozen=True, repr=False)
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
    synthesizer : MixupSynthesizer or None
        The fitted synthesizer, whose ``sample(n_rows)`` are these rows; None where the source was read in windows.
    windows : WindowedRows or None
        What made the rows where the source was read in windows.
    """

    path: Path
    n_rows: int
    resumed_rows: int
    seed: int
    seconds: float
    synthesizer: MixupSynthesizer | None
    windows: WindowedRows | None = None

    def __repr__(self) -> str:
        return f"<Streamed: {self.n_rows:,} rows in {str(self.path)!r}, {self.seconds:.1f} s>"

    def _repr_html_(self) -> str:
        facts = {
            "path": self.path,
            "rows": self.n_rows,
            "of an earlier run": self.resumed_rows,
            "made by": repr(self.synthesizer) if self.windows is None else f"{len(self.windows.sizes)} windows",
            "seed": str(self.seed),
            "seconds": f"{self.seconds:.1f}",
        }
        return Card("Streamed", [Facts(facts)]).html()

    def certificate(self, *, measure: bool = True) -> Certificate:
        """State what is preserved, exactly or in expectation or not, and why.

        Parameters
        ----------
        measure : bool
            Whether to compute realised values. Of a source in memory these are computed from its first million rows;
            of a source that was read in windows from all of it and all of the output, which are read once more.

        Returns
        -------
        Certificate
        """
        if self.synthesizer is not None:
            rows = min(self.n_rows, CERTIFIED_ROWS)
            measured = measure and rows >= CERTIFIABLE_ROWS
            return self.synthesizer.certificate(self.synthesizer.sample(rows) if measured else None)
        if self.windows is None:
            raise OptionError("this run has neither a synthesizer nor windows")
        return certify_windows(self.windows, self.n_rows, self.path if measure else None)


def stream(
    source: Any,
    sink: str | os.PathLike[str],
    n_rows: int | None = None,
    *,
    target: str | int | None = None,
    memory: int | str = "2GiB",
    mode: Literal["auto", "memory", "windows"] = "auto",
    window_rows: int | None = None,
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
    mode : {"auto", "memory", "windows"}
        "memory" holds the source in memory. "windows" reads it twice and holds one window of it at a time. "auto"
        takes windows where the source does not fit.
    window_rows : int, optional
        The most rows of a window, by default as many as `memory` allows. Rows meet inside windows only, so the output
        depends on it.
    batch_rows : int, optional
        Rows that are made at a time, by default as many as `memory` allows, and whole windows where there are windows.
        The output does not depend on it.
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
        Those of :class:`MixupSynthesizer`, where `source` is not fitted yet. Where `pairing` and `weights` are left out
        a source in memory is chained, and windows, which are no whole table for trees, are rotated among near rows.
        Chained rows take about twenty times as long: for very many rows give ``pairing="nearest"``.

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
    With a source in memory the rows are those of ``sample(n_rows)``, bit for bit, whatever the batches. With windows
    they are a function of the source in the order in which it is stored, the options, the seed and `window_rows`. Group
    rotation keeps the mean and the covariance of the whole exactly all the same, since it keeps those of every window.
    Windows are made of row groups in random order; a CSV file is read from its beginning, so a window of a sorted one
    holds neighbours in that order.

    Equal bytes are written whether or not a run was interrupted, and nothing is ever half-written under its final
    name. Where no `random_state` is given, a run that goes on takes the seed of the run that was cut short.
    """
    path = Path(sink)
    kind_of_sink(path, resume=resume)
    pacing = Pacing.of(
        memory,
        batch_rows=batch_rows,
        row_group_rows=row_group_rows,
        compression=compression,
        resume=resume,
        progress=progress,
    )
    one_of("mode", mode, ("auto", "memory", "windows"))
    rows = None if n_rows is None else count("n_rows", n_rows)
    refuse_own_source(source, path)
    began = time.perf_counter()
    options = seeded(options, path, source, resume=resume)
    if not (isinstance(source, MixupSynthesizer | str | os.PathLike) or is_table(source)):
        source = open_source(source)  # a stream can be read only once
    windows = _windows(source, target, options, mode, window_rows, pacing)
    if windows is not None:
        total = windows.n_source if rows is None else rows
        resumed = write_rows(windows, path, total, pacing)
        return Streamed(path, total, resumed, windows.seed, time.perf_counter() - began, None, windows)
    synthesizer = fitted(source, target, options, pacing.memory)
    total = synthesizer._executor.source.n_rows if rows is None else rows
    resumed = write_rows(Rows(synthesizer), path, total, pacing)
    return Streamed(path, total, resumed, synthesizer.seed_, time.perf_counter() - began, synthesizer)


def _windows(
    source: Any, target: str | int | None, options: dict[str, Any], mode: str, window_rows: int | None, pacing: Pacing
) -> WindowedRows | None:
    """Return a source that is read in windows, None where it is held in memory."""
    held = isinstance(source, MixupSynthesizer) or is_table(source)
    if mode == "memory" or (mode == "auto" and (held or fits(size_of(source), pacing.memory))):
        return None
    if held:
        raise OptionError("mode='windows' is for files and streams; this source is in memory: leave mode out")
    MixupSynthesizer.refuse_unknown(options)
    opened = open_source(source)
    name = resolve_target(target, tuple(opened.schema.names), positional=False)
    most = window_size(pacing.memory, bytes_of_row(opened.schema)) if window_rows is None else window_rows
    if count("window_rows", most) < LEAST_WINDOW:
        raise OptionError(f"window_rows={most}: give at least {LEAST_WINDOW}, or rows hardly find others to meet")
    synthesizer = MixupSynthesizer(**options)
    return WindowedRows(opened, synthesizer, name, seed_from(synthesizer.random_state), most)


def refuse_own_source(source: Any, path: Path) -> None:
    """Refuse to write to the file that is read: it would be lost."""
    if isinstance(source, str | os.PathLike) and os.path.realpath(source) == os.path.realpath(path):
        raise OptionError(f"sink={os.fspath(path)!r} is the source, which would be overwritten; choose another name")


def seeded(options: dict[str, Any], path: Path, source: Any, *, resume: bool) -> dict[str, Any]:
    """Return the options with the seed of the run that is gone on with, where they name none."""
    if not resume or isinstance(source, MixupSynthesizer) or options.get("random_state") is not None:
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
        if options or target is not None:
            name = next(iter(options), "target")
            raise OptionError(f"{name}= is an option of fitting, and the source is fitted already; leave it out")
        return source
    MixupSynthesizer.refuse_unknown(options)
    if is_table(source):
        return MixupSynthesizer(**options).fit(source, target=target)
    size = size_of(source)
    if not fits(size, memory):
        raise OptionError(
            f"the source takes about {shown(size)} in memory, and a fit to it {shown(_COPIES * size + _LIBRARIES)}, "
            f"which is more than memory={shown(memory)}; give more memory, or mode='windows'"
        )
    synthesizer = MixupSynthesizer(**options).fit(read_whole(source), target=target)
    release()
    return synthesizer


def fits(size: int, memory: int) -> bool:
    """Tell whether a source of `size` bytes can be held and fitted to in `memory` bytes."""
    return _COPIES * size + _LIBRARIES <= memory
