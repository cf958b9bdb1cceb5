"""A standard audit of adult, and SDMetrics on the same tables: seconds and peak memory.

    python -m benchmarks.audit.adult            # minutes; SDMetrics runs in an environment of its own, built once
    python -m benchmarks.audit.adult --quick    # small tables: whether it runs
    python -m benchmarks.audit.adult --page     # write docs/audit-speed.md from what is kept

One half of the rows made the synthetic table, the other half is held out; as many rows are synthetic.
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import synthmix
from benchmarks.audit.pages import speed_page
from benchmarks.peers.ask import ask
from benchmarks.real_tables import data_folder
from benchmarks.speed.machine import describe

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
KEPT, PAGE, PEERS = HERE / "results" / "adult.json", ROOT / "docs" / "audit-speed.md", HERE.parent / "drift" / "peers"
THEIRS = (
    "quality", "diagnostic", "DCRBaselineProtection", "DCROverfittingProtection", "NewRowSynthesis",
    "DisclosureProtectionEstimate",
)  # fmt: skip


def tables(rows: int | None) -> dict[str, pd.DataFrame]:
    """Return training, synthetic and held out rows."""
    table = pd.read_csv(data_folder() / "adult.csv")
    order = np.random.Generator(np.random.Philox(key=0)).permutation(len(table))[:rows]
    real, holdout = (table.iloc[part].reset_index(drop=True) for part in np.array_split(order, 2))
    generator = synthmix.MixupSynthesizer(random_state=0).fit(real, target="income")
    return {"real": real, "new": generator.sample(len(real)), "holdout": holdout}


def ours(sides: dict[str, pd.DataFrame], threads: int) -> dict[str, Any]:
    """Return wall and CPU seconds of each section of an audit, and the peak memory of this process."""
    clock: list[tuple[str, float, float]] = []

    def tell(section: str) -> None:
        clock.append((section, time.perf_counter(), time.process_time()))

    options: dict[str, Any] = {"target": "income", "sensitive": ("sex", "race"), "n_jobs": threads}
    synthmix.audit(*(sides[name].head(500) for name in ("real", "new", "holdout")), **options)  # compiles
    tell("reading")
    report = synthmix.audit(sides["real"], sides["new"], sides["holdout"], **options, tell=tell)
    tell("end")
    print(report.summary())
    spent = {one[0]: [later[1] - one[1], later[2] - one[2]] for one, later in itertools.pairwise(clock)}
    spent = {"all": [clock[-1][1] - clock[0][1], clock[-1][2] - clock[0][2]], **spent}
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return {
        "sections": {name: {"wall_s": [wall], "cpu_s": [cpu]} for name, (wall, cpu) in spent.items()},
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit,
        "threads": threads,
        "verdicts": report.verdicts,
    }


def theirs(sides: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """Return what SDMetrics' program answers to each task."""
    with tempfile.TemporaryDirectory() as folder:
        for name, table in sides.items():
            table.to_parquet(Path(folder) / f"{name}.parquet")
        program, pins = PEERS / "run.py", PEERS / "requirements-diagnostics.txt"
        return {task: ask(program, pins, folder, task) for task in THEIRS}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--page", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args(arguments)
    if not given.page:
        sides = tables(1200 if given.quick else None)
        found = {
            "rows": {name: len(side) for name, side in sides.items()},
            "audit": ours(sides, given.threads),
            "SDMetrics": theirs(sides),
            "machine": describe(),
        }
        if given.quick:
            print(speed_page(found))
            return
        KEPT.parent.mkdir(exist_ok=True)
        KEPT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(speed_page(json.loads(KEPT.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main()
