"""The files of the chains: written when a chain has ended, believed only with the right checksum."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from synthmix.collapse.columns import TRAJECTORIES
from synthmix.collapse.spec import Cell, Spec, Task
from synthmix.collapse.store.manifest import MANIFEST, check_same, manifest_of, read_manifest, write_manifest
from synthmix.collapse.store.parquet import parquet_bytes, table_of
from synthmix.collapse.store.sound import is_ended
from synthmix.errors import FileError, OptionError
from synthmix.io.atomic import write_bytes
from synthmix.warn import warn_caller


@dataclass(frozen=True)
class Ended:
    """How a chain ended.

    Attributes
    ----------
    generations : int
        That it reached.
    error : dict, optional
        "generation", "error" (class and message) and "traceback" of what ended it early.
    warned : list of str
        What was warned of on the way, each text once.
    """

    generations: int
    error: dict[str, Any] | None = None
    warned: list[str] = field(default_factory=list)


class Store:
    """A folder with one study.

    ``cells/<address of the cell>/<draw>_<chain>.parquet`` holds the numbers of a chain and the ``.json`` beside it how
    it ended and the checksum of the numbers; that comes last, so a chain is there when its ``.json`` is. Other files
    beside them: ``_g<generation>.parquet``, a table that was kept; ``.part``, the middle of a chain that was cut short.
    """

    def __init__(self, folder: Path, addresses: Mapping[Cell, str]) -> None:
        self.folder = folder
        self._addresses = addresses

    @classmethod
    def begin(cls, folder: Path, spec: Spec, *, resume: bool) -> Store:
        """Make the folder of a study, or go on with the one that is there.

        Raises
        ------
        OptionError
            When the folder holds something else, another study, or this one and `resume` is False. It is left as it
            is.
        FileError
            When it cannot be written.
        """
        manifest = manifest_of(spec)
        if folder.is_dir() and any(folder.iterdir()):
            if not (folder / MANIFEST).exists():
                raise OptionError(f"the folder {str(folder)!r} is not empty and holds no study; choose another")
            if not resume:
                raise OptionError(f"the folder {str(folder)!r} holds a study; use resume=True or another folder")
            check_same(folder, read_manifest(folder), json.loads(json.dumps(manifest)))
        elif folder.exists() and not folder.is_dir():
            raise OptionError(f"{str(folder)!r} is a file; a study needs a folder")
        else:
            _make(folder)
            write_manifest(folder, manifest)
        store = cls(folder, spec.cell_ids)
        for address in spec.cell_ids.values():
            _make(folder / "cells" / address)
        return store

    @classmethod
    def opened(cls, folder: Path) -> tuple[Store, dict[str, Any]]:
        """Return the store of a folder that is there, and its manifest."""
        manifest = read_manifest(folder)
        addresses = {Cell(*cell): address for address, cell in manifest["cells"].items()}
        return cls(folder, addresses), manifest

    def path(self, task: Task, suffix: str) -> Path:
        """Return the file of a chain with this ending."""
        return self.folder / "cells" / self._addresses[task.cell] / f"{task.draw}_{task.chain}{suffix}"

    def has(self, task: Task) -> bool:
        """Return whether a chain has ended and its numbers are sound; a damaged file warns and counts as absent."""
        return self._read(task) is not None

    def write(self, task: Task, numbers: pd.DataFrame, ended: Ended) -> None:
        """Write a chain that has ended: numbers first, then how it ended."""
        content = parquet_bytes(numbers)
        write_bytes(self.path(task, ".parquet"), content)
        about = {"cell": list(task.cell), "draw": task.draw, "chain": task.chain, **asdict(ended)}
        about["sha256"] = hashlib.sha256(content).hexdigest()
        write_bytes(self.path(task, ".json"), (json.dumps(about, indent=1, sort_keys=True) + "\n").encode())
        self.path(task, ".part").unlink(missing_ok=True)

    def keep(self, task: Task, generation: int, table: pd.DataFrame) -> None:
        """Write the rows of a generation."""
        write_bytes(self.path(task, f"_g{generation}.parquet"), parquet_bytes(table))

    def kept(self, task: Task, generation: int) -> pd.DataFrame | None:
        """Return the rows of a generation, None where they were not kept."""
        path = self.path(task, f"_g{generation}.parquet")
        return table_of(path.read_bytes()) if path.exists() else None

    def _read(self, task: Task) -> tuple[Ended, bytes] | None:
        about, numbers = self.path(task, ".json"), self.path(task, ".parquet")
        if not about.exists():
            return None
        try:
            said = json.loads(about.read_text(encoding="utf-8"))
            content = numbers.read_bytes()
            sound = is_ended(said) and hashlib.sha256(content).hexdigest() == said.get("sha256")
        except (OSError, ValueError, RecursionError):
            sound = False
        if not sound:
            text = f"{str(numbers)!r} or the .json beside it is damaged; its chain is run again"
            warn_caller(text)
            return None
        return Ended(said["generations"], said["error"], said["warned"]), content

    def collect(self, tasks: Iterator[Task]) -> tuple[pd.DataFrame, list[tuple[Task, Ended]]]:
        """Return the numbers of all chains that have ended, in the order of `tasks`, and how each ended."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        tables, ends = [], []
        for task in tasks:
            found = self._read(task)
            if found is not None:
                ends.append((task, found[0]))
                tables.append(pq.read_table(pa.BufferReader(found[1])))
        if not tables:
            return pd.DataFrame(columns=list(TRAJECTORIES)), ends
        return pa.concat_tables(tables).to_pandas(), ends


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileError(
            f"cannot make the folder {str(folder)!r}: {reason}; choose another or change its permissions"
        ) from error
