"""Numbers that are printed in the literature or were worked out beforehand, to the printed digits."""

import math

import numpy as np
import pytest
from scipy.special import digamma, polygamma
from scipy.stats import binom, chi2

from synthmix.collapse import laws
from synthmix.errors import OptionError
from synthmix.weights import Beta, Dirichlet, EpBeta, Sphere, Uniform

DEFAULT = EpBeta(0.05, 0.3)
ROOT = 0.5 * (math.sqrt(17.0) - 3.0) / 2.0


def printed(found, expected, digits):
    np.testing.assert_allclose(found, expected, rtol=0, atol=0.5001 * 10.0**-digits)


# --- mixing ---


@pytest.mark.parametrize(("a", "c", "slope", "added"), [
    (0.1, 0.9167, 1.0088, 0.0775),
    (0.2, 0.8571, 1.0065, 0.1225),
    (0.4, 0.7778, 0.9860, 0.1611),
    (1.0, 0.6667, 0.9000, 0.1500),
    (2.0, 0.6000, 0.7937, 0.0952),
])  # fmt: skip
def test_factors_and_kurtosis_maps_of_beta_weights(a, c, slope, added):
    moments = Beta(a).moments()
    printed(laws.covariance_path(moments, 1)[1], c, 4)
    printed(laws.kurtosis_rate(moments), slope, 4)
    printed(laws.kurtosis_path(moments, 0.0, 1)[1], added, 4)


def test_half_of_the_variance_is_gone_in_1_7_generations_of_uniform_weights_and_8_of_beta():
    assert math.log(0.5) / math.log(2 / 3) == pytest.approx(1.7, abs=0.05)
    assert 7.5 < math.log(0.5) / math.log(Beta(0.1).moments().c) < 8.5


def test_factors_of_finite_tables():
    found = {
        (law, scheme): laws.covariance_path(law.moments(), 1, n=12, scheme=scheme)[1]
        for law in (Uniform(), DEFAULT)
        for scheme in ("iid", "distinct", "anchor", "cyclic")
    }
    printed(list(found.values()), [0.6111, 0.5833, 0.6006, 0.6212, 0.9167, 0.9167, 0.9870, 0.9875], 4)


@pytest.mark.parametrize("scheme", ["iid", "distinct", "anchor", "cyclic"])
def test_a_corrected_law_has_the_factor_one(scheme):
    law = EpBeta(0.01).corrected(60, scheme)
    np.testing.assert_allclose(laws.covariance_path(law.moments(), 9, n=60, scheme=scheme), 1.0, rtol=1e-10)
    assert laws.covariance_path(law.moments(), 9, n=50, scheme="iid")[-1] != pytest.approx(1.0, abs=1e-4)


def test_variance_of_the_mean_of_one_generation():
    found = [
        laws.mean_square_path(law.moments(), 1, n=12, scheme=scheme)[1] * 12
        for law in (DEFAULT, Uniform())
        for scheme in ("iid", "anchor", "cyclic")
    ]
    printed(found, [0.9167, 0.1427, 0.1376, 0.6111, 0.3939, 0.1667], 4)


def test_kurtosis_path_of_epbeta_from_a_gaussian():
    path = laws.kurtosis_path(DEFAULT.moments(), 0.0, 20)
    printed(path[[1, 2, 5, 10]], [0.415, 0.858, 2.380, 5.704], 3)
    printed(path[20], 16.83, 2)
    q2 = float(DEFAULT.moments().squares[0, 1])
    np.testing.assert_allclose(path, 6.0 * ((1.0 + 2.0 * q2) ** np.arange(21) - 1.0), rtol=1e-8)
    np.testing.assert_allclose(laws.third_moment_path(DEFAULT.moments(), 20), 1.0, rtol=1e-8)


def test_kurtosis_of_beta_weights_has_a_fixed_point_where_the_map_is_below_one():
    assert laws.kurtosis_fixed_point(Uniform().moments()) == pytest.approx(1.5)
    for a in (0.3, 1.0, 2.0):
        raw = 3 * (a + 1) * (2 * a + 1) / (2 * a**2 + 3 * a - 1)
        found = laws.kurtosis_fixed_point(Beta(a).moments())
        assert found == pytest.approx(raw - 3, rel=1e-7)
        assert Beta(a).moments().kurtosis(found) == pytest.approx(found, rel=1e-7)
    assert math.isfinite(laws.kurtosis_fixed_point(Beta(ROOT + 1e-3).moments()))
    assert math.isinf(laws.kurtosis_fixed_point(Beta(ROOT - 1e-3).moments()))
    assert laws.kurtosis_path(Uniform().moments(), 1.5 + 2.55, 11)[11] - 1.5 == pytest.approx(2.55 * 0.9**11)


