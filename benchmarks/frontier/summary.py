"""Results of seeds put together: a mean and its error for each table, method and measure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from benchmarks.frontier.cells import Result
from benchmarks.frontier.methods import REFERENCES
from benchmarks.papers.statistics import summary

SECONDS, MEMORY = "seconds", "peak MiB"


class Mean(NamedTuple):
    """A mean over seeds and its standard error, NaN where there is one seed only."""

    value: float
    error: float
    seeds: int


Means = dict[tuple[str, str], dict[str, Mean]]  # (table, method) to measures


def means(results: Iterable[Result]) -> Means:
    """Return means over seeds of all measures, of CPU seconds of fit and sample, and of memory."""
    values: dict[tuple[str, str], dict[str, list[float]]] = {}
    for result in results:
        if result["status"] != "done":
            continue
        cell = values.setdefault((result["table"], result["method"]), {})
        for name, value in measured(result).items():
            cell.setdefault(name, []).append(math.nan if value is None else value)
    return {key: {name: _mean(x) for name, x in cell.items()} for key, cell in values.items()}


def measured(result: Result) -> dict[str, float]:
    """Return the measures of a result, its CPU seconds and its memory."""
    spent = sum(part["cpu_s"] for part in result["seconds"].values())
    return {**result["measures"], SECONDS: spent, MEMORY: result["peak_mib"]}


def _mean(values: list[float]) -> Mean:
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return Mean(math.nan, math.nan, 0)
    found = summary(known)
    return Mean(found["mean"], found["se"], len(known))


def value(found: Means, table: str, method: str, measure: str) -> float:
    """Return a mean, NaN where there is none."""
    return found.get((table, method), {}).get(measure, Mean(math.nan, math.nan, 0)).value


def over_tables(found: Means, tables: list[str], method: str, measure: str) -> float:
    """Return the mean over the tables that have a number."""
    known = [x for x in (value(found, table, method, measure) for table in tables) if not math.isnan(x)]
    return float(np.mean(known)) if known else math.nan


def ordered(results: Iterable[Result]) -> list[str]:
    """Return the methods that have results: references, controls, peers, ours."""
    order = {"control": 0, "peer": 1, "ours": 2}
    known = {r["method"]: order[r["family"]] for r in results if r["status"] == "done"}
    return sorted(known, key=lambda name: (name not in REFERENCES, known[name], name))
