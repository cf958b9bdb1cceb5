"""Values that are moved from the quantiles of a column to others, against numpy."""

from __future__ import annotations

import numpy as np
import pytest

from synthmix.kernels.margins import move_to_quantiles
from synthmix.kernels.search import count_below

SEED = np.uint64(2**63 + 11)
RANDOM = np.random.default_rng(5)
FAR = np.inf


def moved(made, wanted, values, farthest=FAR, first=0):
    """Return moved values; `farthest` is one for all, or an array."""
    values = np.array(values, np.float64)
    move_to_quantiles(made, wanted, np.broadcast_to(farthest, values.shape).copy(), SEED, first, values)
    return values


@pytest.mark.parametrize("k", [2, 3, 16, 17, 1000])
@pytest.mark.parametrize("m", [1, 15, 16, 500])
def test_without_ties_it_is_interpolation(k, m):
    made, wanted = np.sort(RANDOM.normal(size=k)), np.sort(RANDOM.gamma(2.0, size=k))
    values = RANDOM.normal(size=m) * 1.5  # some outside
    values[::3] = RANDOM.choice(made, values[::3].size)
    expected = np.interp(values, made, wanted)
    found = moved(made, wanted, values)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
    assert np.array_equal(moved(made, wanted, made), wanted)  # exactly


def test_missing_values_stay_and_moves_are_bounded():
    made, wanted = np.array([0.0, 1.0, 2.0]), np.array([10.0, 11.0, 15.0])
    found = moved(made, wanted, [0.5, np.nan, 0.5, 2.0, 2.0], np.array([1.0, 1.0, 0.0, 20.0, 12.0]))
    np.testing.assert_array_equal(found, [1.5, np.nan, 0.5, 15.0, 14.0])
    assert moved(np.array([5.0, 6.0]), np.array([1.0, 2.0]), [5.5], 1.0) == [4.5]


def test_ties_are_shared_out_by_the_row():
    """Levels 2 to 7 are 3, and 7 on levels 2 to 4 of what is wanted: two fifths of the rows go there."""
    made = np.array([0.0, 1.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 4.0, 5.0])
    wanted = np.array([0.0, 1.0, 7.0, 7.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0])
    m = 40_000
    found = moved(made, wanted, np.full(m, 3.0))
    assert found.min() == 7.0
    assert found.max() < 10.0
    error = np.sqrt(0.24 / m)
    assert abs((found == 7.0).mean() - 2 / 5) < 6 * error  # 6 errors: once in 10**9 seeds
    assert abs((found < 9.0).mean() - 4 / 5) < 6 * error
    np.testing.assert_array_equal(moved(made, wanted, np.full(10, 3.0), first=100), found[100:110])
    assert np.unique(found[found > 7.0]).size > 0.99 * (found > 7.0).sum()


@pytest.mark.parametrize("edges", [0, 1, 2, 5, 128, 1000])
@pytest.mark.parametrize("m", [0, 1, 17, 333])
def test_places_are_those_of_searchsorted(edges, m):
    sorted_edges, values = np.sort(RANDOM.integers(-20, 20, edges)) / 2.0, RANDOM.integers(-24, 24, m) / 2.0
    values[::7] = np.nan
    below = np.full(m, -1)
    count_below(sorted_edges, values, below)
    assert np.array_equal(below, np.where(np.isnan(values), 0, np.searchsorted(sorted_edges, values)))
