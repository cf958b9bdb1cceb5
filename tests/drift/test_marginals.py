"""Metrics of one column: other programs' values, closed forms, known answers, breaks, degenerate input."""

import warnings
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import scipy.stats as ss
from statsmodels.stats.multitest import multipletests

from synthmix.drift.marginal.binned import divergences, reference_bins
from synthmix.drift.marginal.column import sorted_column
from synthmix.drift.marginal.counts import count_tests
from synthmix.drift.marginal.family import benjamini_hochberg, holm, marginal_family
from synthmix.drift.marginal.levels import LevelCounts, level_counts_of, lost_and_invented, tvd, tvd_floor
from synthmix.drift.marginal.limits import anderson_darling_sf, cramer_von_mises_sf
from synthmix.drift.marginal.missing import missing_patterns, missing_rate
from synthmix.drift.marginal.quantiles import quantile_curve, quantile_gap
from synthmix.drift.marginal.ranks import ks, rank_tests
from synthmix.drift.marginal.shape import l_moments, l_shape
from synthmix.drift.marginal.tails import tail_log2
from synthmix.drift.marginal.wasserstein import w1, w1_floor
from synthmix.errors import InputError, OptionError
from synthmix.kernels.levels import permuted_counts

RNG = np.random.Generator(np.random.Philox(7))
X, Y = RNG.normal(size=400), RNG.normal(0.2, 1.3, size=300)


def tied(size, levels=7):
    return RNG.integers(0, levels, size=size).astype(float)


def labelled(p):
    return tuple(str(place) for place in range(len(p)))


# --- values of other programs ---


