"""Checks of what the public functions of this package take."""

from __future__ import annotations

from synthmix.errors import OptionError


def check_alpha(alpha: object) -> float:
    """Return `alpha`; refuse what is no level between 0 and 1."""
    if isinstance(alpha, bool) or not isinstance(alpha, int | float) or not 0.0 < alpha < 1.0:
        raise OptionError(f"alpha={alpha!r}: give a level between 0 and 1, such as 0.05")
    return float(alpha)
