"""The assembled audit: known answers, callable module, determinism, bad input, files."""

from __future__ import annotations

import inspect
import json
import pickle
import re
import types

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from audit.audit_tables import independent, population

import synthmix
from synthmix.audit.margins import RULES
from synthmix.audit.words import MEANING

TRAIN, HOLDOUT, FRESH = (population(700, seed) for seed in (1, 2, 3))
ASKED = {"target": "bought", "sensitive": ("group",), "level": "quick"}
pytestmark = pytest.mark.xdist_group("audit")  # of reports that many tests look at


@pytest.fixture(scope="module")
def honest():
    return synthmix.audit(TRAIN, FRESH, HOLDOUT, **ASKED)


@pytest.fixture(scope="module")
def copied():
    return synthmix.audit(TRAIN, TRAIN.sample(frac=1.0, random_state=0), HOLDOUT, **ASKED)


@pytest.fixture(scope="module")
def broken():
    return synthmix.audit(TRAIN, independent(TRAIN, 4), HOLDOUT, **ASKED)


def verdicts(report, section, metric):
    mine = report.table[(report.table["section"] == section) & (report.table["metric"] == metric)]
    return set(mine["verdict"]) - {"na"}


def test_fresh_rows_fail_nothing(honest):
    assert "fail" not in honest.verdicts.values()
    assert honest.verdicts["privacy"] == "inconclusive"  # quick: membership is not attacked


def test_a_copy_fails_privacy_alone(copied):
    assert copied.verdicts["privacy"] == "fail"
    assert "fail" in verdicts(copied, "privacy", "duplicates")
    for section in ("fidelity", "inference"):  # not all margins can be certified with so few rows
        assert copied.verdicts[section] in ("pass", "inconclusive")
    assert "fail" not in set(copied.table.loc[copied.table["section"] != "privacy", "verdict"])
    assert copied.verdict == "fail"


def test_independent_columns_fail_fidelity_inference_and_prediction_and_not_privacy(broken):
    assert broken.verdicts == {"fidelity": "fail", "inference": "fail", "prediction": "fail", "privacy": "inconclusive"}
    assert "fail" not in set(broken.table.loc[broken.table["section"] == "privacy", "verdict"])
    assert "fail" in verdicts(broken, "fidelity", "max_dz")
    assert verdicts(broken, "prediction", "tstr_gap") == {"fail"}


def test_without_a_holdout_nothing_is_cleared():
    report = synthmix.audit(TRAIN, FRESH, **ASKED, sections=("prediction", "privacy"))
    assert report.verdicts["privacy"] in ("inconclusive", "fail")
    assert report.verdicts["prediction"] == "inconclusive"
    assert "no holdout" in report.about["open"]["privacy"][0]
    assert "no holdout" in report.about["open"]["prediction"][0]
    assert "cannot be concluded" in report.summary()
    optimistic = report.table[report.table["metric"] == "score_optimistic"]
    assert len(optimistic) == 2
    assert optimistic["note"].str.startswith("optimistic").all()


def test_nothing_asked_is_nothing_judged():
    report = synthmix.audit(TRAIN[["a", "b"]], FRESH[["a", "b"]], HOLDOUT[["a", "b"]], level="quick")
    assert report.verdicts["prediction"] == "na"
    assert report.about["open"]["prediction"] == []


def test_rows_in_any_order_and_any_number_of_threads_give_the_same_bytes(honest):
    mixed = [table.sample(frac=1.0, random_state=9) for table in (TRAIN, FRESH, HOLDOUT)]
    again = synthmix.audit(*mixed, **ASKED, n_jobs=2)
    assert again.to_json() == honest.to_json()


def test_another_seed_gives_other_draws(honest):
    other = synthmix.audit(TRAIN, FRESH, HOLDOUT, **ASKED, random_state=1, sections="prediction").table
    mine = honest.table[honest.table["section"] == "prediction"]
    assert mine["value"].tolist() == pytest.approx(
        other["value"].tolist(), nan_ok=True
    )  # the linear learner draws none
    assert mine["ci_low"].tolist() != other["ci_low"].tolist()


def test_inputs_stay_as_they_are(honest, copied, broken):
    """After three audits; their rows can be made again."""
    for seed, table in enumerate((TRAIN, HOLDOUT, FRESH), start=1):
        pd.testing.assert_frame_equal(table, population(700, seed))


