"""Measure streaming: ``python -m benchmarks.scale [throughput|windows|adult|kills|workers|page] [--quick]``.

Files go to the system's folder for temporary files (``TMPDIR``); the full throughput needs 18 GB there, windows 9 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.scale.kills import kills
from benchmarks.scale.mixed import adult
from benchmarks.scale.page import page
from benchmarks.scale.steps import measured
from benchmarks.scale.workers import workers
from benchmarks.speed.machine import describe

HERE = Path(__file__).resolve().parent
RESULTS, PAGE = HERE / "results", HERE.parents[1] / "docs" / "scale.md"


def throughput(folder: Path, rows: int, *, quick: bool) -> dict[str, Any]:
    """Rows from a source of a million against writing the same batches without making them, in turns."""
    source, sink = folder / "in.parquet", folder / "out.parquet"
    n = 100_000 if quick else 10**6
    measured("make", path=source, rows=n, columns=20)
    methods = {
        "random groups, raw": {"encoding": "raw", "pairing": "random"},
        "near groups, raw": {"encoding": "raw"},
        "near groups, normal scores": {"pairing": "nearest"},
    }
    found: dict[str, Any] = {"source_rows": n, "columns": 20, "rows": rows, "load_before": os.getloadavg(), "turns": []}
    short = min(rows, 20 * n)
    for name, options in methods.items():
        for total in sorted({short, rows if name == "random groups, raw" else short}):
            turn: dict[str, Any] = {"method": name, "rows": total, "load": os.getloadavg()}
            for step in ("limit", "stream"):
                more = options if step == "stream" else {}
                turn[step] = measured(step, source=source, sink=sink, rows=total, **more)
                sink.unlink()
            turn["share_of_limit"] = turn["limit"]["seconds"] / turn["stream"]["seconds"]
            found["turns"].append(turn)
            print(json.dumps(turn), flush=True)
    return found


def windows(folder: Path, rows: int, *, quick: bool) -> dict[str, Any]:
    """A source that does not fit, raw and under normal scores."""
    source, sink, memory = folder / "in.parquet", folder / "out.parquet", "1GiB"
    found: dict[str, Any] = {"columns": 20, "memory": memory}
    for name, total, options in (
        ("raw, near groups", rows, {"encoding": "raw"}),
        ("normal scores, random groups", rows, {"pairing": "random"}),
    ):
        if quick:
            options["mode"] = "windows"
        load = os.getloadavg()
        measured("make", path=source, rows=total, columns=20)
        found[name] = measured("stream", source=source, sink=sink, memory=memory, certificate="1", **options)
        found[name] |= {"load": load}
        if name.startswith("normal"):
            found[name] |= measured("margins", source=source, made=sink)
            found[name] |= measured("sketch", source=source)
        print(name, json.dumps(found[name]), flush=True)
        sink.unlink()
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["throughput", "windows", "adult", "kills", "workers", "page"])
    parser.add_argument("--rows", type=int)
    parser.add_argument("--quick", action="store_true", help="small tables: whether it runs")
    given = parser.parse_args(arguments)
    if given.what != "page":
        steps: dict[str, tuple[Callable[..., dict[str, Any]], int, int]] = {
            "throughput": (throughput, 10**8, 500_000),
            "windows": (windows, 2 * 10**7, 200_000),
            "adult": (adult, 10**6, 20_000),
            "kills": (kills, 120_000, 60_000),
            "workers": (workers, 2 * 10**6, 100_000),
        }
        step, usual, few = steps[given.what]
        with tempfile.TemporaryDirectory(prefix="synthmix-scale-") as folder:
            found = step(Path(folder), given.rows or (few if given.quick else usual), quick=given.quick)
        found["machine"] = describe()
        if given.quick:
            print(json.dumps(found, indent=1))
            return
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{given.what}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(RESULTS), encoding="utf-8")


if __name__ == "__main__":
    main()
