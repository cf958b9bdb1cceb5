"""How many rows each class gets, in the words of imbalanced-learn."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from synthmix.errors import InputError, OptionError, did_you_mean

Strategy: TypeAlias = "str | float | Mapping[Any, int] | Callable[[Any], Mapping[Any, int]]"

WORDS = ("auto", "minority", "not minority", "not majority", "all")


def rows_to_make(strategy: Strategy, counts: Mapping[Any, int], y: object) -> dict[Any, int]:
    """Return the number of new rows of each class that gets any, in the order of `counts`.

    Parameters
    ----------
    strategy : str, float, mapping or callable
        As :class:`synthmix.MixupResampler` takes it.
    counts : mapping of class to int
        Rows that each class has.
    y : object
        What a callable is called with.

    Raises
    ------
    OptionError
        For an unknown word or class, and for less than a class has.
    InputError
        For a ratio where there are more than two classes.
    """
    if callable(strategy):
        strategy = strategy(y)
    if isinstance(strategy, str):
        return _of_word(strategy, counts)
    if isinstance(strategy, Mapping):
        return _of_totals(strategy, counts)
    if isinstance(strategy, numbers.Real) and not isinstance(strategy, bool):
        return _of_ratio(float(strategy), counts)
    raise OptionError(
        f"sampling_strategy={strategy!r}: give one of {', '.join(map(repr, WORDS))}, a ratio in (0, 1], "
        "or a dictionary from class to its number of rows"
    )


def _of_word(word: str, counts: Mapping[Any, int]) -> dict[Any, int]:
    if word not in WORDS:
        raise OptionError(f"sampling_strategy={word!r} is unknown{did_you_mean(word, WORDS)}")
    most, least = max(counts, key=lambda one: counts[one]), min(counts, key=lambda one: counts[one])
    chosen = {
        "minority": [least],
        "not minority": [one for one in counts if one != least],
        "all": list(counts),
    }.get(word, [one for one in counts if one != most])
    return {one: counts[most] - counts[one] for one in chosen if counts[one] < counts[most]}


def _of_totals(totals: Mapping[Any, int], counts: Mapping[Any, int]) -> dict[Any, int]:
    for one, total in totals.items():
        if one not in counts:
            raise OptionError(f"sampling_strategy names the class {one!r}{did_you_mean(one, counts)}")
        if isinstance(total, bool) or not isinstance(total, numbers.Integral) or total < counts[one]:
            raise OptionError(
                f"sampling_strategy={{{one!r}: {total!r}}}: the class has {counts[one]} rows, which stay; give the "
                f"number of rows that it is to have, {counts[one]} or more"
            )
    return {one: int(totals[one]) - counts[one] for one in counts if one in totals and totals[one] > counts[one]}


def _of_ratio(ratio: float, counts: Mapping[Any, int]) -> dict[Any, int]:
    if not 0.0 < ratio <= 1.0:
        raise OptionError(
            f"sampling_strategy={ratio:g} is outside (0, 1]; it is rows of the rare class over the other's"
        )
    if len(counts) != 2:
        raise InputError(
            f"sampling_strategy={ratio:g} is a ratio of two classes, and there are {len(counts)}; "
            "give a dictionary from class to its number of rows"
        )
    least, most = sorted(counts, key=lambda one: counts[one])
    new = math.floor(ratio * counts[most] + 1e-9) - counts[least]
    if new < 0:
        raise OptionError(
            f"sampling_strategy={ratio:g} is less than what is there: {counts[least]} rows of {least!r}, "
            f"{counts[most]} of {most!r}; give more than {counts[least] / counts[most]:.3g}"
        )
    return {least: new} if new else {}
