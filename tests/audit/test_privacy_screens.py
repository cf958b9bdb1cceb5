"""Distances, membership, attributes, singling out, linkability: nulls, known cases, other ways to compute them."""

from __future__ import annotations

import numpy as np
import pytest
from audit.privacy_worlds import population, tables_of
from scipy.integrate import quad
from scipy.spatial import cKDTree
from scipy.stats import binom, norm
from sklearn.metrics import roc_auc_score

from synthmix.audit.privacy import isolation_chance, residual_risk
from synthmix.audit.privacy.attributes import attributes, hit
from synthmix.audit.privacy.dcr import dcr_share, nndr, pooled_neighbours
from synthmix.audit.privacy.duplicates import duplicates
from synthmix.audit.privacy.ground import Ground, keys_of
from synthmix.audit.privacy.linkability import linkability
from synthmix.audit.privacy.membership import Scores, Targets, membership, score_targets
from synthmix.audit.privacy.rates import Rate, difference
from synthmix.audit.privacy.singling_out import Condition, alone, multivariate, singling_out, univariate
from synthmix.drift.joint import neighbours as search
from synthmix.drift.marginal.tails import clopper_pearson
from synthmix.drift.tables import Table


def ground(train, synthetic, holdout=None) -> Ground:
    return Ground(tables_of(train, synthetic, holdout), 0, 1)


# --- rates ---


def test_rates_of_the_published_formula():
    assert Rate(120, 500).wilson == pytest.approx((0.2419823285200036, 0.0373444684866226), abs=1e-12)
    found = residual_risk(Rate(120, 500), Rate(60, 500))
    assert found == pytest.approx((0.13577095620759347, 0.0510159367774425), abs=1e-12)


def test_a_residual_risk_is_that_of_another_program(golden):
    known = golden("anonymeter_confidence")["residual_500_120_vs_60"]
    assert residual_risk(Rate(120, 500), Rate(60, 500)) == pytest.approx((known["value"], known["error"]), abs=1e-12)


def test_a_residual_risk_may_be_negative_and_a_difference_holds_its_level():
    assert residual_risk(Rate(10, 100), Rate(30, 100))[0] < 0
    assert difference(Rate(0, 400), Rate(0, 400))[2] < 0.01
    rng = np.random.default_rng(1)
    inside = []
    for _ in range(400):
        low, high = difference(Rate(int(rng.binomial(200, 0.1)), 200), Rate(int(rng.binomial(300, 0.05)), 300))[1:]
        inside.append(low <= 0.05 <= high)
    assert np.mean(inside) > 0.93


def test_isolation_chance_is_its_integral():
    for n, low, high in ((50, 0.0, 0.1), (500, 1e-4, 0.02), (20, 0.0, 1.0)):
        mean = quad(lambda w, n=n: n * w * (1 - w) ** (n - 1), low, high, epsabs=1e-12)[0] / (high - low)
        assert isolation_chance(n, low, high) == pytest.approx(mean, rel=1e-9)
    assert isolation_chance(100, 0.01, 0.01) == pytest.approx(0.99**99)


# --- nearest rows of wide tables ---


@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_products_find_the_same_bits(scale):
    rng = np.random.default_rng(2)
    x = np.round(rng.normal(size=(300, 30)), 1)
    x[:5] *= scale  # far rows: their rounding must not hide neighbours of others
    x[100:140] = x[60]
    for args in ((x[:80], x[50:], 6, False), (x, x, 4, True)):
        slow, fast = search._by_all(*args, 1), search._by_products(*args, 2)
        assert np.array_equal(slow.squared, fast.squared)
        assert np.array_equal(slow.index, fast.index)


# --- DCR and NNDR ---


def z_of(train, holdout, synthetic, seed=0):
    return dcr_share(pooled_neighbours(train, holdout, synthetic, seed=seed), seed=seed)


