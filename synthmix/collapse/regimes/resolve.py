"""Regimes by a word, as the command line names them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from synthmix.arguments import options_of, plain_value
from synthmix.collapse.regimes.accumulate import Accumulate, AccumulateSubsample, Replace, Window
from synthmix.collapse.regimes.base import Regime
from synthmix.collapse.regimes.real import FixedShare, Weighted
from synthmix.errors import OptionError, did_you_mean

# Word: how it is made, and the options that it takes; the first may stand without its name.
_WORDS: dict[str, tuple[Callable[..., Regime], tuple[str, ...]]] = {
    "replace": (Replace, ()),
    "accumulate": (Accumulate, ()),
    "subsample": (AccumulateSubsample, ()),
    "share": (lambda **options: FixedShare(**options, source="original"), ("share",)),
    "fresh": (lambda **options: FixedShare(**options, source="fresh"), ("share",)),
    "window": (Window, ("w", "real")),
    "weighted": (Weighted, ("w_real", "source", "ratio")),
}


def resolve_regime(given: object) -> Regime:
    """Return what was given as a regime.

    Parameters
    ----------
    given : str or Regime
        "replace", "accumulate", "subsample", "share:0.2" (of the original), "fresh:0.2", "window:3", "window:3,real",
        "weighted:golden", "weighted:0.5,source=original".

    Raises
    ------
    OptionError
        For an unknown word or option, a value out of range, or any other object.
    """
    if isinstance(given, Regime):
        return given
    if isinstance(given, type):
        raise OptionError(f"regime {given.__name__} is a class; call it: {given.__name__}(...)")
    if not isinstance(given, str):
        raise OptionError(f"regime {given!r} of type {type(given).__name__}: give a word such as 'replace' or a Regime")
    name, _, rest = given.strip().partition(":")
    if name.strip() not in _WORDS:
        raise OptionError(f"unknown regime {given!r}{did_you_mean(name, _WORDS)}")
    build, known = _WORDS[name.strip()]
    words = options_of(f"regime {given!r}", rest, known, unnamed=1, flags=True)
    try:
        return build(**{word: _value(text) for word, text in words.items()})
    except TypeError as error:
        raise OptionError(f"regime {given!r} needs a number after the colon, as in '{name.strip()}:0.2'") from error
    except OptionError as error:
        raise OptionError(f"regime {given!r}: {error}") from error


def _value(text: str) -> Any:
    return {"true": True, "false": False}.get(text.casefold(), plain_value(text))
