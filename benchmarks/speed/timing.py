"""Time competitors in turns: every round runs each of them once, so that noise and heat hit all alike."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Call = Callable[[], Any]
Row = dict[str, Any]


class NotAvailableError(Exception):
    """The measured thing does not exist in this version or on this machine; the message says why."""


@dataclass(frozen=True)
class Case:
    """One competitor.

    Attributes
    ----------
    name : str
    setup : callable
        Returns the call that is timed; not timed itself. May raise NotAvailableError.
    units : int
        Rows (or what `unit` says) that one call makes.
    check : callable
        Looks at the result of the warm-up call and raises when it is not what it should be.
    """

    name: str
    setup: Callable[[], Call]
    units: int
    check: Callable[[Any], None]
    unit: str = "row"


def race(cases: Sequence[Case], rounds: int) -> list[Row]:
    """Warm every case up, check its result, then time all in turns. The start of the turn moves on each round."""
    missing: dict[str, str] = {}
    calls: dict[str, Call] = {}
    for case in cases:
        try:
            call = case.setup()
            case.check(call())  # also the warm-up: it compiles, and its time is discarded
            calls[case.name] = call
        except NotAvailableError as error:
            missing[case.name] = str(error)
    running = [case for case in cases if case.name in calls]
    seconds: dict[str, list[tuple[float, float]]] = {case.name: [] for case in running}
    for turn in range(rounds):
        gc.collect()
        shift = turn % max(1, len(running))
        for case in running[shift:] + running[:shift]:
            seconds[case.name].append(timed(calls[case.name]))
    return [
        not_available(case.name, missing[case.name]) if case.name in missing else row_of(case, seconds[case.name])
        for case in cases
    ]


def timed(call: Call) -> tuple[float, float]:
    """Return CPU seconds and wall seconds of one call. The result is freed after the clocks are read."""
    gc.disable()
    try:
        wall, cpu = time.perf_counter(), time.process_time()
        result = call()
        spent = time.process_time() - cpu, time.perf_counter() - wall
    finally:
        gc.enable()
    del result
    return spent


def row_of(case: Case, seconds: list[tuple[float, float]]) -> Row:
    """Return the JSON row of a case."""
    return measured(case.name, [cpu for cpu, _ in seconds], [wall for _, wall in seconds], case.units, case.unit)


def measured(name: str, cpu: list[float], wall: list[float], units: int, unit: str = "row") -> Row:
    """Return a JSON row. `cpu_ns` and `wall_ns` are lower quartiles for each unit."""
    cpu_s, wall_s = summary(cpu), summary(wall)
    return {
        "case": name,
        "unit": unit,
        "units": units,
        "rounds": len(cpu),
        "cpu_s": cpu_s,
        "wall_s": wall_s,
        "cpu_ns": cpu_s["lower_quartile"] / units * 1e9,
        "wall_ns": wall_s["lower_quartile"] / units * 1e9,
    }


def not_available(name: str, reason: str) -> Row:
    """Return the JSON row of what could not be measured."""
    return {"case": name, "not_available": reason}


def summary(seconds: list[float]) -> dict[str, float]:
    """Return median, lower quartile and minimum."""
    return {
        "median": float(np.median(seconds)),
        "lower_quartile": float(np.quantile(seconds, 0.25)),
        "minimum": min(seconds),
    }
