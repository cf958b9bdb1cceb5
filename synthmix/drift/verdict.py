"""From numbers to verdicts: an interval is compared with margins, never a p-value with a threshold alone.

*pass*: the whole interval lies inside the warn margin. *fail*: the whole interval lies beyond the fail margin. *warn*:
the whole interval lies beyond the warn margin. Everything else is *inconclusive*. A number without a value is *na*.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from synthmix.drift.finding import Finding
from synthmix.drift.noise import POWER80, Z95
from synthmix.errors import OptionError, did_you_mean

Verdict = Literal["pass", "warn", "fail", "inconclusive", "na"]
Of = Literal["value", "times the null", "less the null"]
_ORDER: tuple[Verdict, ...] = ("na", "pass", "inconclusive", "warn", "fail")
INFINITE = math.inf


@dataclass(frozen=True)
class Margin:
    """What is tolerated: values inside `warn` are fine, values outside `fail` are not.

    Both are intervals (low, high), the second one at least as wide as the first.

    Attributes
    ----------
    warn, fail : (float, float)
    of : {"value", "times the null", "less the null"}
        What the ends are ends of: the number itself, the number over its null centre, or less its null centre.
    """

    warn: tuple[float, float]
    fail: tuple[float, float]
    of: Of = "value"

    def __post_init__(self) -> None:
        (low, high), (lowest, highest) = self.warn, self.fail
        if not (lowest <= low <= high <= highest):
            raise OptionError(f"Margin({self.warn}, {self.fail}): warn must be an interval (low, high) inside fail")

    def at(self, finding: Finding) -> Margin | None:
        """Return the same margin in terms of the number itself, None where its null is not known."""
        if self.of == "value":
            return self
        anchor = finding.null_center
        if math.isnan(anchor):
            return None
        times, plus = (anchor, 0.0) if self.of == "times the null" else (1.0, anchor)
        warn, fail = ((end[0] * times + plus, end[1] * times + plus) for end in (self.warn, self.fail))
        return Margin(warn, fail) if times > 0.0 else None


@dataclass(frozen=True)
class Flag:
    """How a number is judged that has no margin: it warns where its p-value is small.

    Attributes
    ----------
    level : float or None
        The largest p-value that warns; None for the alpha of the report. A number without a p-value warns outside of
        its null band.
    otherwise : {"na", "pass"}
        "na" for a test, whose large p-value shows nothing.
    """

    level: float | None = None
    otherwise: Verdict = "na"

    def judge(self, finding: Finding, alpha: float) -> Verdict:
        """Return the verdict."""
        if math.isnan(finding.value):
            return "na"
        if math.isnan(finding.p_value):
            return "warn" if finding.value > finding.null_high else self.otherwise
        return "warn" if finding.p_value <= (alpha if self.level is None else self.level) else self.otherwise


def at_most(warn: float, fail: float, of: Of = "value") -> Margin:
    """Return the margin of a number that ought to be small."""
    return Margin((-INFINITE, warn), (-INFINITE, fail), of)


def at_least(warn: float, fail: float, of: Of = "value") -> Margin:
    """Return the margin of a number that ought to be large."""
    return Margin((warn, INFINITE), (fail, INFINITE), of)


def within(warn: float, fail: float, around: float = 0.0) -> Margin:
    """Return the margin of a number that ought to be near another."""
    return Margin((around - warn, around + warn), (around - fail, around + fail))


def judge(finding: Finding, margin: Margin | None) -> Verdict:
    """Return the verdict on one number; "na" where it has no value or no margin."""
    if margin is None or math.isnan(finding.value):
        return "na"
    known = not (math.isnan(finding.ci_low) or math.isnan(finding.ci_high))
    low, high = (finding.ci_low, finding.ci_high) if known else (finding.value, finding.value)
    if margin.warn[0] <= low and high <= margin.warn[1]:
        return "pass"
    if high < margin.fail[0] or low > margin.fail[1]:
        return "fail"
    if high < margin.warn[0] or low > margin.warn[1]:
        return "warn"
    return "inconclusive"


def rows_needed(finding: Finding, margin: Margin | None) -> float:
    """Return about how many new rows would certify a perfect generator within the margin with 80 % power.

    NaN where it cannot be told. Errors shrink with the root of the rows, of both tables where both are samples.
    """
    target = 0.0 if math.isnan(finding.target) else finding.target
    reach = abs(finding.margin_certifiable - target)
    if math.isnan(reach):  # half the interval, and z of 80 % on two sides
        reach = (finding.ci_high - finding.ci_low) / (2.0 * Z95) * (Z95 + POWER80)
    if margin is None or not 0.0 < reach < math.inf:
        return math.nan
    below = finding.margin_certifiable < target or math.isinf(margin.warn[1])
    room = target - margin.warn[0] if below else margin.warn[1] - target
    return math.ceil(finding.n_synth * (reach / room) ** 2) if 0.0 < room < math.inf else math.nan


def worst(verdicts: list[Verdict]) -> Verdict:
    """Return the worst of several verdicts, "na" for none."""
    return max(verdicts, key=_ORDER.index, default="na")


def resolve_margins(defaults: Mapping[str, Margin], margins: Mapping[str, Margin | float] | None) -> dict[str, Margin]:
    """Return the defaults with the user's margins in their place.

    A plain number m replaces the warn margin and keeps the default's proportion between fail and warn.

    Raises
    ------
    OptionError
        For an unknown metric or a margin that is none.
    """
    found = dict(defaults)
    for name, margin in (margins or {}).items():
        if name not in defaults:
            raise OptionError(f"margins names {name!r}, which is no metric with a margin{did_you_mean(name, defaults)}")
        found[name] = margin if isinstance(margin, Margin) else _scaled(name, defaults[name], margin)
    return found


def _scaled(name: str, default: Margin, warn: object) -> Margin:
    if isinstance(warn, bool) or not isinstance(warn, int | float) or not warn > 0:
        raise OptionError(f"margins[{name!r}]={warn!r}: give a positive number, or a Margin")
    low, high = default.warn
    if math.isinf(low) and not math.isinf(high):
        fail = float(warn) * default.fail[1] / high if high > 0.0 else default.fail[1]
        return replace(default, warn=(low, float(warn)), fail=(low, max(fail, float(warn))))
    if math.isinf(high) or low + high:
        raise OptionError(f"margins[{name!r}]={warn!r}: this metric is not a distance from zero; give a Margin")
    return within(float(warn), float(warn) * default.fail[1] / high)
