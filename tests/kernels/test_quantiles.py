"""Empirical quantiles at normal scores, against numpy and naive Python; exact for the scores of the source."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from synthmix.kernels.decode import decode_column
from synthmix.kernels.quantiles import BLOCK, CELLS, DEVIATIONS
from synthmix.table.codec import WayBack
from synthmix.table.mixed import column_arrays, ndtr_table

SEED = np.uint64(5)


def decoder(ordered, **options):
    """Return the way back of one column under normal scores, between two other columns."""
    other = WayBack(quantiles=np.array([1e300, 2e300, 3e300]))
    arrays = column_arrays([other, WayBack(quantiles=np.asarray(ordered, float), **options), other])

    def decode(z):
        cells = np.array(z, float)
        decode_column(arrays, 1, 0, SEED, cells)
        return cells

    return decode


def scores_of(n, shift=0.5, room=0):
    return ndtri((np.arange(n) + shift) / (n + room))


def naive_quantile(z, ordered, *, levels=False):
    """Return the quantile at one score, as the module says it in words."""
    n = len(ordered)
    place = min(max(n * float(ndtr(z)) - 0.5, 0.0), n - 1.0)
    low = min(math.floor(place), n - 2)
    share, pair = place - low, ordered[low : low + 2]
    if levels or any(ordered.count(value) > 1 for value in pair):
        return pair[0] if share < 0.5 else pair[1]
    return pair[0] * (1 - share) + pair[1] * share


def test_the_table_is_the_normal_law():
    table = ndtr_table().reshape(-1, 4)
    f = np.linspace(0, 1, 101)
    values = table[:, :1] + f * (table[:, 1:2] + f * (table[:, 2:3] + f * table[:, 3:]))
    z = (np.arange(DEVIATIONS * CELLS)[:, np.newaxis] + f) / CELLS
    assert np.abs(values - ndtr(-z)).max() < 5.5e-12
    assert (np.diff(values, axis=1) < 0).all()
    linear = table[:, :1] + f * (table[:, :1] * 0 + np.diff(np.append(table[:, 0], 0.0))[:, np.newaxis])
    assert np.abs(linear - ndtr(-z)).max() > 1e-7


@pytest.mark.parametrize("n", [2, 3, 10, 100, 999])
def test_quantiles_are_those_of_hazen(n):
    rng = np.random.default_rng(n)
    ordered, z = np.sort(rng.normal(size=n) * 50 + 3), rng.normal(size=3001) * 1.5
    expected = np.quantile(ordered, ndtr(z), method="hazen")
    scale = np.abs(ordered).max()
    assert np.abs(decoder(ordered)(z) - expected).max() < 1e-9 * scale
    assert np.abs(decoder(ordered)(z) - np.quantile(ordered, ndtr(z), method="linear")).max() > 1e-4 * scale


@pytest.mark.parametrize("sizes", [range(1, 51), [1000], [100_000], [1_000_000]])
def test_scores_of_the_source_lead_back_exactly(sizes):
    for n in sizes:
        ordered = np.sort(np.random.default_rng(n).normal(size=n)) * 1e5
        decode = decoder(ordered)
        assert np.array_equal(decode(scores_of(n)), ordered)
        if 1 < n < 100_000:  # scores of rank / (n + 1) point beside the values
            assert not np.array_equal(decode(scores_of(n, 1.0, 1)), ordered)


def test_ties_and_levels_equal_naive_python():
    rng = np.random.default_rng(5)
    for size in (2, 3, 7, 40):
        for spread in (1, 3, size):
            ordered = sorted(rng.integers(0, spread, size).astype(float).tolist() + rng.normal(size=size).tolist())
            z = rng.normal(size=400) * 2
            for levels in (False, True):
                expected = [naive_quantile(value, ordered, levels=levels) for value in z]
                found = decoder(ordered, levels=levels)(z)
                assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)
                inside = np.isin(found, ordered)
                assert inside.all() == levels
            smooth = np.quantile(ordered, ndtr(z), method="hazen")  # would put values beside the point masses
            assert len(set(ordered)) == len(ordered) or decoder(ordered)(z) != pytest.approx(smooth, rel=1e-9, abs=1e-9)


def test_a_column_of_ties_has_no_value_between():
    ordered = np.repeat([1.0, 2.0, 7.0], 2)
    z = np.random.default_rng(1).normal(size=1000)
    assert np.isin(decoder(ordered)(z), ordered).all()
    assert not np.isin(decoder(np.append(ordered, [8.0, 9.0]))(z), [*ordered, 8.0, 9.0]).all()


def test_a_point_mass_keeps_its_probability():
    ordered = np.sort(np.concatenate([np.zeros(60), np.random.default_rng(1).exponential(size=40)]))
    # Scores at exact midpoints of 100,000 equal cells of probability: an integral over the normal law.
    z = scores_of(100_000)
    assert (decoder(ordered)(z) == 0.0).mean() == pytest.approx(0.6, abs=2e-5)
    smooth = np.quantile(ordered, ndtr(z), method="hazen")
    assert (smooth == 0.0).mean() != pytest.approx(0.6, abs=2e-5)  # the control loses half a rank


@pytest.mark.parametrize("n", [2, 3, 17, 100, 5000])
def test_every_rank_has_the_same_probability(n):
    """Find by bisection from which score on a rank comes out; the error of an edge is that of the table."""
    decode = decoder(np.arange(n, dtype=float), levels=True)
    ranks, low, high = np.arange(1, n), np.full(n - 1, -9.0), np.full(n - 1, 9.0)
    for _ in range(60):
        middle = (low + high) / 2
        reached = decode(middle) >= ranks
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    edges = np.concatenate([[0.0], ndtr(high), [1.0]])
    assert np.abs(np.diff(edges) - 1 / n).max() < 1e-11
    assert np.abs(np.diff(edges + 3e-11 * (np.arange(n + 1) % 2)) - 1 / n).max() > 1e-11


@pytest.mark.parametrize("levels", [False, True])
@pytest.mark.parametrize("n", [1, 2, 3, 1000])
def test_ends_are_the_extremes_and_nan_stays(n, levels):
    ordered = np.linspace(-2.0, 5.0, n) if n > 1 else np.array([5.0])
    z = np.array([-math.inf, -40.0, -9.0, math.nan, 9.0, 40.0, math.inf, 8.0 - 1e-9, -8.0 + 1e-9, 7.9999, -0.0])
    found = decoder(ordered, levels=levels)(np.tile(z, 13))
    assert np.array_equal(found[: z.size], found[-z.size :], equal_nan=True)
    assert (found[[0, 1, 2, 8]] == ordered[0]).all()
    assert (found[[4, 5, 6, 7, 9]] == ordered[-1]).all()
    assert np.isnan(found).sum() == 13
    assert math.isnan(found[3])
    assert ordered[0] <= found[10] <= ordered[-1]


@pytest.mark.parametrize("gap", [1e-300, 1.0, 1.7e308])
def test_values_stay_between_their_neighbours(gap):
    ordered = np.array([-gap, -gap / 3, gap / 2, gap])
    z = np.sort(np.random.default_rng(3).normal(size=5000))
    found = decoder(ordered)(z)
    assert np.isfinite(found).all()
    assert (np.diff(found) >= -1e-15 * gap).all()
    assert found[0] == -gap
    assert found[-1] == gap
    assert np.unique(found).size > 3000
    with np.errstate(over="ignore"):
        assert gap < 1e308 or not np.isfinite(ordered[-1] - ordered[0])  # the difference would overflow


def test_a_cell_has_the_same_bits_wherever_it_stands():
    rng = np.random.default_rng(4)
    ordered, z = np.sort(rng.normal(size=777)), rng.normal(size=3 * BLOCK)
    z[::29] = math.nan
    decode = decoder(ordered)
    whole = decode(z)
    for m in range(1, 301):
        assert np.array_equal(decode(z[:m]), whole[:m], equal_nan=True)
    for start in range(1, BLOCK + 1):
        assert np.array_equal(decode(z[start:]), whole[start:], equal_nan=True)
    assert not np.array_equal(decode(z[1:]), whole[:-1], equal_nan=True)
