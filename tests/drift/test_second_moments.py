"""Second moments: closed forms against enumeration and other programs, coverage, breaks, degenerate input."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import scipy.stats as ss
from numpy.testing import assert_allclose

from synthmix.drift.moments.association import (
    MixedTable,
    association,
    correlations,
    pair_changes,
)
from synthmix.drift.moments.canonical import canonical_order
from synthmix.drift.moments.covariance import Moments, moments_of, whiten
from synthmix.drift.moments.dimension import dimensions, eff_dim, unbiased_traces
from synthmix.drift.moments.edges import extreme_quantiles, noise_edges
from synthmix.drift.moments.equality import equal_covariance, pooled_scores, second_moment_test
from synthmix.drift.moments.equivalence import equivalent_contrasts, equivalent_entries
from synthmix.drift.moments.products import ProductSums, cai_liu_xia_of, feature_sums, li_chen_of
from synthmix.drift.moments.spectrum import bures_wasserstein, log_det_bias, var_ratio_range, volumes
from synthmix.drift.moments.strength import correlation_ratio, cramers_v
from synthmix.drift.moments.tables import pair_tables
from synthmix.errors import InputError, OptionError

RNG = np.random.Generator(np.random.Philox(11))
X, Y = RNG.normal(size=(300, 4)), RNG.normal(size=(250, 4))
WORDS = list("abcd")


def sums_of(rows):
    return ProductSums(feature_sums(np.ascontiguousarray(rows), np.array([0, len(rows)])), rows.shape[1])


def mixed(n, rho=0.5):
    z = RNG.normal(size=(n, 3))
    numbers = np.column_stack([z[:, 0], rho * z[:, 0] + np.sqrt(1 - rho**2) * z[:, 1]])
    kind = ((z[:, 0] > 0).astype(np.int32) + (RNG.random(n) > 0.5)).astype(np.int32)
    flag = (kind + RNG.normal(size=n) > 1).astype(np.int32)
    return MixedTable(numbers, np.column_stack([kind, flag]))


# --- closed forms ---


def average(term, n, depth):
    return np.mean([term(*places) for places in permutations(range(n), depth)])


def test_li_chens_sums_are_its_u_statistics():
    """Brute force over all pairs, triples and quadruples of rows; fixtures of R packages are missing."""
    x, y = RNG.normal(size=(7, 3)) ** 3 + 5, RNG.exponential(size=(6, 3))
    g = x @ x.T
    a = average(lambda i, j: g[i, j] ** 2, 7, 2) - 2 * average(lambda i, j, k: g[i, j] * g[j, k], 7, 3)
    a += average(lambda i, j, k, m: g[i, j] * g[k, m], 7, 4)
    assert sums_of(x).trace_of_square[0] == pytest.approx(a, rel=1e-9)
    c = x @ y.T
    cross = np.mean(c**2) - np.mean([c[i, k] * c[j, k] for i, j in permutations(range(7), 2) for k in range(6)])
    cross -= np.mean([c[i, k] * c[i, j] for k, j in permutations(range(6), 2) for i in range(7)])
    pairs = [(i, j) for i in permutations(range(7), 2) for j in permutations(range(6), 2)]
    cross += np.mean([c[i[0], j[0]] * c[i[1], j[1]] for i, j in pairs])
    t = li_chen_of(sums_of(x), sums_of(y))[0][0]
    b = sums_of(y).trace_of_square[0]
    assert t == pytest.approx(a + b - 2 * cross, rel=1e-9)


def test_li_chen_is_unbiased():
    """Enumerated: all samples of 5 rows from four points with equal chances; tr(Sigma^2) is known."""
    points = np.array([[0.0, 1.0], [2.0, -1.0], [1.0, 3.0], [-4.0, 0.5]])
    law = points - points.mean(axis=0)
    truth = float(((law.T @ law / 4) ** 2).sum())
    grid = np.stack(np.meshgrid(*[np.arange(4)] * 5, indexing="ij"), axis=-1).reshape(-1, 5)
    values = ProductSums(
        feature_sums(np.ascontiguousarray(points[grid].reshape(-1, 2)), np.arange(0, 5 * len(grid) + 1, 5)), 2
    ).trace_of_square
    assert values.mean() == pytest.approx(truth, rel=1e-10)
    other, _, _ = unbiased_traces(points[grid[7]], moments_of(points[grid[7]]))
    assert other == pytest.approx(values[7], rel=1e-9)


def test_the_squared_trace_is_its_u_statistic():
    x = RNG.normal(size=(7, 3)) ** 3

    def half(i, j):
        return 0.5 * ((x[i] - x[j]) ** 2).sum()

    truth = average(lambda i, j, k, m: half(i, j) * half(k, m), 7, 4)
    assert unbiased_traces(x, moments_of(x))[1] == pytest.approx(truth, rel=1e-9)


def test_cai_liu_xia_is_its_formula():
    x, y = RNG.normal(size=(40, 3)) ** 3 + 2, RNG.exponential(size=(30, 3))
    found = cai_liu_xia_of(sums_of(x), sums_of(y))[0]
    i, j = np.triu_indices(3)
    truth = []
    for a, b in zip(i, j, strict=True):
        parts = []
        for z in (x, y):
            product = (z[:, a] - z[:, a].mean()) * (z[:, b] - z[:, b].mean())
            parts.append((np.cov(z.T)[a, b], np.mean((product - product.mean()) ** 2) / len(z)))
        truth.append((parts[0][0] - parts[1][0]) ** 2 / (parts[0][1] + parts[1][1]))
    assert_allclose(found, truth, rtol=1e-9)


def test_edges_and_their_means():
    """Documented: p = 10 of 1,000 rows .836 and 1.173, against another sample .789 and 1.268."""
    assert_allclose(noise_edges(10, 1000), (0.810, 1.210), atol=1e-3)
    assert_allclose(noise_edges(10, 1000, 1000), (0.753, 1.328), atol=1e-3)
    for p, n, means in ((10, None, (0.836, 1.173)), (10, 1000, (0.789, 1.268)), (50, None, (0.612, 1.466))):
        low, high = extreme_quantiles(p, 1000, n, 0)
        assert_allclose((low.mean(), high.mean()), means, atol=6e-3)


@pytest.mark.parametrize(
    ("m", "p", "known"), [(1000, 4, (0.83, 1.20)), (1000, 10, (0.76, 1.29)), (5000, 20, (0.85, 1.16))]
)
def test_certifiable_ranges_are_those_documented(m, p, known):
    low, high = var_ratio_range(RNG.normal(size=(2 * p, p)), RNG.normal(size=(m, p)))
    assert_allclose((low.margin_certifiable, high.margin_certifiable), known, atol=0.012)


def test_a_certifiable_margin_is_the_one_documented():
    found = association(MixedTable(RNG.normal(size=(500, 6))), MixedTable(RNG.normal(size=(1000, 6))))[0]
    assert found.margin_certifiable == pytest.approx(0.129, rel=0.05)


def test_log_det_bias():
    assert log_det_bias(20, 8) == pytest.approx(-2.258, abs=1e-3)


def test_effective_dimensions_have_no_bias():
    """Without correction 10 columns of 100 rows have 9.09 and 9.49."""
    found = np.array([dimensions(RNG.normal(size=(100, 10)))[:, 0] for _ in range(60)])
    assert_allclose(found.mean(axis=0), (10, 10), atol=0.12)


# --- other programs ---


def test_bures_wasserstein_is_pots():
    gaussian = pytest.importorskip("ot").gaussian
    a, b = moments_of(X), moments_of(Y * [1, 2, 3, 4] + 1)
    truth = gaussian.bures_wasserstein_distance(a.mean, b.mean, a.covariance, b.covariance)
    assert bures_wasserstein(a, b) == pytest.approx(float(truth), rel=1e-8)
    flat = Moments(9, np.zeros(2), np.array([[1.0, 1.0], [1.0, 1.0]]))
    assert bures_wasserstein(flat, flat) == pytest.approx(0.0, abs=1e-7)


def test_moments_and_associations_are_scipys():
    moments = moments_of(X * 1e3 + 5e6)
    assert_allclose(moments.covariance, np.cov((X * 1e3).T), rtol=1e-8)
    r, influence = correlations(X)
    assert_allclose(r, np.corrcoef(X.T), rtol=1e-10)
    assert influence[0, 1] == pytest.approx(1.0, abs=0.35)
    table = np.array([[30, 10, 5], [20, 25, 40]])
    phi = ss.chi2_contingency(table, correction=False).statistic / 130
    assert np.tanh(cramers_v(table * 10**6).z) == pytest.approx(np.sqrt(phi), rel=1e-5)
    codes = RNG.integers(0, 4, 5000).astype(np.int32)
    f = ss.f_oneway(*[(X[:, 0].repeat(17)[:5000] + codes * 0.3)[codes == k] for k in range(4)]).statistic
    eta = 1 - 1 / (1 + f * 3 / (5000 - 4))
    found = correlation_ratio(X[:, 0].repeat(17)[:5000] + codes * 0.3, codes)
    assert np.tanh(found.z) == pytest.approx(np.sqrt(1 - 4999 / 4996 * (1 - eta)), rel=1e-9)


def test_all_three_kinds_agree_on_two_levels():
    one, two = RNG.integers(0, 2, 4000).astype(np.int32), RNG.integers(0, 2, 4000).astype(np.int32)
    two = np.where(RNG.random(4000) < 0.5, one, two)
    r = abs(np.corrcoef(one, two)[0, 1])
    table = np.bincount(2 * one + two, minlength=4).reshape(2, 2)
    assert np.tanh(cramers_v(table).z) == pytest.approx(r, abs=1e-3)
    assert np.tanh(correlation_ratio(one.astype(float), two).z) == pytest.approx(r, abs=1e-3)


def test_golden_values_of_concrete_and_adult(golden, data_file):
    table = pd.read_csv(data_file("concrete")).astype(float)
    halves = [table.iloc[:515], table.iloc[515:]]
    r = [pd.DataFrame(correlations(half.to_numpy())[0], table.columns, table.columns) for half in halves]
    ranked = [pd.DataFrame(correlations(half.rank().to_numpy())[0], table.columns, table.columns) for half in halves]
    for kind, matrices in (("corr", r), ("spearman", ranked)):
        for pair, value in golden(f"concrete_halves_{kind}").items():
            a, b = pair.split("|")
            assert 1 - abs(matrices[0].loc[a, b] - matrices[1].loc[a, b]) / 2 == pytest.approx(value, rel=1e-12)
    adult, known = pd.read_csv(data_file("adult")), golden("adult_train_vs_test")
    columns = ["education", "income" if "income" in adult else adult.columns[-1]]
    codes = np.stack([adult[name].astype("category").cat.codes.to_numpy(np.int32) for name in columns], axis=1)
    nothing = np.empty((len(codes), 0))
    a, b = MixedTable(nothing[:32561], codes[:32561]), MixedTable(nothing[32561:], codes[32561:])
    found = pair_tables(a, b, code_names=columns)[0]
    assert 1 - found.statistic == pytest.approx(known["contingency_education_income"], rel=1e-12)
    v = np.tanh(pair_changes(a, a)[0][0].real.z)
    assert v == pytest.approx(known["cramers_v_education_income"], rel=1e-2)  # theirs is not corrected for bias
    levels = ["workclass", "occupation"]
    codes = np.stack([adult[name].astype("category").cat.codes.to_numpy(np.int32) + 1 for name in levels], axis=1)
    a, b = MixedTable(nothing[:32561], codes[:32561]), MixedTable(nothing[32561:], codes[32561:])
    assert 1 - pair_tables(a, b)[0].statistic == pytest.approx(known["contingency_workclass_occupation_nan"], rel=1e-12)


def test_naval_propulsion_has_rank_15_on_the_correlation_scale(data_file):
    table = pd.read_csv(data_file("naval_propulsion"))
    rows = table.to_numpy(float)
    white = whiten(moments_of(rows), moments_of(rows), list(table.columns))
    assert rows.shape[1] == 18
    assert white.rank == 15
    assert "constant in the real table" in white.note
    assert_allclose(np.linalg.eigvalsh(white.ratio), 1.0, atol=1e-6)


def test_equal_covariance_agrees_with_the_likelihood_ratio():
    from statsmodels.stats.multivariate import test_cov_oneway as box

    broken = Y @ np.diag([1, 1.6, 1, 1])
    truth = box([np.cov(X.T), np.cov(broken.T)], [300, 250]).pvalue
    ps = [one.p_value for one in equal_covariance(X, broken, columns=WORDS)]
    assert max(truth, *ps) < 1e-3
    assert equal_covariance(X, broken, columns=WORDS)[1].column == "b"
    assert min(one.p_value for one in equal_covariance(X, Y)) > 0.001


# --- intervals, sizes ---


def test_bounds_of_extreme_contrasts_cover():
    """Real covariance I, rows of t8 with variances .7 to 1.4: each bound holds in 95 %, at least 91 % here."""
    true, hits = np.linspace(0.7, 1.4, 4), np.zeros(4)
    real = np.vstack([np.eye(4), -np.eye(4)]) * np.sqrt(7 / 2)
    for _ in range(200):
        new = RNG.standard_t(8, size=(500, 4)) * np.sqrt(0.75 * true)
        low, high = var_ratio_range(real, new)
        hits += [low.ci_low <= 0.7, low.ci_high >= 0.7, high.ci_low <= 1.4, high.ci_high >= 1.4]
    assert hits.min() >= 182


def test_bounds_of_pairs_cover():
    truth, hits, rounds = mixed(150_000), 0, 150
    known = {(one.first, one.second): one.real.z for one in pair_changes(truth, truth)[0]}
    errors = []
    for _ in range(rounds):
        table = mixed(400)
        for one in pair_changes(table, table)[0]:
            low, high = one.real.bounds(1.96)
            hits += low <= known[one.first, one.second] <= high
            errors.append(one.real.z)
    assert hits >= 0.92 * rounds * len(known)


def test_the_permuted_test_keeps_its_size_and_finds_a_broken_pair():
    ps = [
        second_moment_test(RNG.standard_t(5, (80, 3)), RNG.standard_t(5, (60, 3)), n_perm=39, random_state=k)[0].p_value
        for k in range(120)
    ]
    assert np.sum(np.array(ps) <= 0.05) <= 17  # 6 expected, 8 at 7 %
    broken = Y.copy()
    broken[:, 1] = 0.6 * Y[:, 0] + 0.8 * Y[:, 1]
    found = second_moment_test(X, broken, columns=WORDS, n_perm=199)
    assert found[0].p_value == 0.005
    assert {(one.column, one.column2) for one in found} == {("", ""), ("a", "b")}


def test_blocks_of_rows_permute_as_rows_do():
    x, y = RNG.normal(size=(6000, 2)), RNG.normal(size=(5000, 2)) * [1.0, 1.12]
    found = second_moment_test(x, y, n_perm=199)[0]
    assert found.p_value == 0.005
    assert "blocks of about 3 rows" in found.method


# --- metamorphic ---


def test_row_order_threads_and_units_change_nothing():
    broken = Y @ np.diag([1, 1.2, 1, 0.9])
    order = RNG.permutation(len(Y))
    first = second_moment_test(X, broken, n_perm=99)
    assert first == second_moment_test(X[::-1], broken[order], n_perm=99, n_jobs=2)
    many = RNG.normal(size=(40_000, 3))
    assert_allclose(moments_of(many).covariance, moments_of(many, 2).covariance, rtol=0)
    scale, shift = np.array([1e3, 1, 1e-3, 5]), np.array([5e6, 0, 1, -3])
    plain, moved = var_ratio_range(X, broken), var_ratio_range(X * scale + shift, broken * scale + shift)
    assert_allclose([one.value for one in plain], [one.value for one in moved], rtol=1e-6)
    assert_allclose([one.ci_high for one in plain], [one.ci_high for one in moved], rtol=1e-5)
    for one, two in zip(eff_dim(X, broken), eff_dim(X * scale + shift, broken * scale + shift), strict=True):
        assert one.value == pytest.approx(two.value, rel=1e-6)
    assert eff_dim(X, broken)[0].value == eff_dim(X, broken[order])[0].value or eff_dim(X, broken)[0].value == (
        pytest.approx(eff_dim(X, broken[order])[0].value, rel=1e-12)
    )
    a, b = mixed(300), mixed(200)
    turned = MixedTable(b.numbers[::-1], b.codes[::-1])
    assert str(association(a, b)) == str(association(a, turned, n_jobs=2))
    assert_allclose(X[canonical_order(X)], X[::-1][canonical_order(X[::-1])], rtol=0)


def test_copies_are_perfect():
    for one in var_ratio_range(X, X[::-1]):
        assert one.value == pytest.approx(1.0, abs=1e-9)
    assert [one.value for one in volumes(X, X)[:3]] == pytest.approx([0, 0, 0], abs=1e-9)
    table = mixed(200)
    assert all(one.value == 0.0 for one in association(table, table))
    assert pair_tables(table, table)[0].statistic == 0.0


def test_a_column_in_other_units_breaks_every_two_way_table_with_it():
    """Bins of the new table's own would call them equal (known defect of another program)."""
    table = mixed(2000)
    moved = MixedTable(table.numbers * [1000.0, 1.0] + [5e6, 0.0], table.codes)
    found = pair_tables(table, moved, names=["x", "y"], code_names=["k", "f"])
    broken = {one.ci_low > 0.3 for one in found if "x" in (one.column, one.column2)}
    assert broken == {True}
    assert {one.statistic for one in found if "x" not in (one.column, one.column2)} == {0.0}
    own = MixedTable(moved.numbers, table.codes)  # a reference of its own hides the change
    assert {one.statistic for one in pair_tables(own, moved)} == {0.0}


