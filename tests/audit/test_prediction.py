"""Train on synthetic, test on real: scores against scikit-learn, intervals, groups, and what cannot be computed."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from audit.audit_tables import independent, population
from scipy.stats import t as student
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, r2_score, roc_auc_score, root_mean_squared_error

from synthmix.audit.prediction.agreement import _slope
from synthmix.audit.prediction.contest import hold_contest, spread_of
from synthmix.audit.prediction.findings import prediction_findings
from synthmix.audit.prediction.gaps import _one_learner
from synthmix.audit.prediction.learners import learn
from synthmix.audit.prediction.scores import resampled_weights, score_of
from synthmix.audit.prediction.task import make_task
from synthmix.drift.joint.budget import Budget
from synthmix.drift.reference import Reference
from synthmix.drift.settings import Settings
from synthmix.drift.tables import align

TRAIN, HOLDOUT, FRESH = (population(500, seed) for seed in (1, 2, 3))
ONES = np.ones((1, 200))


def settings(level="quick", threads=1):
    return Settings(level, "synthetic", 0.05, 0, Budget(), threads)


pytestmark = pytest.mark.xdist_group("prediction")  # of contests that are held once


def tables_of(train, synthetic, holdout=None):
    return align(Reference.of(train), synthetic, holdout)


def found(train, synthetic, holdout, target, level="quick", sensitive=()):
    tables = tables_of(train, synthetic, holdout)
    rows = prediction_findings(tables, target=target, sensitive=sensitive, settings=settings(level))
    return pd.DataFrame([vars(one) for one in rows])


@cache
def of_buyers(name: str) -> pd.DataFrame:
    """Return what is found of fresh rows and of rows without any association."""
    made = FRESH if name == "fresh" else independent(TRAIN, 4)
    return found(TRAIN, made, HOLDOUT, "bought", sensitive=("group",))


@pytest.fixture
def random():
    return np.random.default_rng(5)


def test_scores_are_those_of_scikit_learn_with_and_without_ties(random):
    y = random.integers(0, 2, 200).astype(float)
    for chance in (random.uniform(0.01, 0.99, 200), np.round(random.uniform(0.1, 0.9, 200), 1)):
        predicted = np.stack([1.0 - chance, chance], axis=1)
        assert score_of("auc", y, predicted)(ONES)[0] == pytest.approx(roc_auc_score(y, chance), rel=1e-12)
        assert score_of("log_loss", y, predicted)(ONES)[0] == pytest.approx(log_loss(y, chance), rel=1e-12)
        assert score_of("brier", y, predicted)(ONES)[0] == pytest.approx(brier_score_loss(y, chance), rel=1e-12)
        weights = random.integers(0, 4, (3, 200)).astype(float)
        expected = [roc_auc_score(y, chance, sample_weight=one) for one in weights]
        np.testing.assert_allclose(score_of("auc", y, predicted)(weights), expected, rtol=1e-12)


def test_scores_of_numbers_and_of_many_classes(random):
    y, predicted = random.normal(size=(2, 200))
    weights = random.integers(0, 4, (2, 200)).astype(float)
    for name, oracle in (("r2", r2_score), ("rmse", root_mean_squared_error)):
        expected = [oracle(y, predicted, sample_weight=one) for one in weights]
        np.testing.assert_allclose(score_of(name, y, predicted)(weights), expected, rtol=1e-10)
    classes, chances = random.integers(0, 3, 200).astype(float), random.dirichlet(np.ones(3), 200)
    expected = roc_auc_score(classes, chances, multi_class="ovr")
    assert score_of("auc", classes, chances)(ONES)[0] == pytest.approx(expected, rel=1e-12)


def test_a_bootstrap_draws_as_many_rows_as_there_are_and_repeats():
    blocks = list(resampled_weights(300, 4000, 7))
    weights = np.concatenate(blocks)
    assert len(blocks) > 1
    assert (weights.sum(axis=1) == 300).all()
    np.testing.assert_array_equal(weights, np.concatenate(list(resampled_weights(300, 4000, 7))))
    assert weights.var() == pytest.approx(1.0 - 1.0 / 300, abs=0.02)


def test_the_standard_error_of_a_gap_is_that_of_paired_differences():
    tables = tables_of(TRAIN.drop(columns="bought"), FRESH.drop(columns="bought"), HOLDOUT.drop(columns="bought"))
    contest = hold_contest(make_task(tables, "b"), settings("standard"))
    ends = {which: contest.resampled["linear", which, "r2"] for which in ("real", "synthetic")}
    residuals = contest.row_gaps("linear")
    closed = residuals.std() / np.sqrt(residuals.size)  # of the numerator, with the variance of the target held fixed
    assert (ends["real"] - ends["synthetic"]).std() == pytest.approx(closed, rel=0.12)
    unpaired = np.hypot(ends["real"].std(), ends["synthetic"].std())
    assert unpaired > 3.0 * closed


def test_features_are_what_a_pipeline_makes_of_them():
    tables = tables_of(TRAIN, FRESH, HOLDOUT)
    task = make_task(tables, "bought")
    rows = task.rows["real"]
    learned = learn("linear", task, rows, 0)
    dummies = np.stack([rows.codes[:, 0] == code for code in range(task.sizes[0])], axis=1)
    table = np.concatenate([(rows.numbers - rows.numbers.mean(axis=0)) / rows.numbers.std(axis=0), dummies], axis=1)
    oracle = LogisticRegression(C=1.0, max_iter=300).fit(table, rows.y)
    np.testing.assert_allclose(learned.predict(rows), oracle.predict_proba(table), atol=1e-4)


def test_class_one_is_the_rarer_and_numbers_with_two_values_are_classes():
    frame = population(200, 1).assign(flag=lambda t: (t["a"] > 1.0).astype(int))
    task = make_task(tables_of(frame, frame), "flag")
    assert (task.kind, task.classes) == ("binary", ("0", "1"))
    flipped = make_task(tables_of(frame.assign(flag=1 - frame["flag"]), frame.assign(flag=1 - frame["flag"])), "flag")
    assert flipped.classes == ("1", "0")
    assert make_task(tables_of(frame, frame), "a").kind == "numeric"
    assert make_task(tables_of(frame, frame), "group").kind == "classes"


def test_fresh_rows_lose_little_and_broken_rows_lose_all():
    honest = of_buyers("fresh").query("metric == 'tstr_gap'")
    assert (honest["ci_low"] <= 0.03).all()
    broken = of_buyers("broken").query("metric == 'tstr_gap'")
    assert (broken["ci_low"] > 0.05).all()
    numeric = found(TRAIN, independent(TRAIN, 4), HOLDOUT, "b").query("metric == 'tstr_gap'")
    assert (numeric["ci_low"] > 0.2).all()


def test_a_copy_loses_exactly_nothing():
    same = found(TRAIN, TRAIN.sample(frac=1.0, random_state=3), HOLDOUT, "bought", "standard", ("group",))
    gaps = same[same["metric"].isin(["tstr_gap", "loss_gap", "group_gap", "worst_group", "demographic_parity"])]
    assert (gaps["value"] == 0.0).all()
    ranks = same[same["metric"] == "rank_agreement"]
    np.testing.assert_allclose(ranks["value"], 1.0)


def test_one_spoilt_group_is_found():
    spoilt = TRAIN.copy()
    rows = spoilt["group"] == "y"
    spoilt.loc[rows, "bought"] = np.where(spoilt.loc[rows, "bought"] == "yes", "no", "yes")
    table = found(TRAIN, spoilt, population(1000, 2), "bought", sensitive=("group",))
    worst = table[(table["metric"] == "worst_group") & (table["variant"] == "trees")].iloc[0]
    assert (worst["column2"], worst["level"]) == ("group", "y")
    assert worst["ci_low"] > 0.1
    assert worst["p_value"] < 1e-6


def test_the_worst_group_of_many_honest_ones_is_seldom_significant(random):
    """Bonferroni: the error over 300 tables is at most binomial with .05 (it fails with probability below 1e-5)."""
    hits = 0
    for _ in range(300):
        groups = [("g", str(k), random.normal(size=80)) for k in range(10)]
        worst = _one_learner("linear", groups, {"family": "prediction", "column": "y"})[-1]
        hits += worst.p_value <= 0.05
        means = np.array([gaps.mean() / gaps.std(ddof=1) * np.sqrt(80) for *_, gaps in groups])
        assert worst.p_value == pytest.approx(min(1.0, 10 * student.sf(means.max(), 79)), rel=1e-9)
    assert hits <= 34


def test_parity_is_a_difference_of_rates():
    table = of_buyers("broken")
    parity = table[(table["metric"] == "demographic_parity") & (table["variant"] == "linear")].iloc[0]
    contest = hold_contest(make_task(tables_of(TRAIN, independent(TRAIN, 4), HOLDOUT), "bought"), settings())
    spread = {}
    for which in ("real", "synthetic"):
        called = contest.predicted["linear", which][:, 1] >= 0.5
        groups = contest.test.groups[:, 0]
        rates = [called[groups == code].mean() for code in np.unique(groups)]
        spread[which] = max(rates) - min(rates)
    assert parity["value"] == pytest.approx(spread["synthetic"] - spread["real"], rel=1e-12)


def test_calibration_slopes_are_those_of_regressions(random):
    import statsmodels.api as sm

    x = random.normal(size=400)
    y = (random.uniform(size=400) < 1.0 / (1.0 + np.exp(-0.5 * x))).astype(float)
    chance = 1.0 / (1.0 + np.exp(-x))
    oracle = sm.Logit(y, sm.add_constant(x)).fit(disp=0, cov_type="HC0")
    slope, error = _slope("binary", y, np.stack([1.0 - chance, chance], axis=1))
    assert slope == pytest.approx(oracle.params[1], rel=1e-6)
    assert error == pytest.approx(oracle.bse[1], rel=1e-6)
    target = 2.0 * x + random.normal(size=400)
    oracle = sm.OLS(target, sm.add_constant(x)).fit(cov_type="HC0")
    slope, error = _slope("numeric", target, x)
    assert (slope, error) == pytest.approx((oracle.params[1], oracle.bse[1]), rel=1e-9)


def test_predicting_the_same_for_all_loses_the_spread(random):
    y = random.integers(0, 2, 200).astype(float)
    task = make_task(tables_of(TRAIN, FRESH), "bought")
    share = y.mean()
    assert spread_of(task, y) == pytest.approx(share * (1.0 - share))


@pytest.mark.parametrize(
    ("synthetic", "target", "reason"),
    [
        (FRESH.assign(bought="no"), "bought", "the target 'bought' has one class in the synthetic rows"),
        (FRESH.assign(a=1.0), "a", "the target 'a' has one value in the synthetic rows"),
        (FRESH.assign(bought=None), "bought", "the target 'bought' is known in 0 synthetic rows; 20 are needed"),
        (FRESH.drop(columns="bought"), "bought", "the synthetic table has no column 'bought'"),
        (FRESH, None, "no target was named"),
    ],
)
def test_what_cannot_be_predicted_says_why(synthetic, target, reason):
    table = found(TRAIN, synthetic, HOLDOUT, target)
    assert table["note"].tolist() == [reason]
    assert table["value"].isna().all()


def test_missing_values_new_levels_and_many_levels_are_taken(random):
    def spoil(frame):
        frame = frame.assign(many=random.integers(0, 120, len(frame)).astype(str))
        frame.loc[frame.index[::7], "a"] = np.nan
        frame.loc[frame.index[::11], "group"] = None
        frame.loc[frame.index[::13], "bought"] = None
        return frame

    train, synthetic, holdout = (spoil(t) for t in (TRAIN, FRESH.assign(c=np.nan), HOLDOUT))
    synthetic.loc[synthetic.index[3:9], "group"] = "invented"
    synthetic.loc[synthetic.index[4:8], "bought"] = "perhaps"
    table = found(train, synthetic, holdout, "bought", "full", ("group",))
    gaps = table[table["metric"] == "tstr_gap"]
    assert np.isfinite(gaps["value"]).all()
    assert gaps["note"].str.contains("left out").all()
    assert set(table["metric"]) >= {"group_gap", "equalised_odds", "rank_agreement", "calibration_slope"}
    assert (table["variant"] == "trees, real on synthetic").any()


def test_threads_change_nothing():
    tables = tables_of(TRAIN, FRESH, HOLDOUT)
    two = prediction_findings(tables, target="bought", sensitive=("group",), settings=settings(threads=2))
    pd.testing.assert_frame_equal(of_buyers("fresh"), pd.DataFrame([vars(one) for one in two]), check_exact=True)