def test_spheres_lead_to_gaussian_shape_and_hybrids_to_their_target():
    np.testing.assert_allclose(laws.kurtosis_path(Sphere(4).moments(), 2.0, 5), 2.0 * 0.55 ** np.arange(6))
    assert laws.kurtosis_fixed_point(Sphere(4).moments()) == pytest.approx(0.0, abs=1e-12)
    from synthmix.weights import Hybrid

    for target, rate in ((1.0, 0.8873), (3.0, 0.9357)):
        moments = Hybrid(target).moments()
        assert laws.kurtosis_fixed_point(moments) == pytest.approx(target, rel=1e-6)
        printed(laws.kurtosis_rate(moments), rate, 4)
    printed(laws.kurtosis_path(Hybrid(1.0).moments(), 0.0, 12)[12], 0.76, 2)


@pytest.mark.parametrize(("k", "alpha"), [(2, 0.2), (3, 1.0), (5, 0.5)])
def test_dirichlet_factors(k, alpha):
    moments = Dirichlet(k, alpha).moments()
    np.testing.assert_allclose(laws.dirichlet_factors(k, alpha), [moments.c, moments.p3], rtol=1e-12)


def test_association_with_copied_columns():
    printed(laws.association_path(DEFAULT.moments(), 2), [1.0, 0.95, 0.9025], 4)


# --- rotation ---


def test_rotation_of_n_rows_at_once_is_gaussian_in_one_step():
    n = 8
    moments = Sphere(n).moments()
    assert laws.rotation_third_path(moments.p3, n, 1)[1] == pytest.approx(0.0, abs=1e-12)
    limit = 3 * (n - 1) / (n + 1) - 3
    assert laws.rotation_kurtosis_path(moments.p3, moments.p4, n, 2.0, 1)[1] == pytest.approx(limit)
    assert laws.rotation_fourth_path(moments.p3, moments.p4, n, 1)[1] == pytest.approx(0.0, abs=1e-12)


def test_rotation_of_groups_of_three_over_generations():
    moments, m2 = Sphere(3).moments(), math.sqrt(4.4704 / 3 * 31 / 29)
    start = laws.rotation_kurtosis_path(moments.p3, moments.p4, 30, 6.353 / m2**2 - 3, 11)
    printed((start[[0, 1, 3, 7, 11]] + 3) * m2**2, [6.353, 5.714, 5.013, 4.574, 4.490], 2)


def test_many_rows_make_the_exact_rotation_law_the_simple_one():
    moments = Sphere(5).moments()
    path = laws.rotation_kurtosis_path(moments.p3, moments.p4, 1e6, 2.0, 4)
    np.testing.assert_allclose(path, 2.0 * moments.p4 ** np.arange(5), rtol=2e-4)


def test_k_statistics_of_scipy():
    from scipy.stats import kstat

    x = np.random.Generator(np.random.Philox(key=1)).gamma(2.0, size=17)
    m2, m3, m4 = (np.mean((x - x.mean()) ** r) for r in (2, 3, 4))
    np.testing.assert_allclose(laws.k_statistics(m2, m3, m4, 17), [kstat(x, 3), kstat(x, 4)], rtol=1e-9)


# --- the random walk of a variance ---