def test_shuffled_columns_lose_their_pairs():
    table = mixed(3000)
    shuffled = MixedTable(
        np.column_stack([RNG.permutation(column) for column in table.numbers.T]),
        np.column_stack([RNG.permutation(column) for column in table.codes.T]),
    )
    found = association(table, shuffled, names=["x", "y"], code_names=["k", "f"])
    assert (found[0].column, found[0].column2) in (("x", "k"), ("x", "y"), ("k", "f"))
    assert found[0].ci_low > 0.25
    assert found[0].p_value < 1e-6
    assert association(table, mixed(3000))[0].ci_high < 0.15


def test_normal_scores_give_ties_their_middle():
    x = np.array([[1.0], [2.0], [2.0]])
    found = np.concatenate(pooled_scores(x, np.array([[2.0], [5.0]])))[:, 0]
    assert_allclose(found, ss.norm.ppf((ss.rankdata([1, 2, 2, 2, 5]) - 0.5) / 5), rtol=1e-12)


def test_equivalence_needs_rows():
    few, many = (pair_changes(mixed(20_000), mixed(n))[0] for n in (300, 20_000))
    assert equivalent_entries(few, 0.1).p_value > 0.05 > equivalent_entries(many, 0.1).p_value
    ratios = [var_ratio_range(RNG.normal(size=(4000, 3)), RNG.normal(size=(n, 3))) for n in (200, 8000)]
    assert (
        equivalent_contrasts(ratios[0], 0.8, 1.25).p_value > 0.05 > equivalent_contrasts(ratios[1], 0.8, 1.25).p_value
    )
    shrunk = var_ratio_range(RNG.normal(size=(4000, 3)), RNG.normal(size=(8000, 3)) * np.sqrt(2 / 3))
    assert equivalent_contrasts(shrunk, 0.8, 1.25).p_value > 0.99
    assert shrunk[0].ci_high < 0.8
    with pytest.raises(OptionError, match="margin"):
        equivalent_entries(few, 0.0)
    with pytest.raises(OptionError, match="around 1"):
        equivalent_contrasts(ratios[0], 1.1, 1.2)


