"""Lines inside leaves against least squares, written out."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from synthmix.kernels.slopes import FEWEST, Lines, fit_slopes, follow_lines, lay_lines

Values = NDArray[np.float64]
OTHERS = np.array([0, 2, 3])


def _rows(n: int = 90) -> tuple[Values, Values, NDArray[np.int32]]:
    """Return columns far from zero and on different scales, one that goes with them, and an order."""
    random = np.random.Generator(np.random.Philox(4))
    latent = random.normal(size=(n, 4)) * [1.0, 3.0, 1e-3, 100.0] + [5.0, 0.0, 1.0, 1e6]
    target = latent[:, 0] - 500.0 * latent[:, 2] + 1e-3 * latent[:, 3] ** 2 / 1e6 + random.normal(size=n)
    return latent, target, random.permutation(n).astype(np.int32)


def _ridge(x: Values, y: Values, ridge: float) -> Values:
    """Return the slopes by normal equations of centred columns."""
    x, y = x - x.mean(axis=0), y - y.mean()
    products = x.T @ x
    slopes: Values = np.linalg.solve(products + np.diag(np.diag(products)) * ridge * x.shape[1] / len(x), x.T @ y)
    return slopes


@pytest.mark.parametrize("ridge", [0.0, 0.5])
def test_slopes_are_those_of_ridge_regressions_over_the_rows_of_a_node(ridge: float) -> None:
    latent, target, order = _rows()
    left_out = np.arange(len(latent)) % 5 == 0
    low, high, slopes = np.array([0, 10, 40]), np.array([90, 40, 90]), np.empty((3, 3))
    fit_slopes(latent, OTHERS, target, left_out, order, low, high, ridge, slopes)
    for node in range(3):
        rows = order[low[node] : high[node]]
        rows = rows[~left_out[rows]]
        np.testing.assert_allclose(slopes[node], _ridge(latent[rows][:, OTHERS], target[rows], ridge), rtol=1e-6)


@pytest.mark.parametrize("value", [7.0, -0.3719, 1e9])
def test_a_column_that_does_not_vary_and_a_node_of_no_rows_have_no_slope(value: float) -> None:
    """Nor where the mean of equal numbers is not that number, but for rounding."""
    latent, target, order = _rows()
    latent[:, 2] = value
    slopes = np.full((2, 3), np.nan)
    fit_slopes(latent, OTHERS, target, np.zeros(90, bool), order, np.array([0, 5]), np.array([90, 5]), 0.5, slopes)
    np.testing.assert_allclose(slopes[0, [0, 2]], _ridge(latent[:, [0, 3]], target, 0.5 * 3 / 2), rtol=1e-6)
    assert slopes[0, 1] == 0.0
    assert (slopes[1] == 0.0).all()


def test_a_column_of_numbers_without_digits_has_no_slope() -> None:
    """Squares of 1e-161 are subnormal, and their matrix is not one of a covariance."""
    latent, target, order = _rows()
    latent[:, 2] = 1e-161 * np.arange(90.0)
    slopes = np.full((1, 3), np.nan)
    fit_slopes(latent, OTHERS, target, np.zeros(90, bool), order, np.array([0]), np.array([90]), 0.0, slopes)
    np.testing.assert_allclose(slopes[0, [0, 2]], _ridge(latent[:, [0, 3]], target, 0.0), rtol=1e-6)
    assert slopes[0, 1] == 0.0


def test_columns_that_say_the_same_share_a_slope() -> None:
    """The ridge keeps the regression solvable where columns are copies of one another."""
    latent, target, order = _rows()
    latent[:, 2] = latent[:, 0]
    slopes = np.empty((1, 3))
    fit_slopes(latent, OTHERS, target, np.zeros(90, bool), order, np.array([0]), np.array([90]), 0.5, slopes)
    assert slopes[0, 0] == pytest.approx(slopes[0, 1], rel=1e-9)
    assert np.isfinite(slopes).all()


def _laid(free: int, sign: float = 1.0) -> tuple[Lines, Values, NDArray[np.int64], Values, Values]:
    """Return the line of one leaf with so many free rows of 30, and what made it."""
    latent, target, order = _rows()
    lines = Lines(np.tile(sign * _ridge(latent[:, OTHERS], target, 0.5), (3, 1)), *np.zeros((3, 3)))
    rest = target[order]
    low, leaves = np.array([0, 40, 60], np.int32), np.array([1])
    lay_lines(latent, OTHERS, target, order, leaves, low, np.full(3, free, np.int32), lines, rest)
    return lines, rest[40 : 40 + free], order[40 : 40 + free].astype(np.int64), latent, target


def test_a_line_is_as_steep_as_least_squares_along_its_direction() -> None:
    """Line and rest make up each value, do not go together, and share the variance between them (T23)."""
    lines, rest, rows, latent, target = _laid(25)
    along = latent[rows][:, OTHERS] @ _ridge(latent[:, OTHERS], target, 0.5)
    steep, intercept = np.polyfit(along, target[rows], 1)
    told = intercept + steep * along
    np.testing.assert_allclose(target[rows] - told, rest, atol=1e-6)
    np.testing.assert_allclose([lines.lowest[1], lines.highest[1]], [told.min(), told.max()], rtol=1e-6)
    assert abs(np.cov(told, rest)[0, 1]) < 1e-6 * target[rows].var()
    assert told.var() + rest.var() == pytest.approx(target[rows].var(), rel=1e-6)
    assert told.var() > 0.3 * target[rows].var()
    columns = np.ascontiguousarray(latent[rows].T)
    found = np.empty(rows.size)
    follow_lines(columns, OTHERS, np.ones(rows.size, np.int64), lines, found)
    np.testing.assert_allclose(found, told, rtol=1e-6)


@pytest.mark.parametrize(("free", "sign"), [(25, -1.0), (FEWEST - 1, 1.0), (25, 0.0)])
def test_a_line_is_level_where_it_would_turn_round_rows_are_few_or_it_says_nothing(free: int, sign: float) -> None:
    lines, rest, rows, _, target = _laid(free, sign)
    assert (lines.slope[1] == 0.0).all()
    assert lines.intercept[1] == lines.lowest[1] == lines.highest[1] == pytest.approx(target[rows].mean())
    np.testing.assert_allclose(rest, target[rows] - target[rows].mean(), atol=1e-9)


def test_nothing_else_is_touched() -> None:
    latent, target, order = _rows()
    lines = Lines(np.ones((3, 3)), *np.zeros((3, 3)))
    rest = target[order]
    leaves, low, free = np.array([1]), np.array([0, 40, 60], np.int32), np.array([40, 12, 30], np.int32)
    lay_lines(latent, OTHERS, target, order, leaves, low, free, lines, rest)
    untouched = np.ones(90, bool)
    untouched[40:52] = False
    assert (rest[untouched] == target[order][untouched]).all()
    assert (rest[~untouched] != target[order][~untouched]).all()
    assert (lines.slope[[0, 2]] == 1.0).all()


def test_a_line_is_followed_no_further_than_its_leaf_goes() -> None:
    lines, _, rows, latent, _ = _laid(25)
    columns = np.ascontiguousarray(latent[rows[:2]].T)
    columns[0] = [-1e6, 1e6]
    found = np.empty(2)
    follow_lines(columns, OTHERS, np.ones(2, np.int64), lines, found)
    assert set(found.tolist()) == {lines.lowest[1], lines.highest[1]}