SPREAD = {  # rows, then generations 1, 5, 10, 20, 50, 100
    (100, "epbeta .05"): (0.157, 0.417, 0.707, 1.39, 5.68, 46.5),
    (100, "epbeta .01"): (0.147, 0.349, 0.529, 0.850, 1.92, 5.07),
    (100, "sphere"): (0.142, 0.318, 0.454, 0.667, 1.22, 2.25),
    (100, "copies"): (0.142, 0.315, 0.441, 0.617, 0.980, 1.51),
    (1000, "epbeta .05"): (0.049, 0.130, 0.220, 0.426, 1.54, 8.96),
    (1000, "epbeta .01"): (0.046, 0.108, 0.162, 0.256, 0.536, 1.13),
    (1000, "sphere"): (0.045, 0.100, 0.142, 0.201, 0.322, 0.467),
    (1000, "copies"): (0.045, 0.100, 0.141, 0.199, 0.313, 0.439),
    (10000, "epbeta .05"): (0.016, 0.041, 0.069, 0.134, 0.483, 2.72),
    (10000, "epbeta .01"): (0.015, 0.034, 0.051, 0.081, 0.168, 0.353),
    (10000, "sphere"): (0.014, 0.032, 0.045, 0.063, 0.100, 0.142),
}


@pytest.mark.parametrize(("n", "name"), SPREAD)
def test_relative_spread_of_a_variance(n, name):
    from synthmix.collapse.laws.numbers import COPIED

    moments = {
        "epbeta .05": lambda: EpBeta(0.05).corrected(n, "iid").moments(),
        "epbeta .01": lambda: EpBeta(0.01).corrected(n, "iid").moments(),
        "sphere": lambda: laws.with_factor_one(Sphere(3, top=0.95).moments(), n),
        "copies": lambda: laws.with_factor_one(COPIED, n),
    }[name]()
    assert n / (n - 1.0) == pytest.approx(moments.c)
    found = laws.variance_sd_path(moments, n, 100)[[1, 5, 10, 20, 50, 100]]
    assert [float(f"{value:.3g}" if value >= 1 else f"{value:.3f}") for value in found] == pytest.approx(
        SPREAD[n, name], abs=1.01e-3
    )


@pytest.mark.parametrize(("n", "expected"), [
    (100, (0.142, 0.324, 0.471, 0.701, 1.31, 2.53)), (1000, (0.045, 0.100, 0.142, 0.202, 0.324, 0.471)),
])  # fmt: skip
def test_relative_spread_of_a_refitted_gaussian(n, expected):
    found = laws.gaussian_variance_sd_path(n, 100)[[1, 5, 10, 20, 50, 100]]
    np.testing.assert_allclose(found, expected, atol=5e-3 if n == 100 else 6e-4)
    printed(found[:4], expected[:4], 3)


def test_second_order_path_of_the_default_law():
    path = laws.second_order_path(DEFAULT.moments(), 60, 8, kurtosis=-0.0814)[[1, 2, 4, 8]]
    np.testing.assert_allclose(path[:, 1], [1.0050, 1.0147, 1.0477, 1.1642], atol=2e-4)
    np.testing.assert_allclose(path[[0, -1], 0], [3.209, 5.338], atol=2e-3)


def test_spread_of_one_generation_by_scheme():
    for scheme, expected in (("iid", 2.415), ("cyclic", 0.690), ("anchor", 0.701)):
        found = laws.paired_variance_sd_path(DEFAULT, scheme, 10**6, 1)[1] ** 2 * 10**6
        assert found == pytest.approx(expected, abs=1e-3)
    cyclic = [
        laws.paired_variance_sd_path(DEFAULT, "cyclic", 10**6, 1, kurtosis=k)[1] ** 2 * 10**6 for k in (0.07, 0.7)
    ]
    printed(cyclic, [0.704, 0.835], 3)


def test_pairs_of_equal_columns_obey_the_law_of_one_column():
    one = laws.second_order_path(DEFAULT.moments(), 40, 5, kurtosis=1.0)
    two = laws.pair_path(DEFAULT.moments(), 40, 5, (4.0, 1.0, 1.0))
    np.testing.assert_allclose(two, one[:, [0, 1, 1]], rtol=1e-12)


# --- accumulate and share ---


def test_accumulated_variance():
    at = [1, 4, 19, 99]
    printed(laws.accumulate_path(2 / 3, 99)[at], [0.8333, 0.6337, 0.4058, 0.2384], 4)
    printed(laws.accumulate_path(2 / 3, 12)[[1, 6, 12]], [0.833, 0.570, 0.467], 3)
    printed(laws.accumulate_finite_path(2 / 3, 20, 99)[at], [0.8250, 0.6225, 0.3968, 0.2328], 4)
    printed(laws.accumulate_finite_path(1.0, 20, 99)[at], [0.9875, 0.9770, 0.9705, 0.9686], 4)
    product = np.cumprod([(k + 0.3) / (k + 1) for k in range(1, 31)])
    np.testing.assert_allclose(laws.accumulate_path(0.3, 30)[1:], product, rtol=1e-11)


