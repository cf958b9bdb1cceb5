"""Summaries over seeds: mean, standard error, spread, median, and differences of methods seed by seed."""

from __future__ import annotations

from typing import Any

import numpy as np


def summary(values: list[float]) -> dict[str, float]:
    """Return mean, standard error, standard deviation and median of one number for each seed."""
    x = np.asarray(values, dtype=float)
    sd = float(x.std(ddof=1)) if x.size > 1 else float("nan")
    return {
        "mean": float(x.mean()),
        "se": sd / float(np.sqrt(x.size)),
        "sd": sd,
        "median": float(np.median(x)),
        "n": x.size,
    }


def paired(values: list[float], others: list[float]) -> dict[str, float]:
    """Return the summary of the differences ``values - others``, seed by seed."""
    return summary(list(np.subtract(values, others)))


def find(results: list[dict[str, Any]], task: str, method: str, **settings: Any) -> dict[str, Any]:
    """Return the one result of a task and method whose settings include the given ones.

    Raises
    ------
    LookupError
        When there is none, or more than one.
    """
    found = [
        result
        for result in results
        if result["task"] == task
        and result["method"] == method
        and all(result["settings"].get(name) == value for name, value in settings.items())
    ]
    if len(found) != 1:
        raise LookupError(f"{len(found)} results for {task}, {method}, {settings}")
    return found[0]
