"""The guard fails for what is slower, and its floors fit what it measures."""

from __future__ import annotations

import json
import math

import pytest

from benchmarks.speed.guard import FLOORS, SLACK, failures, floors_from

FAST = {"two-point to fill": 0.5, "two threads to one": 1.9}
FLOOR = floors_from(FAST)


def test_nothing_fails_at_the_speed_that_set_the_floors() -> None:
    assert failures(FAST, FLOOR) == []


@pytest.mark.parametrize("value", [0.5 * SLACK - 0.001, 0.0, math.nan])
def test_a_slower_ratio_fails(value: float) -> None:
    found = failures(FAST | {"two-point to fill": value}, FLOOR)
    assert len(found) == 1
    assert "two-point to fill" in found[0]


def test_a_ratio_that_was_lost_fails() -> None:
    assert "was not measured" in failures({"two threads to one": 1.9}, FLOOR)[0]


def test_what_a_machine_cannot_measure_does_not_fail() -> None:
    assert failures(FAST | {"two threads to one": None}, FLOOR) == []


def test_committed_floors_are_below_what_was_measured() -> None:
    floors = json.loads(FLOORS.read_text(encoding="utf-8"))["floors"]
    assert floors
    assert all(0 < entry["floor"] <= entry["measured"] for entry in floors.values())
