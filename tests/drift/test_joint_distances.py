"""Energy, MMD and permuted sums against plain formulas, scipy and published values."""

import numpy as np
import pytest
from drift.joint_oracle import GOLDEN, concrete_halves, energy_v, mmd_v
from scipy.spatial.distance import cdist
from scipy.stats import energy_distance

from synthmix.drift.joint.budget import Budget
from synthmix.drift.joint.energy import energy_coefficient, energy_of
from synthmix.drift.joint.mmd import mmd, mmd_of
from synthmix.drift.joint.pairs import DISTANCE, between, gaussian, spread_of
from synthmix.drift.joint.pool import both, lexicographic, pooled
from synthmix.drift.joint.relabelled import labellings, largest_gap, quadratic, stepped
from synthmix.errors import InputError, OptionError
from synthmix.kernels.distances import pivoted_cholesky

SMALL = Budget(permutations=199)


def tables(seed=0, n=90, m=60, p=4):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, p)), rng.normal(0.2, 1.0, size=(m, p))


@pytest.mark.parametrize("p", [1, 3, 4, 9])
def test_squared_distances_are_plain_sums_of_squares(p):
    x, y = tables(p=p)
    found = between(x, np.ascontiguousarray(y.T))
    assert np.allclose(found, cdist(x, y) ** 2, rtol=1e-13, atol=1e-15)
    plain = np.empty_like(found)
    for i in range(len(x)):
        total = np.zeros(len(y))
        for c in range(p):
            total += (x[i, c] - y[:, c]) ** 2
        plain[i] = total
    assert np.array_equal(found, plain)  # in the order of the columns, bit for bit


def test_rows_are_in_lexicographic_order_and_equal_ones_as_they_came():
    rows = np.random.default_rng(3).integers(0, 3, (200, 4)).astype(float)
    assert np.array_equal(lexicographic(rows), np.lexsort(rows.T[::-1]))
    assert np.array_equal(lexicographic(rows[:1]), [0])


def test_energy_and_mmd_of_concrete_are_the_published_values(data_file):
    x, y = both(*concrete_halves(data_file("concrete")))
    energy = energy_of(x, y)
    assert energy.v == pytest.approx(GOLDEN["energy_v"], rel=1e-12)
    assert energy.u == pytest.approx(GOLDEN["energy_u"], rel=1e-12)
    spread = spread_of(np.concatenate([x, y]))
    assert spread.median == pytest.approx(GOLDEN["median"], rel=1e-13)
    v, u = mmd_of(x, y, gaussian(spread, [1.0]))
    assert v[0] == pytest.approx(GOLDEN["mmd_v"], rel=1e-12)
    assert u[0] == pytest.approx(GOLDEN["mmd_u"], rel=1e-12)


def test_energy_in_one_dimension_is_the_square_of_scipys():
    x, y = tables(p=1)
    assert energy_of(x, y).v == pytest.approx(energy_distance(x[:, 0], y[:, 0]) ** 2, rel=1e-11)
    assert energy_of(x, y).v == pytest.approx(energy_v(x, y), rel=1e-12)


def test_the_coefficient_is_one_for_two_points_and_zero_for_one():
    assert energy_of(np.zeros((5, 2)), np.ones((7, 2))).coefficient == pytest.approx(1.0)
    finding = energy_coefficient(np.ones((5, 2)), np.ones((7, 2)), budget=SMALL)
    assert (finding.value, finding.p_value, finding.note) == (0.0, 1.0, "all rows are equal")


def test_the_null_centre_of_energy_is_the_mean_of_permutations():
    x, y = tables()
    pool = pooled(x, y)
    labels = labellings(pool, 4000, 1, 0)
    part = stepped(DISTANCE, spread_of(pool.rows), 150, 60)
    energies = quadratic(pool, labels, [part])[0, 1:]
    distance = cdist(pool.rows, pool.rows).sum() / (150 * 149)
    assert energies.mean() == pytest.approx(distance * (1 / 90 + 1 / 60), abs=5 * energies.std() / 4000**0.5)
    finding = energy_coefficient(x, y, budget=SMALL)
    assert finding.null_center == (1 / 90 + 1 / 60) / 2
    assert finding.null_low < finding.null_center < finding.null_high


def test_the_standard_error_of_the_coefficient_is_that_of_repeated_samples():
    rng = np.random.default_rng(5)
    draws = [energy_of(rng.normal(size=(80, 2)), rng.normal(0.5, 3.0, size=(60, 2))) for _ in range(400)]
    spread = np.std([one.coefficient for one in draws])
    assert np.mean([one.se for one in draws]) == pytest.approx(spread, rel=0.2)  # SE of a SD of 400: 4 %


def test_permuted_sums_are_those_of_the_matrix_formula():
    x, y = tables(n=300, m=200)
    pool = pooled(x, y)
    labels = labellings(pool, 49, 3, 0)
    spread = spread_of(pool.rows)
    weights = np.where(labels > 0, 1 / 200, -1 / 300)
    distances = cdist(pool.rows, pool.rows)
    for similarity in (DISTANCE, *gaussian(spread, (0.1, 0.3, 1.0, 3.0))):
        h = similarity.bandwidth
        K = -distances if h == 0 else np.exp(-(distances**2) / (2 * h * h))
        plain = (weights * (K @ weights)).sum(axis=0)
        error = quadratic(pool, labels, [stepped(similarity, spread, 500, 200)])[0] - plain
        assert (error - error.mean()).std() < 1e-3 * plain.std()  # whole steps; a constant is the diagonal