def test_dcr_is_the_formula():
    rng = np.random.default_rng(3)
    train, holdout, made = rng.normal(size=(50, 2)), rng.normal(size=(80, 2)), rng.normal(size=(70, 2))
    nearest = cKDTree(np.concatenate([train, holdout])).query(made)[1]
    c = np.bincount(nearest, minlength=130)
    p, total = 50 / 130, 130
    z = (c[:50].sum() - 70 * p) / np.sqrt(p * (1 - p) * total / (total - 1) * ((c - c.mean()) ** 2).sum())
    found = z_of(train, holdout, made)
    assert found.value == pytest.approx(c[:50].sum() / 70)
    assert found.statistic == pytest.approx(z)
    assert found.p_value == pytest.approx(norm.sf(z))


def test_distances_are_those_of_an_independent_program(golden, data_file):
    """Concrete in two halves, z-scores of the first: from each row of the second to the nearest of the first."""
    known = golden("concrete_halves_dcr")
    rows = np.genfromtxt(data_file("concrete"), delimiter=",", skip_header=1)
    halves = [np.ascontiguousarray((half - rows[:515].mean(axis=0)) / rows[:515].std(axis=0))
              for half in (rows[:515], rows[515:])]  # fmt: skip
    first, second = np.sqrt(search.neighbours(halves[1], halves[0], 2).squared.T)
    found = {"median": np.median(first), "p05": np.quantile(first, 0.05), "identical_share": (first <= 1e-6).mean()}
    found["nndr_mean"] = ((first + 1e-8) / (second + 1e-8)).mean()
    assert found == pytest.approx(known, rel=1e-9)


@pytest.mark.parametrize(("n", "h", "whole"), [(150, 150, False), (100, 200, False), (150, 150, True)])
def test_dcr_has_its_level(n, h, whole):
    """Rejections of 300 runs, 99.99 % band of a 5 % test; new rows from a fit to the training rows share neighbours."""
    rejected, spread = 0, []
    for seed in range(300):
        rng = np.random.default_rng([seed, n, h])
        train, holdout, made = (rng.normal(size=(rows, 3)) for rows in (n, h, 200))
        if whole:
            train, holdout, made = (np.rint(1.5 * rows) for rows in (train, holdout, made))
        found = z_of(train, holdout, made, seed)
        rejected += found.p_value <= 0.05
        spread.append(found.statistic)
    assert 3 <= rejected <= 32
    assert 0.8 < np.std(spread) < 1.2


def test_all_ties_are_shared():
    same = np.ones((20, 3))
    found = z_of(same, same[:10], same)
    assert found.value == pytest.approx(2 / 3)
    assert found.p_value == pytest.approx(0.5)
    mixed = z_of(
        np.zeros((3, 2)), np.repeat([[0.0, 0.0], [9.0, 9.0]], [1, 1], axis=0), np.array([[0.0, 0.0], [9.0, 9.0]])
    )
    assert mixed.value == pytest.approx((3 / 4 + 0) / 2)  # each synthetic row counts once, however many are tied
    many = np.ones((400, 3))  # more ties than neighbours: a random choice of them
    values = [z_of(many, many[:200], same, seed).value for seed in range(60)]
    assert np.mean(values) == pytest.approx(2 / 3, abs=5 * 0.083 / 60**0.5)


def test_copies_in_whole_columns_are_alarmed_and_a_sampled_reference_would_hide_them():
    rng = np.random.default_rng(4)
    train, holdout = (np.rint(4 * rng.normal(size=(600, 4))) for _ in range(2))
    made = np.concatenate([train[:180], np.rint(4 * rng.normal(size=(420, 4)))])
    assert z_of(train, holdout, made).p_value < 1e-4
    few = pooled_neighbours(train, holdout, train, rows=30)
    assert dcr_share(few).value > 0.9  # fewer rows are asked, never fewer are searched


