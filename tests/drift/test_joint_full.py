"""Embedding of mixed tables, the classifier test and the sliced distance."""

import numpy as np
import pytest
from drift.joint_oracle import epbeta
from scipy.stats import mannwhitneyu, norm, rankdata, wasserstein_distance

from synthmix.drift.joint.budget import Budget
from synthmix.drift.joint.classifier import area, classifier_test, held_out
from synthmix.drift.joint.embedding import embed
from synthmix.drift.joint.fused import fused_test
from synthmix.drift.joint.pool import pooled
from synthmix.drift.joint.sliced import directions, sliced_wasserstein
from synthmix.errors import InputError, OptionError

SMALL = Budget(permutations=99)


def mixed(n, seed):
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(n, 2)) * [1.0, 1000.0] + [0.0, 5e6]
    numbers[rng.random(n) < 0.2, 1] = np.nan
    return numbers, rng.integers(0, 4, (n, 1))


def test_coordinates_of_a_mixed_table():
    (x, a), (y, b) = mixed(300, 1), mixed(200, 2)
    found = embed(x, y, a, b, names=["size", "pay"], code_names=["colour"])
    assert found.names == ("size", "pay", "pay (missing)", *(f"colour = {level}" for level in range(4)))
    table = np.concatenate([found.real, found.synthetic])
    pooled_size = np.concatenate([x, y])[:, 0]
    assert np.allclose(table[:, 0], (pooled_size - pooled_size.mean()) / pooled_size.std())
    missing = np.isnan(np.concatenate([x, y])[:, 1])
    assert np.allclose(table[~missing, 1].std(), 1.0)
    assert (np.abs(table[missing, 1]) < 0.2).all()  # the median, near the mean
    assert set(table[:, 2]) == {0.0, 2**0.5}
    i, j = np.flatnonzero(a[:, 0] == 0)[0], np.flatnonzero(a[:, 0] == 1)[0]
    assert ((found.real[i, 3:] - found.real[j, 3:]) ** 2).sum() == 2.0
    squared = (table[:250, 0] - table[250:, 0]) ** 2
    assert squared.mean() == pytest.approx(2.0, abs=0.9)  # five standard errors
    scores = embed(x, y, names=["size", "pay"], scale="scores")
    assert np.allclose(
        np.concatenate([scores.real, scores.synthetic])[:, 0], norm.ppf((rankdata(pooled_size) - 0.5) / 500)
    )


def test_an_embedding_says_what_does_not_vary_and_what_shares_a_coordinate():
    n = 300
    codes = np.arange(2 * n)[:, None] % 100
    numbers = np.column_stack([np.ones(2 * n), np.full(2 * n, np.nan), np.arange(2 * n, dtype=float)])
    found = embed(numbers[:n], numbers[n:], codes[:n], codes[n:], names=["one", "gone", "place"], code_names=["town"])
    assert (
        found.note == "one: the same in all rows; gone: the same in all rows; town: 50 rare levels share a coordinate"
    )
    assert found.names[0] == "place"
    assert (found.real[:, 1:].sum(axis=1) == 1.0).all()
    sided = embed(np.ones((5, 1)), np.full((4, 1), np.nan), names=["x"])
    assert sided.names == ("x (missing)",)
    with pytest.raises(InputError, match="no column varies"):
        embed(np.ones((3, 1)), np.ones((3, 1)))
    with pytest.raises(InputError, match="'pay' holds infinite"):
        embed(np.array([[np.inf]]), np.ones((3, 1)), names=["pay"])
    with pytest.raises(OptionError, match="scores"):
        embed(np.ones((3, 1)), np.ones((3, 1)), scale="score")
    huge = embed(np.array([[1e200], [-1e200]]), np.array([[0.0]]))
    assert np.isfinite(huge.real).all()


def test_the_embedding_does_not_depend_on_units():
    (x, a), (y, b) = mixed(200, 3), mixed(200, 4)
    one = embed(x, y, a, b)
    other = embed(1000.0 * x + 5.0, 1000.0 * y + 5.0, a, b)
    assert np.allclose(one.real, other.real, atol=1e-8)
    moved = embed(x, 1000.0 * y + 5e6, a, b)  # one table only: found
    assert fused_test(moved.real, moved.synthetic, budget=SMALL).p_value == 0.01


def test_missing_on_one_side_and_a_lost_level_are_found():
    (x, a), (y, b) = mixed(300, 5), mixed(300, 6)
    y[:, 1] = np.where(np.isnan(y[:, 1]), 5e6, y[:, 1])
    filled = embed(x, y, a, b)
    assert fused_test(filled.real, filled.synthetic, budget=SMALL).p_value == 0.01
    (y, b) = mixed(300, 6)
    lost = embed(x, y, a, np.where(b == 3, 0, b))
    assert fused_test(lost.real, lost.synthetic, budget=SMALL).p_value == 0.01


