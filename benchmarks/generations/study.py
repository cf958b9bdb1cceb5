"""Run the study and keep its numbers: every chain, and means with intervals over chains."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t

import synthmix
from benchmarks.frontier.tables import read_manifest, read_table
from benchmarks.generations.methods import METHODS
from benchmarks.generations.ruler import frontier_ruler
from synthmix.collapse import CollapseStudy
from synthmix.io.atomic import atomic_write

DIGITS = 6


def run(asked: argparse.Namespace, path: Path) -> None:
    """Run what is asked and write the JSON."""
    entry = {one.name: one for one in read_manifest(asked.data)}[asked.table]
    study = CollapseStudy(
        read_table(asked.data, entry),
        {name: METHODS[name] for name in asked.methods},
        asked.regime,
        n=asked.rows,
        generations=asked.generations,
        replicates=asked.chains,
        random_state=asked.seed,
        target=entry.target,
        ruler=frontier_ruler,
    )
    began = time.process_time()
    result = study.run(asked.store, asked.jobs)
    if len(result.errors):
        print(result.errors.to_string())
    about = {
        "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "versions": {"synthmix": synthmix.__version__, "python": platform.python_version()},
        "cpu seconds": round(time.process_time() - began, 1),
        **{name: getattr(asked, name) for name in ("table", "rows", "generations", "chains", "regime", "seed")},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as stream:
        stream.write(as_json(about, summary(result.trajectories)).encode())


def as_json(about: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    """Return a result as JSON with a line for each row, so that a change of one is a change of a line."""
    lines = ",\n".join(f"  {json.dumps(row)}" for row in rows)
    return f'{{"about": {json.dumps(about)},\n "rows": [\n{lines}\n]}}\n'


def summary(trajectories: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a row for each method, measure and generation: mean, 95 % interval of the mean (t), and the chains."""
    found = []
    new = trajectories[trajectories["rows"] == "new"].sort_values("chain")
    for (method, measure, generation), rows in new.groupby(["generator", "metric", "generation"], sort=False):
        values = rows["value"].to_numpy(np.float64)
        half = _half_width(values)
        found.append({
            "method": method, "measure": measure, "generation": int(generation), "mean": _short(values.mean()),
            "low": _short(values.mean() - half), "high": _short(values.mean() + half),
            "chains": [_short(value) for value in values],
        })  # fmt: skip
    return found


def _half_width(values: np.ndarray) -> float:
    if len(values) < 2:
        return float("nan")
    return float(t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
