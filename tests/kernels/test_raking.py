"""Levels that are dealt (T20): raked laws against their dual problem, draws by enumeration and against naive loops."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from synthmix.kernels import raking
from synthmix.kernels.raking import CLOSE, FARTHEST, Runs, deal_levels, rake_levels

RANDOM = np.random.default_rng(11)
SEED = np.uint64(2**63 + 5)


def runs_of(counts):
    """Return leaves of which leaf b has ``counts[b, l]`` rows of level l, rows numbered in random order."""
    leaves, levels = np.nonzero(counts)
    sizes = counts[leaves, levels]
    low = np.concatenate([[0], np.cumsum(sizes)])
    rows = RANDOM.permutation(low[-1]).astype(np.int32)
    for run in range(sizes.size):
        rows[low[run] : low[run + 1]].sort()
    edges = np.searchsorted(leaves, np.arange(len(counts) + 1))
    return Runs(edges[:-1], edges[1:], levels.astype(np.int32), low, rows)


def random_leaves(leaves, levels, m):
    """Return counts of leaves of two rows or more, and of `m` rows the leaf and the level that is their own, or -1."""
    counts = RANDOM.integers(0, 4, (leaves, levels)) * (RANDOM.random((leaves, levels)) < 0.6)
    counts[:, 0] += 2 * (counts.sum(axis=1) < 2)
    leaf = RANDOM.integers(0, leaves, m)
    own = RANDOM.integers(-1, levels, m)
    own[(own >= 0) & (counts[leaf, own] == 0)] = -1
    return counts, leaf, own


def laws_of(counts, leaf, own, factors):
    """Return the probability of each level in each row."""
    left = counts[leaf] - (own[:, np.newaxis] == np.arange(counts.shape[1]))
    chance = left * factors
    return chance / chance.sum(axis=1, keepdims=True)


def raked(counts, leaf, own, wanted, compiled=True):
    factors, expected = np.empty(wanted.size), np.empty(wanted.size)
    by = rake_levels if compiled else rake_levels.py_func
    by(runs_of(counts), leaf, own, wanted, factors, expected)
    np.testing.assert_allclose(expected, laws_of(counts, leaf, own, factors).sum(axis=0), rtol=1e-12, atol=1e-9)
    return factors, expected


@pytest.mark.parametrize("levels", [2, 3, 7])
def test_laws_are_those_of_least_divergence_with_the_wanted_sums(levels, monkeypatch):
    """The dual of the smallest sum of divergences is convex in the logarithms of the factors."""
    monkeypatch.setattr(raking, "CLOSE", 1e-6)
    monkeypatch.setattr(raking, "STEPS", 2000)
    counts, leaf, own = random_leaves(20, levels, 80)
    tilt = np.exp(RANDOM.uniform(-0.3, 0.3, levels))
    wanted = laws_of(counts, leaf, own, tilt).sum(axis=0)
    factors, expected = raked(counts, leaf, own, wanted, compiled=False)
    np.testing.assert_allclose(expected, wanted, atol=1e-6)
    left = counts[leaf] - (own[:, np.newaxis] == np.arange(levels))
    dual = minimize(lambda logs: np.log(left @ np.exp(logs)).sum() - wanted @ logs, np.zeros(levels), method="BFGS")
    np.testing.assert_allclose(factors / factors[0], np.exp(dual.x - dual.x[0]), rtol=1e-3)


@pytest.mark.parametrize("levels", [2, 5, 12])
def test_numbers_are_close_or_a_factor_is_as_far_as_it_may_be(levels):
    counts, leaf, own = random_leaves(60, levels, 500)
    near = laws_of(counts, leaf, own, np.exp(RANDOM.uniform(-0.3, 0.3, levels))).sum(axis=0)
    factors, expected = raked(counts, leaf, own, near)
    assert np.abs(expected - near).max() <= CLOSE
    assert np.abs(laws_of(counts, leaf, own, np.ones(levels)).sum(axis=0) - near).max() > CLOSE
    factors, expected = raked(counts, leaf, own, np.eye(levels)[0] * 500.0)
    assert factors[0] == FARTHEST
    assert (factors[1:] == 1.0 / FARTHEST).all()


def test_rows_without_a_choice_stay():
    """A leaf of one level, and one of two whose other row is the origin."""
    counts, leaf = np.array([[2, 0], [1, 1]]), np.array([0, 1, 1])
    factors, expected = raked(counts, leaf, np.array([-1, 0, -1]), np.array([1.5, 1.5]))
    assert expected.tolist() == [1.5, 1.5]
    assert factors.tolist() == [1.0, 1.0]


def dealt(counts, leaf, own, factors, owed, places=1024):
    """Return the parents of rows, the rows of the leaves, and how often each was taken."""
    runs = runs_of(counts)
    level_of, rows = np.empty(runs.rows.size, np.int64), runs.rows
    level_of[rows] = np.repeat(runs.level, np.diff(runs.low))
    origins = np.full(leaf.size, -1)
    for i in np.flatnonzero(own >= 0):
        inside = rows[runs.low[runs.first[leaf[i]]] : runs.low[runs.end[leaf[i]]]]
        origins[i] = RANDOM.choice(inside[level_of[inside] == own[i]])
    words, uses = RANDOM.integers(0, 2**32, leaf.size, dtype=np.uint32), np.zeros(places, np.uint8)
    parents = np.empty(leaf.size, np.int64)
    sequence = np.argsort(leaf, kind="stable")
    deal_levels(sequence, runs, leaf, own, origins, factors, owed, SEED, 0, words, uses, parents)
    return runs, level_of, origins, uses, parents


def test_two_levels_have_their_own_probability_and_no_stretch_is_off_by_one():
    """Every start of the draws by enumeration: 1,024 of them give each row's probability to within one of them."""
    counts, leaf, own = random_leaves(15, 2, 60)
    factors = np.array([1.3, 0.8])
    law = laws_of(counts, leaf, own, factors)[:, 1]
    side_by_side = np.argsort(leaf, kind="stable")
    share, starts = np.zeros(leaf.size), (np.arange(1024) + 0.5) / 1024 - 0.5
    for start in starts:
        _, level_of, _, _, parents = dealt(counts, leaf, own, factors, np.array([start, -start]))
        share += level_of[parents] == 1
        walked = np.cumsum((level_of[parents] - law)[side_by_side])
        assert np.ptp(np.append(walked, 0.0)) < 1.0 + 1e-9
    np.testing.assert_allclose(share / starts.size, law, atol=1.5 / starts.size)


