"""Known breaks of a real table: each is claimed by what must see it, and by nothing else."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drift.breaks import BREAKS, MAY, MUST, ROWS, claims

import synthmix
from synthmix.drift import Budget, DriftReport
from synthmix.io import read_table

BUDGET = Budget(rows=1000, permutations=199)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "drift.md"


@cache
def adult(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    table = read_table(path)
    order = np.random.default_rng(2).permutation(len(table))
    return tuple(table.iloc[order[k * ROWS : (k + 1) * ROWS]].reset_index(drop=True) for k in range(2))


@cache
def report_of(path: Path, name: str, n_jobs: int = 1) -> DriftReport:
    real, fresh = adult(path)
    if name.startswith("column "):  # tests of rows say nothing about them
        return synthmix.drift_report(real, BREAKS[name](real, fresh), null="floor", level="quick")
    return synthmix.drift_report(real, BREAKS[name](real, fresh), null="floor", budget=BUDGET, n_jobs=n_jobs)


@pytest.mark.parametrize("name", BREAKS)
def test_a_break_is_claimed_by_what_must_see_it_and_by_nothing_else(data_file, name):
    report = report_of(data_file("adult"), name)
    found = claims(report)
    assert MUST[name] <= found, report.summary()
    assert found <= MUST[name] | MAY.get(name, set()), report.summary()


@pytest.mark.parametrize(
    ("name", "metric", "column"),
    [
        ("age x -> 1000 x + 5,000,000", "w1", "age"),
        ("age shifted by half a standard deviation", "w1", "age"),
        ("workclass Local-gov becomes Private", "tvd", "workclass"),
        ("workclass Local-gov becomes Private", "levels_lost", "workclass"),
        ("age missing in one of 8 new rows", "missing", "age"),
        ("column sex lost", "columns", "sex"),
        ("column more added", "columns", "more"),
        ("age stored as float", "columns", "age"),
    ],
)
def test_only_the_column_that_was_broken_is_named(data_file, name, metric, column):
    failed = report_of(data_file("adult"), name).failures()
    assert set(failed.loc[failed["metric"] == metric, "column"]) == {column}


def test_the_order_of_rows_and_threads_change_no_byte(data_file):
    path = data_file("adult")
    fresh = report_of(path, "fresh rows").to_json()
    assert report_of(path, "rows in another order").to_json() == fresh
    assert report_of(path, "fresh rows", 2).to_json() == fresh
    copies = [report_of(path, f"identical copy, {how}").to_json() for how in ("in order", "shuffled")]
    assert copies[0] == copies[1] != fresh


def test_a_copy_is_as_near_as_can_be_and_flagged(data_file):
    table = report_of(data_file("adult"), "identical copy, shuffled").table
    distances = table[(table["variant"] == "raw") | table["metric"].isin(["max_dz", "dz", "missing"])]
    assert np.abs(distances["value"]).max() < 1e-12
    assert not (table["verdict"] == "fail").any()


def test_a_shrunk_table_of_numbers_fails_the_range_of_variance_ratios():
    rng = np.random.default_rng(0)
    real, fresh = (pd.DataFrame(rng.normal(size=(3000, 4)), columns=list("abcd")) for _ in range(2))
    report = synthmix.drift_report(real, fresh * (2 / 3) ** 0.5, level="quick")
    verdicts = report.table.groupby(["metric", "variant"])["verdict"].agg(list)
    assert verdicts["var_ratio_range", "low"] == ["warn"]
    assert verdicts["max_dz", ""] == ["pass"]
    assert (report.table.loc[report.table["metric"] == "l_shape", "verdict"] != "fail").all()


def test_the_table_of_the_page_is_the_one_that_is_tested():
    rows = re.findall(r"^\| ([^|]+) \| ([^|]*) \|$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    page = {name.strip(): set(re.findall(r"`(\w+)`", must)) for name, must in rows if name.strip() in BREAKS}
    assert page == MUST
