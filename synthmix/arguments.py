"""Checks of the arguments that the public methods take."""

from __future__ import annotations

import numbers
import os
from collections.abc import Mapping
from typing import Any, cast

from synthmix.errors import InputError, OptionError, did_you_mean

LAST_ROW = 2**62
MOST_ROWS = 2**40  # of one table; no machine holds more, and numpy refuses such shapes in words of its own


def too_many_rows(rows: int) -> OptionError:
    """Return the error for a table that does not fit into memory."""
    return OptionError(
        f"{rows:,} rows do not fit into memory; "
        "use sample_batches(n_rows, batch_rows) and write each batch before the next"
    )


def one_of(name: str, value: object, choices: Mapping[str, Any] | tuple[str, ...]) -> None:
    """Refuse a word that is not among the choices."""
    if not isinstance(value, str) or value not in choices:
        raise OptionError(f"{name}={value!r} is unknown{did_you_mean(value, choices)}")


def count(name: str, value: object) -> int:
    """Return a number of rows as an int; refuse what is negative, no integer, or too large."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise OptionError(f"{name}={value!r} is not an integer; give a whole number of rows")
    number = int(value)
    if number < 0:
        raise OptionError(f"{name}={number} is negative; give zero or more rows")
    if number > LAST_ROW:
        raise OptionError(f"{name}={number} is too large; rows are numbered up to 2**62")
    return number


def check_alpha(alpha: object) -> float:
    """Return a level of a test or an interval as a float; refuse what is none between 0 and 1."""
    if isinstance(alpha, bool) or not isinstance(alpha, numbers.Real) or not 0.0 < float(alpha) < 1.0:
        raise OptionError(f"alpha={alpha!r}: give a level between 0 and 1, such as 0.05")
    return float(alpha)


def threads_of(n_jobs: object) -> int:
    """Return the number of threads that `n_jobs` asks for."""
    number = int(n_jobs) if isinstance(n_jobs, numbers.Integral) and not isinstance(n_jobs, bool) else 0
    if number == -1:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if number < 1:
        raise OptionError(f"n_jobs={n_jobs!r}: give a positive number of threads, or -1 for all cores")
    return number


def resolve_target(target: object, names: tuple[str, ...], *, positional: bool) -> str | None:
    """Return the target's name. A number is a position in arrays, and a label in tables that have labels."""
    if target is None:
        return None
    number = isinstance(target, numbers.Integral) and not isinstance(target, bool)
    if positional and number:
        if 0 <= int(cast("int", target)) < len(names):
            return names[int(cast("int", target))]
        raise InputError(f"target={target!r}: the array has columns 0 to {len(names) - 1}")
    if not isinstance(target, str) and not number:
        remedy = "leave the column in the table and give its name, such as fit(table, target='income')"
        raise InputError(f"target of type {type(target).__name__} is no column's name; {remedy}")
    if str(target) in names:
        return str(target)
    raise InputError(f"target {target!r} is not a column{did_you_mean(target, names)}")


def plain_value(text: str) -> int | float | str:
    """Return a word of a command line as a whole number or a real number where it is one, else as it is."""
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            continue
    return text