def test_many_levels_are_off_by_little():
    counts, leaf, own = random_leaves(200, 9, 2000)
    law = laws_of(counts, leaf, own, np.ones(9))
    _, level_of, _, _, parents = dealt(counts, leaf, own, np.ones(9), np.zeros(9))
    off = np.bincount(level_of[parents], minlength=9) - law.sum(axis=0)
    assert np.abs(off).max() < 1.5
    free = [(law.cumsum(axis=1) < RANDOM.random((2000, 1))).sum(axis=1) for _ in range(20)]
    usual = [np.abs(np.bincount(one, minlength=9) - law.sum(axis=0)).max() for one in free]
    assert np.median(usual) > 10.0


def test_parents_have_the_level_in_the_leaf_and_are_not_the_origin():
    counts, leaf, own = random_leaves(50, 4, 3000)
    runs, level_of, origins, uses, parents = dealt(counts, leaf, own, np.ones(4), np.zeros(4))
    leaf_of = np.empty(runs.rows.size, np.int64)
    leaf_of[runs.rows] = np.repeat(np.arange(50), counts.sum(axis=1))
    assert (leaf_of[parents] == leaf).all()
    assert (parents != origins).all()
    assert np.array_equal(uses[: runs.rows.size], np.bincount(parents, minlength=runs.rows.size))
    nobody = np.full(leaf.size, -1)
    _, level_of, _, uses, parents = dealt(counts, leaf, nobody, np.ones(4), np.zeros(4))
    for at, size in np.ndenumerate(counts):
        taken = parents[(leaf == at[0]) & (level_of[parents] == at[1])]
        found = np.unique(taken, return_counts=True)[1]
        assert found.size == min(size, taken.size)
        assert found.size == 0 or np.ptp(found) <= 1
