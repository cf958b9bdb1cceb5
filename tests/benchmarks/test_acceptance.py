"""Verdicts on made-up times."""

from __future__ import annotations

import pytest

from benchmarks.speed.acceptance import Bar, Ceiling, verdict, verdicts
from benchmarks.speed.timing import measured, not_available

BAR = Bar("out= to naive", "mixing", ("naive",), ("fit", "sample"), 15)
CEILING = Ceiling("memory", "memory", ("overhead_mib",), 64.0, "MiB")


def sections(naive: float, fit: float = 0.5, sample: float = 0.5, overhead: float = 1.0):
    times = {"naive": naive, "fit": fit, "sample": sample}
    rows = [measured(name, [seconds], [seconds], 1) for name, seconds in times.items()]
    return {"mixing": {"cases": rows}, "memory": {"overhead_mib": overhead}}


@pytest.mark.parametrize(
    ("naive", "expected", "shown"), [(15.0, "met", "15.00"), (14.9999, "MISSED", "14.99"), (0.5, "MISSED", "0.50")]
)
def test_a_miss_is_not_rounded_up(naive: float, expected: str, shown: str) -> None:
    row = verdict(BAR, sections(naive))
    assert row["verdict"] == expected
    assert row["shown"].startswith(f"{shown} x")


@pytest.mark.parametrize(("overhead", "expected", "shown"), [(64.0, "met", "64.00"), (64.001, "MISSED", "64.01")])
def test_a_ceiling_is_not_rounded_down(overhead: float, expected: str, shown: str) -> None:
    row = verdict(CEILING, sections(1.0, overhead=overhead))
    assert row["verdict"] == expected
    assert row["shown"].startswith(shown)


def test_what_was_not_measured_has_no_verdict() -> None:
    assert verdict(BAR, {})["verdict"] == "not measured"
    assert verdict(CEILING, {"memory": {}})["verdict"] == "not measured"
    absent = sections(15.0)
    absent["mixing"]["cases"][0] = not_available("naive", "gone")
    assert verdict(BAR, absent) == {
        "bar": BAR.name,
        "verdict": "not measured",
        "value": None,
        "shown": "no naive",
    }


def test_small_runs_get_no_verdict() -> None:
    assert {row["verdict"] for row in verdicts({}, judge=False)} == {"not judged"}
