"""Radii, core and tail shares, coverage, neighbours and the usual scores."""

import numpy as np
import pytest
from drift.joint_oracle import GOLDEN, beta_mix, bootstrap, concrete_halves, epbeta
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist
from scipy.stats import beta, betabinom, norm, rankdata

from synthmix.drift.joint.budget import Budget
from synthmix.drift.joint.core_tail import core_tail as shares_beyond
from synthmix.drift.joint.core_tail import radius_metrics
from synthmix.drift.joint.coverage import coverage, coverage_k, coverage_null
from synthmix.drift.joint.graph import graph_of, labels_of, same_label
from synthmix.drift.joint.neighbour_test import neighbour_test
from synthmix.drift.joint.neighbours import neighbours
from synthmix.drift.joint.pool import both
from synthmix.drift.joint.prdc import prdc, prdc_of
from synthmix.drift.joint.radius import Whitener, normal_scores, pooled_radius
from synthmix.errors import OptionError

SMALL = Budget(permutations=99)


def core_tail(x, y):
    return radius_metrics(x, y)[1:]


def radius_ks(x, y):
    return radius_metrics(x, y)[0]


def normal(n, p, seed):
    return np.random.default_rng(seed).normal(size=(n, p))


def test_normal_scores_are_those_of_mid_ranks():
    values = np.round(normal(80, 1, 0), 1)
    expected = norm.ppf((rankdata(values[:, 0]) - 0.5) / 80)
    assert np.array_equal(normal_scores(values, values), normal_scores(values, values.copy()))  # sorted, or searched
    assert np.allclose(normal_scores(values, values)[:, 0], expected, rtol=0, atol=1e-13)
    beyond = normal_scores(np.array([[-9.0], [9.0]]), values)[:, 0]
    assert np.allclose(beyond, norm.ppf([0.25 / 80, 1 - 0.25 / 80]))


def test_the_radius_is_the_mahalanobis_length_of_normal_scores():
    x = normal(200, 4, 1) ** 3
    scores = normal_scores(x, x)
    centred = scores - scores.mean(axis=0)
    expected = (centred * np.linalg.solve(centred.T @ centred / 200, centred.T).T).sum(axis=1)
    assert np.allclose(pooled_radius(x), expected, rtol=1e-10)


def test_collinear_and_constant_columns_count_once_or_not_at_all():
    x = normal(200, 3, 2)
    more = np.column_stack([x, x[:, 0], np.ones(200)])
    assert Whitener(more).rank == 3
    assert np.allclose(Whitener(more).lengths(more), Whitener(x).lengths(x), rtol=1e-6)
    assert (Whitener(np.ones((5, 2))).lengths(np.ones((5, 2))) == 0.0).all()


@pytest.mark.parametrize(
    ("generator", "p", "core", "tail"),
    [(epbeta, 1, 0.527, 0.0155), (epbeta, 4, 0.559, 0.0277), (beta_mix, 4, 0.724, 0.0014), (epbeta, 10, 0.577, 0.0506)],
)
def test_core_and_tail_of_one_generation_are_the_known_ones(generator, p, core, tail):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(40_000, p))
    found = core_tail(x, generator(x, 1.0, rng))
    assert [one.variant for one in found] == ["core", "tail"]
    assert found[0].statistic == pytest.approx(core, abs=0.018)  # five standard errors of both tables
    assert found[1].statistic == pytest.approx(tail, abs=0.0045)
    assert found[0].value == pytest.approx(2 * found[0].statistic, rel=1e-3)


def test_core_and_tail_have_the_beta_binomial_null():
    rng = np.random.default_rng(4)
    shares = [core_tail(rng.normal(size=(99, 2)), rng.normal(size=(60, 2))) for _ in range(400)]
    for number, k in ((0, 50), (1, 10)):
        counts = np.array([pair[number].statistic * 60 for pair in shares])
        law = betabinom(60, k, 100 - k)
        assert abs(counts.mean() - law.mean()) < 5 * law.std() / 20
        assert counts.var() == pytest.approx(law.var(), rel=0.4)  # five standard errors
        assert np.mean([pair[number].p_value <= 0.05 for pair in shares]) < 0.05 + 5 * (0.05 * 0.95 / 400) ** 0.5
    assert "10 farthest of 99" in shares[0][1].note
    assert shares[0][0].ci_low < shares[0][0].value < shares[0][0].ci_high


