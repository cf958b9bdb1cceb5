"""Sound files of every kind that is read, small, and what reads each of them."""

from __future__ import annotations

import contextlib
import io
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.hardening.changes import Rng, changed_arrays, changed_bytes, changed_json
from benchmarks.hardening.tables import world

KINDS = ("real", "decimals", "Int64", "ordered", "unordered", "zoned", "text", "bool", "duration", "date", "constant")


def small_table(rows: int = 40) -> Any:
    """Return a table with a column of most kinds, gaps included."""
    return world(KINDS, rows, 9, 0.1, "plain").table


class Target:
    """One kind of file: the sound ones, how one is changed, and what reads it.

    Parameters
    ----------
    folder : Path
        Where the sound files are made.
    """

    name: str
    share = 1.0

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def change(self, rng: Rng, place: Path) -> Path:
        """Write a changed file into the folder `place` and return its path."""
        raise NotImplementedError

    def read(self, path: Path) -> None:
        """Do with the file what a user would."""
        raise NotImplementedError


class _Bytes(Target):
    """A file whose bytes are changed."""

    ending = ""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        sound = folder / f"sound{self.ending}"
        self.make(sound)
        self.data = sound.read_bytes()
        self.read(sound)

    def make(self, path: Path) -> None:
        """Write a sound file."""
        raise NotImplementedError

    def change(self, rng: Rng, place: Path) -> Path:
        path = place / f"changed{self.ending}"
        path.write_bytes(changed_bytes(self.data, rng))
        return path


class Csv(_Bytes):
    name, ending, share = "CSV", ".csv", 2.0

    def make(self, path: Path) -> None:
        from synthmix.io import write_table

        write_table(small_table(12), path)

    def read(self, path: Path) -> None:
        from synthmix.errors import SynthmixError
        from synthmix.io import read_table
        from synthmix.scale.sources.base import all_batches
        from synthmix.scale.sources.opening import open_source

        with contextlib.suppress(SynthmixError):
            read_table(path)
        for _ in all_batches(open_source(path)):
            pass


class Parquet(Csv):
    name, ending, share = "Parquet", ".parquet", 3.0

    def make(self, path: Path) -> None:
        from synthmix.io import write_table

        write_table(small_table(), path)


class Ipc(_Bytes):
    name, ending, share = "Arrow IPC", ".arrow", 3.0

    def make(self, path: Path) -> None:
        import pyarrow as pa

        table = pa.Table.from_pandas(small_table(), preserve_index=False)
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table, max_chunksize=20)

    def read(self, path: Path) -> None:
        from synthmix.scale.sources.opening import read_whole

        read_whole(path)


class Model(_Bytes):
    name, ending, share = "model file, bytes", ".synthmix", 2.0

    def make(self, path: Path) -> None:
        from synthmix import MixupSynthesizer

        MixupSynthesizer(random_state=3).fit(small_table()).save(path)

    def read(self, path: Path) -> None:
        from synthmix import load

        load(path).sample(3)


class Rewritten(Target):
    """Model files that are whole, with right hashes, and describe what was never saved."""

    name, share = "model file, rewritten with right hashes", 6.0

    def __init__(self, folder: Path) -> None:
        from synthmix.model_file import read_model

        super().__init__(folder)
        self.sound = []
        for number, made in enumerate(_synthesizers()):
            path = folder / f"model{number}"
            made.save(path)
            self.sound.append(read_model(path))

    def change(self, rng: Rng, place: Path) -> Path:
        from synthmix.model_file import write_model

        meta, arrays = self.sound[int(rng.integers(0, len(self.sound)))]
        which = int(rng.integers(0, 3))
        path = place / "changed.synthmix"
        write_model(
            path,
            changed_json(meta, rng) if which != 1 else meta,
            changed_arrays(arrays, rng) if which != 0 else arrays,
        )
        return path

    def read(self, path: Path) -> None:
        from synthmix import load

        made = load(path)
        made.sample(3)
        made.sample_rows(50, 52)


def _synthesizers() -> list[Any]:
    from synthmix import MixupSynthesizer

    table = small_table(24)
    keyed = table.assign(id=[f"k{i}" for i in range(len(table))])
    return [
        MixupSynthesizer(random_state=1).fit(table),
        MixupSynthesizer(random_state=1, columns={"id": "key"}).fit(keyed),
        MixupSynthesizer("rotation", "nearest", "raw", random_state=1).fit(table, target="ordered 3"),
        MixupSynthesizer("epbeta", "random", "normal", discrete="scores", random_state=1).fit(table),
        MixupSynthesizer("rotation", "random", "raw", random_state=1).fit(table.iloc[:, :2].dropna().to_numpy()),
    ]


