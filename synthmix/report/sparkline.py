"""A number, its interval and its margins as a small line in a table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

from synthmix.report.numbers import interval_text, number_text

NAN, INFINITE = math.nan, math.inf
_WIDTH, _HEIGHT, _EDGE = 170.0, 20.0, 8.0


@dataclass(frozen=True)
class Range:
    """A number with its interval and what is tolerated of it.

    Attributes
    ----------
    value, low, high : float
        NaN where there is no interval.
    warn, fail : (float, float)
        Margins; infinite ends tolerate everything on their side.
    verdict : str
        Whose colour the number takes.
    """

    value: float
    low: float = NAN
    high: float = NAN
    warn: tuple[float, float] = (-INFINITE, INFINITE)
    fail: tuple[float, float] = (-INFINITE, INFINITE)
    verdict: str = "na"

    @property
    def text(self) -> str:
        """The number and its interval."""
        return interval_text(self.value, self.low, self.high)

    @property
    def tolerated(self) -> str:
        """The warn margin in words, "" where everything is tolerated."""
        low, high = self.warn
        if math.isfinite(low) and math.isfinite(high):
            return f"tolerated {number_text(low)} to {number_text(high)}"
        if math.isfinite(high):
            return f"tolerated up to {number_text(high)}"
        return f"tolerated from {number_text(low)}" if math.isfinite(low) else ""


def sparkline(one: Range) -> str:
    """Return an SVG: the tolerated stretch, the ends of the margins, the interval, the number."""
    ends = [end for end in (one.value, one.low, one.high, *one.warn, *one.fail) if math.isfinite(end)]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    room = 0.4 * (high - low)  # for the side on which everything is tolerated
    low, high = low - room * (one.warn[0] == -INFINITE), high + room * (one.warn[1] == INFINITE)
    width = (high - low) or 1.0

    def x(value: float) -> float:
        clipped = min(max(value, low - 0.5 * width), high + 0.5 * width)
        return min(max(_EDGE + (clipped - low) / width * (_WIDTH - 2 * _EDGE), 1.0), _WIDTH - 1.0)

    middle = _HEIGHT / 2
    parts = [f'<line class="track" x1="1" x2="{_WIDTH - 1:g}" y1="{middle:g}" y2="{middle:g}"/>']
    if any(map(math.isfinite, one.warn)):
        left, right = x(one.warn[0]), x(one.warn[1])
        parts.append(
            f'<rect class="tolerated" x="{left:.1f}" width="{right - left:.1f}" y="3" height="{_HEIGHT - 6:g}"/>'
        )
    for name, margin in (("warn", one.warn), ("fail", one.fail)):
        parts += [
            f'<line class="edge {name}" x1="{x(end):.1f}" x2="{x(end):.1f}" y1="1" y2="{_HEIGHT - 1:g}"/>'
            for end in margin
            if math.isfinite(end)
        ]
    if not (math.isnan(one.low) or math.isnan(one.high)):
        parts.append(
            f'<line class="interval {escape(one.verdict)}" x1="{x(one.low):.1f}" x2="{x(one.high):.1f}" '
            f'y1="{middle:g}" y2="{middle:g}"/>'
        )
    if math.isfinite(one.value):
        parts.append(f'<circle class="value {escape(one.verdict)}" cx="{x(one.value):.1f}" cy="{middle:g}" r="4"/>')
    label = escape(", ".join(filter(None, (one.text, one.tolerated))))
    size = f'viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" width="{_WIDTH:g}" height="{_HEIGHT:g}"'
    return f'<svg class="spark" role="img" aria-label="{label}" {size}>{"".join(parts)}</svg>'
