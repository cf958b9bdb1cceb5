"""Distances and turns of cells: in range, different where promised, and drawn for each cell and pass."""

from __future__ import annotations

import numpy as np
from scipy import stats

from synthmix.kernels.shifts import draw_distances, draw_turns

SEED = np.uint64(3)
STARTS = np.concatenate([[0], np.cumsum([1, 2, 3, 4, 7, 50, 1000])])


def distances(k, starts=STARTS, first_row=0):
    shifts = np.full((starts.size - 1, k), -7)
    draw_distances(SEED, first_row, starts, shifts)
    return shifts


def turns(k, starts=STARTS, first_row=0):
    shifts = np.full((starts.size - 1, 2 * k), -7)
    draw_turns(SEED, first_row, starts, k, shifts)
    return shifts


def test_distances_differ_and_small_cells_have_none():
    for k in (2, 3, 5):
        for first_row in range(0, 3000, 100):
            for size, row in zip(np.diff(STARTS), distances(k, first_row=first_row), strict=True):
                if size < k:
                    assert (row == 0).all()
                    continue
                assert row[0] == 0
                assert np.unique(row).size == k
                assert row.min() >= 0
                assert row.max() < size
    assert not np.array_equal(distances(3), distances(3, first_row=1067))


def test_turns_stay_inside_their_circles():
    for k in (3, 5):
        for size, row in zip(np.diff(STARTS), turns(k), strict=True):
            groups = max(1, size // k)
            whole, extra = size // groups, size % groups
            assert 0 <= row[0] < size
            assert ((row[1:whole] >= 0) & (row[1:whole] < groups)).all()
            last = row[whole] if whole < 2 * k else 0
            assert 0 <= last < max(extra, 1)
            assert (row[whole + 1 :] == 0).all()
    assert turns(5)[-1, 1:5].max() > 20
    assert not np.array_equal(turns(5), turns(5, first_row=1067))


def test_distances_and_turns_are_uniform():
    # 12,000 cells of 13 rows each: false-alarm rate 1e-6 for each of four counts.
    starts = np.arange(0, 13 * 12_001, 13)
    first, second = distances(3, starts)[:, 1:].T
    pairs = np.bincount(12 * (first - 1) + second - 1, minlength=144).reshape(12, 12)
    assert np.trace(pairs) == 0
    assert stats.chisquare(pairs[~np.eye(12, dtype=bool)]).pvalue > 1e-6
    assert stats.chisquare((pairs + np.eye(12)).ravel()).pvalue < 1e-6
    drawn = turns(3, starts)  # four groups of three rows, one of which has one more
    assert stats.chisquare(np.bincount(drawn[:, 0], minlength=13)).pvalue > 1e-6
    assert stats.chisquare(np.bincount(4 * drawn[:, 1] + drawn[:, 2], minlength=16)).pvalue > 1e-6
    assert (drawn[:, 3] == 0).all()
