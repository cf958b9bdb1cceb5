"""The work folder of a run: which run it is, and which parts of its output are whole and on disk.

A hidden folder beside the target holds a journal, one line of JSON with its checksum for each thing that is done, and
the output as far as it goes. A line is written after what it speaks of is on disk, so whatever follows the last whole
line is no part of the output; a line that a disk changed is not whole. One process at a time holds the folder; the lock
goes with the process, however it ends.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synthmix.errors import FileError, OptionError
from synthmix.shown import short_json

_JOURNAL = "journal"


class WorkFolder:
    """The work folder of the target at `path`, held by this process until :meth:`close`.

    Attributes
    ----------
    path : Path
        The folder.
    parts : list of dict
        What the journal says of every whole part, in order.
    """

    def __init__(self, target: Path) -> None:
        self.path = work_folder_of(target)
        self.target = target
        self.path.mkdir(exist_ok=True)
        self._file = (self.path / _JOURNAL).open("a+b", buffering=0)
        self._lock()
        self.header, self.parts = self._read()

    def _lock(self) -> None:
        try:
            import fcntl
        except ImportError:  # not on this system; two runs into one target are then the user's care
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise FileError(
                f"cannot write {str(self.target)!r}: another process is writing it; wait for its end or choose "
                "another name"
            ) from error

    def _read(self) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
        """Return the header and the parts; cut off what begins with a line that is half-written or damaged."""
        self._file.seek(0)
        lines: list[dict[str, Any]] = []
        whole = 0
        for line in self._file:
            entry = _entry_of(line)
            if entry is None:
                break
            lines.append(entry)
            whole += len(line)
        self._file.truncate(whole)
        return (lines[0], lines[1:]) if lines else (None, [])

    def begin(self, identity: dict[str, Any]) -> None:
        """Say which run this is, or make sure that the folder holds the same run.

        Raises
        ------
        OptionError
            When it holds another one, which is left untouched.
        """
        if self.header is None:
            self._append(identity)
            self.header = identity
            return
        plain = json.loads(json.dumps(identity))
        differing = [key for key in sorted({*plain, *self.header}) if plain.get(key) != self.header.get(key)]
        if differing:
            told = "; ".join(f"{key}: {short_json(self.header.get(key))} there, {short_json(plain.get(key))} here"
                             for key in differing[:4])  # fmt: skip
            raise OptionError(
                f"{str(self.path)!r} holds the unfinished output of another run, which is left untouched; different: "
                f"{told}; run that again to finish it, choose another name, or delete that folder to begin anew"
            )

    def done(self, part: dict[str, Any]) -> None:
        """Note that a part is whole and on disk."""
        self._append(part)
        self.parts.append(part)

    def forget(self) -> None:
        """Take all parts back: what they speak of is gone."""
        self._file.truncate(0)
        self.parts = []
        if self.header is not None:
            self._append(self.header)

    def _append(self, entry: dict[str, Any]) -> None:
        line = _line_of(entry)
        if self._file.write(line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(self._file.fileno())

    def close(self, *, keep: bool) -> None:
        """Let go of the folder, and remove it unless it is to be kept."""
        if not keep:
            shutil.rmtree(self.path, ignore_errors=True)
        self._file.close()


def work_folder_of(target: Path) -> Path:
    """Return the hidden folder beside `target` in which its output grows."""
    real = Path(os.path.realpath(target))
    return real.with_name(f".{real.name}.synthmix")


def _line_of(entry: dict[str, Any]) -> bytes:
    text = json.dumps(entry, allow_nan=False).encode()
    return b"%s\t%08x\n" % (text, zlib.crc32(text))


def _entry_of(line: bytes) -> dict[str, Any] | None:
    """Return what a line says, None where it is not whole."""
    text, _, check = line.rpartition(b"\t")
    if check != b"%08x\n" % zlib.crc32(text):
        return None
    entry: dict[str, Any] = json.loads(text)
    return entry


def noted(target: Path) -> Iterator[dict[str, Any]]:
    """Yield the whole lines of the journal beside `target` without holding it, none where there is none."""
    try:
        with (work_folder_of(target) / _JOURNAL).open("rb") as file:
            for line in file:
                entry = _entry_of(line)
                if entry is None:
                    return
                yield entry
    except OSError:
        return


def seed_of_unfinished(target: Path) -> int | None:
    """Return the seed of the run whose unfinished output lies beside `target`, None where there is none."""
    header = next(noted(target), {})
    return int(header["seed"]) if "seed" in header else None
