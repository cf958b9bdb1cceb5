"""Fail when a ratio falls below its floor. Ratios of one run hold on other machines; seconds do not."""

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed import machine
from benchmarks.speed.checks import anything, mixes
from benchmarks.speed.sections import limits, normal_scores, threads, trees, two_point
from benchmarks.speed.sections.growth import sampler
from benchmarks.speed.tables import numeric
from benchmarks.speed.timing import Call, Case, race
from synthmix.weights import Rotation

FLOORS = Path(__file__).resolve().parent / "floors.json"
SLACK = 0.6  # of what was measured: shared machines are noisy, and a lost optimisation costs more than this
ROWS_IN, COLUMNS, ROWS_OUT, SCORE_ROWS = 100_000, 20, 500_000, 100_000

Floors = dict[str, dict[str, float]]


def failures(measured: dict[str, float | None], floors: Floors) -> list[str]:
    """Return one line for each floor that `measured` falls below, or has no entry for.

    None stands for what this machine cannot measure, such as two threads on one core; it is no failure.
    """
    found = []
    for name, entry in floors.items():
        if name not in measured:
            found.append(f"{name}: has a floor but was not measured")
            continue
        value = measured[name]
        if value is not None and not value >= entry["floor"]:  # a NaN is a failure too
            found.append(f"{name}: {value:.3f} is below the floor {entry['floor']:.3f} (was {entry['measured']:.3f})")
    return found


def floors_from(measured: dict[str, float | None]) -> Floors:
    """Return floors with room for noise below what was measured."""
    return {
        name: {"floor": round(SLACK * value, 4), "measured": round(value, 4)}
        for name, value in measured.items()
        if value is not None
    }


def guard(rounds: int, *, set_floors: bool) -> int:
    """Measure, print, compare; return the exit status."""
    measured = ratios(rounds)
    if set_floors:
        about = {key: machine.describe()[key] for key in ("date", "processor", "versions")}
        FLOORS.write_text(json.dumps({"set": about, "floors": floors_from(measured)}, indent=1) + "\n", "utf-8")
        print(f"floors written to {FLOORS.name}")
    floors: Floors = json.loads(FLOORS.read_text(encoding="utf-8"))["floors"]
    for name, value in measured.items():
        floor = floors.get(name, {}).get("floor")
        print(f"  {name:44}{'not available' if value is None else f'{value:.3f}':>14}   floor {floor}")
    found = failures(measured, floors)
    print("\n".join(found) if found else "all ratios are above their floors")
    return 1 if found else 0


def ratios(rounds: int) -> dict[str, float | None]:
    """Return every ratio; larger is better in all of them."""
    X = numeric(ROWS_IN, COLUMNS)
    return {**mixing_ratios(X, rounds), **score_ratios(X, rounds), **thread_ratio(X, rounds), **tree_ratio(X, rounds)}


def mixing_ratios(X: Any, rounds: int) -> dict[str, float | None]:
    """Compare two-point mixing and rotation with naive numpy and with filling."""
    m = ROWS_OUT
    calls = {"two-point": ("uniform", 2 / 3), "rotation": (Rotation(5), 1.0)}
    ours = [
        Case(name, partial(sampler, X, m, law, "random"), m, mixes(X, m, factor))
        for name, (law, factor) in calls.items()
    ]
    fill, naive = limits.cases(X, m)[0], two_point.numpy_cases(X, m)[0]
    times = fastest([fill, naive, *ours], rounds)
    found: dict[str, float | None] = {}
    for name in calls:
        found[f"{name} to naive numpy"] = times[naive.name] / times[name]
        found[f"{name} to fill"] = times[fill.name] / times[name]
    return found


def score_ratios(X: Any, rounds: int) -> dict[str, float | None]:
    """Compare normal scores with the numpy copula."""
    listed = {case.name: case for case in normal_scores.sample_cases(X, SCORE_ROWS)}
    copula, ours = listed["numpy copula sample"], listed["synthmix sample, rotation random"]
    times = fastest([copula, ours], max(3, rounds // 2))
    return {"normal scores to numpy copula": times[copula.name] / times[ours.name]}


def thread_ratio(X: Any, rounds: int) -> dict[str, float | None]:
    """Compare one thread with two, wall time."""
    name = "two threads to one"
    if (os.cpu_count() or 1) < 2:
        return {name: None}
    cases = [Case(str(t), partial(threads.call, X, 2 * ROWS_OUT, "uniform raw", t), 1, anything) for t in (1, 2)]
    times = fastest(cases, rounds, "wall_s")
    return {name: times["1"] / times["2"]}


def tree_ratio(X: Any, rounds: int) -> dict[str, float | None]:
    """Compare a gathered row with one of the n log2 n steps of a tree."""
    n = X.shape[0]
    gather = Case("gather", partial(gather_call, X), n, anything)
    passes = [
        Case(f"{pairing} pass, n = {n}", partial(trees.passes, n, COLUMNS, pairing), n, anything)
        for pairing in ("nearest", "random")
    ]
    times = fastest([gather, *passes], rounds)
    tree = times[passes[0].name] - times[passes[1].name]
    return {"gathered row to a tree's step": times["gather"] / n / (tree / trees.steps(n))}


def gather_call(X: Any) -> Call:
    """Return a call that gathers as many rows as the table has."""
    return limits.gather(np.asarray(X), X.shape[0])


def fastest(cases: list[Case], rounds: int, clock: str = "cpu_s") -> dict[str, float]:
    """Return the minimum of each case: few rounds on a busy machine leave quartiles too noisy for a verdict."""
    return {row["case"]: float(row[clock]["minimum"]) for row in race(cases, rounds)}
