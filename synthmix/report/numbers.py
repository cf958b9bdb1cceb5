"""Numbers as text for readers."""

from __future__ import annotations

import math


def number_text(value: float, digits: int = 3) -> str:
    """Return a number in so many significant digits, whole numbers in full; "–" for none."""
    if isinstance(value, int):
        return f"{value:,}".replace("-", "−")
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if size >= 1e6 or 0.0 < size < 1e-4:
        text = f"{value:.{max(digits - 1, 0)}e}".replace("e-0", "e-").replace("e+0", "e")
    elif size >= 10.0 ** (digits - 1):
        text = f"{value:,.0f}"
    else:
        text = f"{value:.{digits}g}"
    return text.replace("-", "−")


def interval_text(value: float, low: float, high: float, digits: int = 3) -> str:
    """Return a number and its interval, if it has one."""
    text = number_text(value, digits)
    if math.isnan(low) and math.isnan(high):
        return text
    return f"{text} [{number_text(low, digits)}, {number_text(high, digits)}]"