def test_nndr_sees_isolated_copies_and_keeps_its_level():
    rng = np.random.default_rng(5)
    train, holdout = rng.normal(size=(2, 200, 3))
    copies = pooled_neighbours(train, holdout, train + 1e-3 * rng.normal(size=train.shape))
    assert nndr(copies).p_value == 1 / 500
    assert nndr(copies).value < -0.3
    p_values = [nndr(pooled_neighbours(*rng.normal(size=(3, 40, 3)))).p_value for _ in range(12)]
    assert sum(p <= 0.05 for p in p_values) <= 5


# --- membership ---


def test_membership_area_is_the_usual_one():
    rng = np.random.default_rng(6)
    train, holdout = rng.normal(size=(300, 3)), rng.normal(size=(2400, 3))
    made = train + 0.02 * rng.normal(size=train.shape)
    targets = score_targets(train, holdout, made)
    label = np.repeat([1, 0], [300, 1200])
    found = {(one.metric, one.variant): one for one in membership(targets)}
    for name, scores in (("distance", targets.distance), ("density", targets.density)):
        known = roc_auc_score(label, np.concatenate([scores.members, scores.others]))
        assert found["membership_auc", name].value == pytest.approx(known)
    caught = found["membership", "density, FPR 0.01"]
    threshold = np.sort(targets.density.others)[-13]  # 12 of 1200 may be above
    assert caught.value == (targets.density.members > threshold).mean()
    assert caught.value > 0.3
    assert found["membership_auc", "distance, outliers"].value > found["membership_auc", "distance"].value


def test_membership_of_fresh_rows_is_chance():
    rng = np.random.default_rng(7)
    train, holdout, made = (rng.normal(size=(rows, 3)) for rows in (1500, 3000, 1500))
    for one in membership(score_targets(train, holdout, made)):
        if one.metric == "membership_auc" and "outliers" not in one.variant:
            assert abs(one.value - 0.5) < 4.5 * one.se
        if one.metric == "membership" and "0.01" in one.variant:
            assert one.value < 0.03
            assert one.null_center == 0.01
        if one.metric == "membership_epsilon" and "0.01" in one.variant:
            assert one.value < 0.5


def test_scores_that_all_share_find_nobody_and_few_people_give_no_rate():
    scores = Scores(np.zeros(50), np.zeros(2000))
    targets = Targets(scores, scores, (np.zeros(50, bool), np.zeros(2000, bool)))
    found = {(one.metric, one.variant): one for one in membership(targets)}
    assert found["membership", "distance, FPR 0.01"].value == 0.0
    assert found["membership_epsilon", "distance, FPR 0.01"].value == 0.0
    assert "needs 10000" in found["membership", "distance, FPR 0.001"].note
    assert "needs 20" in found["membership_auc", "distance, outliers"].note


def test_epsilon_of_a_mechanism_is_not_overstated():
    """Randomised response with epsilon 1: the bound stays below it in all but about 2 of 100 runs."""
    rng, over = np.random.default_rng(8), 0
    for _ in range(100):
        member, other = rng.random(500) < np.e / (1 + np.e), rng.random(2000) < 1 / (1 + np.e)
        scores = Scores(member + 0.5 * rng.random(500), other + 0.5 * rng.random(2000))
        none = np.zeros(500, bool), np.zeros(2000, bool)
        found = membership(Targets(scores, scores, none))
        over += next(one for one in found if one.metric == "membership_epsilon").value > 1.0
    assert over <= 10


# --- copies ---


def test_keys_are_equal_for_equal_rows_only():
    rng = np.random.default_rng(9)
    numbers = np.where(rng.random((40, 2)) < 0.2, np.nan, rng.integers(0, 3, size=(40, 2)) * -0.0 + 1.0)
    numbers[::3, 0] = -0.0
    numbers[1::3, 0] = 0.0
    table = Table(numbers, rng.integers(0, 2, size=(40, 1)).astype(np.int32))
    (keys,) = keys_of([table], [0, 1], [0])
    texts = [str((row + 0.0).tolist()) + str(code) for row, code in zip(table.numbers, table.codes, strict=True)]
    assert all((keys[a] == keys[b]) == (texts[a] == texts[b]) for a in range(40) for b in range(40))


