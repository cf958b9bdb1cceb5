"""synthpop-py: sequential trees, the maintained Python program after the R package synthpop, with its defaults."""

from __future__ import annotations

from typing import Any

import pandas as pd
from job import Job, work


def fit(job: Job) -> Any:
    from synthpop import Synthesiser

    table = job.table.astype(dict.fromkeys(job.discrete, "category"))
    return Synthesiser(random_seed=job.seed).fit(table)


def sample(synthesiser: Any, job: Job) -> pd.DataFrame:
    return synthesiser.generate(n=job.rows)


if __name__ == "__main__":
    work(fit, sample, ("synthpop-py", "scikit-learn", "numpy", "pandas"))