@pytest.mark.parametrize(("x", "y"), [(X, Y), (tied(90), tied(130, 9)), (X * 10 + 5e6, Y * 10 + 5e6)])
def test_values_are_scipys(x, y):
    excess, raw = w1(x, y)
    scale = sorted_column(x).scale
    assert raw.value * scale == pytest.approx(ss.wasserstein_distance(x, y), rel=1e-8)
    assert excess.value == pytest.approx(raw.value - raw.null_center, rel=1e-12)
    assert ks(x, y, n_perm=9).value == pytest.approx(ss.ks_2samp(x, y).statistic, rel=1e-12)
    cvm, ad = rank_tests(x, y, n_perm=9)
    assert cvm.value == pytest.approx(ss.cramervonmises_2samp(x, y, method="asymptotic").statistic, rel=1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the table of p-values is clipped, and the argument's name changes
        assert ad.statistic == pytest.approx(ss.anderson_ksamp([x, y]).statistic, rel=1e-9)
    ours = l_moments(sorted_column(x))[:4]
    np.testing.assert_allclose(ours, ss.lmoment(x, order=[1, 2, 3, 4], standardize=True), rtol=1e-6, atol=1e-9)


def test_w1_is_pots():
    ot = pytest.importorskip("ot")
    assert w1(X, Y)[1].value * sorted_column(X).scale == pytest.approx(float(ot.wasserstein_1d(X, Y)), rel=1e-9)


@pytest.mark.parametrize(("n", "m"), [(40, 50), (300, 300), (1500, 1900)])
def test_ks_p_without_ties_is_scipys(n, m):
    x, y = RNG.normal(size=n), RNG.normal(0.1, 1.0, size=m)
    method = "exact" if n * m <= 2_000_000 else "asymp"
    found = ks(x, y)
    assert found.p_value == pytest.approx(ss.ks_2samp(x, y, method=method).pvalue, rel=1e-10)
    assert found.null_kind == "closed_form"


def test_golden_values_of_concrete(golden, data_file):
    known, values = golden("concrete_halves_strength"), pd.read_csv(data_file("concrete"))["strength"].to_numpy(float)
    a, b = values[:515], values[515:]
    tight = {"rel": 1e-13}
    assert ks(a, b).value == pytest.approx(known["ks"], **tight)
    assert 1 - ks(a, b).value == pytest.approx(known["ks_complement"], **tight)
    assert w1(a, b)[1].value * sorted_column(a).scale == pytest.approx(known["wasserstein1"], rel=1e-12)
    cvm, ad = rank_tests(a, b, n_perm=19)
    assert cvm.value == pytest.approx(known["cvm"], **tight)
    assert ad.statistic == pytest.approx(known["ad"], rel=1e-12)
    psi, js, hellinger = divergences(reference_bins(a, b))
    assert psi.value == pytest.approx(known["psi_decile_ref"], rel=1e-12)
    assert js.value == pytest.approx(known["js_distance_base2_decile"], rel=1e-12)
    assert js.value * np.sqrt(np.log(2.0)) == pytest.approx(known["js_distance_nat_decile"], rel=1e-12)
    assert hellinger.value == pytest.approx(known["hellinger_decile"], rel=1e-12)
    low, high = a.min(), a.max()
    assert np.mean((b >= low) & (b <= high)) == pytest.approx(known["boundary"], **tight)


def test_golden_values_of_adult(golden, data_file):
    known, table = golden("adult_train_vs_test"), pd.read_csv(data_file("adult"))
    split = 32561
    for column, key in (("workclass", "tv_workclass"), ("education", "tv_education")):
        values = table[column]
        codes = values.astype("category").cat.codes.to_numpy(np.int32)
        there = codes >= 0
        parts = [codes[:split][there[:split]], codes[split:][there[split:]]]
        counts = level_counts_of(*parts, column=column)
        assert 1 - tvd(counts)[1].value == pytest.approx(known[key], rel=1e-13)
        if column == "education":
            assert count_tests(counts)[0].p_value == pytest.approx(known["chi2_education_p"], rel=1e-12)
    assert 1 - ks(table["age"].to_numpy(float)[:split], table["age"].to_numpy(float)[split:], n_perm=19).value == (
        pytest.approx(known["ks_age"], rel=1e-13)
    )
    gone = table["workclass"].isna().to_numpy()
    rate = missing_rate(int(gone[:split].sum()), split, int(gone[split:].sum()), gone.size - split)
    assert 1 - abs(rate.value) == pytest.approx(known["missing_workclass"], rel=1e-13)
    country = next(name for name in table if "country" in name)
    codes = table[country].astype("category").cat.codes.to_numpy(np.int32)
    codes, labels = np.where(codes < 0, codes.max() + 1, codes).astype(np.int32), 41
    lost = lost_and_invented(level_counts_of(codes[:split], codes[split:], column=country))[0]
    assert 1 - lost.value / labels == pytest.approx(known["catcov_country"], rel=1e-13)


# --- closed forms and known answers ---


def test_floors_have_their_closed_forms():
    """W1 of N(0, 1), n = 500 and m = 300, is .0941 on average; the integral is 1.6147 (robust scale of N(0, 1): 1)."""
    exact = ss.norm.ppf((np.arange(200_000) + 0.5) / 200_000)
    mean, deviation, _ = w1_floor(sorted_column(exact), 1 / 500 + 1 / 300)
    assert mean == pytest.approx(0.0941, abs=2e-4)
    drawn = [w1(RNG.normal(size=500), RNG.normal(size=300), noise="both")[1] for _ in range(400)]
    values = np.array([one.value for one in drawn])
    assert abs(values.mean() - mean) < 5 * deviation / 20
    assert values.std() == pytest.approx(deviation, rel=0.25)
    inside = np.mean([one.null_low <= one.value <= one.null_high for one in drawn])
    assert inside > 0.90


def test_the_floor_of_tvd():
    p = np.array([0.4, 0.3, 0.2, 0.06, 0.04])
    mean, deviation = tvd_floor(p, 1 / 300 + 1 / 200)
    drawn = 0.5 * np.abs(RNG.multinomial(300, p, 4000) / 300 - RNG.multinomial(200, p, 4000) / 200).sum(axis=1)
    assert abs(drawn.mean() - mean) < 5 * deviation / np.sqrt(4000) + 2e-4
    assert drawn.std() == pytest.approx(deviation, rel=0.08)


def test_psi_has_its_chi_square_null():
    x, noise = RNG.normal(size=(300, 700)), 1 / 300 + 1 / 400
    values = [divergences(reference_bins(row[:300], row[300:]))[0] for row in x]
    found = np.array([one.value for one in values])
    assert values[0].null_center == pytest.approx(9 * noise)
    assert found.mean() == pytest.approx(9 * noise, rel=0.12)


def test_l_kurtosis_of_normal_rows_spreads_as_documented():
    """.0137 at 500 rows, .0063 at 2,000 (a half of it twice over); .1226 is the normal law's."""
    spread = [
        float(np.sqrt(l_moments(sorted_column(RNG.normal(size=n)))[5] / n)) for n in (500, 2000) for _ in range(9)
    ]
    assert np.mean(spread[:9]) == pytest.approx(0.0137, rel=0.08)
    assert np.mean(spread[9:]) == pytest.approx(0.0063, rel=0.08)
    assert l_moments(sorted_column(ss.norm.ppf((np.arange(20000) + 0.5) / 20000)))[3] == pytest.approx(0.1226, abs=1e-3)


def test_tail_counts_are_beta_binomial():
    """n = 200, m = 150, k = 10: mean 7.46 and variance 12.3 of two samples, 7.5 and 7.1 of a resample."""
    both = [tail_log2(RNG.normal(size=200), RNG.normal(size=150), noise="both")[-1] for _ in range(300)]
    counts = np.array([one.statistic for one in both])
    assert abs(counts.mean() - 7.46) < 5 * np.sqrt(12.3 / 300)
    assert counts.var() == pytest.approx(12.3, rel=0.3)
    assert np.mean([one.p_value <= 0.05 for one in both]) < 0.05 + 5 * np.sqrt(0.05 * 0.95 / 300)
    assert np.mean([one.ci_low <= 0 <= one.ci_high for one in both]) > 0.92
    real = RNG.normal(size=200)
    again = [tail_log2(real, real[RNG.integers(0, 200, 150)])[-1] for _ in range(300)]
    assert np.var([one.statistic for one in again]) == pytest.approx(7.1, rel=0.3)


def test_limit_laws():
    weights = 1.0 / (np.arange(1, 200) * np.arange(2, 201))
    drawn = RNG.chisquare(1, size=(20_000, 199)) @ weights + (1 - weights.sum())
    for a in (0.5, 1.5, 2.5, 4.0):
        assert anderson_darling_sf(a) == pytest.approx(np.mean(drawn > a), abs=0.015)
    assert anderson_darling_sf(8.0 - 1e-9) == pytest.approx(anderson_darling_sf(8.0 + 1e-9), rel=0.05)
    assert 0 < anderson_darling_sf(300.0) < 1e-100
    for t in (0.1, 0.3, 0.461, 1.0):
        assert cramer_von_mises_sf(t) == pytest.approx(1 - ss._hypotests._cdf_cvm_inf(t), abs=1e-9)
    assert cramer_von_mises_sf(1.5 - 1e-9) == pytest.approx(cramer_von_mises_sf(1.5 + 1e-9), rel=0.05)


def exact_permutation_p(x, y, statistic):
    """Enumerate every way to label the rows."""
    pool, observed = np.concatenate([x, y]), statistic(x, y)
    values = []
    for chosen in combinations(range(pool.size), x.size):
        label = np.zeros(pool.size, bool)
        label[list(chosen)] = True
        values.append(statistic(pool[label], pool[~label]))
    return np.mean(np.array(values) >= observed - 1e-12)


@pytest.mark.parametrize(("x", "y"), [((1, 1, 2, 3, 3), (2, 3, 4, 4)), ((0.1, 0.2, 0.7), (0.3, 0.4, 0.8, 0.9))])
def test_permutation_ps_are_those_of_all_labellings(x, y):
    x, y = np.array(x, float), np.array(y, float)
    size = 6000
    ps = {"cvm": rank_tests(x, y, n_perm=size)[0].p_value, "ks": ks(x, y, n_perm=size).p_value}
    truth = {
        "cvm": exact_permutation_p(x, y, lambda a, b: ss.cramervonmises_2samp(a, b, method="asymptotic").statistic),
        "ks": exact_permutation_p(x, y, lambda a, b: ss.ks_2samp(a, b, method="asymp").statistic),
    }
    for name, p in ps.items():
        assert abs(p - truth[name]) < 5.5 * np.sqrt(truth[name] * (1 - truth[name]) / size) + 2 / size, name


@pytest.mark.parametrize("totals", [(100, 60, 240), (1000, 3, 997), (20, 30, 10), (5, 500, 1), (30, 28, 26)])
def test_permuted_counts_have_the_hypergeometric_law(totals):
    """From zero on and from the mode: the share of draws at or below each count, against scipy's law."""
    size, totals = 40_000, np.array(totals)
    n = int(totals.sum()) * 2 // 5
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, totals.sum() + 1)))])
    counts = np.empty((size, totals.size), np.int64)
    permuted_counts(totals, n, log_factorial, np.uint64(3), 0, counts)
    assert (counts.sum(axis=1) == n).all()
    for level, taken in enumerate(totals):
        law = ss.hypergeom(totals.sum(), n, taken)
        support = np.arange(counts[:, level].min(), counts[:, level].max() + 1)
        below = np.array([np.mean(counts[:, level] <= k) for k in support])
        assert np.abs(below - law.cdf(support)).max() < 2.6 / np.sqrt(size)  # false alarm 3e-6


