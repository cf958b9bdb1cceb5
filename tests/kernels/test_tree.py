"""Leaves are a partition into near rows of equal number, the same whatever works on them."""

import numpy as np
import pytest
from scipy import stats

from synthmix.pairing import Cells, Nearest, Neighbourhood, WithinClass
from synthmix.pairing.forest import grow_forest


def neighbourhood(latent, codes=None):
    spread = latent.std(axis=0)
    scale = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)
    return Neighbourhood(latent, scale, np.zeros((len(latent), 0), np.int32) if codes is None else codes)


def one_cell(n):
    return Cells(np.arange(n), np.array([0, n]))


def leaves_of(cells):
    return [cells.order[a:b] for a, b in zip(cells.starts[:-1], cells.starts[1:], strict=True)]


def within_share(values, cells):
    """Share of the variance that lies within cells."""
    total = sum(values[rows].var(axis=0) * len(rows) for rows in leaves_of(cells))
    return float((total / len(values) / values.var(axis=0)).mean())


def naive_leaves(values, codes, rows, n_leaves, rng):
    """Leaves of a random-projection tree, the plain way."""
    if n_leaves == 1:
        return [rows]
    projection = values[rows] @ rng.normal(size=values.shape[1])
    for column in codes[rows].T:
        projection += (rng.random(codes.max() + 1) * np.sqrt(12))[column]
    order = rows[np.argsort(projection)]
    middle = (len(rows) * (n_leaves // 2) + n_leaves // 2) // n_leaves
    parts = [(order[:middle], n_leaves // 2), (order[middle:], n_leaves - n_leaves // 2)]
    return [leaf for part, count in parts for leaf in naive_leaves(values, codes, part, count, rng)]


@pytest.mark.parametrize("n", [3, 10, 11, 1000, 4097])
@pytest.mark.parametrize("leaf", [2, 5, 8, 40])
def test_leaves_are_a_partition_of_even_sizes(n, leaf):
    latent = np.random.default_rng(0).normal(size=(n, 3))
    cells = Nearest(leaf=leaf).split(one_cell(n), neighbourhood(latent), 1, 0, 2)
    assert np.array_equal(np.sort(cells.order), np.arange(n))
    assert cells.starts.size - 1 == max(1, n // leaf)
    assert cells.starts[0] == 0
    assert cells.starts[-1] == n
    assert cells.sizes.max() - cells.sizes.min() <= 1 + (n // leaf > 1)
    assert cells.sizes.min() >= min(leaf, n)


def many_cells(n):
    """Cells of 0 to 40 rows, in random order, and one with all the rest."""
    rng = np.random.default_rng(6)
    starts = np.concatenate([[0], np.cumsum(rng.integers(0, 41, 200)), [n]])
    return Cells(rng.permutation(n), starts)


# More columns, and fewer rows are copied at once. A part for each thread holds at least 4096 rows.
@pytest.mark.parametrize("cells", [one_cell, many_cells])
@pytest.mark.parametrize(("n", "p", "d"), [(20_000, 300, 1), (70_001, 2, 0), (30_000, 0, 3), (30_000, 9, 2)])
def test_threads_change_nothing(cells, n, p, d):
    rng = np.random.default_rng(5)
    near = neighbourhood(rng.normal(size=(n, p)), rng.integers(0, 5, (n, d)).astype(np.int32))
    base = Nearest().split(cells(n), near, 1, 2, 5, 1)
    assert np.array_equal(np.sort(base.order), np.arange(n))
    for threads in (2, 3, 16):
        other = WithinClass("c", Nearest()).split(cells(n), near, 1, 2, 5, threads)
        assert np.array_equal(base.order, other.order)
        assert np.array_equal(base.starts, other.starts)


def test_leaves_hold_near_rows_and_cells_are_respected():
    rng = np.random.default_rng(1)
    latent = rng.normal(size=(3000, 2))
    near = Nearest(leaf=10).split(one_cell(3000), neighbourhood(latent), 1, 0, 2)
    assert within_share(latent, near) < 0.03
    shuffled = Cells(rng.permutation(3000), near.starts)
    assert within_share(latent, shuffled) > 0.8
    halves = Cells(np.argsort(latent[:, 0] > 0, kind="stable"), np.array([0, int((latent[:, 0] <= 0).sum()), 3000]))
    split = Nearest(leaf=10).split(halves, neighbourhood(latent), 1, 0, 2)
    for rows in leaves_of(split):
        assert len(set(latent[rows, 0] > 0)) == 1


# Rows are projected from the table above the size that is copied (3495 rows of 300 columns), else from the copies.
@pytest.mark.parametrize(("n", "p", "d"), [(4000, 2, 0), (4000, 20, 0), (4000, 5, 2), (4000, 0, 3), (8000, 300, 2)])
@pytest.mark.parametrize("offset", [0.0, 1e8])
def test_leaves_are_as_near_as_those_of_the_plain_way(n, p, d, offset):
    rng = np.random.default_rng(7)
    latent = rng.normal(size=(n, p))
    codes = rng.integers(0, 6, (n, d)).astype(np.int32)
    one_hot = (codes[:, :, None] == np.arange(6)).reshape(n, -1)
    everything = np.hstack([latent, one_hot])
    trees = 2 if p == 300 else 8
    plain, fast = [], []
    for number in range(trees):
        leaves = naive_leaves(latent, codes, np.arange(n), n // 10, rng)
        starts = np.concatenate([[0], np.cumsum([len(rows) for rows in leaves])])
        plain.append(within_share(everything, Cells(np.concatenate(leaves), starts)))
        cells = grow_forest(one_cell(n), neighbourhood(latent + offset, codes), 10, 3, number, 1)
        fast.append(within_share(everything, cells))
    # A false alarm needs five standard errors, and as much again for having few trees to estimate them from.
    bound = 5 * np.hypot(np.std(plain), np.std(fast)) / np.sqrt(trees) + 0.005 * np.mean(plain)
    assert abs(np.mean(fast) - np.mean(plain)) < bound
    at_random = within_share(everything, Cells(rng.permutation(n), cells.starts))
    assert at_random - np.mean(plain) > bound


def test_discrete_columns_and_ties_take_part():
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 4, (2000, 1)).astype(np.int32)
    for latent in (np.zeros((2000, 1)), np.zeros((2000, 0))):
        cells = Nearest(leaf=8).split(one_cell(2000), neighbourhood(latent, codes), 1, 0, 2)
        pure = [len(set(codes[rows, 0])) for rows in leaves_of(cells)]
        assert np.mean(pure) < 1.2


@pytest.mark.parametrize("n", [1000, 80_000])  # 80,000 rows are projected from the table first, then copied
def test_rows_without_differences_meet_at_random(n):
    near = neighbourhood(np.full((n, 2), 7.25))
    pairs = set()
    for number in range(3):
        cells = Nearest(leaf=10).split(one_cell(n), near, 1, number, 2)
        # Ranks of the rows are as good as independent of the leaf: the chance of a false alarm is below 1e-6.
        between = np.var([rows.mean() for rows in leaves_of(cells)]) / (n**2 / 12 / 10)
        assert abs(between - 1) < 5 * np.sqrt(2 / (n / 10))
        new = {(a, b) for rows in leaves_of(cells) for a in rows for b in rows if a < b}
        assert len(new & pairs) < 100  # on average 4.5 * 9 pairs, twice
        pairs |= new


def test_passes_and_seeds_give_fresh_trees_and_repeat_exactly():
    latent = np.random.default_rng(3).normal(size=(500, 4))
    base = Nearest().split(one_cell(500), neighbourhood(latent), 1, 0, 3)
    again = Nearest().split(one_cell(500), neighbourhood(latent), 1, 0, 3)
    assert np.array_equal(base.order, again.order)
    for seed, number in [(2, 0), (1, 1)]:
        other = Nearest().split(one_cell(500), neighbourhood(latent), seed, number, 3)
        assert not np.array_equal(base.order, other.order)
        groups, others = ({tuple(sorted(rows)) for rows in leaves_of(cells)} for cells in (base, other))
        assert len(groups & others) < 5


def test_order_inside_a_leaf_tells_nothing():
    # The first row of a two-row leaf is the smaller one half of the time; false-alarm rate 1e-6.
    latent = np.random.default_rng(4).normal(size=(20_000, 1))
    cells = Nearest(leaf=2).split(one_cell(20_000), neighbourhood(latent), 1, 0, 2)
    rows = cells.order.reshape(-1, 2)
    share = (latent[rows[:, 0], 0] < latent[rows[:, 1], 0]).mean()
    assert abs(share - 0.5) < 4.9 * 0.5 / np.sqrt(len(rows))
    assert np.abs(np.diff(latent[rows, 0])).mean() < 1e-3  # one column: a leaf is a pair of neighbours


def rank_table(ranks):
    """Chi-square of rank by place for leaves in random order, (leaf - 1)**2 degrees of freedom."""
    size = ranks.shape[1]
    counts = np.stack([(ranks == k).sum(axis=0) for k in range(size)])
    even = len(ranks) / size
    return ((counts - even) ** 2 / even).sum() * (size - 1) / size


@pytest.mark.parametrize("leaf", [2, 3, 5, 10])
def test_every_place_of_a_leaf_is_the_same(leaf):
    # Without the shuffle at the end, a selection leaves traces from three rows on (662 for 4 degrees of freedom).
    latent = np.random.default_rng(4).normal(size=(leaf * 8192, 1))
    cells = Nearest(leaf=leaf).split(one_cell(len(latent)), neighbourhood(latent), 1, 0, 2)
    ranks = np.argsort(np.argsort(latent[cells.order, 0].reshape(-1, leaf), axis=1), axis=1)
    bound = stats.chi2.isf(1e-6, (leaf - 1) ** 2)
    assert rank_table(ranks) < bound
    assert rank_table(np.sort(ranks, axis=1)) > bound
