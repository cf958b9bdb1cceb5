"""Verdicts come from intervals and margins."""

from __future__ import annotations

import math

import pytest

from synthmix.drift.finding import Finding
from synthmix.drift.verdict import Margin, at_least, at_most, judge, resolve_margins, within, worst
from synthmix.errors import OptionError


def found(value: float, low: float = math.nan, high: float = math.nan) -> Finding:
    note = "no value" if math.isnan(value) else ""
    return Finding(metric="m", family="marginal", scope="column", value=value, ci_low=low, ci_high=high, note=note)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.0, 0.04, "pass"),
        (0.0, 0.05, "pass"),
        (0.0, 0.06, "inconclusive"),
        (0.06, 0.10, "warn"),
        (0.06, 0.20, "warn"),
        (0.04, 0.20, "inconclusive"),
        (0.16, 0.20, "fail"),
        (-1.0, 0.01, "pass"),
    ],
)
def test_an_interval_is_compared_with_both_margins(low, high, verdict):
    assert judge(found((low + high) / 2, low, high), at_most(0.05, 0.15)) == verdict


def test_two_sided_and_lower_margins():
    assert judge(found(-0.7, -0.8, -0.6), within(0.5, 1.0)) == "warn"
    assert judge(found(-1.7, -1.8, -1.6), within(0.5, 1.0)) == "fail"
    assert judge(found(0.9, 0.85, 0.93), at_least(0.95, 0.8)) == "warn"
    assert judge(found(1.0, 0.96, 1.2), at_least(0.95, 0.8)) == "pass"
    assert judge(found(0.7, 0.6, 0.79), at_least(0.95, 0.8)) == "fail"


def test_no_value_and_no_margin_are_na_and_no_interval_is_the_value():
    assert judge(found(math.nan), at_most(0.05, 0.15)) == "na"
    assert judge(found(0.1), None) == "na"
    assert judge(found(0.1), at_most(0.05, 0.15)) == "warn"


def test_the_worst_of_several():
    assert worst(["pass", "na", "warn"]) == "warn"
    assert worst(["pass", "inconclusive"]) == "inconclusive"
    assert worst([]) == "na"


def test_margins_of_the_user():
    defaults = {"w1": at_most(0.05, 0.15), "tail": within(0.5, 1.0), "ratio": Margin((0.8, 1.25), (0.5, 2.0))}
    assert resolve_margins(defaults, {"w1": 0.1})["w1"].fail[1] == pytest.approx(0.3)
    assert resolve_margins(defaults, {"tail": 0.1})["tail"] == within(0.1, 0.2)
    assert resolve_margins(defaults, None) == defaults
    with pytest.raises(OptionError, match="no metric with a margin; choose from 'w1'"):
        resolve_margins(defaults, {"w2": 0.1})
    with pytest.raises(OptionError, match="positive number"):
        resolve_margins(defaults, {"w1": -1})
    with pytest.raises(OptionError, match="not a distance from zero"):
        resolve_margins(defaults, {"ratio": 0.1})
    with pytest.raises(OptionError, match="inside fail"):
        Margin((0, 1), (0.5, 2))


def test_findings_without_some_numbers_are_equal_when_their_facts_are():
    """Python 3.13 compares NaN by value in data classes, and those before only where it is the same object."""
    one, other = (found(0.5, float("nan"), 1.0) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
    assert one != found(0.5, 0.0, 1.0)
    assert one != found(0.6, float("nan"), 1.0)
    assert one != "a finding"