def test_permutation_p_values_are_never_zero():
    x, y = np.repeat([1.0, 2.0], 50), np.repeat([3.0, 4.0], 50)
    assert [one.p_value for one in (ks(x, y, n_perm=19), *rank_tests(x, y, n_perm=19))] == [0.05] * 3


def test_chi_square_with_rare_levels_is_permuted_and_usual_ones_are_not():
    usual = LevelCounts(np.array([50, 40, 60]), np.array([30, 60, 45]), labelled(range(3)))
    found = count_tests(usual)
    table = np.array([usual.real, usual.synthetic])
    for one, power in zip(found, ("pearson", "log-likelihood"), strict=True):
        peer = ss.chi2_contingency(table, correction=False, lambda_=power)
        assert (one.value, one.p_value) == pytest.approx((peer.statistic, peer.pvalue), rel=1e-10)
    rare = LevelCounts(np.array([3, 1, 0]), np.array([0, 1, 4]), labelled(range(3)))
    x, y = np.repeat([0, 1, 2], rare.real), np.repeat([0, 1, 2], rare.synthetic)

    def chi2(a, b):
        return ss.chi2_contingency(np.array([np.bincount(a, minlength=3), np.bincount(b, minlength=3)])).statistic

    truth, p = exact_permutation_p(x, y, chi2), count_tests(rare, n_perm=6000)[0].p_value
    assert abs(p - truth) < 5.5 * np.sqrt(truth * (1 - truth) / 6000) + 2 / 6000


