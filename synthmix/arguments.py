"""Checks of the arguments that the public methods take."""

from __future__ import annotations

import csv
import numbers
import os
from collections.abc import Mapping, Sequence
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


def options_of(what: str, text: str, known: Sequence[str], *, unnamed: int = 0, flags: bool = False) -> dict[str, str]:
    """Return the options in ``value,...,name=value,...`` as texts by their names; commas inside double quotes stay.

    Parameters
    ----------
    what : str
        For messages: what takes the options, such as "pairing 'nearest'".
    text : str
    known : sequence of str
        Names of options, in order.
    unnamed : int
        How many of the first ones may stand without their names, before all others.
    flags : bool
        Whether a name alone stands for ``name=true``.

    Raises
    ------
    OptionError
        For what is no option, and for an option that is given twice.
    """
    options: dict[str, str] = {}
    bare = 0
    for place, pair in enumerate(split_pairs([text])):
        key, equals, value = (part.strip() for part in pair.partition("="))
        if flags and not equals and key in known:
            value = "true"
        elif not equals and place == bare < min(unnamed, len(known)):
            key, value, bare = known[place], key, bare + 1
        elif known and not (equals and value):
            raise OptionError(f"{what}: {pair!r} is not OPTION=VALUE; its options are {', '.join(known)}")
        if key not in known:
            raise OptionError(f"{what} has no option {key!r}{did_you_mean(key, known) if known else '; it takes none'}")
        if key in options:
            raise OptionError(f"{what} names {key!r} twice")
        options[key] = value
    return options


def split_pairs(texts: Sequence[str]) -> list[str]:
    """Return what stands between the commas of all texts, without what is blank; double quotes keep a comma."""
    try:
        return [pair.strip() for row in csv.reader(texts, skipinitialspace=True) for pair in row if pair.strip()]
    except csv.Error as error:  # a new line, or over 131,072 letters
        raise OptionError(f"{', '.join(texts)[:60]!r} cannot be read as values between commas: {error}") from error
