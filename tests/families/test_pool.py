"""Pools against the printed numbers of the oracles and against numerical normalisation."""

from __future__ import annotations

import numpy as np
import pytest
from families.family_cases import BY_NAME, CASES, one
from scipy import integrate, special

from synthmix import families
from synthmix.errors import InputError
from synthmix.families import linear_pool, log_linear_pool

W = np.array([0.5, 0.3, 0.2])
every = pytest.mark.parametrize("case", CASES, ids=[case.family.name for case in CASES])


def pooled(pairs, weights, family="gaussian"):
    return log_linear_pool(tuple(np.array(x) for x in zip(*pairs, strict=True)), np.array(weights), family)


# --- O-A1 ---


@pytest.mark.parametrize(
    ("pairs", "weights", "params", "gap"),
    [
        ([(0.0, 1.0), (10.0, 100.0)], [0.5, 0.5], (0.0990099, 1.980198), 1.0572189),
        ([(1.0, 2.0), (4.0, 2.0)], [0.3, 0.7], (3.1, 2.0), 0.4725),
        ([(0.0, 0.5), (2.0, 3.0)], [0.3, 0.7], None, 0.5253814),
        ([(125.0, 182.25), (-125.0, 182.25)], [0.8, 0.2], (75.0, 182.25), 27.4348422),
        ([(0.0, 1.0), (10.0, 100.0), (4.0, 2.0)], [0.5, 0.3, 0.2], (0.7131012, 1.6583748), 1.3038545),
    ],
)
def test_gaussian_pools_of_the_oracle(pairs, weights, params, gap):
    pool = pooled(pairs, weights)
    if params is not None:
        np.testing.assert_allclose(pool.params, params, atol=6e-8)
    assert pool.gap == pytest.approx(gap, abs=6e-8)


def test_density_of_the_oracle_and_of_input_mixup():
    pool = pooled([(125.0, 182.25), (-125.0, 182.25)], [0.8, 0.2])
    assert -pool.log_density(80.0) == pytest.approx(3.5902153, abs=6e-8)
    # Input mixup of y = x^3 at 5 and -5 has N(27, 30.25) there.
    assert -families.Gaussian().log_density(80.0, (27.0, 30.25)) == pytest.approx(49.0534387, abs=6e-8)


def test_categorical_pool_of_the_oracle():
    pool = log_linear_pool(np.array([[1.0, 0.0, -1.0], [0.0, 2.0, 1.0]]), np.array([0.3, 0.7]), "categorical")
    np.testing.assert_allclose(pool.mean(), (0.1957201, 0.5879757, 0.2163042), atol=6e-8)
    assert pool.gap == pytest.approx(0.1765363, abs=6e-8)
    assert -pool.log_density(np.array([0.3, 0.7, 0.0])) == pytest.approx(0.8610696, abs=6e-8)


def normaliser(case, weights):
    """Integrate or sum the product of the powers of scipy's densities."""

    def product(y):
        return np.exp(sum(w * case.oracle(y, *one(case.params, k)) for k, w in enumerate(weights)))

    if case.family.name == "categorical":
        return sum(product(c) for c in range(4))
    if isinstance(case.domain, int):
        return sum(product(float(c)) for c in range(case.domain + 1))
    low, high = case.domain
    points = [p for p in (0.0, 1.0, 3.0, 10.0) if low < p < high]
    return integrate.quad(product, low, high, points=points or None, epsabs=1e-12, epsrel=1e-12, limit=400)[0]


NO_VECTORS = [case.family.name for case in CASES if case.domain or case.family.classes]


@pytest.mark.parametrize("name", NO_VECTORS)
def test_the_gap_is_the_log_of_the_numerical_normaliser(name):
    case = BY_NAME[name]
    pool = log_linear_pool(case.params, W, case.family)
    assert pool.gap == pytest.approx(-np.log(normaliser(case, W)), rel=1e-9)


@pytest.mark.parametrize("name", ["diagonal_normal", "multivariate_normal"])
def test_the_gap_of_normal_vectors_is_the_log_of_a_sum_over_a_grid(name):
    """The trapezoidal rule is exact to rounding for an analytic function that has died away at the ends."""
    case = BY_NAME[name]
    pool = log_linear_pool(case.params, W, case.family)
    axis, step = np.linspace(-9.0, 9.0, 61, retstep=True)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
    total = np.exp(sum(w * case.oracle(grid, *one(case.params, k)) for k, w in enumerate(W))).sum() * step**3
    assert pool.gap == pytest.approx(-np.log(total), rel=1e-8)


