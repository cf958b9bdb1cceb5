"""Leaves are a partition into near rows of equal number, the same whatever works on them."""

import numpy as np
import pytest

from synthmix.pairing import Cells, Nearest, Neighbourhood


def neighbourhood(latent, codes=None):
    spread = latent.std(axis=0)
    scale = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)
    return Neighbourhood(latent, scale, np.zeros((len(latent), 0), np.int32) if codes is None else codes)


def one_cell(n):
    return Cells(np.arange(n), np.array([0, n]))


def within_share(values, cells):
    """Share of the variance that lies within cells."""
    total = sum(
        values[cells.order[a:b]].var(axis=0) * (b - a) for a, b in zip(cells.starts[:-1], cells.starts[1:], strict=True)
    )
    return float((total / len(values) / values.var(axis=0)).mean())


@pytest.mark.parametrize("n", [10, 11, 1000, 4097])
@pytest.mark.parametrize("leaf", [2, 5, 8, 40])
def test_leaves_are_a_partition_of_even_sizes(n, leaf):
    latent = np.random.default_rng(0).normal(size=(n, 3))
    cells = Nearest(leaf=leaf).split(one_cell(n), neighbourhood(latent), 1, 0, 2)
    assert np.array_equal(np.sort(cells.order), np.arange(n))
    assert cells.starts.size - 1 == max(1, n // leaf)
    assert cells.sizes.max() - cells.sizes.min() <= 1 + (n // leaf > 1)
    assert cells.sizes.min() >= min(leaf, n)


def test_leaves_hold_near_rows_and_cells_are_respected():
    rng = np.random.default_rng(1)
    latent = rng.normal(size=(3000, 2))
    near = Nearest(leaf=10).split(one_cell(3000), neighbourhood(latent), 1, 0, 2)
    assert within_share(latent, near) < 0.03
    shuffled = Cells(rng.permutation(3000), near.starts)
    assert within_share(latent, shuffled) > 0.8
    halves = Cells(np.argsort(latent[:, 0] > 0, kind="stable"), np.array([0, int((latent[:, 0] <= 0).sum()), 3000]))
    split = Nearest(leaf=10).split(halves, neighbourhood(latent), 1, 0, 2)
    for a, b in zip(split.starts[:-1], split.starts[1:], strict=True):
        assert len(set(latent[split.order[a:b], 0] > 0)) == 1


def test_discrete_columns_and_ties_take_part():
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 4, (2000, 1)).astype(np.int32)
    cells = Nearest(leaf=8).split(one_cell(2000), neighbourhood(np.zeros((2000, 1)), codes), 1, 0, 2)
    pure = [len(set(codes[cells.order[a:b], 0])) for a, b in zip(cells.starts[:-1], cells.starts[1:], strict=True)]
    assert np.mean(pure) < 1.2


def test_passes_and_seeds_give_fresh_trees_and_repeat_exactly():
    latent = np.random.default_rng(3).normal(size=(500, 4))
    base = Nearest().split(one_cell(500), neighbourhood(latent), 1, 0, 3)
    again = Nearest().split(one_cell(500), neighbourhood(latent), 1, 0, 3)
    assert np.array_equal(base.order, again.order)
    for seed, number in [(2, 0), (1, 1)]:
        other = Nearest().split(one_cell(500), neighbourhood(latent), seed, number, 3)
        assert not np.array_equal(base.order, other.order)


def test_order_inside_a_leaf_tells_nothing():
    # The first row of a two-row leaf is the smaller one half of the time; false-alarm rate 1e-6.
    latent = np.random.default_rng(4).normal(size=(20_000, 1))
    cells = Nearest(leaf=2).split(one_cell(20_000), neighbourhood(latent), 1, 0, 2)
    rows = cells.order.reshape(-1, 2)
    share = (latent[rows[:, 0], 0] < latent[rows[:, 1], 0]).mean()
    assert abs(share - 0.5) < 4.9 * 0.5 / np.sqrt(len(rows))
