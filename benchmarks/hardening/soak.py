"""Many cycles of fit, sample, save, load, certify and compare in one process: does its memory grow?"""

from __future__ import annotations

import gc
import resource
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t

from benchmarks.hardening.tables import world
from synthmix import MixupSynthesizer, SynthmixWarning, drift_report, load

KINDS = ("real", "decimals", "Int64", "ordered", "text", "zoned", "zero-inflated")
ROWS = 400
WARM_UP = 40  # cycles after which caches are full
LEVEL = 0.99
_METHODS: tuple[dict[str, Any], ...] = (
    {},
    {"weights": "rotation", "pairing": "nearest", "encoding": "raw"},
    {"weights": "epbeta", "pairing": "random"},
    {"pairing": "chained", "encoding": "raw"},
)
_AUDITED_EVERY = 10


def soak(cycles: int) -> dict[str, Any]:
    """Run `cycles` cycles; return resident memory after each, its slope after warming up, and an interval."""
    resident: list[int] = []
    audits = 0
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", SynthmixWarning)
        for cycle in range(cycles):
            one_cycle(cycle, Path(folder))
            if cycle % _AUDITED_EVERY == 0:
                audits += 1
                _audit(cycle)
            gc.collect()
            resident.append(_resident())
    return {"cycles": cycles, "audits": audits, "rows": ROWS, "warm_up": WARM_UP, "resident_bytes": resident,
            **slope_of(resident, min(WARM_UP, cycles // 4))}  # fmt: skip


def one_cycle(cycle: int, folder: Path) -> None:
    """Fit, sample, save, load, certify, compare: another table and another method each time."""
    table = world(KINDS, ROWS, cycle, 0.1, "plain").table
    made = MixupSynthesizer(**_METHODS[cycle % len(_METHODS)], random_state=cycle).fit(table)
    sample = made.sample(ROWS)
    made.certificate(sample)
    made.save(folder / "model")
    pd.testing.assert_frame_equal(load(folder / "model").sample(ROWS), sample)
    drift_report(table, sample, level="quick", random_state=cycle)


def _audit(cycle: int) -> None:
    from synthmix import audit

    table = world(KINDS[:4], 150, cycle, 0.0, "plain").table
    sample = MixupSynthesizer(random_state=cycle).fit(table.iloc[:100]).sample(100)
    audit(table.iloc[:100], sample, holdout=table.iloc[100:], level="quick", random_state=cycle)


def _resident() -> int:
    """Return the bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()


def slope_of(resident: list[int], warm_up: int) -> dict[str, Any]:
    """Return the growth in bytes a cycle after warming up, by least squares on means of blocks, with an interval.

    Memory is taken and given back in steps, so neighbouring cycles are alike: means of blocks of ten are nearly
    independent, cycles are not.
    """
    rest = np.asarray(resident[warm_up:], np.float64)
    blocks = rest[: rest.size - rest.size % 10].reshape(-1, 10).mean(axis=1)
    m = blocks.size
    if m < 4:
        return {"slope": None, "interval": None}
    x = 10.0 * (np.arange(m) - (m - 1) / 2)
    slope = float(x @ blocks / (x @ x))
    left = blocks - blocks.mean() - slope * x
    error = float(np.sqrt(left @ left / (m - 2) / (x @ x)))
    half = float(t.ppf(0.5 + LEVEL / 2, m - 2)) * error
    return {"slope": round(slope, 1), "interval": [round(slope - half, 1), round(slope + half, 1)], "level": LEVEL}


if __name__ == "__main__":
    begun = time.monotonic()
    print(soak(8), time.monotonic() - begun)
