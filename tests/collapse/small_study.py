"""A small study, run as a process of its own so that it can be killed: ``python small_study.py FOLDER WORKERS``."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from collapse.fake_ruler import fake_ruler
from collapse.strangers import fails_in_generation_7, shuffled

from synthmix.collapse import CollapseStudy


def small_table(rows: int = 400) -> pd.DataFrame:
    random = np.random.Generator(np.random.Philox(key=5))
    x = random.normal(size=rows)
    return pd.DataFrame({"x": x, "y": x + random.normal(size=rows), "s": random.choice([*"abcdefghij"], rows)})


def small_study(**options) -> CollapseStudy:
    given = {
        "generators": ["epbeta", shuffled, fails_in_generation_7],
        "regimes": ["replace", "subsample"],
        "n": 30,
        "generations": 8,
        "replicates": 2,
        "ruler": fake_ruler,
        "random_state": 11,
    }
    return CollapseStudy(small_table(), **{**given, **options})


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    small_study().run(sys.argv[1], int(sys.argv[2]), checkpoint_seconds=float(sys.argv[3]))