def test_the_finite_product_is_the_recursion():
    n, c, value = 20.0, 0.4, 1.0
    path = laws.accumulate_finite_path(c, n, 12)
    for t in range(1, 13):
        value *= (t + c) / (t + 1) - c / (n * (t + 1) ** 2)
        assert path[t] == pytest.approx(value, rel=1e-11)


@pytest.mark.parametrize(("n", "variance", "error"), [
    (10, 0.8434, 0.1566), (32, 0.9494, 0.0506), (100, 0.9836, 0.0164), (316, 0.9948, 0.0052),
])  # fmt: skip
def test_the_limit_of_accumulated_maximum_likelihood(n, variance, error):
    printed(laws.accumulate_limit(n), variance, 4)
    printed(1 - laws.accumulate_limit(n), error, 4)
    path = laws.accumulate_likelihood_path(n, 20000)
    assert path[-1] == pytest.approx(laws.accumulate_limit(n), abs=1e-5)
    assert 1 - laws.accumulate_limit(n) <= math.pi**2 / (6 * n)
    np.testing.assert_allclose(path / path[0], laws.accumulate_finite_path(1.0, n, 20000), rtol=1e-8)


def test_accumulated_mean_and_kurtosis():
    printed(laws.accumulate_mean_path(20)[20], 1.596, 3)
    assert laws.accumulate_mean_path(10**6)[-1] == pytest.approx(math.pi**2 / 6, abs=2e-6)
    moments = DEFAULT.moments()
    pool = laws.limit_kurtosis(moments, laws.pools("accumulate", 100, 100, 9), 0.5)[1]
    np.testing.assert_allclose(laws.accumulate_kurtosis_path(moments.A, 0.5, 9), pool, rtol=1e-8)


def test_fixed_shares():
    printed([laws.share_limit(c, 0.1) for c in (2 / 3, 11 / 12, 1.0)], [0.25, 0.571, 1.0], 3)
    printed([laws.share_limit(2 / 3, a) * 2 / 3 for a in (0.1, 0.3)], [0.1667, 0.375], 4)
    printed([laws.share_limit(0.95, a) for a in (0.1, 0.5)], [0.69, 0.952], 2)
    printed(laws.share_for_stable_fourth_moment(DEFAULT.moments().A), 0.0646, 4)
    assert laws.share_for_stable_fourth_moment(Sphere(3).moments().A) == 0.0
    path = laws.share_path(2 / 3, 0.1, 60)
    assert path[0] == 1.0
    assert path[-1] == pytest.approx(0.25)
    np.testing.assert_allclose((path[1:] - 0.25)[:20] / (path[:-1] - 0.25)[:20], 0.6)
    assert math.isinf(laws.share_limit(1.3, 0.1))
    assert laws.share_path(1.3, 0.1, 1)[1] == pytest.approx(0.1 + 0.9 * 1.3)
    assert laws.share_mean_limit(50, 0.2) == pytest.approx(1 / 50 / (1 - 0.64))


# --- Gaussian refits ---


def test_refits_of_twenty_rows():
    printed(laws.c4(20), 0.9869343, 7)
    printed(laws.wasserstein_path(20, 10)[10], 0.7465, 4)
    printed(laws.log_variance_path(20, 10)[10], -0.5355, 4)
    printed(laws.log_variance_spread_path(20, 10)[10], 1.110, 3)
    printed(laws.likelihood_path(20, 15)[15], 0.463, 3)
    printed(laws.likelihood_mean_path(20, 15)[15], 0.537, 3)
    assert laws.log_variance_drift(20) == pytest.approx(float(digamma(9.5) - math.log(9.5)))
    assert laws.log_variance_spread_path(20, 1)[1] == pytest.approx(float(polygamma(1, 9.5)))
    np.testing.assert_allclose(laws.unbiased_mean_path(20, 20) * 20, np.arange(21))


