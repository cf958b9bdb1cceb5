"""ForestDiffusion (Jolicoeur-Martineau et al. 2024): flow matching with boosted trees, on one thread."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from job import Job, work


def fit(job: Job) -> Any:
    from ForestDiffusion import ForestDiffusionModel

    codes = {name: pd.factorize(job.table[name], sort=True) for name in job.discrete}
    columns = [codes[name][0] if name in codes else job.table[name] for name in job.table]
    places = {name: place for place, name in enumerate(job.table)}
    many = [places[name] for name, (_, levels) in codes.items() if len(levels) > 2]
    two = [places[name] for name, (_, levels) in codes.items() if len(levels) == 2]
    whole = [places[name] for name in job.table if name not in codes and job.table[name].dtype.kind == "i"]
    model = ForestDiffusionModel(
        np.stack(columns, axis=1).astype(np.float64), n_jobs=1, seed=job.seed, cat_indexes=many, bin_indexes=two,
        int_indexes=whole, **job.options,
    )  # fmt: skip
    return model, {name: levels for name, (_, levels) in codes.items()}


def sample(fitted: Any, job: Job) -> pd.DataFrame:
    model, levels = fitted
    made = pd.DataFrame(model.generate(batch_size=job.rows), columns=list(job.table))
    for name, known in levels.items():
        made[name] = np.asarray(known, object)[made[name].to_numpy(np.float64).astype(int).clip(0, len(known) - 1)]
    return made


if __name__ == "__main__":
    work(fit, sample, ("ForestDiffusion", "xgboost", "numpy"))
