"""The report: a tidy table, its text, its files, its picture."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from synthmix.drift.finding import Finding
from synthmix.drift.report import DriftReport, make_report
from synthmix.drift.tidy import Adjusted
from synthmix.drift.verdict import at_least, at_most

MARGINS = {"w1": at_most(0.05, 0.15), "coverage": at_least(-0.05, -0.15), "shape:kurtosis": at_most(0.1, 0.2)}


def w1(column: str, low: float, high: float, **more: object) -> Finding:
    value = (low + high) / 2
    return Finding(
        metric="w1", family="marginal", scope="column", column=column, value=value, ci_low=low, ci_high=high, **more
    )


@pytest.fixture
def report() -> DriftReport:
    findings = [
        w1("a", 0.0, 0.01),
        w1("b", 0.06, 0.1),
        w1("c", 0.2, 0.3, p_value=0.001, null_center=0.02, null_low=0.01, null_high=0.03),
        w1("d", 0.5, 0.6),
        Finding(metric="w1", family="marginal", scope="column", column="e", value=math.nan, note="constant column"),
        Finding(metric="coverage", family="joint", scope="joint", value=-0.01, ci_low=-0.02, ci_high=0.0),
        Finding(metric="shape", family="marginal", scope="column", column="a", variant="kurtosis", value=0.15),
        Finding(metric="shape", family="marginal", scope="column", column="a", variant="skewness", value=0.15),
    ]
    about = {"n_real": 10, "n_synth": 12, "seed": 0, "cut": ["joint tests: 5 blocks of 2000 rows"]}
    return make_report(findings, MARGINS, ["w1"], about, {2: Adjusted(0.005, 0.004, "Holm")})


def test_verdicts_and_margins_stand_in_the_table(report):
    table = report.table.set_index(["metric", "variant", "column"])["verdict"]
    assert table["w1", "", "a"] == "pass"
    assert table["w1", "", "b"] == "warn"
    assert table["w1", "", "c"] == "fail"
    assert table["w1", "", "e"] == "na"
    assert table["coverage", "", ""] == "pass"
    assert table["shape", "kurtosis", "a"] == "warn"
    assert table["shape", "skewness", "a"] == "na"
    assert report.verdict == "fail"
    assert report.table["declared"].sum() == 5


def test_only_declared_metrics_decide(report):
    calm = make_report([w1("a", 0.5, 0.6)], MARGINS, ["coverage"], {})
    assert calm.verdict == "na"


def test_failures_are_sorted_by_how_bad_they_are(report):
    failed = report.failures()
    assert list(failed["column"]) == ["d", "c", "a", "b"]
    assert list(failed["verdict"]) == ["fail", "fail", "warn", "warn"]


def test_the_table_is_typed_and_its_rows_are_told_apart(report):
    assert report.table["value"].dtype == np.float64
    assert report.table["n_real"].dtype == np.int64
    assert report.table.attrs["schema_version"] == 1
    with pytest.raises(ValueError, match="same identity"):
        make_report([w1("a", 0, 1), w1("a", 0, 2)], MARGINS, [], {})


def test_a_number_without_value_needs_a_reason():
    with pytest.raises(ValueError, match="no note"):
        Finding(metric="w1", family="marginal", scope="column", value=math.nan)


def test_json_and_parquet_hold_everything(report, tmp_path):
    text = report.to_json(tmp_path / "r.json")
    assert (tmp_path / "r.json").read_text(encoding="utf-8") == text
    content = json.loads(text)
    assert content["verdict"] == "fail"
    assert content["rows"][4]["value"] is None
    assert content["rows"][0]["warn_low"] == "-Infinity"
    assert content["rows"][2]["p_adj"] == 0.005
    report.to_parquet(tmp_path / "r.parquet")
    back = pd.read_parquet(tmp_path / "r.parquet")
    pd.testing.assert_frame_equal(back, report.table, check_dtype=False)
    assert json.loads(pq.read_schema(tmp_path / "r.parquet").metadata[b"synthmix.about"]) == report.about


def test_the_summary_says_what_stands_out_and_what_was_cut(report):
    text = str(report)
    assert text.startswith("drift: FAIL   (10 reference rows, 12 new rows)")
    assert "fail  w1                     c: 0.25 [0.2, 0.3], 0.02 expected" in text
    assert "joint tests: 5 blocks of 2000 rows" in text
    assert "nothing failed" in str(make_report([w1("a", 0, 0.01)], MARGINS, ["w1"], {}))


def test_the_picture_has_a_panel_for_each_metric(report):
    import matplotlib as mpl

    mpl.use("Agg")
    figure = report.plot()
    assert {axis.get_title(loc="left") for axis in figure.axes} == {"w1", "coverage", "shape, kurtosis"}
    assert next(iter(figure.axes[0].get_yticklabels())).get_text() == "d"
    empty = make_report([], MARGINS, [], {}).plot()
    assert empty.texts[-1].get_text() == "no number has a margin"