def test_observed_labels_give_the_observed_statistic():
    x, y = tables()
    pool = pooled(x, y)
    spread = spread_of(pool.rows)
    kernel = gaussian(spread, [1.0])[0]
    parts = [stepped(part, spread, 150, 60) for part in (DISTANCE, kernel)]
    energy, value = quadratic(pool, labellings(pool, 1, 0, 0), parts)[:, 0]
    assert energy == pytest.approx(energy_v(x, y), rel=1e-7)
    assert value + 1 / 90 + 1 / 60 == pytest.approx(mmd_v(x, y, kernel.bandwidth), rel=1e-4)


def test_equal_labellings_have_equal_statistics_bit_for_bit():
    x, y = tables(n=3, m=2)
    pool = pooled(x, y)
    spread = spread_of(pool.rows)
    labels = labellings(pool, 200, 0, 0)
    parts = [stepped(part, spread, 5, 2) for part in (DISTANCE, *gaussian(spread, [0.3, 1.0]))]
    values = quadratic(pool, labels, parts)
    sets = [tuple(column) for column in labels.T]
    assert len(set(sets)) == 10  # all subsets of two of five rows
    for row in values:
        assert len({(s, v) for s, v in zip(sets, row, strict=True)}) == 10


def test_random_subsets_are_uniform_and_do_not_depend_on_each_other():
    pool = pooled(*tables(n=4, m=2))
    labels = labellings(pool, 3000, 11, 0)[:, 1:]
    assert (labels.sum(axis=0) == 2).all()
    counts = np.unique(labels.T, axis=0, return_counts=True)[1]
    assert len(counts) == 15
    assert ((counts - 200) ** 2 / 200).sum() < 60  # chi2 with 14 degrees of freedom: p < 1e-6
    assert np.array_equal(labellings(pool, 10, 11, 0)[:, 1:], labels[:, :10])
    assert not np.array_equal(labellings(pool, 10, 12, 0)[:, 1:], labels[:, :10])


def test_the_gap_of_sorted_rows_is_that_of_scipy():
    from scipy.stats import ks_2samp

    rng = np.random.default_rng(2)
    values = np.round(rng.normal(size=50), 1)
    labels = np.zeros((50, 3), np.float32)
    for j in range(3):
        labels[rng.permutation(50)[:20], j] = 1
    order = np.argsort(values, kind="stable")
    ends = np.append(np.diff(values[order]) > 0, True)
    found = largest_gap(order, ends, labels)
    for j in range(3):
        a, b = values[labels[:, j] > 0], values[labels[:, j] == 0]
        assert found[j] == pytest.approx(ks_2samp(a, b).statistic, abs=1e-14)


def test_values_do_not_depend_on_row_order_threads_or_which_table_is_first():
    x, y = tables(n=300, m=200)
    rng = np.random.default_rng(9)
    one = energy_coefficient(x, y, budget=SMALL)
    assert energy_coefficient(rng.permutation(x), y[::-1], budget=SMALL, threads=2) == one
    assert energy_coefficient(y, x, budget=SMALL).p_value == one.p_value
    first = mmd(x, y, budget=SMALL)
    assert mmd(x[::-1], rng.permutation(y), budget=SMALL, threads=2) == first


def test_mmd_has_no_bandwidth_where_most_rows_are_equal():
    x = np.zeros((30, 2))
    x[0] = 1.0
    found = mmd(x, np.zeros((20, 2)), budget=SMALL)
    assert all(np.isnan(one.value) and "no bandwidth" in one.note for one in found)
    with pytest.raises(OptionError, match="factors"):
        mmd(x, x, factors=[0.0])


def test_a_table_of_one_row_has_a_value_or_a_note():
    x, y = tables()
    assert 0.0 < energy_coefficient(x[:1], y, budget=SMALL).value < 1.0
    assert all("unbiased" in one.note for one in mmd(x[:1], y, budget=SMALL))


def test_what_cannot_be_used_is_named():
    x, y = tables()
    x[3, 2] = np.inf
    with pytest.raises(InputError, match="column 'age' of the real table"):
        energy_coefficient(x, y, names=["a", "b", "age", "c"])
    with pytest.raises(InputError, match="4 columns, the synthetic one 3"):
        energy_coefficient(y, y[:, :3])
    with pytest.raises(InputError, match="shape"):
        energy_coefficient(y[:0], y)


def test_pivoted_cholesky_counts_collinear_columns_once():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(200, 3))
    x = np.column_stack([x, x[:, 0] - 2 * x[:, 1], x[:, 2]])
    scatter = np.cov(x.T)
    lower, pivots = np.zeros((5, 5)), np.zeros(5, np.int64)
    rank = pivoted_cholesky(scatter, 1e-8, np.diag(scatter).copy(), lower, pivots)
    assert rank == 3
    assert len(set(pivots[:rank])) == 3
    assert np.allclose(lower @ lower.T, scatter)
