"""What near groups cost: the tree of one pass over the table."""

from __future__ import annotations

import itertools
import math
from functools import partial
from typing import Any

from benchmarks.speed import ours
from benchmarks.speed.checks import anything
from benchmarks.speed.sections import limits
from benchmarks.speed.settings import Settings
from benchmarks.speed.tables import numeric
from benchmarks.speed.timing import Call, Case, race


def passes(n: int, columns: int, pairing: str) -> Call:
    """Return a call that makes one whole pass; every call takes the next pass, for trees of a pass are kept."""
    synthesizer = ours.fit(numeric(n, columns), "rotation", pairing)
    counter = itertools.count()

    def call() -> Any:
        number = next(counter)
        return synthesizer.sample_rows(number * n, (number + 1) * n)

    return call


def steps(n: int) -> float:
    """Return n log2 n."""
    return n * math.log2(n)


def tree_seconds(cases: list[dict[str, Any]], n: int, clock: str = "cpu_s") -> float:
    """Return seconds of one tree: a pass with near groups less a pass with random ones, lower quartiles."""
    near, far = (
        next(row[clock]["lower_quartile"] for row in cases if row["case"] == f"{pairing} pass, n = {n}")
        for pairing in ("nearest", "random")
    )
    return near - far


def measure(settings: Settings) -> dict[str, Any]:
    """Time whole passes with near and with random groups; the difference is the tree."""
    columns, cases, trees = settings.sizes.columns, [], []
    for n in settings.sizes.tree_rows:
        X = numeric(n, columns)
        listed = [
            Case(f"{pairing} pass, n = {n}", partial(passes, n, columns, pairing), n, anything)
            for pairing in ("nearest", "random")
        ]
        rows = race([limits.cases(X, n)[2], *listed], settings.slow_rounds)
        rows[0]["case"] += f", n = {n}"
        cases += rows
        seconds = tree_seconds(rows, n)
        trees.append({"n": n, "cpu_s": seconds, "ns_per_n_log2_n": seconds / steps(n) * 1e9})
    return {"cases": cases, "trees": trees}
