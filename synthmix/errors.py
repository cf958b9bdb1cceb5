"""The errors of synthmix, one class for each reason. Every message names the column, the value and the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SynthmixError(Exception):
    """Base class of every error that synthmix raises on purpose."""


class InputError(SynthmixError, ValueError):
    """The table, a column or a value of it cannot be used."""


class OptionError(SynthmixError, ValueError):
    """An option has an unknown name or a value outside its range."""


class NotFittedError(SynthmixError, ValueError, AttributeError):
    """A method that needs a fitted synthesizer was called before ``fit``."""


class ModelFileError(SynthmixError, ValueError):
    """A model file is damaged, foreign or of another schema version."""


class FileError(SynthmixError, OSError):
    """A table file cannot be read or written."""


class SynthmixWarning(UserWarning):
    """Something documented happened that the user may want to change."""


def did_you_mean(word: object, choices: Iterable[object]) -> str:
    """Return ``"; did you mean 'a' or 'b'?"`` for near names, else the list of all choices."""
    names = [str(choice) for choice in choices]
    near = difflib.get_close_matches(str(word), names, n=3, cutoff=0.6)
    if not near:
        folded = {name.casefold(): name for name in names}
        near = [folded[hit] for hit in difflib.get_close_matches(str(word).casefold(), folded, n=3, cutoff=0.6)]
    if near:
        return "; did you mean " + " or ".join(repr(name) for name in near) + "?"
    shown = ", ".join(repr(name) for name in names[:20])
    return f"; choose from {shown}{', ...' if len(names) > 20 else ''}"