# --- degenerate input ---


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (X[:1], Y),
        (X, Y[:1]),
        (X[:, :0], Y[:, :0]),
        (np.ones((20, 2)), np.ones((20, 2))),
        (np.ones((20, 2)), RNG.normal(size=(20, 2))),
        (RNG.normal(size=(20, 2)), np.ones((20, 2))),
        (X[:20, [0, 0, 1]], Y[:20, [0, 0, 1]]),
        (X[:20], Y[:3]),
        (X[:20, [0]], Y[:20, [0]]),
    ],
)
def test_degenerate_tables_give_findings_or_notes(x, y):
    found = [*var_ratio_range(x, y), *volumes(x, y), *eff_dim(x, y), *second_moment_test(x, y, n_perm=19)]
    found += [*equal_covariance(x, y), *equal_covariance(x, y, scores=True), *association(MixedTable(x), MixedTable(y))]
    for one in found:
        assert one.value == one.value or one.note
        assert np.isnan(one.p_value) or 0.0 <= one.p_value <= 1.0


def test_what_was_left_out_is_said():
    flat = np.column_stack([X, np.ones(300), X[:, 0]])
    new = np.column_stack([Y, RNG.normal(size=250), Y[:, 1]])
    low, _ = var_ratio_range(flat, new, columns=list("abcdef"))
    assert "constant in the real table: e; 1 of them vary in the new one" in low.note
    assert "rank 4 of 5 columns" in low.note
    assert "in directions in which the real table has none" in low.note
    close = np.column_stack([X, X[:, 0] + 1e-6 * RNG.normal(size=300)])
    assert "rank 4 of 5 columns" in var_ratio_range(close, close)[0].note
    lost = volumes(X, np.column_stack([Y[:, :3], Y[:, 0]]))[0]
    assert "no variance in the new table" in lost.note


def test_wrong_values_are_named():
    broken = X.copy()
    broken[3, 1] = np.nan
    for call in (var_ratio_range, eff_dim, second_moment_test, volumes):
        with pytest.raises(InputError, match="column 'b' of the real table"):
            call(broken, Y, columns=WORDS)
    with pytest.raises(InputError, match="codes start at 0"):
        association(
            MixedTable(X[:, :1], np.full((300, 1), -1, np.int32)), MixedTable(Y[:, :1], np.zeros((250, 1), np.int32))
        )
    with pytest.raises(InputError, match="different columns"):
        association(MixedTable(X), MixedTable(Y[:, :2]))
    with pytest.raises(OptionError, match="n_perm"):
        second_moment_test(X, Y, n_perm=0)
