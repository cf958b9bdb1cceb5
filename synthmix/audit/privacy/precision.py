"""To which precision a table was released, and on which grid its source lies."""

from __future__ import annotations

import numpy as np

from synthmix.drift.joint.pool import Floats

DECIMALS = 6
_EXACT = 8.0 * np.finfo(np.float64).eps


def step_of(values: Floats) -> float:
    """Return the power of ten (1 down to 1e-6) of which all values are multiples, 0 where there is none.

    Values are compared at float64 rounding: 0.1 + 0.2 is a multiple of 0.1.
    """
    there = values[~np.isnan(values)]
    size = float(np.abs(there).max(initial=0.0))
    for decimals in range(DECIMALS + 1):
        scaled = there * 10.0**decimals
        slack = max(_EXACT * size * 10.0**decimals, _EXACT)
        if slack > 0.01:
            return 0.0
        if (np.abs(scaled - np.rint(scaled)) <= slack).all():
            return float(10.0**-decimals)
    return 0.0


def steps_of(numbers: Floats) -> Floats:
    """Return :func:`step_of` of each column."""
    return np.array([step_of(column) for column in numbers.T], np.float64)


def last_bit(values: Floats) -> float:
    """Return how far a value in full precision may be from the computed one: the last bit of float32 or float64."""
    there = values[~np.isnan(values)]
    size = float(np.abs(there).max(initial=0.0))
    with np.errstate(over="ignore"):
        single = (there.astype(np.float32).astype(np.float64) == there).all()
    return size * float(np.finfo(np.float32 if single else np.float64).eps)
