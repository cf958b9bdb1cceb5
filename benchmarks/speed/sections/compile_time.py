"""What a cold process pays: import, the first call with an empty compile cache, the first call with a full one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from typing import Any

from benchmarks.speed.sections.memory import root
from benchmarks.speed.settings import Settings
from benchmarks.speed.timing import Row, measured

CLOCK = "import time; w, c = time.perf_counter(), time.process_time()"
STOP = "print(time.process_time() - c, time.perf_counter() - w)"
TABLE = "import numpy as np; X = np.random.default_rng(0).normal(size=(500, 4)); from synthmix import MixupSynthesizer"
PATHS = {
    "two-point raw": "MixupSynthesizer('uniform', 'random', 'raw', random_state=0).fit(X).sample(1000)",
    "rotation raw": "MixupSynthesizer('rotation', 'random', 'raw', random_state=0).fit(X).sample(1000)",
    "defaults": "MixupSynthesizer(random_state=0).fit(X).sample(1000)",
}
IMPORTS = {
    "import synthmix": "import synthmix",
    "import synthmix.synthesizer": "import synthmix.synthesizer",
    "import numpy": "import numpy",
}


def seconds_of(code: str, cache: str) -> tuple[float, float]:
    """Return CPU and wall seconds that a fresh process measures between CLOCK and STOP."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=root())
    cpu, wall = done.stdout.split()[-2:]
    return float(cpu), float(wall)


def repeated(name: str, code: str, cache: str, rounds: int) -> Row:
    """Return the row of `code` in `rounds` fresh processes."""
    spent = [seconds_of(code, cache) for _ in range(rounds)]
    return measured(name, [cpu for cpu, _ in spent], [wall for _, wall in spent], 1, "process")


def measure(settings: Settings) -> dict[str, Any]:
    """Time imports, then every path cold and warm, alone and all in one process."""
    every = {**PATHS, "all of these in one process": "; ".join(PATHS.values())}
    paths = {} if settings.quick else every  # a cold cache costs as much for small tables as for large ones
    cases = []
    for name, code in paths.items():
        with tempfile.TemporaryDirectory() as cache:
            timed = f"{TABLE}; {CLOCK}; {code}; {STOP}"
            cases.append(repeated(f"{name}, empty cache", timed, cache, 1))
            cases.append(repeated(f"{name}, full cache, new process", timed, cache, min(3, settings.rounds)))
    with tempfile.TemporaryDirectory() as cache:
        cases += [repeated(name, f"{CLOCK}; {code}; {STOP}", cache, settings.rounds) for name, code in IMPORTS.items()]
    return {"cases": cases}
