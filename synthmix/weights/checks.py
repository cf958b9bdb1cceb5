"""Checks of option values; each message shows the value and says the remedy."""

from __future__ import annotations

import math
import numbers

import numpy as np

from synthmix.errors import OptionError

MAX_PARENTS = 256


def real_number(name: str, value: object) -> float:
    """Return `value` as a finite float, else raise OptionError."""
    if isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_)) and math.isfinite(float(value)):
        return float(value)
    raise OptionError(f"{name}={value!r} is not a finite number; give a number such as 0.2")


def between(name: str, value: object, lo: float, hi: float, remedy: str) -> float:
    """Return `value` as a float when lo <= value <= hi, else raise OptionError with `remedy`."""
    number = real_number(name, value)
    if lo <= number <= hi:
        return number
    raise OptionError(f"{name}={value!r} is outside [{lo:g}, {hi:g}]; {remedy}")


def parents(value: object, least: int, remedy: str) -> int:
    """Return the number of parents `value` as an int in [least, 256], else raise OptionError."""
    if isinstance(value, numbers.Integral) and not isinstance(value, (bool, np.bool_)):
        if least <= int(value) <= MAX_PARENTS:
            return int(value)
        raise OptionError(f"k={value!r} parents is outside [{least}, {MAX_PARENTS}]; {remedy}")
    raise OptionError(f"k={value!r} is not a whole number of parents; {remedy}")


def flag(name: str, value: object) -> bool:
    """Return `value` as a bool, else raise OptionError."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    raise OptionError(f"{name}={value!r} is not a truth value; give True or False")
