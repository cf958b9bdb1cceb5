"""imbalanced-learn as a sampler: the rows that SMOTE or SMOTENC adds to a class, five neighbours, its default.

All real rows are one class and a single repeated row is a second one, which the library demands; none is made of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from job import Job, work

REAL, DUMMY = 0, 1


def fit(job: Job) -> Any:
    from imblearn.over_sampling import SMOTE, SMOTENC

    wanted = {REAL: len(job.table) + job.rows}
    if not job.discrete:
        return SMOTE(sampling_strategy=wanted, random_state=job.seed)
    return SMOTENC(categorical_features=job.discrete, sampling_strategy=wanted, random_state=job.seed)


def sample(sampler: Any, job: Job) -> pd.DataFrame:
    target = np.array([REAL] * len(job.table) + [DUMMY])
    numbers = {name: "float64" for name in job.table if name not in job.discrete}
    table = pd.concat([job.table, job.table.iloc[:1]], ignore_index=True).astype(numbers)
    filled, _ = sampler.fit_resample(table, target)
    return filled.iloc[len(table) :]


if __name__ == "__main__":
    work(fit, sample, ("imbalanced-learn", "scikit-learn", "numpy"))
