"""The variance of least squares on mixed rows: closed forms against plans, dense algebra and simulated coverage."""

from __future__ import annotations

import numpy as np
import pytest

from synthmix import MixupSynthesizer
from synthmix.errors import OptionError
from synthmix.inference import VarianceFactors, factors_of_plan, variance_factors
from synthmix.pairing import Cyclic, Pairing, Random
from synthmix.weights import Beta, Custom, Dirichlet, EpBeta, Hybrid, Rotation, Sphere, Uniform, WeightsLaw

LAWS = (
    Uniform(), Beta(0.4, 0.4), EpBeta(), Sphere(3), Dirichlet(4), Hybrid(), Custom(weights=[[1.2, -0.2], [0.6, 0.4]]),
)  # fmt: skip
CUSTOM = Custom(weights=[[1.2, -0.2], [0.6, 0.4], [0.9, 0.1]])


def mixer(law: WeightsLaw, pairing: Pairing, n: int, seed: int) -> MixupSynthesizer:
    rows = np.random.default_rng(seed).standard_normal((n, 3))
    return MixupSynthesizer(law, pairing, "raw", random_state=seed).fit(rows)


def mixers(law: WeightsLaw, pairing: Pairing, n: int, runs: int) -> list[MixupSynthesizer]:
    return [mixer(law, pairing, n, seed) for seed in range(runs)]


def of_plans(fitted: list[MixupSynthesizer], n: int, m: int, start: int = 0) -> VarianceFactors:
    found = [factors_of_plan(one.plan(start, start + m), n) for one in fitted]
    return VarianceFactors(*np.mean([list(vars(one).values()) for one in found], axis=0))


@pytest.mark.parametrize(
    ("law", "anchored", "iid"),
    [(Uniform(), 1.55, 2.05), (Beta(5.0, 5.0), 1.51, 2.01)],
)
def test_printed_factors_of_slopes(law: WeightsLaw, anchored: float, iid: float) -> None:
    # Rows that are once in each role (cyclic here), and independent pairs.
    assert variance_factors(law.moments(), "cyclic", 10**6, 10**6).slope == pytest.approx(anchored, abs=0.006)
    assert variance_factors(law.moments(), "iid", 10**6, 10**6).slope == pytest.approx(iid, abs=0.006)


def test_two_point_formulas() -> None:
    for law in (Uniform(), Beta(0.4, 0.4), CUSTOM):
        draws = np.array(law.rows)[:, 0] if isinstance(law, Custom) and law.rows else None
        if draws is None:
            a = getattr(law, "a", 1.0)
            u = (np.arange(400_000) + 0.5) / 400_000
            from scipy.special import betaincinv

            draws = betaincinv(a, a, u)
        l1, l2 = draws, 1.0 - draws
        product = l1 * l2
        c = float((l1**2 + l2**2).mean())
        v, ub = float((product**2).mean()), float(product.mean())
        moments = law.moments()
        iid = 1.0 + (1.0 - 4.0 * ub + 4.0 * v) / c**2
        cyclic = 1.0 + ((l1**2).var() + (l2**2).var() + 2.0 * v) / c**2
        assert variance_factors(moments, "iid", 999, 999).slope == pytest.approx(iid, rel=1e-4)
        assert variance_factors(moments, "cyclic", 999, 999).slope == pytest.approx(cyclic, rel=1e-4)
        assert variance_factors(moments, "iid", 999, 999).mean == pytest.approx((1.0 + c) / c, rel=1e-4)
        expected = (l1.var() + l2.var() + 1.0) / c
        assert variance_factors(moments, "cyclic", 999, 999).mean == pytest.approx(expected, rel=1e-4)


def test_factors_of_a_plan_are_those_of_the_dense_matrix() -> None:
    fitted, n, m = mixer(EpBeta(), Random(), 40, 3), 40, 55
    plan = fitted.plan(0, m)
    weights = np.zeros((m, n))
    for row in range(m):
        np.add.at(weights[row], plan.parents[row], plan.weights[row])
    matrix = weights.T @ (np.eye(m) - 1.0 / m) @ weights
    found = factors_of_plan(plan, n)
    assert found.slope == pytest.approx(m * np.trace(matrix @ matrix) / np.trace(matrix) ** 2, rel=1e-12)
    assert found.own == pytest.approx(m * (np.diag(matrix) ** 2).sum() / np.trace(matrix) ** 2, rel=1e-12)
    assert found.mean == pytest.approx((weights.sum(axis=0) ** 2).sum() / np.trace(matrix), rel=1e-12)


@pytest.mark.parametrize("law", LAWS, ids=repr)
@pytest.mark.parametrize("pairing", [Random(), Random("distinct"), Random("iid"), Cyclic()], ids=repr)
def test_closed_forms_are_means_over_plans(law: WeightsLaw, pairing: Pairing) -> None:
    n, runs = 400, 8
    fitted = mixers(law, pairing, n, runs)
    source = fitted[0]._executor.source
    for m, start in ((n, 0), (600, 0), (200, 300)):
        found = of_plans(fitted, n, m, start)
        closed = variance_factors(source.law.moments(), pairing.scheme, n, m, start=start)
        # Relative spread of one plan is about 4 %: 8 plans, 5 sigma, and the terms of order 1/n.
        assert found.slope == pytest.approx(closed.slope, rel=0.07)
        assert found.mean == pytest.approx(closed.mean, rel=0.12)
        assert found.own == pytest.approx(closed.own, rel=0.10)


def test_a_scheme_is_not_taken_for_another() -> None:
    """Negative control of the test above: with another meeting the closed form is beyond its tolerance."""
    found = of_plans(mixers(Uniform(), Cyclic(), 400, 8), 400, 400)
    for wrong in ("iid", "anchor"):
        closed = variance_factors(Uniform().moments(), wrong, 400, 400)  # type: ignore[arg-type]
        assert abs(found.slope - closed.slope) > 0.07 * closed.slope


@pytest.mark.parametrize("share", [1, 2, 3])
def test_rotation_over_whole_passes_is_exact(share: int) -> None:
    n = 60
    found = factors_of_plan(mixer(Rotation(5), Random(), n, 1).plan(0, share * n), n)
    closed = variance_factors(Rotation(5).moments(), "groups", n, share * n)
    assert closed.slope == pytest.approx(share) == closed.mean
    assert found.slope * (n - 1) / n == pytest.approx(share, rel=1e-12)  # M = r (I - J) has trace r (n - 1)


def test_rotation_over_parts_of_passes() -> None:
    fitted = mixers(Rotation(5), Random(), 500, 10)
    for m, start in ((250, 0), (700, 0), (400, 300)):
        found = of_plans(fitted, 500, m, start)
        closed = variance_factors(Rotation(5).moments(), "groups", 500, m, start=start)
        assert found.slope == pytest.approx(closed.slope, rel=0.03)
        assert found.mean == pytest.approx(closed.mean, rel=0.06)
        # Rows of a part of a pass are spread evenly over the groups, which the closed form takes as chosen at random.
        assert found.own == pytest.approx(closed.own, rel=0.10)


def test_bad_options_are_refused() -> None:
    moments = Uniform().moments()
    with pytest.raises(OptionError, match="did you mean 'cyclic'"):
        variance_factors(moments, "cycle", 10, 10)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="at least 2 real rows"):
        variance_factors(moments, "iid", 1, 10)
    with pytest.raises(OptionError, match="n_synth"):
        variance_factors(moments, "iid", 10, -1)
