"""SDV's GaussianCopulaSynthesizer with its defaults, from a Parquet file to a frame.

The metadata are detected, without keys, before the clock starts. Fit is timed once, sample three times; the first
sample is a warm-up and is reported apart.
"""

from __future__ import annotations

import json
import sys
import warnings

import pandas as pd
from clock import Times, about, require_shape, timed

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    from sdv.metadata import Metadata
    from sdv.single_table import GaussianCopulaSynthesizer

    table, rows = pd.read_parquet(sys.argv[1]), int(sys.argv[2])
    data = {"table": table}
    metadata = Metadata.detect_from_dataframes(data, infer_keys=None)
    synthesizer = GaussianCopulaSynthesizer(metadata)
    fit: Times = {}
    first: Times = {}
    sample: Times = {}
    timed(lambda: synthesizer.fit(data), fit)
    for times in (first, sample, sample):
        result = timed(lambda: synthesizer.sample(num_rows=rows), times)["table"]
        require_shape(result, rows, table.shape[1])
    kinds = {name: column["sdtype"] for name, column in metadata.to_dict()["tables"]["table"]["columns"].items()}
    answer = {"fit": fit, "sample": sample, "first_sample": first, "settings": "defaults", "detected": kinds}
    print(json.dumps({**answer, **about("sdv", "copulas", "rdt", "numpy", "pandas", "torch")}))