def test_adjusted_p_values_are_statsmodels():
    p = np.array([0.001, 0.04, 0.03, 0.5, 0.03, 0.9, 0.0004])
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1], rtol=1e-12)
    np.testing.assert_allclose(benjamini_hochberg(p), multipletests(p, method="fdr_bh")[1], rtol=1e-12)
    np.testing.assert_allclose(benjamini_hochberg(p), ss.false_discovery_control(p), rtol=1e-12)


def test_missing_rates_have_newcombes_interval():
    from statsmodels.stats.proportion import confint_proportions_2indep

    found = missing_rate(30, 200, 50, 180, column="a", noise="both")
    low, high = confint_proportions_2indep(50, 180, 30, 200, method="newcomb")
    assert (found.ci_low, found.ci_high) == (low, high)
    assert found.p_value == pytest.approx(ss.fisher_exact([[30, 170], [50, 130]]).pvalue)
    assert "q^2" in missing_rate(2000, 10_000, 400, 10_000).note
    assert "2q - q^2" in missing_rate(2000, 10_000, 3600, 10_000).note


# --- breaks that must be caught, and copies that must not ---


def test_copies_are_perfect_in_any_order():
    shuffled = RNG.permutation(X)
    for one in (w1(X, shuffled)[1], ks(X, shuffled), quantile_gap(X, shuffled), *l_shape(X, shuffled)):
        assert one.value == pytest.approx(0.0, abs=1e-12)
    assert [one.value for one in tail_log2(X, shuffled)] == [0.0, 0.0]  # .02 of 400 rows are fewer than ten