# --- O-A2 ---


@every
def test_nll_of_the_pool_is_the_weighted_nll_less_the_gap(case):
    pool = log_linear_pool(case.params, W, case.family)
    for y in case.y:
        weighted = sum(w * case.oracle(y, *one(case.params, k)) for k, w in enumerate(W))
        assert pool.log_density(y) == pytest.approx(weighted + pool.gap, rel=1e-12)
        assert abs(pool.log_density(y) - weighted) > 0.01, "without the normaliser it differs"


@every
def test_the_gap_is_nonnegative_and_zero_for_equal_densities(case):
    rng = np.random.default_rng(3)
    for w in rng.dirichlet([0.5] * 3, size=50):
        assert log_linear_pool(case.params, w, case.family).gap >= -1e-13
    same = tuple(np.stack([x[0]] * 3) for x in case.params)
    assert log_linear_pool(same, W, case.family).gap == pytest.approx(0.0, abs=1e-13)


def test_the_gap_does_not_cancel():
    """Means of a million and variances of a thousandth: the definition is a difference of numbers of size 1e15."""
    assert pooled([(1e6, 1e-3), (1e6 + 0.25, 1e-3)], [0.5, 0.5]).gap == pytest.approx(0.25 * 0.0625 / 2e-3, rel=1e-9)


# --- O-A4 ---


@every
def test_a_weight_of_one_gives_the_density_itself_bit_for_bit(case):
    for k in range(3):
        pool = log_linear_pool(case.params, np.eye(3)[k], case.family)
        for found, given in zip(pool.params, case.params, strict=True):
            np.testing.assert_array_equal(found, given[k])


@every
def test_order_does_not_matter(case):
    two = tuple(x[:2] for x in case.params)
    there = log_linear_pool(two, np.array([0.3, 0.7]), case.family)
    back = log_linear_pool(tuple(x[::-1] for x in two), np.array([0.7, 0.3]), case.family)
    for a, b in zip(there.params, back.params, strict=True):
        np.testing.assert_array_equal(a, b)


def test_weights_belong_to_the_leading_axes():
    mean, variance = np.arange(12.0).reshape(2, 3, 2), np.ones((2, 3, 2))
    w = np.array([[0.0, 0.5, 1.0], [1.0, 0.5, 0.0]])
    np.testing.assert_array_equal(log_linear_pool((mean, variance), w).params[0], [[6.0, 7.0], [5.0, 6.0], [4.0, 5.0]])
    with pytest.raises(InputError, match="leading axes"):
        log_linear_pool((mean, variance), np.ones((2, 2)) / 2)
    with pytest.raises(InputError, match="leading axes"):
        log_linear_pool((mean, variance), np.ones(3) / 3)
    with pytest.raises(InputError, match="leading axes"):
        log_linear_pool((mean, variance), np.ones((2, 3, 2, 1)) / 2)


# --- weights outside [0, 1] ---


def test_what_has_no_density_is_refused_by_name_and_place():
    params = (np.zeros((2, 3)), np.array([[1.0, 1.0, 4.0], [1.0, 2.0, 1.0]]))
    signed = np.array([1.2, -0.2])
    log_linear_pool(params, signed)  # precisions 1, 1.1, 0.1
    with pytest.raises(InputError, match=r"family 'gaussian' has no density at element \(2,\).*phi_2 < 0.*\[0, 1\]"):
        log_linear_pool(params, np.array([1.5, -0.5]))
    quiet = log_linear_pool(params, np.array([1.5, -0.5]), check=False)
    assert np.isnan(quiet.params[1]).tolist() == [False, False, True]


TWO = {
    "exponential": [[0.5, 7.0]],
    "gamma": [[1.5, 7.0], [0.5, 3.0]],
    "beta": [[1.5, 7.0], [1.5, 3.0]],
    "geometric": [[0.2, 0.9]],
    "diagonal_normal": [np.zeros((2, 2)), [[1.0, 1.0], [1.0, 0.1]]],
    "multivariate_normal": [np.zeros((2, 2)), [np.eye(2), [[1.0, 0.9], [0.9, 1.0]]]],
}