def test_honest_copies_of_coarse_tables_are_subtracted():
    columns = ["school", "group"]
    train, made, held = (population(400, seed)[columns] for seed in (1, 2, 3))
    found = {(one.metric, one.variant): one for one in duplicates(ground(train, made, held), ("group",))}
    assert found["duplicates", "all columns, share"].value > 0.9
    assert abs(found["duplicates", "all columns"].value) < 0.05
    assert found["duplicates", "quasi-identifiers, share"].value == 1.0


# --- attributes ---


def test_a_guess_is_right_whatever_the_sign():
    truth = np.array([100.0, -100.0, 0.0, np.nan, 50.0])
    guess = np.array([104.0, -104.0, 0.0, np.nan, 53.0])
    assert hit(guess, truth, numeric=True).tolist() == [True, True, True, True, False]
    assert hit(-guess, -truth, numeric=True).tolist() == hit(guess, truth, numeric=True).tolist()
    assert not hit(np.full(3, -1.0), np.array([5.0, 9.0, 2.0]), numeric=True).any()


def test_a_copy_leaks_a_secret_and_other_people_do_not():
    train, held = population(500, 1), population(500, 2)
    rng = np.random.default_rng(10)
    train["secret"], held["secret"] = (rng.choice(list("xyz"), size=500) for _ in range(2))  # nobody can know it
    other = population(500, 3).assign(secret=rng.choice(list("xyz"), size=500))
    for made, low, high in ((train, 0.5, 1.01), (other, -0.3, 0.2)):
        found = {one.variant: one for one in attributes(ground(train, made, held), ("secret",))}
        assert low < found["residual"].value < high
        assert found["excess"].ci_low > 0.1 if made is train else found["excess"].ci_low < 0.05
        assert found["excess"].column == "secret"


# --- singling out, linkability ---


def test_predicates_fit_one_row_of_their_table():
    table = tables_of(population(200, 1), population(200, 1)).synthetic
    for write in (univariate, multivariate):
        predicates = write(table, np.random.default_rng(0))
        assert len(predicates) > 20
        assert all(alone(predicate, table) for predicate in predicates)
    missing = Table(np.array([[np.nan], [1.0]]), np.zeros((2, 0), np.int32))
    gap = Condition(column=0, numeric=True, kind="equal", value=np.nan)
    assert gap.holds(missing).tolist() == [True, False]


def test_a_copy_singles_out_and_links_and_other_people_do_not():
    train, held = population(500, 1), population(500, 2)
    for made, low, high in ((train, 0.3, 1.01), (population(500, 3), -0.15, 0.15)):
        tables = ground(train, made, held)
        for one in [*singling_out(tables), *linkability(tables), *linkability(tables, ("age", "group"))]:
            assert low < one.value < high, one


def test_the_interval_at_a_false_positive_rate_counts_the_doubt_of_the_threshold():
    """Members are like others, so 1 % is found; an interval for the threshold alone misses that in half of all runs."""
    rng = np.random.Generator(np.random.Philox(key=5))
    none = (np.zeros(10_000, bool), np.zeros(1000, bool))
    missed = given = 0
    for _ in range(100):
        scores = Scores(rng.normal(size=10_000), rng.normal(size=1000))
        found = membership(Targets(scores, scores, none))
        one = next(one for one in found if one.metric == "membership" and "0.01" in one.variant)
        missed += not one.ci_low <= 0.01 <= one.ci_high
        low, high = clopper_pearson(round(one.value * 10_000), 10_000)
        given += not low <= 0.01 <= high
    assert missed <= binom.ppf(1 - 1e-6, 100, 0.05)
    assert given > 25