def test_limits_of_core_and_tail_count_both_tables():
    """The true ratio is 1. With the threshold taken as known, limits of synthetic rows alone miss it too often."""
    rng = np.random.default_rng(11)
    covered, alone = np.zeros(2), np.zeros(2)
    for _ in range(600):
        found = shares_beyond(np.sort(rng.random(400)), np.sort(rng.random(400)))
        for i, (one, expected) in enumerate(zip(found, (200 / 401, 10 / 401), strict=True)):
            covered[i] += one.ci_low <= 1.0 <= one.ci_high
            count = one.statistic * 400
            alone[i] += (
                (beta.ppf(0.025, count, 401 - count) if count else 0.0)
                <= expected
                <= beta.ppf(0.975, count + 1, 400 - count)
            )
    assert (covered / 600 > 0.95 - 4.5 * (0.05 * 0.95 / 600) ** 0.5).all()
    assert (alone / 600 < 0.9).all()


def test_core_and_tail_say_when_radii_are_tied_or_do_not_vary():
    rng = np.random.default_rng(5)
    found = core_tail(rng.integers(0, 2, (50, 2)), rng.integers(0, 2, (40, 2)))
    assert all("tied" in one.note for one in found)
    flat = core_tail(np.ones((50, 2)), np.ones((40, 2)))
    assert all("no column varies" in one.note for one in flat)
    assert flat[0].statistic == 0.5
    one_row = core_tail(np.ones((1, 2)), np.zeros((1, 2)))
    assert all(np.isfinite(one.value) for one in one_row)


def test_the_radius_sees_mixing_and_not_row_order():
    x = normal(500, 5, 6)
    rng = np.random.default_rng(7)
    mixed = beta_mix(x, 1.0, rng)
    one = radius_ks(x, mixed)
    assert one.p_value < 1e-6
    assert radius_ks(rng.permutation(x), mixed[::-1]) == one
    assert radius_ks(x, normal(500, 5, 8)).p_value > 1e-3
    assert radius_metrics(rng.permutation(x), mixed[::-1], threads=2) == radius_metrics(x, mixed)


# --- neighbours ---


@pytest.mark.parametrize("p", [2, 9])  # by a tree, by all distances
def test_neighbours_are_those_of_a_tree(p):
    x, y = normal(300, p, 9), normal(200, p, 10)
    distance, index = cKDTree(y).query(x, 4)
    found = neighbours(x, y, 4)
    assert np.array_equal(found.index, index)
    assert np.allclose(np.sqrt(found.squared), distance, rtol=1e-14)
    own = neighbours(x, x, 3, own=True, threads=2)
    assert np.array_equal(own.index, cKDTree(x).query(x, 4)[1][:, 1:])
    assert np.array_equal(own.index, neighbours(x, x, 3, own=True).index)


