"""Combining rules: formulas, degrees of freedom, replacement, and coverage where each belongs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import binom, t

from synthmix.errors import InputError, OptionError
from synthmix.inference import Model, combine, fit_models

PAIRS = [([1.0], [0.5]), ([2.0], [0.7]), ([1.2], [0.6])]
B, V, M = np.var([1.0, 2.0, 1.2], ddof=1), 0.6, 3


def test_formulas() -> None:
    found = combine(PAIRS, rule="T_p")
    assert found.estimate[0] == pytest.approx(1.4)
    assert found.variance[0] == pytest.approx(V + B / M)
    assert found.df[0] == pytest.approx(2 * (1 + M * V / B) ** 2)
    half = t.ppf(0.975, found.df[0]) * found.se[0]
    np.testing.assert_allclose(found.interval[0], [1.4 - half, 1.4 + half])
    whole = combine(PAIRS, rule="T_s", n_real=100, n_synth=50)
    assert whole.variance[0] == pytest.approx(V * (0.5 + 1 / M))
    np.testing.assert_allclose(whole.interval[0], 1.4 + np.array([-1, 1]) * 1.959963984540054 * whole.se[0])
    drawn = combine(PAIRS, rule="T_s", n_real=100, n_synth=50, proper=True)
    assert drawn.variance[0] == pytest.approx(V * (0.5 + 1.5 / M))
    assert combine(PAIRS[:1], n_real=100, n_synth=100).variance[0] == pytest.approx(2 * 0.5)


def test_fully_synthetic_and_its_replacement() -> None:
    wide = [([0.0], [0.1]), ([2.0], [0.1]), ([4.0], [0.1])]
    found = combine(wide, rule="T_f")
    spread = (1 + 1 / 3) * 4.0
    assert found.variance[0] == pytest.approx(spread - 0.1)
    assert found.df[0] == pytest.approx(2 * (1 - 0.1 / spread) ** 2)
    assert "few" in found.note
    with pytest.raises(OptionError, match="T_f is negative"):
        combine(PAIRS, rule="T_f")
    replaced = combine(PAIRS, rule="T_f", n_real=100, n_synth=200)
    assert replaced.variance[0] == pytest.approx(2 * V)
    assert "replaced by v m/n" in replaced.note


def covered(rule: Any, *, proper: bool, syntheses: int, runs: int, told: bool = True) -> int:
    """Return how often intervals of a mean cover, for draws from a normal law with fitted or drawn parameters."""
    rng, hits, n, m = np.random.default_rng(7), 0, 60, 60
    for _ in range(runs):
        real = rng.standard_normal(n)
        sd = real.std(ddof=1) * (np.sqrt((n - 1) / rng.chisquare(n - 1, syntheses)) if proper else np.ones(syntheses))
        mean = real.mean() + (sd / np.sqrt(n) * rng.standard_normal(syntheses) if proper else 0.0)
        made = (mean + sd * rng.standard_normal((m, syntheses))).T
        fits = list(zip(made.mean(axis=1)[:, None], made.var(axis=1, ddof=1)[:, None] / m, strict=True))
        low, high = combine(fits, rule=rule, n_real=n, n_synth=m, proper=told and proper and rule == "T_s").interval[0]
        hits += low <= 0.0 <= high
    return hits


@pytest.mark.parametrize(
    ("rule", "proper", "syntheses"), [("T_s", False, 1), ("T_s", False, 5), ("T_s", True, 1), ("T_f", True, 40)]
)
def test_coverage(rule: str, proper: bool, syntheses: int) -> None:
    runs = 300 if syntheses > 9 else 1000
    low, high = binom.ppf([1e-6, 1 - 1e-6], runs, [0.94, 0.955])  # few degrees of freedom, normal intervals
    assert low <= covered(rule, proper=proper, syntheses=syntheses, runs=runs) <= high


def test_a_wrong_rule_does_not_cover() -> None:
    """Draws with drawn parameters vary more than the plain rule says: coverage .89 by the normal law."""
    assert covered("T_s", proper=True, syntheses=1, runs=1500, told=False) < binom.ppf(1e-4, 1500, 0.94)


def test_what_it_takes() -> None:
    rows = np.random.default_rng(0).standard_normal((50, 2))
    _, fits = fit_models(Model("x0 ~ x1"), rows, [rows, rows[:40]])
    found = combine(fits, rule="T_s", n_real=50)
    assert found.names == ("Intercept", "x1")
    assert found.variance[0] == pytest.approx(np.mean([f.se[0] ** 2 for f in fits]) * (45 / 50 + 0.5))
    for options, message in (
        ({"rule": "T_x"}, "choose from|did you mean"),
        ({"rule": "T_s"}, "needs n_real and n_synth"),
        ({"rule": "T_p", "fits": PAIRS[:1]}, "at least 2 syntheses"),
    ):
        arguments = {"fits": PAIRS, **options}
        with pytest.raises(OptionError, match=message):
            combine(**arguments)  # type: ignore[arg-type]
    for wrong, message in (
        ([], "no fits"),
        ([([1.0], [np.nan]), ([1.0], [1.0])], "missing or negative"),
        ([([1.0], [1.0]), ([1.0, 2.0], [1.0, 1.0])], "different coefficients"),
        (["fit"], "of type str"),
    ):
        with pytest.raises(InputError, match=message):
            combine(wrong, rule="T_p")  # type: ignore[arg-type]


def test_pairs_are_checked() -> None:
    for bad in (("a", "b"), (np.eye(2), np.eye(2)), ([1.0, 2.0], [1.0])):
        with pytest.raises(InputError):
            combine([bad], n_real=5, n_synth=5)
    with pytest.raises(OptionError, match="n_real=-5"):
        combine([(1.0, 1.0)], n_real=-5, n_synth=-5)
    none: Any = None
    with pytest.raises(InputError, match="no fits"):
        combine(none)


def test_estimates_without_any_spread_have_no_finite_degrees_of_freedom() -> None:
    found = combine([(1.0, 0.0), (1.0, 0.0)], rule="T_p")
    assert np.isinf(found.df).all()
    assert (found.interval == 1.0).all()