def test_row_order_and_threads_change_no_bit():
    x, y = tied(300), tied(200, 8)
    first = rank_tests(x, y, n_perm=199), ks(x, y, n_perm=199), w1(x, y), l_shape(x, y)
    again = rank_tests(x[::-1], RNG.permutation(y), n_perm=199, n_jobs=2), ks(x[::-1], y, n_perm=199, n_jobs=2)
    assert first[:2] == again
    assert str(first[2:]) == str((w1(x[::-1], y[::-1]), l_shape(RNG.permutation(x), y)))
    assert ks(x, y, n_perm=199, random_state=1).p_value != first[1].p_value or first[1].p_value < 0.1


def test_distances_and_shapes_survive_units():
    """Changing the units of both tables changes nothing; of one table, everything that must see it."""
    moved = [1000 * X + 5e6, 1000 * Y + 5e6]
    assert w1(*moved)[0].value == pytest.approx(w1(X, Y)[0].value, rel=1e-8)
    assert l_shape(*moved)[1].value == pytest.approx(l_shape(X, Y)[1].value, rel=1e-6)
    assert [one.value for one in tail_log2(*moved)] == [one.value for one in tail_log2(X, Y)]
    broken = 1000 * X + 5e6
    assert w1(X, broken)[0].ci_low > 1e6
    assert ks(X, broken).p_value < 1e-100
    assert quantile_gap(X, broken).value > 1e6
    assert abs(l_shape(X, broken)[0].value) < 1e-6  # shape does not depend on units


def test_shrunken_and_shifted_columns_are_caught():
    x = RNG.normal(size=3000)
    narrow = RNG.normal(size=3000) * np.sqrt(2 / 3)
    assert w1(x, narrow)[0].ci_low > 0.05
    assert max(one.ci_high for one in tail_log2(x, narrow)) < 0
    assert w1(x, x + 0.3)[0].ci_low > 0.15
    assert all(one.p_value < 1e-3 for one in (ks(x, x + 0.3), *rank_tests(x, x + 0.3, n_perm=1999)))


def test_lost_and_invented_levels_are_listed():
    real = np.repeat(np.arange(5, dtype=np.int32), [500, 300, 150, 45, 5])
    new = real[(real != 3) & (real != 4)]
    counts = level_counts_of(real, np.append(new, np.int32(5)), labels=["a", "b", "c", "d", "e", "f"], column="kind")
    lost, invented = lost_and_invented(counts)
    assert (lost.value, invented.value) == (2.0, 1.0)
    assert lost.note == "'d' (45 real rows), 'e' (5 real rows)"
    assert invented.note == "'f' (1 new rows)"
    assert lost.p_value < 1e-10
    rare_only = level_counts_of(real, real[real != 4], column="kind")
    gone = lost_and_invented(rare_only)[0]
    assert gone.p_value == pytest.approx(2 * (1 - 5 / 1000) ** 995, rel=1e-9)
    assert divergences(counts)[0].value != divergences(counts)[0].value
    assert "infinite" in divergences(counts)[0].note


def test_missing_on_one_side_only():
    real, new = np.zeros((400, 3), bool), np.zeros((300, 3), bool)
    new[:60, 1] = True
    _, raw = missing_patterns(real, new, columns=["a", "b", "c"], n_perm=199)
    assert raw.value == pytest.approx(0.2)
    assert raw.p_value < 0.01
    assert missing_patterns(real, real[:200], n_perm=19)[1].p_value == 1.0


def test_chi_square_depends_on_counts_not_shares():
    """A p-value from shares would be the same at any size (known defect of another program)."""
    share, other = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
    ps = [
        count_tests(LevelCounts((share * n).astype(int), (other * n).astype(int), labelled(share)))[0].p_value
        for n in (20, 200)
    ]
    assert ps[0] > 0.01
    assert ps[1] < 1e-10


