"""EpBeta: both defining equations by quadrature, the numbers of the reference, feasibility, finite tables."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special

from synthmix.errors import OptionError
from synthmix.weights import EpBeta, covariance_factor, largest_delta
from synthmix.weights.epbeta_solver import Setting
from synthmix.weights.finite_sample import required_qbar
from synthmix.weights.stretched_beta import StretchedBeta

GRID = [
    (delta, eps0, eps1)
    for eps0, eps1 in [(0.05, 0.05), (0.3, 0.3), (1.0, 1.0), (0.0, 0.4), (0.5, 0.1), (2.0, 3.0)]
    for delta in (0.001, 0.01, 0.0174, 0.03, 0.05, 0.06, 0.08)
    if delta <= largest_delta(eps0, eps1)
]


def equations(alpha, beta, e0, e1):
    """Return E l(1-l) by Gauss-Jacobi, and D by adaptive quadrature on both sides of l = 1/2."""
    width = 1.0 + e0 + e1
    x, weight = special.roots_jacobi(40, beta - 1.0, alpha - 1.0)
    values = width * 0.5 * (x + 1.0) - e0
    qbar = weight @ (values * (1.0 - values)) / weight.sum()
    kink = (0.5 + e0) / width
    log_beta = special.betaln(alpha, beta)

    def tail(end, shape, other, extension):
        """E [distance to the other parent] below `end`; x = end s^power takes the singularity at 0 out."""
        power = max(1.0, 2.0 / shape)

        def integrand(s):
            if s == 0.0:
                return 0.0
            x = end * s**power
            density = np.exp((shape - 1.0) * np.log(x) + (other - 1.0) * np.log1p(-x) - log_beta)
            return (width * x - extension) * density * end * power * s ** (power - 1.0)

        return integrate.quad(integrand, 0.0, 1.0, epsabs=1e-13, epsrel=1e-12, limit=400)[0]

    return qbar, tail(kink, alpha, beta, e0) + tail(1.0 - kink, beta, alpha, e1)


@pytest.mark.parametrize(("delta", "eps0", "eps1"), GRID)
def test_both_defining_equations(delta, eps0, eps1):
    law = EpBeta(delta, eps0=eps0, eps1=eps1)
    qbar, noise = equations(law.alpha, law.beta, eps0, eps1)
    assert qbar == pytest.approx(0.0, abs=1e-10)
    assert noise == pytest.approx(delta, abs=1e-10)
    assert law.mean >= 0.5
    moments = law.moments()
    assert (moments.c, moments.label_noise) == pytest.approx((1.0, delta), abs=1e-12)


@pytest.mark.parametrize(("delta", "eps0", "eps1"), GRID[::4])
def test_the_equations_see_shapes_one_per_cent_off(delta, eps0, eps1):
    law = EpBeta(delta, eps0=eps0, eps1=eps1)
    qbar, noise = equations(1.01 * law.alpha, law.beta, eps0, eps1)
    assert abs(qbar) > 1e-8
    assert abs(noise - delta) > 1e-8


def test_default_law_has_the_printed_parameters():
    law = EpBeta()
    assert law == EpBeta(delta=0.05, eps=0.3)
    assert law.mean == pytest.approx(0.9256586214, abs=1e-9)
    assert law.alpha == pytest.approx(4.3414288517, abs=1e-8)
    assert law.beta == pytest.approx(1.3259617587, abs=1e-8)
    assert law.moments().squares[0, 1] == pytest.approx(0.0345502743, abs=1e-9)
    assert law.moments().displacement == pytest.approx(np.sqrt(0.1), abs=1e-12)


TABLE = [  # delta, mean, alpha, beta, q2, P(l < 1/2), n x relative variance of a variance: iid, cyclic
    (0.005, 0.995000, 63.4485, 14.9435, 0.00469, 0.0000, 2.06, 0.08),
    (0.01, 0.989998, 31.7562, 7.6314, 0.00881, 0.0000, 2.11, 0.15),
    (0.02, 0.979734, 15.7102, 3.9316, 0.01581, 0.0024, 2.19, 0.27),
    (0.03, 0.967869, 9.9377, 2.6033, 0.02202, 0.0131, 2.26, 0.39),
    (0.04, 0.951913, 6.6664, 1.8536, 0.02813, 0.0360, 2.34, 0.52),
    (0.05, 0.925659, 4.3414, 1.3260, 0.03455, 0.0786, 2.4146, 0.69),  # printed 2.42, which is 2.4146 rounded twice
    (0.06, 0.846567, 2.1516, 0.8509, 0.04185, 0.1874, 2.50, 1.02),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"delta {row[0]}")
def test_reference_table_to_the_printed_digits(row):
    delta, mean, alpha, beta, q2, below_half, iid, cyclic = row
    law = EpBeta(delta, 0.3)
    found = law.moments().squares[0, 1]
    assert law.mean == pytest.approx(mean, abs=5.1e-7)
    assert law.alpha == pytest.approx(alpha, abs=5.1e-5)
    assert law.beta == pytest.approx(beta, abs=5.1e-5)
    assert found == pytest.approx(q2, abs=5.1e-6)
    assert special.betainc(law.alpha, law.beta, 0.5) == pytest.approx(below_half, abs=5.1e-5)
    assert 2 + 12 * found == pytest.approx(iid, abs=0.0051)
    assert 12 * found + 4 * law.mean * (1 - law.mean) == pytest.approx(cyclic, abs=0.0051)
    assert law.moments().kurtosis(0.0) == pytest.approx(12 * found, abs=1e-12)


@pytest.mark.parametrize(
    ("eps", "bound"),
    [
        (0.05, 0.01748),
        (0.1, 0.03083),
        (0.15, 0.04124),
        (0.2, 0.04951),
        (0.25, 0.05619),
        (0.3, 0.06166),
        (0.4, 0.06997),
        (0.5, 0.07591),
        (0.75, 0.08501),
        (1.0, 0.08993),
    ],
)
def test_largest_feasible_delta(eps, bound):
    found = largest_delta(eps, eps)
    assert found == pytest.approx(bound, abs=5.1e-6)
    assert EpBeta(found - 1e-9, eps).largest_delta() == found
    with pytest.raises(OptionError, match=f"largest feasible delta is {np.floor(found * 1e8) / 1e8:.8f}"):
        EpBeta(found * 1.01, eps)


def test_largest_feasible_delta_to_ten_digits():
    assert largest_delta(0.3, 0.3) == pytest.approx(0.0616552369, abs=1e-9)
    assert largest_delta(0.1, 0.1) == pytest.approx(0.0308274943, abs=1e-9)


@pytest.mark.parametrize(("eps0", "eps1"), [(0.0, 0.3), (0.3, 0.3), (1.0, 0.2), (5.0, 0.0), (0.01, 5.0), (5.0, 5.0)])
def test_label_noise_falls_strictly_from_its_peak_to_a_mean_of_one(eps0, eps1):
    setting = Setting(eps0, eps1)
    noise = setting.label_noise(np.linspace(0.5, 1.0 - 1e-9, 4001))
    peak = int(np.argmax(noise))
    assert np.all(np.diff(noise[peak:]) < 0.0)
    assert noise[peak] == pytest.approx(largest_delta(eps0, eps1), abs=1e-6)


@given(mean=st.floats(0.01, 0.99), e0=st.floats(0.01, 5.0), e1=st.floats(0.01, 5.0))
def test_shapes_satisfy_the_symmetric_closed_form(mean, e0, e1):
    alpha, beta = (float(x[0]) for x in Setting(e0, e1).shapes(np.array([mean])))
    left = e0 * (1 + e0) * beta * (beta + 1) + e1 * (1 + e1) * alpha * (alpha + 1)
    right = (1 + e0 + e1 + 2 * e0 * e1) * alpha * beta
    assert left == pytest.approx(right, rel=1e-11)
    raw = StretchedBeta(alpha, beta, e0, e1).raw()
    assert raw[0] - raw[1] == pytest.approx(0.0, abs=1e-12)
    off = e0 * (1 + e0) * beta * (beta + 1) + e1 * (1 + e1) * (1.01 * alpha) * (1.01 * alpha + 1)
    assert off != pytest.approx((1 + e0 + e1 + 2 * e0 * e1) * 1.01 * alpha * beta, rel=1e-6) or mean > 0.98


@pytest.mark.parametrize(
    ("a", "b", "eps"),
    [
        (0.1, 0.1, 0.0477226),
        (0.4, 0.4, 0.1708204),
        (1.0, 1.0, (np.sqrt(3) - 1) / 2),
        (2.0, 2.0, (np.sqrt(5) - 1) / 2),
        (5.0, 1.0, 0.1908493),
    ],
)
def test_every_beta_law_has_an_extension_that_keeps_the_covariance(a, b, eps):
    u = a * b / ((a - b) ** 2 + a + b)
    exact = (np.sqrt(1 + 4 * u) - 1) / 2
    assert exact == pytest.approx(eps, abs=5.1e-8)
    raw = StretchedBeta(a, b, exact, exact).raw()
    assert raw[0] - raw[1] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("alpha", "beta"), [(4.34, 1.3256), (4.34, 17.4826), (0.7109, 1.33), (4.3594, 1.33), (0.78, 0.78)]
)
def test_pairs_of_shapes_on_the_covariance_curve(alpha, beta):
    """Printed roots of the quadratic for one given shape; the slope of E l(1-l) turns their rounding into 1e-4."""
    raw = StretchedBeta(alpha, beta, 0.3, 0.3).raw()
    assert raw[0] - raw[1] == pytest.approx(0.0, abs=1e-4)
    off = StretchedBeta(1.05 * alpha, beta, 0.3, 0.3).raw()
    assert abs(off[0] - off[1]) > 1e-4


def test_no_shape_pairs_below_the_least_feasible_beta():
    alpha = np.geomspace(1e-3, 1e3, 20_001)

    def smallest(beta):
        qbar = [np.subtract(*StretchedBeta(a, beta, 0.3, 0.3).raw()[:2]) for a in alpha[::10]]
        return min(qbar) * max(qbar)

    assert smallest(0.69) > 0.0
    assert smallest(0.70) < 0.0


SCHEMES = ["iid", "distinct", "anchor", "cyclic"]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("n", [12, 15, 47.5, 1000])
def test_corrected_law_keeps_the_finite_covariance_and_delta(scheme, n):
    delta = 0.012 if n < 40 else 0.05
    law = EpBeta(delta).corrected(n, scheme)
    assert covariance_factor(law.moments(), scheme, n) == pytest.approx(1.0, abs=1e-12)
    qbar, noise = equations(law.alpha, law.beta, 0.3, 0.3)
    assert qbar == pytest.approx(required_qbar(law.mean, scheme, n), abs=1e-10)
    assert noise == pytest.approx(delta, abs=1e-10)
    assert law.moments().label_noise == pytest.approx(delta, abs=1e-12)
    # Controls: the population law, and the correction for a table 1 % larger.
    assert abs(covariance_factor(EpBeta(delta).moments(), scheme, n) - 1.0) > 1e-6
    assert abs(covariance_factor(law.moments(), scheme, 1.01 * n) - 1.0) > 1e-9


@pytest.mark.parametrize(
    ("scheme", "alpha", "beta"),
    [
        ("iid", 1.907718, 0.635906),
        ("distinct", 1.984177, 0.661392),
        ("anchor", 2.901299, 0.967100),
        ("cyclic", 2.916667, 0.972222),
    ],
)
def test_shapes_for_twelve_rows_and_mean_nine_tenths(scheme, alpha, beta):
    found = [float(x[0]) for x in Setting(0.3, 0.3, scheme, 12.0).shapes(np.array([0.9]))]
    assert found == pytest.approx([alpha, beta], abs=1e-6)
    moments = StretchedBeta(*found, 0.3, 0.3).moments()
    assert covariance_factor(moments, scheme, 12) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(("scheme", "least"), [("iid", 46), ("distinct", 45), ("anchor", 15), ("cyclic", 14)])
def test_the_default_law_needs_some_rows(scheme, least):
    assert EpBeta().corrected(least, scheme).delta == 0.05
    with pytest.raises(OptionError, match=r"largest feasible delta is 0\.0[34]\d+; choose .*correct=False"):
        EpBeta().corrected(least - 1, scheme)


def test_two_rows_leave_no_law_and_the_message_says_so():
    with pytest.raises(OptionError, match=r"no EpBeta law keeps the covariance .* 2 rows paired 'iid'"):
        EpBeta().corrected(2, "iid")
    assert largest_delta(0.3, 0.3, "iid", 2) == 0.0
    assert EpBeta(correct=False).corrected(2, "iid") == EpBeta(correct=False)


def test_a_corrected_law_can_be_corrected_again():
    once = EpBeta().corrected(50, "cyclic")
    assert once.corrected(80, "anchor") == EpBeta().corrected(80, "anchor")
    assert once != EpBeta()
    assert once.largest_delta() == largest_delta(0.3, 0.3, "cyclic", 50) < EpBeta().largest_delta()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"delta": 0.0}, "delta=0.0 is outside"),
        ({"delta": "x"}, "delta='x' is not a finite number"),
        ({"delta": float("nan")}, "delta=nan is not a finite number"),
        ({"eps": 0.0}, "leave only copies"),
        ({"eps": -0.1}, "eps=-0.1 is outside"),
        ({"eps": 0.3, "eps0": 0.1}, "give either eps, or both"),
        ({"eps0": 0.1}, "give either eps, or both"),
        ({"correct": 1}, "correct=1 is not a truth value"),
        ({"n_rows": 10}, "give both or neither"),
        ({"n_rows": 1, "scheme": "iid"}, "at least 2 rows"),
        ({"n_rows": 50, "scheme": "cycle"}, "did you mean 'cyclic'"),
        ({"delta": 0.05, "eps": 0.2}, r"largest feasible delta is 0\.04951391; choose a smaller delta or a larger eps"),
    ],
)
def test_bad_options_name_the_value_and_the_remedy(options, message):
    with pytest.raises(OptionError, match=message):
        EpBeta(**options)