@pytest.mark.parametrize("p", [1, 9])
def test_copies_are_neighbours_at_distance_zero_and_a_row_is_not_its_own(p):
    x = np.repeat(normal(3, p, 11), 6, axis=0)
    found = neighbours(x, x, 4, own=True)
    assert (found.squared == 0.0).all()
    assert (found.index != np.arange(18)[:, None]).all()
    assert (found.index // 6 == np.arange(18)[:, None] // 6).all()
    assert all(len(set(row)) == 4 for row in found.index)
    few = neighbours(x[:1], x[:2], 4)
    assert np.isinf(few.squared[0, 2:]).all()
    assert (few.index[0, 2:] == -1).all()


# --- coverage ---


@pytest.mark.parametrize(
    ("n", "m", "k", "expected"),
    [(300, 300, 5, 0.970), (300, 100, 5, 0.766), (300, 900, 5, 0.999), (200, 50, 10, 0.899)],
)
def test_the_null_of_coverage(n, m, k, expected):
    assert coverage_null(n, m, k) == pytest.approx(expected, abs=6e-4)


def test_k_is_the_one_whose_null_is_nearest_to_the_target():
    for n, m in ((300, 300), (200, 50), (1000, 3000), (5, 5), (2, 100)):
        k = coverage_k(n, m)
        gaps = [abs(coverage_null(n, m, j) - 0.95) for j in range(1, max(n, 2))]
        assert gaps[k - 1] == min(gaps)
    assert coverage_k(300, 300) == 4


@pytest.mark.parametrize("tied", [False, True])
def test_coverage_of_fresh_rows_is_its_null_with_and_without_ties(tied):
    rng = np.random.default_rng(12)
    found = []
    for seed in range(150):
        x, y = rng.normal(size=(80, 2)), rng.normal(size=(60, 2))
        if tied:
            x, y = np.round(x), np.round(y)
        found.append(coverage(x, y, k=4, seed=seed, budget=Budget(permutations=19)))
    values = np.array([one.value for one in found])
    assert abs(values.mean() - coverage_null(80, 60, 4)) < 5 * values.std() / 150**0.5
    assert np.mean([one.p_value <= 0.1 for one in found]) < 0.1 + 5 * (0.09 / 150) ** 0.5


def test_coverage_sees_a_dropped_mode_and_is_not_fooled_by_repeated_rows():
    rng = np.random.default_rng(13)
    x = rng.normal(size=(300, 2)) + 6.0 * (np.arange(300) % 10 == 0)[:, None]
    kept = rng.normal(size=(300, 2))
    finding = coverage(x, kept, budget=SMALL)
    assert finding.value < finding.null_low
    assert finding.p_value == 0.01
    codes = np.repeat(np.arange(5.0), 60)[:, None]
    assert coverage(codes, codes, budget=SMALL).value > 0.9
    usual = next(one for one in prdc(codes, codes) if one.variant == "coverage")
    assert usual.value == 0.0  # the defect of open balls that the metric does not have
    assert "occur more than 5 times" in usual.note


def test_coverage_with_ties_is_the_mean_over_random_orders_of_equal_rows():
    rng = np.random.default_rng(21)
    x, y = rng.integers(0, 3, (12, 1)).astype(float), rng.integers(0, 4, (9, 1)).astype(float)
    rows, real, k = np.concatenate([x, y])[:, 0], np.arange(21) < 12, 3
    shares = []
    for _ in range(4000):
        distance = np.abs(rows[:, None] - rows) + 1e-9 * rng.random((21, 21))  # ties of different values: see below
        distance += 1e-6 * (rows[None, :] > rows[:, None])  # the lower value first, as in the canonical order
        np.fill_diagonal(distance, np.inf)
        near = np.argsort(distance, axis=1)[:, :k]
        shares.append(1.0 - real[near[:12]].all(axis=1).mean())
    found = coverage(x, y, k=k, budget=SMALL).value
    assert found == pytest.approx(np.mean(shares), abs=5 * np.std(shares) / 4000**0.5)


@pytest.mark.parametrize("tied", [False, True])
def test_the_neighbour_test_counts_neighbours_of_the_same_table(tied):
    x, y = normal(60, 2, 22), normal(40, 2, 23)
    if tied:
        x, y = np.round(x), np.round(y)
    one = neighbour_test(x, y, k=3, budget=SMALL)
    if not tied:
        near = cKDTree(np.concatenate([x, y])).query(np.concatenate([x, y]), 4)[1][:, 1:]
        real = np.arange(100) < 60
        assert one.value == pytest.approx((real[near] == real[:, None]).mean())
    graph = graph_of(*both(x, y), 3)
    shares = same_label(graph, labels_of(graph, 3000, 0))[1:] / 300
    assert abs(shares.mean() - one.null_center) < 5 * shares.std() / 3000**0.5
    assert neighbour_test(y[::-1], x, k=3, budget=SMALL).value == pytest.approx(one.value)
    assert neighbour_test(x, y + 2.0, k=3, budget=SMALL).p_value == 0.01
    assert "lower tail 0.01" in neighbour_test(x, x, k=1, budget=SMALL).note or tied


def test_coverage_does_not_depend_on_row_order_or_threads():
    rng = np.random.default_rng(14)
    x, y = np.round(normal(100, 2, 15), 1), np.round(normal(90, 2, 16), 1)
    one = coverage(x, y, budget=SMALL)
    assert coverage(rng.permutation(x), y[::-1], budget=SMALL, threads=2) == one
    cut = coverage(x, y, budget=Budget(rows=60, permutations=99))
    assert "of 90 synthetic" in cut.note
    with pytest.raises(OptionError, match="k=100"):
        coverage(x, y, k=100)
    assert np.isfinite(coverage(x[:1], y, budget=SMALL).value)


def test_the_usual_scores_of_concrete_are_the_published_values(data_file):
    x, y = concrete_halves(data_file("concrete"))
    for one in prdc(x, y):
        assert one.value == pytest.approx(GOLDEN[one.variant], rel=1e-12)
    assert coverage(x, y, k=5, budget=SMALL).value == pytest.approx(GOLDEN["coverage"], rel=1e-12)


def test_the_usual_scores_are_plain_counts():
    x, y = np.round(normal(60, 2, 17), 1), np.round(normal(50, 2, 18), 1)
    xx, yy, xy = np.sort(cdist(x, x), axis=1)[:, 3], np.sort(cdist(y, y), axis=1)[:, 3], cdist(x, y)
    found = prdc_of(x, y, 3)
    inside = xy < xx[:, None]
    assert found.precision == inside.any(axis=0).mean()
    assert found.recall == (xy < yy).any(axis=1).mean()
    assert found.density == pytest.approx(inside.sum() / (3 * 50))
    assert found.coverage == inside.any(axis=1).mean()
    assert prdc_of(x, y, 3, threads=2) == found


def test_a_bootstrap_is_nearer_than_fresh_rows():
    x = normal(300, 3, 19)
    assert coverage(x, bootstrap(x, np.random.default_rng(20)), budget=SMALL).null_center == pytest.approx(
        0.94, abs=0.02
    )