@pytest.mark.parametrize(("n", "sd"), [(5, 0.5), (5, 1.4), (25, 0.9), (25, 1.2)])
def test_the_bound_of_a_small_sd_holds_for_the_exact_law(n, sd):
    """The SD of one refit is a chi over the root of n - 1, that of two a product of two."""
    bound = laws.small_sd_bound(sd, n, 200)
    np.testing.assert_allclose(bound[[1, 200]], np.minimum(1.0, np.exp([-0.25 / n, -50.0 / n]) / sd), rtol=1e-14)
    middle = chi2.ppf((np.arange(20_000) + 0.5) / 20_000, n - 1)
    exact = [chi2.sf(sd**2 * (n - 1), n - 1), chi2.sf(sd**2 * (n - 1) ** 2 / middle, n - 1).mean()]
    assert (exact <= bound[1:3]).all()
    steps = np.flatnonzero(bound < 1.0)  # Markov's inequality: no less than the mean SD, and hardly more
    room = bound[steps] * sd / laws.sd_path(n, 200)[steps]
    assert (room >= 1.0 - 1e-12).all()
    assert (room <= (1.0 + 0.35 / n**2) ** steps).all()


def test_published_runs_of_maximum_likelihood():
    found = [laws.likelihood_path(n, 100)[100] for n in (10, 32, 100, 316)]
    printed(found, [0.0, 0.0418, 0.3660, 0.7284], 4)
    printed([laws.likelihood_mean_path(n, 100)[100] for n in (10, 32, 100, 316)], [1.0, 0.958, 0.634, 0.272], 3)


def test_log_determinants():
    assert laws.log_det_drift(50, 1) == pytest.approx(laws.log_variance_drift(50))
    for p in (2, 5):
        assert laws.log_det_drift(10**5, p) == pytest.approx(-p * (p + 1) / 2e5, rel=1e-3)
        gap = laws.log_det_drift(30, p) - laws.log_det_drift(30, p, unbiased=False)
        assert gap == pytest.approx(p * math.log(30 / 29))


# --- copies ---


def test_survival_of_levels():
    table = laws.survival_table(100, 50)[[1, 2, 5, 10, 50]]
    printed(table[:, 1], [0.6340, 0.4709, 0.2710, 0.1614, 0.0411], 4)
    printed(table[:, 5], [0.9941, 0.9608, 0.7991, 0.5906, 0.1918], 4)
    printed(table[:, 20], [1.0000, 1.0000, 0.9989, 0.9774, 0.5946], 4)
    np.testing.assert_allclose(1 - table[0], [laws.lost_at_once(k, 100) for k in range(101)], atol=1e-12)
    np.testing.assert_allclose(laws.survival_path(5, 100, 2)[2], table[1, 5])


def test_the_chain_is_the_product_of_its_matrix():
    n, chain = 7, np.array([binom.pmf(np.arange(8), 7, k / 7) for k in range(8)])
    power = np.linalg.matrix_power(chain, 4)
    np.testing.assert_allclose(laws.survival_table(n, 4)[4], 1 - power[:, 0], atol=1e-14)
    het = power @ (np.arange(8) / 7 * (1 - np.arange(8) / 7))
    k = 3
    assert het[k] / (k / 7 * (1 - k / 7)) == pytest.approx(laws.heterozygosity_path(7, 4)[4])


def test_ancestors_and_hazards():
    left = 1 - laws.extinction_path(10)[[1, 2, 5, 10]]
    np.testing.assert_allclose(left, [0.6321, 0.4685, 0.268, 0.158], atol=6e-4)
    printed(laws.extinction_path(10)[[1, 10]], [0.368, 0.842], 3)
    printed(laws.extinction_path(10)[10] ** 5, 0.423, 3)
    printed(laws.hazard_path(50)[[1, 2, 5, 10, 50]], [1, 0.6321, 0.3121, 0.1723, 0.0384], 4)
    np.testing.assert_allclose(laws.hazard_path(50)[1:], 1 - laws.extinction_path(49), rtol=1e-12)
    g = np.arange(1, 51)
    assert ((1 / g <= laws.hazard_path(50)[1:]) & (laws.hazard_path(50)[1:] <= 3 / g)).all()


