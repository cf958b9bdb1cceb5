"""imbalanced-learn as a sampler: SMOTENC for a table with categories, SMOTE for numbers.

Both only fill up classes until they are as large as asked. So all real rows are one class and a single repeated row is
a second one, which the library demands and nothing is made for; the first class is to be filled up to its own size
plus the wanted number of rows, and the rows that were added are the synthetic ones. Five neighbours, the default.
SMOTENC is timed once, for it takes long; SMOTE twice. Dates become whole numbers and booleans categories before the
clock starts.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any

import numpy as np
import pandas as pd
from clock import Times, about, require_shape, timed

REAL, DUMMY = 0, 1


def prepared(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with numbers and categories only."""
    columns = {}
    for name, column in table.items():
        if pd.api.types.is_bool_dtype(column.dtype) or not (
            pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_datetime64_any_dtype(column.dtype)
        ):
            columns[name] = column.astype(str).astype("category")
        elif pd.api.types.is_numeric_dtype(column.dtype):
            columns[name] = column.astype("float64")
        else:
            columns[name] = column.astype("int64").astype("float64")
    return pd.DataFrame(columns)


def synthesize(sampler: Any, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that the sampler adds."""
    n = len(table)
    target = np.array([REAL] * n + [DUMMY])
    filled, _ = sampler.fit_resample(pd.concat([table, table.iloc[:1]], ignore_index=True), target)
    return filled.iloc[n + 1 :]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    from imblearn.over_sampling import SMOTE, SMOTENC

    table, rows = prepared(pd.read_parquet(sys.argv[1])), int(sys.argv[2])
    wanted = {REAL: len(table) + rows}
    mixed = any(dtype == "category" for dtype in table.dtypes)
    if mixed:
        sampler = SMOTENC(categorical_features="auto", sampling_strategy=wanted, random_state=0)
    else:
        sampler = SMOTE(sampling_strategy=wanted, random_state=0)
    sample: Times = {}
    for _ in range(1 if mixed else 2):
        result = timed(lambda: synthesize(sampler, table), sample)
        require_shape(result, rows, table.shape[1])
    settings = f"{type(sampler).__name__}, 5 neighbours, {len(table)} complete rows, one call is fit and sample"
    print(json.dumps({"sample": sample, "settings": settings, **about("imbalanced-learn", "scikit-learn", "numpy")}))