@pytest.mark.parametrize("name", TWO)
def test_other_families_refuse_too(name):
    params = tuple(np.array(x) for x in TWO[name])
    signed = np.array([1.9, -0.9])
    with pytest.raises(InputError, match=f"{name!r} has no density"):
        log_linear_pool(params, signed, name)
    quiet = log_linear_pool(params, signed, name, check=False)
    assert all(np.isnan(x).all() for x in quiet.params)


@pytest.mark.parametrize("name", ["categorical", "bernoulli", "poisson"])
def test_families_that_take_any_weights(name):
    case = BY_NAME[name]
    weights = np.array([1.6, -0.4, -0.2])
    assert case.family.any_weights
    pool = log_linear_pool(case.params, weights, case.family)
    for y in case.y:
        weighted = sum(w * case.oracle(y, *one(case.params, k)) for k, w in enumerate(weights))
        assert pool.log_density(y) == pytest.approx(weighted + pool.gap, rel=1e-12)


def test_equal_variances_take_any_weights():
    pool = pooled([(1.0, 2.0), (4.0, 2.0)], [1.7, -0.7], families.Gaussian(shared_variance=True))
    np.testing.assert_allclose(pool.params, (1.7 - 2.8, 2.0), rtol=1e-14)


def test_weights_that_do_not_sum_to_one():
    with pytest.raises(InputError, match=r"sum to 1\.1"):
        pooled([(0.0, 1.0), (1.0, 1.0)], [0.5, 0.6])
    with pytest.raises(InputError, match="sum to nan"):
        pooled([(0.0, 1.0), (1.0, 1.0)], [0.5, np.nan])


# --- linear pools ---


@every
def test_linear_pool_is_the_mixture(case):
    pool = linear_pool(case.params, W, case.family)
    for y in case.y:
        log_p = [case.oracle(y, *one(case.params, k)) for k in range(3)]
        assert pool.log_density(y) == pytest.approx(special.logsumexp(log_p, b=W), rel=1e-12)
    expected = sum(w * case.family.mean(one(case.params, k)) for k, w in enumerate(W))
    np.testing.assert_allclose(pool.mean(), expected, rtol=1e-13)


def test_soft_labels_of_a_mixture_are_expectations_over_classes():
    case = BY_NAME["categorical"]
    p = linear_pool(case.params, W, case.family).mean()
    y = np.array([0.2, 0.0, 0.5, 0.3])
    assert linear_pool(case.params, W, case.family).log_density(y) == pytest.approx((y * np.log(p)).sum(), rel=1e-13)
    b = BY_NAME["bernoulli"]
    q = linear_pool(b.params, W, b.family).mean()
    expected = 0.3 * np.log(q) + 0.7 * np.log(1 - q)
    assert linear_pool(b.params, W, b.family).log_density(0.3) == pytest.approx(expected, rel=1e-13)


def test_linear_pool_with_weights_of_zero_and_outside():
    params = (np.array([0.0, 5.0]), np.array([1.0, 1.0]))
    one_only = linear_pool(params, np.array([1.0, 0.0]))
    assert one_only.log_density(0.3) == families.Gaussian().log_density(0.3, (0.0, 1.0))
    with pytest.raises(InputError, match=r"outside \[0, 1\]"):
        linear_pool(params, np.array([1.2, -0.2]))


@pytest.mark.parametrize("pool", [log_linear_pool, linear_pool])
def test_a_density_of_weight_zero_is_left_out_whatever_it_is(pool):
    mean, variance = np.array([0.0, 1.0, 2.0]), np.array([1.0, 2.0, 0.0])
    for bad in (mean, np.array([0.0, 1.0, np.inf]), np.array([0.0, 1.0, np.nan])):
        found = pool((bad, variance), np.array([0.25, 0.75, 0.0]))
        two = pool((mean[:2], variance[:2]), np.array([0.25, 0.75]))
        assert found.log_density(0.3) == pytest.approx(float(two.log_density(0.3)), rel=1e-14)
        assert found.mean() == pytest.approx(float(two.mean()), rel=1e-14)
        if pool is log_linear_pool:
            assert found.gap == pytest.approx(float(two.gap), rel=1e-13)