def test_the_module_is_the_function(honest):
    import synthmix.audit.privacy  # a part that is imported must not hide the function

    assert isinstance(synthmix.audit, types.ModuleType)
    assert callable(synthmix.audit)
    assert inspect.signature(synthmix.audit) == inspect.signature(synthmix.audit.audit)
    assert synthmix.AuditReport is synthmix.audit.AuditReport is type(honest)
    assert pickle.loads(pickle.dumps(synthmix.audit.audit)) is synthmix.audit.audit
    assert "synthmix.audit(train" in synthmix.audit.__doc__


def test_files_hold_everything(honest, tmp_path):
    content = json.loads(honest.to_json(tmp_path / "a.json"))
    assert content["verdict"] == honest.verdict
    assert content["about"]["verdicts"] == honest.verdicts
    assert {row["section"] for row in content["rows"]} == {"fidelity", "inference", "prediction", "privacy"}
    honest.to_parquet(tmp_path / "a.parquet")
    back = pd.read_parquet(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(back, honest.table, check_dtype=False)
    mpl.use("Agg")
    assert honest.plot().legends[0].get_title().get_text() == f"Audit: {honest.verdict}"


def test_failures_and_summary_name_the_worst(broken):
    failed = broken.failures()
    assert failed["verdict"].iloc[0] == "fail"
    assert "section" in failed
    text = broken.summary()
    assert text.startswith("audit: FAIL   (700 training rows, 700 synthetic, 700 rows held out)")
    assert "max_dz" in text


def test_no_two_sections_have_a_metric_in_common_and_declared_ones_are_explained():
    names = [{name.partition(":")[0] for name in rules.margins} | set(rules.flags) for rules in RULES.values()]
    assert sum(map(len, names)) == len(set().union(*names))
    assert {name for rules in RULES.values() for name in rules.declared} <= set(MEANING)


def test_margins_of_any_section_can_be_set(honest):
    sections, margins = ("fidelity", "prediction"), {"tstr_gap": 0.5, "w1": 1.0}
    report = synthmix.audit(TRAIN, FRESH, HOLDOUT, **ASKED, margins=margins, sections=sections)
    assert verdicts(report, "prediction", "tstr_gap") == {"pass"}
    assert "pass" not in verdicts(honest, "fidelity", "w1")
    assert verdicts(report, "fidelity", "w1") == {"pass"}
    assert report.about["margins_set"] == ["tstr_gap", "w1"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": "bouhgt"}, "target 'bouhgt' is not a column; did you mean 'bought'"),
        ({"sensitive": ("gruop",)}, "sensitive names 'gruop', which is not a column; did you mean 'group'"),
        ({"sensitive": 3}, "sensitive=3: give the names of columns"),
        ({"quasi": ("d",)}, "quasi names 'd'"),
        ({"level": "fast"}, "level='fast' is unknown"),
        ({"margins": {"tstr": 0.1}}, "margins names 'tstr', which is no metric with a margin; did you mean 'tstr_gap'"),
        ({"margins": 3}, "margins=3 is no mapping"),
        ({"generator": "beta"}, "generator of type str: give the fitted MixupSynthesizer"),
        ({"random_state": -1}, "random_state=-1 is outside"),
        ({"n_jobs": 0}, "n_jobs=0"),
        ({"models": ("a + b",)}, "is no formula with a response"),
        ({"holdout": HOLDOUT.drop(columns="c")}, "the holdout table has no column 'c'"),
        ({"synthetic": FRESH.add_prefix("q")}, "no column in common"),
        ({"synthetic": FRESH.assign(a=np.inf)}, "'a'"),
    ],
)
def test_bad_input_is_refused_in_words(change, message):
    given = {"train": TRAIN, "synthetic": FRESH, "holdout": HOLDOUT, **ASKED, **change}
    with pytest.raises(synthmix.SynthmixError, match=re.escape(message)):
        synthmix.audit(**given)


def test_a_target_that_the_synthetic_table_lacks_leaves_its_section_open():
    report = synthmix.audit(
        TRAIN, FRESH.drop(columns="bought"), HOLDOUT, **{**ASKED, "target": "bought"}, models=["c ~ a"]
    )
    assert report.verdicts["prediction"] == "inconclusive"
    assert report.about["open"]["prediction"] == ["the synthetic table has no column 'bought'"]
    assert report.verdicts["fidelity"] == "fail"


def test_a_page_without_a_command_names_the_call(honest):
    from synthmix.audit.page import _call

    assert _call(honest) == (
        "synthmix.audit(train, synthetic, holdout, target='bought', sensitive=['group'], level='quick', random_state=0)"
    )
