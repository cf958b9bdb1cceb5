"""What SDMetrics, scipy, hyppo and prdc say about two tables, and how long they take; runs in their environment.

Called with a folder of Parquet files and a task; prints one line of JSON. Needs clock.py on the path.
"""

from __future__ import annotations

import itertools
import json
import sys
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from clock import Times, about, timed

REPETITIONS, WORKERS, SEED = 499, 1, 0
SOME = 250  # synthetic rows of SDMetrics' privacy metrics, which compare each with all real rows
KNOWN, SENSITIVE, CONTINUOUS = ["age", "education", "occupation"], ["sex", "race"], ["age"]  # of adult
PRIVACY = ("DCRBaselineProtection", "DCROverfittingProtection", "NewRowSynthesis", "DisclosureProtectionEstimate")
Answer = dict[str, Any]


def read(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(folder / f"{name}.parquet")


def metadata(table: pd.DataFrame) -> dict[str, Any]:
    numeric = {name: pd.api.types.is_numeric_dtype(table[name].dtype) for name in table}
    return {"columns": {name: {"sdtype": "numerical" if is_ else "categorical"} for name, is_ in numeric.items()}}


def quality(folder: Path) -> Answer:
    """Time SDMetrics' QualityReport and keep its scores."""
    from sdmetrics.reports.single_table import QualityReport

    real, new = read(folder, "real"), read(folder, "new")
    report, times = QualityReport(), Times()
    timed(lambda: report.generate(real, new, metadata(real), verbose=False), times)
    details = report.get_details("Column Shapes")
    scores = {f"{row['Column']}: {row['Metric']}": row["Score"] for row in details.to_dict("records")}
    return {**times, "score": report.get_score(), "columns": scores}


def diagnostic(folder: Path) -> Answer:
    """Time SDMetrics' DiagnosticReport."""
    from sdmetrics.reports.single_table import DiagnosticReport

    real, new = read(folder, "real"), read(folder, "new")
    report, times = DiagnosticReport(), Times()
    timed(lambda: report.generate(real, new, metadata(real), verbose=False), times)
    return {**times, "score": report.get_score()}


def privacy(name: str, folder: Path) -> Answer:
    """Time one of SDMetrics' metrics of privacy, by SOME synthetic rows."""
    from sdmetrics import single_table

    real, new, held = (read(folder, which) for which in ("real", "new", "holdout"))
    one = {"metadata": metadata(real), "table_name": "table", "num_rows_subsample": SOME, "num_iterations": 1}
    known = {"known_column_names": KNOWN, "sensitive_column_names": SENSITIVE, "continuous_column_names": CONTINUOUS}
    options: dict[str, Answer] = {
        "DCRBaselineProtection": {"real_data": real, "synthetic_data": new, **one},
        "DCROverfittingProtection": {
            "real_training_data": real, "synthetic_data": new, "real_validation_data": held, **one,
        },
        "NewRowSynthesis": {
            "real_data": real, "synthetic_data": new, "metadata": metadata(real), "table_name": "table",
            "synthetic_sample_size": SOME,
        },
        "DisclosureProtectionEstimate": {
            "real_data": real, "synthetic_data": new, "num_rows_subsample": SOME, "num_iterations": 1,
            "verbose": False, **known,
        },
    }  # fmt: skip
    times = Times()
    np.random.seed(SEED)  # noqa: NPY002  (the peer draws from it)
    found = timed(lambda: getattr(single_table, name).compute_breakdown(**options[name]), times)
    return {**times, "score": found["score"], "rows": SOME}


def pairs(folder: Path) -> Answer:
    """Keep SDMetrics' similarity of correlations of neighbouring numeric columns."""
    from sdmetrics.column_pairs import CorrelationSimilarity

    real, new = (read(folder, name).select_dtypes("number") for name in ("real", "new"))
    return {f"{a} x {b}": CorrelationSimilarity.compute(real[[a, b]], new[[a, b]]) for a, b in itertools.pairwise(real)}


def scipy_columns(folder: Path) -> Answer:
    """Time scipy's Kolmogorov-Smirnov test and Wasserstein distance of every numeric column."""
    from scipy.stats import ks_2samp, wasserstein_distance

    real, new = (read(folder, name).select_dtypes("number") for name in ("real", "new"))
    times: Times = {}

    def compare() -> list[list[float]]:
        sides = [(real[name].dropna().to_numpy(), new[name].dropna().to_numpy()) for name in real]
        return [[float(ks_2samp(*s, method="asymp").statistic), float(wasserstein_distance(*s))] for s in sides]

    values = timed(compare, times)
    return {**times, "values": dict(zip(real.columns, values, strict=True))}


def hyppo_tests(folder: Path) -> Answer:
    """Time hyppo's permutation tests of energy and MMD."""
    from hyppo.ksample import MMD, Energy

    real, new = (read(folder, name).to_numpy() for name in ("real", "new"))
    found: Answer = {}
    for name, test in (("energy", Energy()), ("mmd", MMD())):
        test.test(real[:50], new[:50], reps=9, workers=WORKERS, auto=False, random_state=SEED)  # compiles
        times: Times = {}
        p = timed(lambda test=test: permuted(test, real, new, REPETITIONS), times)
        found[name] = {**times, "p": p}
    return found


def permuted(test: Any, real: np.ndarray, new: np.ndarray, repetitions: int) -> float:
    return float(test.test(real, new, reps=repetitions, workers=WORKERS, auto=False, random_state=SEED)[1])


def hyppo_p(folder: Path) -> Answer:
    """Return p-values of many pairs of small tables, stacked in one file by their number."""
    from hyppo.ksample import MMD, Energy

    real, new = read(folder, "real"), read(folder, "new")
    found: Answer = {"energy": [], "mmd": []}
    for number in range(int(real["number"].max()) + 1):
        sides = [side[side["number"] == number].drop(columns="number").to_numpy() for side in (real, new)]
        found["energy"].append(permuted(Energy(), *sides, 999))
        found["mmd"].append(permuted(MMD(), *sides, 999))
    return found


def prdc_numbers(folder: Path) -> Answer:
    """Time and keep precision, recall, density, coverage."""
    from prdc import compute_prdc

    real, new = (read(folder, name).to_numpy() for name in ("real", "new"))
    times: Times = {}
    values = timed(lambda: compute_prdc(real, new, 5), times)
    return {**times, "values": {name: float(value) for name, value in values.items()}}


TASKS: dict[str, Callable[[Path], Answer]] = {
    "quality": quality,
    "diagnostic": diagnostic,
    **{name: partial(privacy, name) for name in PRIVACY},
    "pairs": pairs,
    "scipy": scipy_columns,
    "hyppo": hyppo_tests,
    "hyppo_p": hyppo_p,
    "prdc": prdc_numbers,
}

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    answer = TASKS[sys.argv[2]](Path(sys.argv[1]))
    sys.stdout.flush()
    print("\n" + json.dumps({**answer, **about("sdmetrics", "hyppo", "prdc", "scipy", "numpy", "pandas")}))
