"""SDV's synthesizers with their defaults; kinds of columns are said: nothing is taken for an address or a key."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from job import Job, work


def fit(job: Job) -> Any:
    import torch
    from sdv import single_table
    from sdv.metadata import Metadata

    np.random.seed(job.seed)  # noqa: NPY002 - the library draws from the global state
    torch.manual_seed(job.seed)
    torch.set_num_threads(1)
    metadata = Metadata.detect_from_dataframes({"table": job.table}, infer_keys=None)
    for name in job.table:
        kind = "categorical" if name in job.discrete else "numerical"
        metadata.update_column(table_name="table", column_name=name, sdtype=kind)
    synthesizer = getattr(single_table, job.options["synthesizer"])(metadata)
    synthesizer.fit({"table": job.table})
    return synthesizer


def sample(synthesizer: Any, job: Job) -> pd.DataFrame:
    return synthesizer.sample(num_rows=job.rows)["table"]


if __name__ == "__main__":
    work(fit, sample, ("sdv", "ctgan", "copulas", "rdt", "torch", "numpy", "pandas"))
