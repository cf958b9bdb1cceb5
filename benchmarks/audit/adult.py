"""Seconds and peak memory of a standard audit of adult: one half made the synthetic rows, the other is held out.

python -m benchmarks.audit.adult DATA/adult.csv [--threads 2]
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time

import numpy as np
import pandas as pd

import synthmix


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("table")
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    table = pd.read_csv(asked.table)
    order = np.random.Generator(np.random.Philox(key=0)).permutation(len(table))
    train, holdout = (table.iloc[part] for part in np.array_split(order, 2))
    generator = synthmix.MixupSynthesizer(random_state=0).fit(train, target="income")
    synthetic = generator.sample(len(train))
    clock: list[tuple[str, float]] = []
    cpu = time.process_time()

    def tell(section: str) -> None:
        clock.append((section, time.perf_counter()))

    report = synthmix.audit(
        train, synthetic, holdout, target="income", sensitive=("sex", "race"), n_jobs=asked.threads, tell=tell
    )
    clock.append(("end", time.perf_counter()))
    unit = 2**30 if sys.platform == "darwin" else 2**20
    print(report.summary())
    found = {
        "rows": [len(train), len(synthetic), len(holdout)],
        "seconds": {name: round(clock[k + 1][1] - at, 1) for k, (name, at) in enumerate(clock[:-1])},
        "cpu_s": round(time.process_time() - cpu, 1),
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, 2),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