def test_bounds_hold_for_the_exact_chain():
    n, g = 100, 30
    chain = np.array([binom.pmf(np.arange(n + 1), n, k / n) for k in range(n + 1)])
    alive, power = laws.survival_table(n, g), np.eye(n + 1)
    for generation in range(1, g + 1):
        power = power @ chain
        for k in (1, 5, 20, 50):
            low, high = (bound[generation] for bound in laws.polymorphism_bounds(k / n, n, g))
            assert low - 1e-12 <= 1 - power[k, 0] - power[k, n] <= high + 1e-12
            low, high = (bound[generation] for bound in laws.symbol_survival_bounds(k / n, n, g))
            assert low - 1e-12 <= alive[generation, k] <= high + 1e-12
    printed(laws.symbol_survival_bounds(0.01, 100, 5)[0][[1, 2, 5]], [0.6321, 0.4685, 0.2681], 4)


def test_evener_copies():
    moved = 1 - laws.first_donor_probability(DEFAULT)
    printed(2 * moved * (1 - moved), 0.145, 3)
    assert laws.copies_variance(100, "cyclic", moved) == pytest.approx(0.145, abs=5e-4)
    assert laws.copies_variance(100) == 0.99
    for scheme in ("anchor", "cyclic"):
        for parents in (2, 4):
            p, h = 0.3, 1e-4
            pgf = [laws.descent._generating(s, scheme, p, parents) for s in (1 - 2 * h, 1 - h, 1.0)]
            first, second = (pgf[2] - pgf[0]) / (2 * h), (pgf[2] - 2 * pgf[1] + pgf[0]) / h**2
            assert pgf[2] == 1.0
            assert first == pytest.approx(1.0, abs=1e-3)
            variance = second + 1 - 1
            assert variance == pytest.approx(laws.copies_variance(1e9, scheme, p, parents), abs=1e-3)


# --- weights of real rows, regression, other loops ---


def test_golden_ratio():
    assert laws.golden_weight() == pytest.approx((math.sqrt(5) - 1) / 2, rel=1e-14)
    printed([laws.golden_weight(k) for k in (0.25, 4.0)], [0.3904, 0.8284], 4)
    printed(
        [laws.weighted_mean_variance(w, 1, 1) for w in (laws.golden_weight(), 0.5, 0.8, 1)], [0.618, 0.667, 0.708, 1], 3
    )
    for k in (0.25, 1.0, 4.0):
        best, n = laws.golden_weight(k), 40.0
        assert laws.weighted_mean_variance(best, n, n / k) == pytest.approx(best / n, rel=1e-12)
        for off in (-0.01, 0.01):
            assert laws.weighted_mean_variance(best + off, n, n / k) > best / n
    assert math.isinf(laws.weighted_mean_variance(0.0, 10, 10))


def test_regression_risk():
    np.testing.assert_allclose(laws.regression_risk_path(30, 4, 3), 4 / 25 * np.arange(4))
    np.testing.assert_allclose(laws.regression_risk_path(30, 4, 3, accumulate=True)[3], 4 / 25 * (1 + 1 / 4 + 1 / 9))
    with pytest.raises(OptionError, match="more than d \\+ 1 rows"):
        laws.regression_risk_path(5, 4, 3)


def test_other_loops():
    printed(laws.majority_path(0.1, 2)[1:], [0.028, 0.0023], 4)
    np.testing.assert_allclose(laws.biased_sampling_path(0.9, 2), [1, 0.9, 0.81])
    np.testing.assert_allclose(laws.kernel_density_path(1.0, 0.5, 3), [1, 1.25, 1.5, 1.75])
    assert laws.kernel_density_path(1.0, 0.5, 3000, n=20)[-1] == pytest.approx(20 * 0.25)


def test_bad_arguments_are_named():
    for call, message in (
        (lambda: laws.likelihood_path(1, 3), "n=1"),
        (lambda: laws.likelihood_path(10, -1), "generations=-1"),
        (lambda: laws.share_limit(1.0, 1.2), "share=1.2"),
        (lambda: laws.survival_table(10**6, 1), "use extinction_path"),
        (lambda: laws.extinction_path(2, scheme="odd"), "scheme='odd'"),
        (lambda: laws.pools("accumlate", 9, 9, 1), "did you mean 'accumulate'"),
        (lambda: laws.pools("share", 9, 9, 1), "needs its share"),
    ):
        with pytest.raises(OptionError, match=message):
            call()
