"""Adversarial random forests (Watson et al. 2023), arfpy's defaults: 30 trees, leaves of at least 5 rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from job import Job, work


def fit(job: Job) -> Any:
    from arfpy import arf

    np.random.seed(job.seed)  # noqa: NPY002 - the library draws from the global state
    forest = arf.arf(x=job.table, verbose=False, random_state=job.seed)
    forest.forde()
    return forest


def sample(forest: Any, job: Job) -> pd.DataFrame:
    return forest.forge(n=job.rows)


if __name__ == "__main__":
    work(fit, sample, ("arfpy", "scikit-learn", "numpy", "pandas"))
