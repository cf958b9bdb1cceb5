"""One result for each table, method and seed, kept in a file of its own, so that a stopped run goes on where it was."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import synthmix
from benchmarks.frontier.make import make
from benchmarks.frontier.methods import Method
from benchmarks.frontier.score import VERSION, measures
from benchmarks.frontier.tables import Data, Entry, load
from benchmarks.peers.ask import TookTooLongError
from benchmarks.speed.timing import NotAvailableError
from synthmix.errors import SynthmixError
from synthmix.io.atomic import atomic_write

Result = dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """A table, a method and a seed."""

    entry: Entry
    method: Method
    seed: int

    def path(self, results: Path) -> Path:
        """Return where its result is kept: another setting is another file."""
        words = "".join(c if c.isalnum() else "-" for c in self.method.name)
        return results / self.entry.name / f"{words}-{self.method.digest}-s{self.seed}.json"


def run_cells(cells: list[Cell], folder: Path, results: Path, *, again: bool = False, cap: int = 8000) -> None:
    """Compute what `results` does not hold; `again` also tries what could not be done before."""
    missing = [cell for cell in cells if not is_kept(cell, results, again=again)]
    began, data = time.perf_counter(), None
    for number, cell in enumerate(missing, start=1):
        if data is None or data.entry != cell.entry:
            data = load(folder, cell.entry, cap)
        result = compute(cell, data)
        keep(result, cell.path(results))
        print(f"{number}/{len(missing)} {time.perf_counter() - began:.0f} s {line(result)}", flush=True)


def is_kept(cell: Cell, results: Path, *, again: bool = False) -> bool:
    """Return whether there is a result by the present measures, of the present settings and line of the manifest."""
    path = cell.path(results)
    if not path.is_file():
        return False
    kept = json.loads(path.read_text(encoding="utf-8"))
    same = kept["version"] == VERSION and kept.get("entry") == asdict(cell.entry)
    return same and not (again and kept["status"] != "done")


def compute(cell: Cell, data: Data) -> Result:
    """Make the table and score it; what cannot be done is a result too."""
    result: Result = {
        "table": cell.entry.name, "half": cell.entry.half, "entry": asdict(cell.entry),
        "method": cell.method.name, "family": cell.method.family, "settings": cell.method.settings, "seed": cell.seed,
        "rows": len(data.train), "columns": data.train.shape[1], "data": data.digest,
        "version": VERSION, "synthmix": synthmix.__version__, "date": time.strftime("%Y-%m-%d"),
    }  # fmt: skip
    try:
        made = make(cell.method, data, cell.seed)
        began = time.process_time()
        found = measures(made.data, made.table, cell.seed)
    except TookTooLongError as error:
        return {**result, "status": "took too long", "reason": str(error)}
    except (NotAvailableError, SynthmixError) as error:
        return {**result, "status": "not available", "reason": str(error)[-600:]}
    except Exception as error:  # noqa: BLE001 - hours of other cells should not be lost; the page lists what failed
        return {**result, "status": "failed", "reason": f"{type(error).__name__}: {error}"[-600:]}
    return {
        **result, "status": "done", "measures": found, "seconds": made.seconds, "peak_mib": made.peak_mib,
        "scoring_s": round(time.process_time() - began, 2), **made.about,
    }  # fmt: skip


def keep(result: Result, path: Path) -> None:
    """Write a result whole or not at all; JSON has no NaN, so what is not known is null."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as file:
        file.write((json.dumps(_short(result), indent=1, allow_nan=False) + "\n").encode())


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _short(one) for name, one in value.items()}
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def kept(results: Path, known: list[Method]) -> Iterator[Result]:
    """Yield all results of the present measures and settings."""
    digests = {(method.name, method.digest) for method in known}
    for path in sorted(results.glob("*/*.json")):
        result: Result = json.loads(path.read_text(encoding="utf-8"))
        name, digest = result["method"], path.stem.split("-")[-2]
        if result["version"] == VERSION and (name, digest) in digests:
            yield result


def line(result: Result) -> str:
    """Return a result in a line."""
    what = f"{result['table']}, {result['method']}, seed {result['seed']}"
    if result["status"] != "done":
        return f"{what}: {result['status']}: {result['reason'][-200:]}"
    found = result["measures"]
    spent = sum(part["cpu_s"] for part in result["seconds"].values())
    shown = ", ".join(f"{name} {found.get(name, math.nan):.3f}" for name in ("c2st", "dcr share", "tstr gap"))
    return f"{what}: {shown}; made in {spent:.2f} s, scored in {result['scoring_s']:.1f} s"
