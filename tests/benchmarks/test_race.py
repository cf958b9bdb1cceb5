"""How times are taken, and what counts as a result."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.speed.checks import WrongResultError, anything, mixes
from benchmarks.speed.settings import QUICK, Settings
from benchmarks.speed.timing import Case, NotAvailableError, race, summary


def recorded(name, log, check=anything):
    return Case(name, lambda: lambda: log.append(name), units=10, check=check)


def test_competitors_take_turns_after_a_warm_up_that_is_discarded() -> None:
    log = []
    rows = race([recorded("a", log), recorded("b", log)], rounds=3)
    assert log == ["a", "b", "a", "b", "b", "a", "a", "b"]
    assert [row["rounds"] for row in rows] == [3, 3]
    assert rows[0]["cpu_ns"] == rows[0]["cpu_s"]["lower_quartile"] / 10 * 1e9


def test_what_is_not_there_is_reported_and_the_others_run() -> None:
    def setup():
        raise NotAvailableError("not yet")

    rows = race([Case("a", setup, 1, anything), recorded("b", [])], rounds=2)
    assert rows[0] == {"case": "a", "not_available": "not yet"}
    assert rows[1]["rounds"] == 2


def test_a_wrong_result_is_not_timed() -> None:
    log = []

    def refuse(_result):
        raise WrongResultError("wrong")

    with pytest.raises(WrongResultError, match="wrong"):
        race([recorded("a", log, refuse)], rounds=2)
    assert log == ["a"]


def test_summary() -> None:
    assert summary([4.0, 1.0, 2.0, 3.0, 5.0]) == {"median": 3.0, "lower_quartile": 2.0, "minimum": 1.0}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda rows: rows[:-1],
        lambda rows: rows.astype(np.float32),
        lambda rows: np.where(rows == rows[0, 0], np.nan, rows),
        lambda rows: rows + 0.2,
        lambda rows: rows * 0.8,
    ],
    ids=["shape", "dtype", "nan", "mean", "variance"],
)
def test_the_check_of_mixed_rows_refuses(spoil) -> None:
    source = np.random.default_rng(0).normal(size=(5_000, 3))
    check = mixes(source, 5_000, 1.0)
    check(source)
    with pytest.raises(WrongResultError):
        check(spoil(source))


@pytest.mark.parametrize(
    ("settings", "judged"),
    [(Settings(), True), (Settings(rounds=4), False), (Settings(sizes=QUICK, quick=True), False)],
)
def test_small_or_short_runs_are_not_judged(settings: Settings, judged: bool) -> None:
    assert settings.judged is judged