def test_js_of_disjoint_columns_is_the_largest_there_is():
    """All new rows are in the last bin; natural units and ten bins: .833 is the root of it, not .09."""
    for bins in (4, 10, 50):
        found = divergences(reference_bins(X, X + 1e6, bins=bins))[1].value
        p = np.full(bins, 1 / bins)
        q = np.append(np.zeros(bins - 1), 1.0)
        truth = 0.5 * (ss.entropy(p, (p + q) / 2, base=2) + ss.entropy(q, (p + q) / 2, base=2))
        assert found == pytest.approx(np.sqrt(truth), rel=1e-9)
    assert divergences(LevelCounts(np.array([9, 0]), np.array([0, 7]), ("a", "b")))[1].value == 1.0


def test_quantile_bands_hold_everywhere_at_once():
    hits = [0, 0]
    real = RNG.normal(size=300)
    for _ in range(200):
        both = quantile_curve(RNG.normal(size=300), RNG.normal(size=200), noise="both")
        hits[0] += bool(np.all((both.low <= 0) & (both.high >= 0)))
        fixed = quantile_curve(real, real[RNG.integers(0, 300, 200)])
        hits[1] += bool(np.all((fixed.low <= 0) & (fixed.high >= 0)))
    assert min(hits) >= 180


# --- family ---


def test_a_family_names_its_columns_and_says_when_it_cannot_reject():
    good = [ks(X, RNG.permutation(X), column=f"c{place}") for place in range(6)]
    found = marginal_family([*good, ks(X, X + 1, column="bad"), ks(X, np.empty(0), column="gone")])
    assert found.summary.value == 1.0
    assert found.columns[0] == "bad"
    assert found.summary.note.startswith("bad; no p-value for gone")
    few = [ks(tied(90), tied(90), column=f"t{place}", n_perm=99) for place in range(6)]
    assert "give at least 119" in marginal_family(few).summary.note
    nothing = marginal_family([])
    assert nothing.summary.value != nothing.summary.value
    with pytest.raises(OptionError, match="alpha"):
        marginal_family(good, alpha=0.0)


# --- degenerate input ---


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([], [1.0]),
        ([1.0], []),
        ([1.0], [2.0]),
        ([3.0] * 50, [3.0] * 40),
        ([3.0] * 50, [4.0] * 40),
        ([0.0] * 300 + [1.0], [0.0] * 9),
    ],
)
def test_degenerate_columns_give_findings_or_notes(x, y):
    x, y = np.array(x), np.array(y)
    found = [*w1(x, y), *tail_log2(x, y), *l_shape(x, y), ks(x, y, n_perm=19), *rank_tests(x, y, n_perm=19)]
    found += [quantile_gap(x, y), *divergences(reference_bins(x, y))]
    for one in found:
        assert one.value == one.value or one.note
        assert not one.p_value < 0.0


def test_values_that_are_no_numbers_are_named():
    for wrong, word in ((np.nan, "missing"), (np.inf, "infinite"), (-np.inf, "infinite")):
        with pytest.raises(InputError, match=f"'height' has {word}"):
            w1(np.array([1.0, wrong]), X, column="height")
    with pytest.raises(InputError, match="code -1"):
        level_counts_of(np.array([-1], np.int32), np.array([0], np.int32), column="kind")
    with pytest.raises(InputError, match="only 1 labels"):
        level_counts_of(np.array([1], np.int32), np.array([0], np.int32), labels=["a"])
    with pytest.raises(OptionError, match="did you mean 'both'"):
        w1(X, Y, noise="boths")


def test_one_level_says_so():
    one = LevelCounts(np.array([4]), np.array([5]), ("a",), "kind")
    assert "one level only, 'a'" in count_tests(one)[0].note
    assert tvd(one)[1].value == 0.0
    assert tvd(LevelCounts(np.array([0]), np.array([5]), ("a",), "kind"))[0].note
