"""Seconds of the learned peers on large tables, each ended when it has used so many times ours that all is said."""

from __future__ import annotations

import json
import math
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.frontier.make import make
from benchmarks.frontier.methods import PEERS, Method
from benchmarks.frontier.outside import ask_for
from benchmarks.frontier.tables import Data, Entry, read_manifest, read_table
from benchmarks.peers.ask import TookTooLongError
from benchmarks.speed.peers.call import as_frame
from benchmarks.speed.sections.limits import source
from benchmarks.speed.settings import Sizes
from benchmarks.speed.timing import NotAvailableError
from synthmix.io.atomic import atomic_write

RESULT = Path(__file__).resolve().parent / "results" / "learned.json"
LEARNED = ("SDV CTGAN", "SDV TVAE", "ARF", "ForestDiffusion, light")
ENOUGH = 125.0  # times our CPU seconds, after which a peer is ended; the bar is 100
ROUNDS = 3
START_S = 20  # what a peer may spend on imports


def measure(folder: Path, path: Path) -> None:
    """Measure what is missing in the JSON file `path`, one peer after the other."""
    kept: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    for data in (adult(folder), numbers()):
        known = {one["peer"] for one in kept if one["table"] == data.entry.name}
        missing = [name for name in LEARNED if name not in known]
        ours = our_seconds(data) if missing else math.nan
        for name in missing:
            kept.append({"table": data.entry.name, "peer": name, "ours_s": ours, **peer_seconds(name, data, ours)})
            print(kept[-1], flush=True)
            with atomic_write(path) as file:
                file.write((json.dumps(kept, indent=1) + "\n").encode())


def adult(folder: Path) -> Data:
    """Return the whole table, nothing held out."""
    entry = next(one for one in read_manifest(folder) if one.name == "adult")
    table = read_table(folder, entry)
    return Data(entry, table, table.head(0))


def numbers() -> Data:
    """Return the correlated numbers that speed is measured on: 100,000 rows of 20."""
    table = as_frame(source(Sizes(), "float64"))
    return Data(Entry("numbers.csv", "x0"), table, table.head(0))


def our_seconds(data: Data) -> float:
    """Return the median CPU seconds of fit and sample with the defaults."""
    method = Method("synthmix default", "ours", {})
    spent = [make(method, data, seed).seconds for seed in range(ROUNDS)]
    return float(np.median([sum(part["cpu_s"] for part in one.values()) for one in spent]))


def peer_seconds(name: str, data: Data, ours: float) -> dict[str, Any]:
    """Return a peer's CPU seconds of fit and sample, or at what it was ended or why it could not be asked."""
    cap = math.ceil(ENOUGH * ours) + START_S
    day = {"ended_at": ENOUGH, "date": time.strftime("%Y-%m-%d")}
    with tempfile.TemporaryDirectory() as work:
        try:
            answer = ask_for(Method(name, "peer", PEERS[name]), data, 0, Path(work), cap)
        except TookTooLongError:
            return {**day, "status": "ended", "seconds": ENOUGH * ours}
        except NotAvailableError as error:
            return {**day, "status": "not available", "reason": str(error)[-300:]}
    return {**day, "status": "done", "seconds": sum(part["cpu_s"] for part in answer["seconds"].values())}