class Reference(_Bytes):
    name, ending, share = "reference file, bytes or rewritten", ".ref", 2.0

    def make(self, path: Path) -> None:
        from synthmix.drift import Reference as Fitted

        Fitted.of(small_table(60)).save(path)

    def change(self, rng: Rng, place: Path) -> Path:
        from synthmix.drift.saved import FORMAT
        from synthmix.model_file import read_model, write_model

        if rng.random() < 0.3:
            return super().change(rng, place)
        meta, arrays = read_model(self.folder / f"sound{self.ending}", kind=FORMAT)
        path = place / "changed.ref"
        which = int(rng.integers(0, 2))
        write_model(
            path, changed_json(meta, rng) if which else meta, arrays if which else changed_arrays(arrays, rng),
            kind=FORMAT,
        )  # fmt: skip
        return path

    def read(self, path: Path) -> None:
        from synthmix.drift import Reference as Fitted

        Fitted.load(path)


class Study(Target):
    """The folder of a collapse study: manifest, numbers, how chains ended, and the middle of one."""

    name, share = "folder of a collapse study", 1.0

    def __init__(self, folder: Path) -> None:
        from synthmix.collapse import CollapseStudy

        super().__init__(folder)
        table = world(("real", "heavy", "unordered"), 60, 2, 0.0, "plain").table
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            study = CollapseStudy(table, ["epbeta"], ["replace"], n=20, generations=2, replicates=2, random_state=1)
            study.run(folder / "study")
        self.files = {
            path.relative_to(folder / "study"): path.read_bytes()
            for path in sorted((folder / "study").rglob("*"))
            if path.is_file()
        }

    def change(self, rng: Rng, place: Path) -> Path:
        names = sorted(self.files)
        manifest = next(name for name in names if name.name == "manifest.json")
        chosen = manifest if rng.random() < 0.5 else names[int(rng.integers(0, len(names)))]
        for name, data in self.files.items():
            path = place / "study" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name == chosen and name.suffix == ".json" and rng.random() < 0.7:
                data = json.dumps(changed_json(json.loads(data), rng)).encode()  # noqa: PLW2901
            elif name == chosen:
                data = changed_bytes(data, rng)  # noqa: PLW2901
            path.write_bytes(data)
        return place / "study"

    def read(self, path: Path) -> None:
        from synthmix.collapse import CollapseResult

        found = CollapseResult.open(path)
        len(found.errors), len(found.trajectories), found.done


class Resumed(Target):
    """The unfinished output of a stream, and the journal beside it."""

    name, share = "unfinished output of a stream", 1.0

    def __init__(self, folder: Path) -> None:
        from synthmix import MixupSynthesizer

        super().__init__(folder)
        self.made = MixupSynthesizer("rotation", "random", random_state=3).fit(small_table())
        self.whole: dict[str, bytes] = {}
        self.parts: dict[str, dict[str, bytes]] = {}
        for ending in (".csv", ".parquet", ".arrow"):
            path = folder / f"out{ending}"
            self._stream(path)
            self.whole[ending] = path.read_bytes()
            path.unlink()
            try:
                self._stream(path, stop_after=60)
            except KeyboardInterrupt:
                work = folder / f".out{ending}.synthmix"
                self.parts[ending] = {one.name: one.read_bytes() for one in work.iterdir()}

    def _stream(self, path: Path, stop_after: int | None = None) -> None:
        from synthmix.scale import stream

        def told(done: int, _all: int) -> None:
            if stop_after is not None and done >= stop_after:
                raise KeyboardInterrupt

        stream(self.made, path, 100, row_group_rows=20, batch_rows=20, progress=told)

    def change(self, rng: Rng, place: Path) -> Path:
        ending = str(rng.choice(sorted(self.parts)))
        work = place / f".out{ending}.synthmix"
        work.mkdir()
        chosen = "journal" if rng.random() < 0.7 else str(rng.choice(sorted(self.parts[ending])))
        for name, data in self.parts[ending].items():
            (work / name).write_bytes(changed_bytes(data, rng) if name == chosen else data)
        self.journal = chosen == "journal"
        return place / f"out{ending}"

    def read(self, path: Path) -> None:
        self._stream(path)
        if self.journal and path.read_bytes() != self.whole[path.suffix]:
            raise AssertionError("a changed journal gave another output, and nothing was said")


class CommandLine(Target):
    """The commands, on tables and models that are changed."""

    name, share = "command line", 0.6

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.targets = [Csv(folder), Parquet(folder), Model(folder), Rewritten(folder)]

    def change(self, rng: Rng, place: Path) -> Path:
        return self.targets[int(rng.integers(0, len(self.targets)))].change(rng, place)

    def read(self, path: Path) -> None:
        import sys

        from synthmix.cli import main

        out = path.with_name("out.csv")
        command = ["inspect", str(path)] if path.suffix == ".synthmix" else ["synthesize", str(path), str(out)]
        sys.argv = ["synthmix", *command]
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                main()
            except SystemExit as end:
                assert end.code in (0, 1, 2), end.code
        assert "Traceback" not in said.getvalue()


TARGETS: dict[str, Callable[[Path], Target]] = {
    one.name: one for one in (Csv, Parquet, Ipc, Model, Rewritten, Reference, Study, Resumed, CommandLine)
}
