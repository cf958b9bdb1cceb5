"""The output of a run: it grows where nobody looks, survives a kill if asked to, and gets its name when it is whole."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from synthmix.errors import FileError
from synthmix.io.atomic import atomic_write, explained, sync
from synthmix.io.formats import check_place
from synthmix.scale.journal import WorkFolder, noted, work_folder_of
from synthmix.scale.sinks.base import Part, Sink
from synthmix.scale.sinks.csv import CsvFile
from synthmix.scale.sinks.folder import ParquetFolder
from synthmix.scale.sinks.ipc import IpcFile
from synthmix.scale.sinks.parquet import ParquetFile, ParquetOptions

_KINDS = {".parquet": "parquet", ".pq": "parquet", ".csv": "csv", ".arrow": "ipc", ".feather": "ipc", "": "folder"}
_PUBLISHED = "published"


def kind_of_sink(path: Path, *, resume: bool) -> str:
    """Return "parquet", "csv", "ipc" or "folder" for a path by its extension; none means a folder of Parquet files.

    Raises
    ------
    FileError
        For any other extension, and for a place where such an output cannot be made: a folder that is there already,
        unless it is what a run that is gone on with had just finished.
    """
    kind = _KINDS.get(path.suffix.lower())
    if kind is None:
        names = ", ".join(name for name in _KINDS if name)
        raise FileError(
            f"{os.fspath(path)!r} has extension {path.suffix!r}; use {names}, or a name without extension for a "
            "folder of Parquet files"
        )
    if kind == "folder" and path.exists():
        if resume and _is_published(noted(path), _data(work_folder_of(path), path)):
            return kind
        raise FileError(
            f"cannot write {os.fspath(path)!r}: it is there already, and a folder that a run wrote is whole as soon as "
            "it has its name; remove it to make it again, or choose another name"
        )
    check_place(path)
    return kind


def _is_published(noted_parts: Iterable[Part], data: Path) -> bool:
    """Tell whether a run was killed between giving its whole output the name and forgetting its work folder."""
    return any(_PUBLISHED in part for part in noted_parts) and not data.exists()


def _data(work: Path, path: Path) -> Path:
    """Return where in a work folder the output grows."""
    return work / f"data{path.suffix}"


class Output:
    """A growing output.

    Parameters
    ----------
    sink : Sink
    parts : list of dict
        That are there.
    note : callable or None
        Called with each part after it is on disk; None where nobody will ask.

    Attributes
    ----------
    n_rows : int
        Rows of the parts that were there.
    """

    def __init__(self, sink: Sink, parts: list[Part], note: Callable[[Part], None] | None) -> None:
        self.sink = sink
        self.n_rows: int = sum(part["rows"] for part in parts)
        self._note = note
        self._written: deque[Part] = deque()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="synthmix-journal")
        self._failure: BaseException | None = None
        self._broken: BaseException | None = None

    def append(self, table: Any) -> None:
        """Write a part; it is noted when it is on disk, while the next ones are written.

        After a part that could not be written none is, though it might find room: parts are told apart by their order.
        """
        if self._broken is not None:
            raise self._broken
        try:
            part = self.sink.append(table)
        except BaseException as error:
            self._broken = error
            raise
        self.adopt(part)

    def adopt(self, part: Part) -> None:
        """Note a part that is written."""
        if self._note is None:
            return
        self._raise()
        self._written.append(part)
        self._pool.submit(self._commit, self._note)

    def _commit(self, note: Callable[[Part], None]) -> None:
        """Note what was written before now; parts that came together share the wait for the disk."""
        ready = len(self._written)
        if not ready or self._failure is not None:  # a system tells of lost bytes once, so nothing counts after that
            return
        try:
            self.sink.sync()
            for _ in range(ready):
                note(self._written.popleft())
        except BaseException as error:  # noqa: BLE001 - it is raised where parts are written
            self._failure = error

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure

    def settle(self) -> None:
        """Return when all parts are noted."""
        self._pool.shutdown(wait=True)
        self._raise()


@contextlib.contextmanager
def open_output(
    path: Path,
    schema: Any,
    options: ParquetOptions,
    identity: dict[str, Any],
    *,
    resume: bool,
) -> Iterator[Output]:
    """Open the output at `path`: it is there, whole, when the ``with`` block ends without an error.

    Parameters
    ----------
    path : Path
    schema : pyarrow.Schema
    options : ParquetOptions
    identity : dict
        What the output is a function of; a work folder of another run is refused.
    resume : bool
        Whether whole parts outlive an error or a kill, for the next run of the same.

    Raises
    ------
    FileError
        The output cannot be written; the message says what remains.
    OptionError
        The work folder holds another run.
    """
    kind = kind_of_sink(path, resume=resume)
    with _resumable(path, kind, schema, options, identity) if resume else _passing(path, kind, schema, options) as out:
        yield out


def _make(kind: str, path: Path, schema: Any, options: ParquetOptions, parts: list[Part]) -> Sink:
    if kind == "parquet":
        return ParquetFile(path, schema, options, parts)
    if kind == "folder":
        return ParquetFolder(path, schema, options, parts)
    return CsvFile(path, schema, parts) if kind == "csv" else IpcFile(path, schema, parts)


@contextlib.contextmanager
def _passing(path: Path, kind: str, schema: Any, options: ParquetOptions) -> Iterator[Output]:
    """Open an output of which nothing remains unless it is whole."""
    if kind == "folder":
        hidden = path.with_name(f".synthmix-{secrets.token_hex(8)}.tmp")
        try:
            yield from _filled(_make(kind, hidden, schema, options, []), [], None)
            _publish(hidden, path)
        except OSError as error:
            raise error if isinstance(error, FileError) else explained(path, error) from error
        finally:
            shutil.rmtree(hidden, ignore_errors=True)
        return
    with atomic_write(path) as file:
        yield from _filled(_make(kind, Path(f"/dev/fd/{file.fileno()}"), schema, options, []), [], None)


def _filled(sink: Sink, parts: list[Part], note: Callable[[Part], None] | None) -> Iterator[Output]:
    output = Output(sink, parts, note)
    try:
        yield output
        output.settle()
        sink.finish()
    except BaseException:
        with contextlib.suppress(OSError):  # the first error counts
            output.settle()
        raise
    finally:
        sink.close()


@contextlib.contextmanager
def _resumable(
    path: Path, kind: str, schema: Any, options: ParquetOptions, identity: dict[str, Any]
) -> Iterator[Output]:
    """Open an output whose whole parts outlive the process."""
    work = _begun(path, identity)
    keep = True
    try:
        data = _data(work.path, path)
        if (published := _is_published(work.parts, data)) and not path.exists():  # somebody has removed it
            work.forget()
            published = False
        parts = [part for part in work.parts if _PUBLISHED not in part]
        if published:
            work.parts = parts
            yield Output(_Finished(), parts, work.done)
        else:
            yield from _filled(_make(kind, data, schema, options, parts), parts, work.done)
            work.done({_PUBLISHED: True})
            _publish(data, path)
        keep = False
    except OSError as error:
        keep = bool(work.parts)
        if isinstance(error, FileError) and not keep:
            raise
        raise explained(path, error, _remains(work)) from error
    except BaseException:
        keep = bool(work.parts)
        raise
    finally:
        work.close(keep=keep)


def _begun(path: Path, identity: dict[str, Any]) -> WorkFolder:
    """Return the work folder of a run; that of another run is left as it is."""
    try:
        work = WorkFolder(path)
    except OSError as error:
        raise error if isinstance(error, FileError) else explained(path, error) from error
    try:
        work.begin(identity)
    except BaseException:
        work.close(keep=True)
        raise
    return work


def _remains(work: WorkFolder) -> str:
    rows = sum(part.get("rows", 0) for part in work.parts)
    if not rows:
        return "nothing half-written remains"
    return f"{rows} rows are kept in {str(work.path)!r}: run the same again to go on after them"


def _publish(data: Path, path: Path) -> None:
    """Give a whole output its name."""
    target = Path(os.path.realpath(path))
    if target.is_file():
        data.chmod(target.stat().st_mode & 0o7777)
    sync(data.parent)
    data.replace(target)
    sync(target.parent)


class _Finished:
    """The sink of an output that is published already."""

    def append(self, table: Any) -> Part:
        """Refuse: a published output is whole."""
        raise FileError(f"the output is whole; {table.num_rows} more rows do not belong to it")

    def sync(self) -> None:
        """Do nothing."""

    def finish(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""
