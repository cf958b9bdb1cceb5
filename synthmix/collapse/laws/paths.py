"""What all laws share: a path has one value a generation, the start first."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from synthmix.arguments import count
from synthmix.errors import OptionError

Path: TypeAlias = NDArray[np.float64]


def steps(generations: int) -> Path:
    """Return 0, 1, ..., `generations` as floats."""
    return np.arange(count("generations", generations) + 1, dtype=np.float64)


def rows_of(n: float, least: float = 2.0) -> float:
    """Return the number of rows `n`; raise OptionError below `least`."""
    if not float(n) >= least:
        raise OptionError(f"n={n!r}: this law needs a table of at least {least:g} rows")
    return float(n)


def share_of(name: str, value: float) -> float:
    """Return a share; raise OptionError outside [0, 1]."""
    if not 0.0 <= float(value) <= 1.0:
        raise OptionError(f"{name}={value!r} is no share; give a number from 0 to 1")
    return float(value)
