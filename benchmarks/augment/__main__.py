"""``python -m benchmarks.augment``: measure and keep the numbers; ``page``: write docs/resample-figures.md."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.augment.page import page
from benchmarks.augment.tasks import TASKS, WEIGHTED, Task, learners, scores, ways
from benchmarks.real_tables import data_folder

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RESULT = HERE / "results" / "rare.json"
PAGE = ROOT / "docs" / "resample-figures.md"


def measure(task: Task, folder: Path, repeats: int) -> list[dict[str, Any]]:
    """Return one entry for each way, learner and fold: what the learner reaches on the fold."""
    from sklearn.model_selection import RepeatedStratifiedKFold

    X, y = task.read(folder)
    rows = []
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=repeats, random_state=0)
    for number, (train, test) in enumerate(folds.split(X, y)):
        for way, resample in ways().items():
            ready = resample(X.iloc[train], y[train], number)
            for name, learner in learners().items():
                if way == WEIGHTED:
                    learner.set_params(class_weight="balanced")
                found = scores(learner, ready, (X.iloc[test], y[test]))
                rows.append({"way": way, "learner": name, "fold": number, **found})
        print(task.name, number, flush=True)
    return rows


def main(given: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.augment", description=__doc__)
    parser.add_argument("command", nargs="?", choices=("measure", "page"), default="measure")
    parser.add_argument("--data", type=Path, default=data_folder())
    parser.add_argument("--repeats", type=int, default=4, help="of five folds")
    parser.add_argument("--out", type=Path, default=RESULT)
    asked = parser.parse_args(given)
    if asked.command == "measure":
        tasks = []
        for task in TASKS:
            _, y = task.read(asked.data)
            rows = measure(task, asked.data, asked.repeats)
            tasks.append({"task": task.name, "rows": len(y), "rare": int(np.sum(y)), "cells": summary(rows)})
        names = ("synthmix", "scikit-learn", "imbalanced-learn")
        about = {name: _version(name) for name in names}
        text = json.dumps(
            {"date": datetime.now(UTC).isoformat(), "versions": about, "repeats": asked.repeats, "tasks": tasks},
            indent=1,
        )
        asked.out.write_text(text + "\n", encoding="utf-8")
    PAGE.write_text(page(json.loads(asked.out.read_text(encoding="utf-8"))), encoding="utf-8")
    return 0


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return means over folds, and differences from nothing with their standard errors.

    Folds share training rows, so the variance of a mean difference is that of Nadeau and Bengio (2003): the variance
    over folds times (1 / folds + test rows / training rows).
    """
    base = {(row["learner"], row["fold"]): row for row in rows if row["way"] == "nothing"}
    cells = []
    for learner in dict.fromkeys(row["learner"] for row in rows):
        for way in dict.fromkeys(row["way"] for row in rows):
            mine = [row for row in rows if (row["way"], row["learner"]) == (way, learner)]
            for metric in (name for name in mine[0] if name not in ("way", "learner", "fold")):
                gaps = np.array([row[metric] - base[learner, row["fold"]][metric] for row in mine])
                error = float(np.sqrt(gaps.var(ddof=1) * (1.0 / gaps.size + 0.25)))
                mean = float(np.mean([row[metric] for row in mine]))
                cells.append(
                    {
                        "learner": learner,
                        "way": way,
                        "metric": metric,
                        "mean": mean,
                        "gap": float(gaps.mean()),
                        "se": error,
                    }
                )
    return cells


def _version(name: str) -> str:
    try:
        return version(name)
    except ModuleNotFoundError:
        return "not installed"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