# --- classifier ---


def test_the_area_is_that_of_mann_and_whitney():
    rng = np.random.default_rng(7)
    low, high = np.round(rng.normal(size=40), 1), np.round(rng.normal(0.4, 1, size=30), 1)
    test = mannwhitneyu(high, low, method="asymptotic")
    auc, p_value, se, null = area(low, high)
    assert auc == pytest.approx(test.statistic / 1200, rel=1e-12)
    assert p_value == test.pvalue
    assert 0.03 < se < 0.1
    assert null == pytest.approx((71 / (12 * 1200)) ** 0.5)
    assert area(np.ones(5), np.ones(4)) == (0.5, 1.0, 0.0, 0.0)


def test_a_classifier_tells_shuffled_columns_and_not_fresh_rows():
    rng = np.random.default_rng(8)
    x = rng.multivariate_normal([0, 0], [[1, 0.9], [0.9, 1]], 600)
    shuffled = np.column_stack([rng.permutation(column) for column in x.T])
    found = classifier_test(x, shuffled)
    assert found.value > 0.7
    assert found.p_value < 1e-6
    assert found.ci_low > 0.6
    assert classifier_test(rng.permutation(x), shuffled[::-1]) == found
    fresh = classifier_test(x, rng.multivariate_normal([0, 0], [[1, 0.9], [0.9, 1]], 600))
    assert abs(fresh.value - 0.5) < 5 * fresh.se


def test_near_copies_push_the_area_below_one_half():
    rng = np.random.default_rng(9)
    x = rng.normal(size=(800, 3))
    found = classifier_test(x, epbeta(x, 0.05, rng))
    assert found.value < 0.45
    assert "near-twins" in found.note
    copy = classifier_test(x, x)
    assert copy.value == pytest.approx(0.5)  # equal rows are in one half


def test_halves_keep_equal_rows_together_and_do_not_see_labels():
    x = np.repeat(np.random.default_rng(10).normal(size=(20, 2)), 5, axis=0)
    pool = pooled(x[:60], x[60:])
    held = held_out(pool, 0)
    assert held.sum() == 50
    assert (held.reshape(20, 5).all(axis=1) | ~held.reshape(20, 5).any(axis=1)).all()
    assert np.array_equal(held, held_out(pooled(x[40:], x[:40]), 0))


def test_a_classifier_needs_rows():
    x = np.random.default_rng(11).normal(size=(30, 2))
    small = classifier_test(x, x + 1.0)
    assert np.isnan(small.value)
    assert "fewer than 20 rows" in small.note


# --- sliced ---


def test_one_direction_is_the_wasserstein_distance_of_scipy():
    rng = np.random.default_rng(12)
    x, y = np.round(rng.normal(size=(50, 2)), 1), np.round(rng.normal(0.3, 1, size=(70, 2)), 1)
    found = sliced_wasserstein(x, y, vectors=np.array([[0.6], [0.8]]), budget=SMALL)
    projected = [table @ [0.6, 0.8] for table in (x, y)]
    assert found.value == pytest.approx(wasserstein_distance(*projected), rel=1e-12)


def test_sliced_distance_is_that_of_pot():
    ot = pytest.importorskip("ot")
    rng = np.random.default_rng(13)
    x, y = rng.normal(size=(60, 3)), rng.normal(0.3, 1, size=(40, 3))
    vectors = directions(3, 30, 5)
    assert np.allclose((vectors**2).sum(axis=0), 1.0)
    expected = ot.sliced_wasserstein_distance(x, y, projections=vectors, p=1)
    assert sliced_wasserstein(x, y, vectors=vectors, budget=SMALL).value == pytest.approx(expected, rel=1e-10)
    assert sliced_wasserstein(x, y, projections=30, seed=5, budget=SMALL).value == pytest.approx(expected, rel=1e-10)


def test_sliced_distance_has_a_null_and_no_order():
    rng = np.random.default_rng(14)
    x, y = rng.normal(size=(100, 3)), rng.normal(size=(80, 3))
    one = sliced_wasserstein(x, y, projections=16, budget=SMALL)
    assert one.null_low < one.null_center < one.null_high
    assert one.p_value > 0.01
    assert sliced_wasserstein(x[::-1], rng.permutation(y), projections=16, budget=SMALL, threads=2) == one
    assert sliced_wasserstein(x, y + 1.0, projections=16, budget=SMALL).p_value == 0.01
    with pytest.raises(OptionError, match="projections"):
        sliced_wasserstein(x, y, projections=0)
