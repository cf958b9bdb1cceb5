"""A warning that points to the line outside synthmix that caused it."""

from __future__ import annotations

import sys
import warnings

from synthmix.errors import SynthmixWarning

_PACKAGE = __name__.partition(".")[0]


def warn_caller(message: str) -> None:
    """Issue a :class:`SynthmixWarning` at the nearest caller that is no part of synthmix."""
    level, frame = 1, sys._getframe()  # noqa: SLF001 - warnings.warn has no other way before Python 3.12
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, SynthmixWarning, stacklevel=level)
