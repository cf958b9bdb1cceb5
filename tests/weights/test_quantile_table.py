"""Tables of quantile functions: distribution function, moments, guide, and the user's own functions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, special

from synthmix.weights import Beta, Dirichlet, EpBeta, Hybrid, Uniform
from synthmix.weights.law_data import GUIDE
from synthmix.weights.quantile_table import QuantileTable, beta_table, tabulate

SHAPES = [
    (1.0, 1.0),
    (1.01, 1.0),
    (0.1, 0.1),
    (1e-3, 1e-3),
    (3e-3, 3e-3),
    (1e-8, 1e-8),
    (1e6, 1e6),
    (1e5, 3e2),
    (4.3414, 1.326),
    (0.5, 1e3),
    (30.0, 0.01),
    (1e-3, 1e6),
    (1e8, 1e8),
]
shapes = pytest.mark.parametrize(("a", "b"), SHAPES)


def _points(table):
    """Points between all knots, where linear interpolation errs most, and points spread over all scales."""
    q = table.q
    between = [q[:-1] + share * np.diff(q) for share in (0.25, 0.5, 0.75)]
    x = np.concatenate([*between, np.sqrt(np.abs(q[1:] * q[:-1])), np.logspace(-290, -1, 500), np.linspace(0, 1, 999)])
    return x[(x > 1e-300) & (x < 1.0 - 1e-9)]


def _cdf_error(table, a, b):
    x = _points(table)
    return np.max(np.abs(table.cdf(x) - special.betainc(a, b, x)))


@shapes
def test_distribution_function_of_the_table(a, b):
    table = beta_table(a, b)
    assert _cdf_error(table, a, b) < 1e-6
    assert table.u.size <= 20_000
    assert table.u[0] == 0.0
    assert table.u[-1] == 1.0
    assert np.all(np.diff(table.u) >= 0.0)
    assert np.all(np.diff(table.q) >= 0.0)
    assert 0.0 <= table.q[0] <= table.q[-1] <= 1.0


@shapes
def test_mean_and_second_moment_of_the_table_are_those_of_the_law(a, b):
    table = beta_table(a, b)
    mean, second = a / (a + b), a / (a + b) * ((a + 1) / (a + b + 1))
    assert table.raw(1) == pytest.approx(mean, abs=1e-14)
    assert table.raw(2) == pytest.approx(second, abs=1e-14)


@pytest.mark.parametrize(("a", "b"), [(0.1, 0.1), (1e6, 1e6), (4.3414, 1.326), (30.0, 0.01)])
def test_the_checks_see_a_table_one_per_cent_off(a, b):
    table = beta_table(1.01 * a, b)
    assert _cdf_error(table, a, b) > 1e-5
    assert abs(table.raw(1) - a / (a + b)) > 1e-6


def test_without_the_correction_the_moments_would_not_hold():
    table = beta_table(0.1, 0.1)
    u = special.betainc(0.1, 0.1, table.q)
    assert abs(QuantileTable(u, table.q).raw(2) - table.raw(2)) > 1e-11


@pytest.mark.parametrize("law", [EpBeta(), EpBeta(0.001, 0.05), EpBeta(0.02).corrected(20, "iid")])
def test_the_sampled_epbeta_keeps_the_covariance_itself(law):
    table = law.table()
    declared = law.moments()
    assert table.raw(1) == pytest.approx(law.mean, abs=1e-13)
    assert table.raw(1) - table.raw(2) == pytest.approx(declared.qbar, abs=1e-13)
    assert table.expected_max() == pytest.approx(1.0 - law.delta, abs=1e-7)
    assert -law.eps0 <= table.q[0] < table.q[-1] <= 1.0 + law.eps1


@pytest.mark.parametrize("law", [Beta(0.2), Beta(1e-8), Uniform(), EpBeta(), Dirichlet(4, 0.3), Hybrid()])
def test_guide_leads_to_the_last_knot_at_or_below_each_cell(law):
    data = law.kernel_data()
    assert data.guide.dtype == np.int32
    assert data.offsets.dtype == np.int64
    assert data.guide.size == (data.offsets.size - 1) * GUIDE
    for t in range(data.offsets.size - 1):
        first, last = data.offsets[t], data.offsets[t + 1] - 1
        for cell in (0, 1, 17, GUIDE // 2, GUIDE - 1):
            at = data.guide[t * GUIDE + cell]
            assert first <= at < last
            assert data.u[at] <= cell / GUIDE
            assert at + 1 == last or data.u[at + 1] > cell / GUIDE
    for array in (data.params, data.u, data.q, data.guide, data.offsets, data.rows):
        assert array.flags.c_contiguous
    assert data.params.shape == (8,)
    assert data.rows.shape == (0, law.k)


def test_exact_integrals_of_a_piecewise_linear_law():
    table = QuantileTable(np.array([0.0, 0.1, 0.1, 0.6, 0.8, 1.0]), np.array([-0.3, 0.2, 0.45, 0.45, 0.9, 1.4]))

    def mean(function):
        edges = zip(table.u[:-1], table.u[1:], strict=True)
        pieces = [integrate.quad(lambda u: function(np.interp(u, table.u, table.q)), a, b, limit=200) for a, b in edges]
        return sum(value for value, _ in pieces)

    for order in (1, 2, 3, 4):
        assert table.raw(order) == pytest.approx(mean(lambda x, r=order: x**r), abs=1e-12)
        assert table.raw(order) != pytest.approx(mean(lambda x, r=order: (1.01 * x) ** r), abs=1e-4)
    assert table.expected_max() == pytest.approx(mean(lambda x: max(x, 1 - x)), abs=1e-10)
    donor = mean(lambda x: (x**3 + (1 - x) ** 3) / (x**2 + (1 - x) ** 2))
    assert table.expected_squared_donor() == pytest.approx(donor, abs=1e-12)
    assert list(table.cdf(np.array([-1.0, -0.05, 0.3, 0.45, 0.675, 2.0]))) == pytest.approx([0, 0.05, 0.1, 0.6, 0.7, 1])


def test_a_users_function_is_tabulated_where_it_is_steep():
    knots = tabulate(lambda u: np.where(u < 1.0 / 3.0, 0.1, 0.9) + 0.01 * u)
    jump = np.flatnonzero(np.diff(knots[:, 1]) > 0.5)
    assert len(jump) == 1
    assert np.diff(knots[:, 0])[jump[0]] < 1e-14
    steep = tabulate(lambda u: np.arcsin(2 * u - 1) / np.pi + 0.5)
    table = QuantileTable(*np.ascontiguousarray(steep.T))
    truth, _ = integrate.quad(lambda u: (np.arcsin(2 * u - 1) / np.pi + 0.5) ** 2, 0, 1, epsabs=1e-12)
    assert table.raw(2) == pytest.approx(truth, abs=1e-7)
    assert len(steep) > len(tabulate(lambda u: u))
