"""Ask another program for a synthetic table; what it made is kept, so that scores can be computed again."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.frontier.gaps import fill
from benchmarks.frontier.methods import Method
from benchmarks.frontier.tables import Data
from benchmarks.peers.ask import ask
from synthmix.io.atomic import atomic_write

HERE = Path(__file__).resolve().parent
CACHE = HERE / ".cache"
PROGRAMS = HERE / "peers"
SPEED = HERE.parent / "speed" / "peers"  # where the pins of two of them stand
CAP_S = 300  # CPU seconds of fit and sample together


def from_peer(method: Method, data: Data, seed: int, cache: Path = CACHE) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return a peer's table and what it says of itself: seconds, peak memory, versions.

    Raises
    ------
    NotAvailableError
        When it has no environment or fails; TookTooLongError when it is ended after `CAP_S`.
    """
    program, pins = files_of(method.settings["program"])
    version = hashlib.sha256(program.read_bytes() + pins.read_bytes()).hexdigest()[:8]
    words = "".join(c if c.isalnum() else "-" for c in method.name)
    place = cache / data.entry.name / f"{words}-{method.digest}-{version}-{data.digest}-s{seed}"
    table, said = place.with_suffix(".parquet"), place.with_suffix(".json")
    if not said.is_file():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            answer = ask_for(method, data, seed, Path(folder), CAP_S)
            with atomic_write(table) as file:
                file.write((Path(folder) / "made.parquet").read_bytes())
        with atomic_write(said) as file:
            file.write(json.dumps(answer).encode())
    return pd.read_parquet(table), json.loads(said.read_text(encoding="utf-8"))


def files_of(peer: str) -> tuple[Path, Path]:
    """Return the program of a peer and what pins its environment."""
    pins = PROGRAMS / f"requirements-{peer}.txt"
    return PROGRAMS / f"run_{peer}.py", pins if pins.is_file() else SPEED / pins.name


def ask_for(method: Method, data: Data, seed: int, folder: Path, cap_s: int) -> dict[str, Any]:
    """Run the program, whose table goes to `folder`; it is ended after `cap_s` CPU seconds.

    One that holds no gaps gets and gives a table without, and with a flag for each.
    """
    asked = dict(method.settings)
    peer, holds_gaps = asked.pop("program"), asked.pop("gaps", False)
    filled = None if holds_gaps else fill(data.train)
    table = data.train if filled is None else filled.table
    discrete = data.discrete if filled is None else filled.discrete
    table.to_parquet(folder / "table.parquet")
    made = folder / "made.parquet"
    job = {"table": str(folder / "table.parquet"), "out": str(made), "discrete": discrete, "rows": len(table)}
    (folder / "job.json").write_text(json.dumps({**job, "seed": seed, "cap_s": cap_s, "options": asked}))
    answer = ask(*files_of(peer), str(folder / "job.json"))
    if filled is not None:
        filled.put_back(pd.read_parquet(made)).to_parquet(made)
    return answer
