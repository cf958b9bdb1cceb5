"""Normal scores on the way in and empirical quantiles on the way out, against naive loops and scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from synthmix.kernels.philox import TIES, fill_uniform
from synthmix.kernels.scores import decode_levels, decode_quantiles, tie_keys
from synthmix.table.knots import knots_of

SEED = np.uint64(20240601)


def quantiles(z, ordered):
    out, knots = np.empty(len(z)), knots_of(len(ordered))
    decode_quantiles(np.asarray(z, dtype=float), *knots, np.asarray(ordered, dtype=float), out)
    return out


def naive_quantile(z, ordered):
    """Return the quantile at one score, written as the definition reads."""
    n = len(ordered)
    halves = stats.norm.ppf(np.arange(1, 2 * n) / (2 * n))
    position = float(np.interp(z, halves, np.arange(2 * n - 1) / 2))
    low = math.floor(position)
    share = position - low
    if share == 0.0:
        return ordered[low]
    point_mass = ordered.count(ordered[low]) > 1 or ordered.count(ordered[low + 1]) > 1
    if point_mass:
        return ordered[low] if share < 0.5 else ordered[low + 1]
    return ordered[low] + share * (ordered[low + 1] - ordered[low])


@pytest.mark.parametrize("n", [1, 2, 3, 10, 999, 40_000])
def test_the_guide_finds_the_same_knots_as_a_search(n):
    knots = knots_of(n)
    rng = np.random.default_rng(n)
    z = np.concatenate([rng.normal(size=2000) * 1.5, knots.score, np.nextafter(knots.score, 9), [-9.0, 9.0]])
    ordered = np.arange(n, dtype=float)
    place = np.interp(z, knots.score, np.arange(2 * n - 1) / 2)
    np.testing.assert_allclose(quantiles(z, ordered), place, rtol=0, atol=1e-9 * n)


def test_source_ranks_come_back_for_any_size():
    for n in (1, 2, 3, 10, 1_000, 1_000_000):
        ordered = np.arange(n, dtype=float)
        z = stats.norm.ppf((np.arange(n) + 0.5) / n)
        assert np.array_equal(quantiles(z, ordered), ordered)
        # Negative control: scores of rank / (n + 1) point beside the values.
        if 1 < n < 1_000_000:
            assert not np.array_equal(quantiles(stats.norm.ppf((np.arange(n) + 1) / (n + 1)), ordered), ordered)


def test_quantiles_equal_the_definition():
    rng = np.random.default_rng(5)
    for size in (1, 2, 7, 40):
        ordered = sorted(rng.integers(0, size, size).astype(float).tolist() + rng.normal(size=size).tolist())
        z = rng.normal(size=300) * 2
        expected = [naive_quantile(value, ordered) for value in z]
        assert quantiles(z, ordered) == pytest.approx(expected, rel=1e-12, abs=1e-12)
        smooth = np.interp(len(ordered) * stats.norm.cdf(z) - 0.5, np.arange(len(ordered)), ordered)
        if size > 2:  # Negative control: interpolating everywhere puts values beside the point masses.
            assert quantiles(z, ordered) != pytest.approx(smooth, rel=1e-12, abs=1e-12)


def test_ends_are_the_extremes_and_nan_stays():
    found = quantiles([-40.0, 40.0, math.nan, -math.inf, math.inf], [2.0, 3.0, 5.0])
    assert found[[0, 1, 3, 4]].tolist() == [2.0, 5.0, 2.0, 5.0]
    assert math.isnan(found[2])


def test_a_point_mass_keeps_its_probability():
    ordered = np.sort(np.concatenate([np.zeros(60), np.random.default_rng(1).exponential(size=40)]))
    # Scores at exact midpoints of 100,000 equal cells of probability: an integral over the normal law.
    z = stats.norm.ppf((np.arange(100_000) + 0.5) / 100_000)
    assert (quantiles(z, ordered) == 0.0).mean() == pytest.approx(0.6, abs=2e-5)
    smooth = np.interp(100 * stats.norm.cdf(z) - 0.5, np.arange(100), ordered)
    assert (smooth == 0.0).mean() != pytest.approx(0.6, abs=2e-5)  # the control loses half a rank


def test_levels_keep_their_shares():
    ends = np.array([50, 80, 100], dtype=np.int64)
    codes = np.array([2, 0, 1], dtype=np.int32)
    z = stats.norm.ppf((np.arange(100_000) + 0.5) / 100_000)
    out = np.empty(z.size, dtype=np.int32)
    decode_levels(z, ends, codes, out)
    assert (np.bincount(out) / z.size).tolist() == pytest.approx([0.3, 0.2, 0.5], abs=2e-5)
    decode_levels(z, np.array([51, 80, 100], dtype=np.int64), codes, out)
    assert (np.bincount(out) / z.size).tolist() != pytest.approx([0.3, 0.2, 0.5], abs=2e-5)


def test_tie_keys_belong_to_row_and_column():
    rows = np.array([7, 3, 1_000_000_007], dtype=np.int64)
    keys = np.empty(3)
    tie_keys(SEED, rows, np.uint64(4), keys)
    for row, key in zip(rows, keys, strict=True):
        one = np.empty(1)
        fill_uniform(SEED, int(row), TIES, np.uint64(4), one)
        assert one[0] == key
    other = np.empty(3)
    tie_keys(SEED, rows, np.uint64(5), other)
    assert not np.isin(other, keys).any()


def test_compiled_and_plain_twin_agree():
    rng = np.random.default_rng(3)
    ordered = np.sort(rng.integers(0, 30, 50).astype(float))
    z = rng.normal(size=100)
    plain = np.empty(100)
    decode_quantiles.py_func(z, *knots_of(50), ordered, plain)
    assert np.array_equal(plain, quantiles(z, ordered))
