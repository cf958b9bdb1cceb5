"""Intervals of agreement: two-sided, and right for the mean over other syntheses of the same size."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from synthmix.drift.noise import Z95
from synthmix.inference.agreement import agreement_limits, sign_chance, significance_chance


def covered(means: np.ndarray, correlation: float, significant: bool, seed: int, runs: int = 300) -> float:
    """Return how often the interval holds the mean share."""
    p = means.size
    spread = (1.0 - correlation) * np.eye(p) + correlation
    root, rng = np.linalg.cholesky(spread), np.random.default_rng(seed)
    sure = np.full(p, significant)

    def chance(towards: np.ndarray, noise: float) -> np.ndarray:
        return significance_chance(towards, noise, sure, Z95) if significant else sign_chance(towards, noise)

    mean, hits = float(chance(means, 1.0).mean()), 0
    for _ in range(runs):
        seen = means + root @ rng.normal(size=p)
        value = float((chance(seen, 1e-300) > 0.5).mean())
        cut = np.full(p, Z95 if significant else 0.0)
        low, high = agreement_limits(value, seen, cut, np.ones(p), spread, chance, 1.0)
        assert 0.0 <= low <= value <= high <= 1.0
        hits += low - 1e-9 <= mean <= high + 1e-9
    return hits / runs


@pytest.mark.parametrize("significant", [False, True])
@pytest.mark.parametrize("size", [1, 6])
@pytest.mark.parametrize("mean", [0.0, 1.0, 2.0])
def test_intervals_cover(mean: float, size: int, significant: bool) -> None:
    assert covered(np.full(size, mean), 0.3, significant, 3) > 0.87  # .93 or more; six standard errors


def test_one_sure_and_one_open_coefficient() -> None:
    seen, side = np.array([30.0, 0.1]), np.ones(2)
    low, high = agreement_limits(1.0, seen, np.zeros(2), side, np.eye(2), sign_chance, 1.0)
    assert high == 1.0
    assert 0.5 <= low < 0.75  # the open one may well disagree the next time
    low, high = agreement_limits(1.0, seen + 30.0, np.zeros(2), side, np.eye(2), sign_chance, 1.0)
    assert low == high == 1.0


def test_chances_are_those_of_normal_z_values() -> None:
    towards = np.array([-1.0, 0.5, 3.0])
    np.testing.assert_allclose(sign_chance(towards, 0.5), norm.cdf(towards, scale=0.5))
    plain = norm.cdf(Z95, towards) - norm.cdf(-Z95, towards)
    np.testing.assert_allclose(significance_chance(towards, 1.0, np.zeros(3, bool), Z95), plain)
    np.testing.assert_allclose(significance_chance(towards, 1.0, np.ones(3, bool), Z95), norm.sf(Z95, towards))
