"""Coefficients on both tables: golden values, closed forms, and what is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synthmix.inference import Fit, Model, coefficients, fit_models
from synthmix.inference.coefficients import overlap

MODEL = Model("strength ~ cement + water + age")
# Of an independent computation on rows 0-514 against 515-1029 of the concrete table.
GOLDEN = {
    "Intercept": (0.5744679792652896, -2.3607278157302463),
    "cement": (-0.10480853912929933, -4.181915863831524),
    "water": (0.4221850069249049, 2.865638774623588),
    "age": (-0.2767334663679795, -4.98229578928965),
}


def test_golden_values(data_file: Callable[[str], Path]) -> None:
    concrete = pd.read_csv(data_file("concrete")).astype(float)
    real, (other,) = fit_models(MODEL, concrete[:515], [concrete[515:]])
    table = coefficients(real, other).table
    for name, (overlapping, shift) in GOLDEN.items():
        assert table.loc[name, "overlap"] == pytest.approx(overlapping, rel=1e-9)
        assert table.loc[name, "shift"] == pytest.approx(shift, rel=1e-9)


def least_squares(rows: np.ndarray) -> Fit:
    """Return the fit of the last column on the others, without a formula: thousands of them are made."""
    design = np.column_stack([np.ones(len(rows)), rows[:, :-1]])
    root = np.linalg.inv(design.T @ design)
    estimate = root @ (design.T @ rows[:, -1])
    df = len(rows) - design.shape[1]
    sigma2 = np.square(rows[:, -1] - design @ estimate).sum() / df
    names = ("Intercept", *(f"x{j}" for j in range(rows.shape[1] - 1)))
    return Fit(Model("y ~ x"), names, estimate, sigma2 * root, df, len(rows))


def test_least_squares_are_those_of_a_model() -> None:
    rows = np.random.default_rng(4).standard_normal((50, 3))
    expected, _ = fit_models(Model("x2 ~ x0 + x1"), rows, [])
    found = least_squares(rows)
    assert (found.names, found.df, found.n_rows) == (expected.names, expected.df, expected.n_rows)
    np.testing.assert_allclose(found.estimate, expected.estimate, rtol=1e-9)
    np.testing.assert_allclose(found.cov, expected.cov, rtol=1e-9)


def fake(estimate: list[float], se: list[float], n: int = 100) -> Fit:
    names = tuple(f"b{j}" for j in range(len(se)))
    return Fit(MODEL, names, np.array(estimate), np.diag(np.square(se)), n - len(se), n)


def test_overlap_is_the_shift_once_more_where_standard_errors_agree() -> None:
    shifts = np.linspace(-6.0, 6.0, 13)
    found = overlap(np.zeros(13), np.ones(13), shifts, np.ones(13), 1.96)
    np.testing.assert_allclose(found, 1.0 - np.abs(shifts) / 3.92)
    assert found[0] < 0.0  # apart, and not clipped


def test_table_of_signs_and_significance() -> None:
    real = fake([3.0, 0.5, -3.0, 3.0, 0.1], [1.0] * 5)
    other = fake([2.5, -0.5, 3.0, 0.5, -3.0], [1.0] * 5)
    table = coefficients(real, other).table
    assert list(table["same_sign"]) == [True, False, False, True, False]
    assert list(table["same_significance"]) == [True, True, False, False, False]


def test_lack_of_fit_is_chi_squared_under_complete_synthesis() -> None:
    rng = np.random.default_rng(5)
    values, runs, syntheses = [], 80, 2
    for _ in range(runs):
        x = rng.standard_normal((150, 3))
        rows = np.column_stack([x, x.sum(axis=1) + rng.standard_normal(150)])
        made = [rng.multivariate_normal(rows.mean(axis=0), np.cov(rows.T), 300) for _ in range(syntheses)]
        values.append(coefficients(least_squares(rows), [least_squares(one) for one in made]).lack_of_fit)
    assert np.mean(values) == pytest.approx(4.0, abs=4.5 * np.sqrt(8.0 / runs))
    assert np.var(values) == pytest.approx(8.0, rel=0.8)


def test_a_fresh_sample_is_accused_at_the_nominal_rate() -> None:
    """By ``p_independent``; the p-value of complete synthesis accuses it far more often."""
    rng = np.random.default_rng(6)
    runs, found = 300, []
    for _ in range(runs):
        x = rng.standard_normal((400, 2))
        rows = np.column_stack([x, x.sum(axis=1) + rng.standard_normal(400)])
        found.append(coefficients(least_squares(rows[:150]), least_squares(rows[150:])))
    rate = np.mean([one.p_independent < 0.05 for one in found])
    assert abs(rate - 0.05) < 4.5 * np.sqrt(0.05 * 0.95 / runs)
    assert np.mean([one.p_value < 0.05 for one in found]) > 0.3


def test_several_syntheses_and_missing_coefficients() -> None:
    real = fake([1.0, 2.0], [1.0, 0.5])
    pair = [fake([1.0, 2.0], [1.0, 0.5]), fake([2.0, 3.0], [1.0, 0.5])]
    found = coefficients(real, pair)
    assert found.table.loc["b0", "shift"] == pytest.approx(0.5)
    assert found.table.loc["b0", "se_shift"] == pytest.approx(1.0 / np.sqrt(2.0))
    lost = Fit(MODEL, real.names, np.array([1.0, np.nan]), np.full((2, 2), np.nan), 0.0, 3, {"b1": "absent"}, "few")
    part = coefficients(real, lost)
    assert np.isnan(part.lack_of_fit)
    assert part.note
    assert part.table.loc["b1", "note"] == "synthetic: absent"
    assert (part.table["note"] != "").all()
    mixed = coefficients(real, [pair[0], lost])
    assert "1 of 2 syntheses cannot be fitted" in mixed.note
    assert mixed.table["shift"].notna().all()
