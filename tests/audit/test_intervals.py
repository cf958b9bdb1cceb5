"""Intervals of risks, of differences between groups, and of ranks: right where resampling is not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, kendalltau

from synthmix.audit.prediction.agreement import tau_limits
from synthmix.audit.prediction.fairness import range_change
from synthmix.audit.privacy.rates import Rate, residual_limits, residual_risk


def coverage(limits, n: int, k: int, attack: float, control: float) -> float:
    """Return the exact coverage for binomial attack and control."""
    true, total = (attack - control) / (1.0 - control), 0.0
    for a, chance in enumerate(binom.pmf(range(n + 1), n, attack)):
        for c, other in enumerate(binom.pmf(range(k + 1), k, control)):
            if chance * other > 1e-8:
                low, high = limits(Rate(a, n), Rate(c, k))
                total += chance * other * (low <= true <= high)
    return total


@pytest.mark.parametrize(("attack", "control"), [(0.02, 0.0), (0.1, 0.0), (0.1, 0.1), (0.5, 0.3)])
def test_a_residual_risk_is_covered_where_the_control_has_no_hit(attack: float, control: float) -> None:
    assert coverage(residual_limits, 60, 40, attack, control) > 0.95


def test_the_half_width_of_the_delta_method_is_too_short() -> None:
    def plain(attack: Rate, control: Rate) -> tuple[float, float]:
        value, half = residual_risk(attack, control)
        return value - half, value + half

    assert coverage(plain, 200, 100, 0.02, 0.0) < 0.92
    assert coverage(residual_limits, 200, 100, 0.02, 0.0) > 0.97


def test_limits_where_nothing_is_left_to_guess() -> None:
    assert residual_limits(Rate(5, 10), Rate(10, 10)) == (-np.inf, 1.0)
    low, high = residual_limits(Rate(0, 50), Rate(0, 50))
    assert low < 0.0 < high
    assert residual_limits(Rate(50, 50), Rate(0, 50))[1] == 1.0


def cells(rng, rows: int, synthetic, real) -> np.ndarray:
    found = []
    for s, r in zip(synthetic, real, strict=True):
        one, other = rng.random(rows), rng.random(rows)
        a, b = one < s, np.where(rng.random(rows) < 0.7, one, other) < r
        found.append([np.sum(a & b), np.sum(a & ~b), np.sum(~a & b), np.sum(~a & ~b)])
    return np.array(found, float)


RATES = {
    "two equal groups": ((0.3, 0.3), (0.3, 0.3)), "differences shrink": ((0.3, 0.3, 0.3, 0.3), (0.2, 0.3, 0.3, 0.4)),
    "one grows": ((0.3, 0.3, 0.3, 0.5), (0.3, 0.3, 0.3, 0.3)), "rare": ((0.02, 0.05), (0.02, 0.02)),
}  # fmt: skip


@pytest.mark.parametrize("rates", RATES.values(), ids=RATES)
def test_a_change_of_the_largest_difference_is_covered(rates) -> None:
    rng, kind = np.random.default_rng(5), np.zeros(len(rates[0]), int)
    true, hits = np.ptp(rates[0]) - np.ptp(rates[1]), 0
    for _ in range(300):
        synthetic, real, low, high = range_change(cells(rng, 50, *rates), kind)
        assert low - 1e-12 <= synthetic - real <= high + 1e-12
        hits += low - 1e-12 <= true <= high + 1e-12
    assert hits > 272  # .97 or more; six standard errors below


def test_groups_of_another_kind_are_not_compared() -> None:
    table = np.array([[9.0, 0, 0, 1], [8, 1, 0, 1], [0, 0, 0, 10], [0, 0, 1, 9]])
    synthetic, real, _, _ = range_change(table, np.array([0, 0, 1, 1]))
    assert (synthetic, real) == (pytest.approx(0.0), pytest.approx(0.1))
    assert range_change(table, np.zeros(4, int))[0] == pytest.approx(0.9)


def test_limits_of_tau_count_the_pairs_that_are_not_sure() -> None:
    rng = np.random.default_rng(6)
    means = np.array([0.0, 1.0, 2.0, 2.001])
    real, synthetic = means + 0.1 * rng.normal(size=(2, 400, 4))
    tau, low, high, unsure = tau_limits(real, synthetic)
    assert tau == pytest.approx(kendalltau(real.mean(axis=0), synthetic.mean(axis=0)).statistic)
    assert unsure == 1
    assert (low, high) == (pytest.approx(4 / 6), 1.0)
    assert tau_limits(real, synthetic[:, ::-1])[1] < -0.6
    assert np.isnan(tau_limits(real, np.zeros((400, 4)))[0])


def test_tau_is_covered() -> None:
    rng, hits, means = np.random.default_rng(7), 0, np.array([0.0, 0.02, 0.05, 0.3, 0.31])
    for _ in range(200):
        real = means + rng.normal(size=(200, 5))
        synthetic = means[[1, 0, 2, 3, 4]] + rng.normal(size=(200, 5))
        _, low, high, _ = tau_limits(real, synthetic)
        hits += low <= 0.8 <= high
    assert hits >= 190
