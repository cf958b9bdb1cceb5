"""The page about audits of honest tables: what stands behind a line, and when too many audits are accused."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import pytest

from benchmarks.audit.honest import Line, count, page
from benchmarks.audit.truths import far_rows


def audited(*verdicts: str, metric: str = "l_shape") -> pd.DataFrame:
    return pd.DataFrame(
        {"section": "fidelity", "metric": metric, "variant": "", "value": 0.0, "verdict": verdicts, "declared": False}
    )


def line(numbers: int, accused: int) -> Line:
    """Return a line of 200 audits of so many numbers each."""
    return Line(0.025, Counter({"warn": accused, "pass": 200 - accused}), 200 * numbers, accused, 0.025 * numbers)


def test_what_is_judged_counts_and_the_worst_is_the_verdict() -> None:
    found: dict[tuple[str, str], Line] = {}
    count(audited("warn", "pass", "inconclusive", "na"), found)
    count(audited("fail", "warn", "pass", "na"), found)
    one = found["fidelity", "l_shape"]
    assert one.worst == {"warn": 1, "fail": 1}
    assert one.bound == pytest.approx(3 * 0.025)
    assert one.cells == ["2", "0.500", "0.500", "0.000", "3", "0.500", "0.025", "0.075", ""]


def test_several_numbers_may_be_accused_more_often_than_one() -> None:
    assert not line(3, 15).exceeds
    assert line(1, 15).exceeds
    found = {("fidelity", "core_tail"): line(1, 15), ("fidelity", "l_shape"): line(3, 15)}
    assert page(found, 200, 400).count("| exceeds |") == 1


def test_screens_have_their_own_rate() -> None:
    found: dict[tuple[str, str], Line] = {}
    count(audited("warn", "na", metric="levels_lost"), found)
    assert found["fidelity", "levels_lost"].bound == 0.1


def test_a_tail_is_accused_at_either_end() -> None:
    accused, covered = far_rows(400, 400)
    assert 0.025 < accused < 0.05
    assert 0.95 < covered < 1.0
