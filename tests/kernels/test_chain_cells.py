"""One column of a block of a chain, against numpy and naive loops."""

from __future__ import annotations

import numpy as np
import pytest

from synthmix.kernels.chain_cells import Leaves, draw_parents, mix_parents, number_places
from synthmix.kernels.descend import descend, steps_of
from synthmix.kernels.nodes import BINS, Nodes

SEED = np.uint64(2**63 + 5)
RANDOM = np.random.default_rng(7)


def naive_leaf(row, levels, nodes, node):
    """Follow one row, a question at a time."""
    while nodes.column[node] >= 0:
        column, code = nodes.column[node], row[nodes.column[node]]
        bit = min(int(code), BINS - 1)
        left = nodes.member[node, bit // 32] >> (bit % 32) & 1 if levels[column] else code <= nodes.cut[node]
        node = nodes.left[node] + (not left)
    return node


def random_tree(levels, depth=9):
    """Return nodes of a tree whose branches end at random; those of levels hold random bits."""
    column, cut, left = [0], [0], [0]
    todo = [(0, 0)]
    while todo:
        node, level = todo.pop()
        if level == depth or (level > 2 and RANDOM.random() < 0.2):
            column[node] = -1
            continue
        column[node], cut[node], left[node] = RANDOM.integers(len(levels)), RANDOM.integers(0, 400), len(column)
        todo += [(len(column), level + 1), (len(column) + 1, level + 1)]
        column, cut, left = ([*part, 0, 0] for part in (column, cut, left))
    member = RANDOM.integers(0, 2**32, (len(column), 8 if any(levels) else 0), dtype=np.uint32)
    none = np.zeros(len(column), np.int32)
    return Nodes(*(np.array(part, np.int32) for part in (column, cut, left)), none, none, member)


@pytest.mark.parametrize("levels", [[False, False, False], [False, True, True], [True, True, True]])
@pytest.mark.parametrize("m", [1, 15, 16, 1000])
def test_rows_that_are_led_together_come_to_the_leaves_of_one_by_one(levels, m):
    levels = np.array(levels)
    nodes = random_tree(levels)
    codes = RANDOM.integers(0, 400, (m, 3)).astype(np.int32)  # levels share the last bin
    codes[::7] = 0
    leaf_of = np.where(np.arange(m) % 3 == 0, nodes.left[0], 0)  # some begin lower down
    expected = [naive_leaf(row, levels, nodes, node) for row, node in zip(codes, leaf_of, strict=True)]
    descend(codes, steps_of(nodes, levels), leaf_of)
    assert leaf_of.tolist() == expected
    assert m < 100 or len(set(expected)) > 20


@pytest.mark.parametrize("edges", [0, 1, 2, 3, 4, 5, 127, 128, 129, 1000])
@pytest.mark.parametrize("m", [1, 16, 333])
def test_places_are_those_of_searchsorted(edges, m):
    sorted_edges = np.sort(RANDOM.integers(-20, 20, edges)) / 2.0  # ties, and values that are edges
    values = RANDOM.integers(-24, 24, m) / 2.0
    values[::5] = np.inf
    missing = RANDOM.random(m) < 0.2
    codes = np.full((m, 3), -1, np.int32)
    number_places(sorted_edges, values, missing, 1, codes)
    assert np.array_equal(codes[:, 1], np.where(missing, 0, 1 + np.searchsorted(sorted_edges, values)))
    assert (codes[:, [0, 2]] == -1).all()


@pytest.mark.parametrize("k", [2, 3, 5])
def test_a_mixture_is_the_sum_about_the_heaviest_parent(k):
    values, parents = RANDOM.normal(size=50), RANDOM.integers(0, 50, (k, 200))
    weights = RANDOM.normal(size=(k, 200))
    weights[:, :20] = 1.0 / k  # the first one of several that weigh as much
    mixed = np.empty(200)
    mix_parents(values, parents, weights, mixed)
    of_parents, heaviest = values[parents], weights.argmax(axis=0)
    expected = base = of_parents[heaviest, np.arange(200)]
    for own, value in zip(weights, of_parents, strict=True):
        expected = expected + own * (value - base)
    assert np.array_equal(mixed, expected)
    assert np.allclose(mixed - base, (weights * (of_parents - base)).sum(axis=0))


def leaves_of_sizes(sizes, free):
    """Return leaves of two trees on the same rows, in other orders, and the number of rows."""
    n, high = sum(sizes), np.cumsum(sizes).astype(np.int32)
    low = high - np.array(sizes, np.int32)
    order = np.stack([RANDOM.permutation(n), RANDOM.permutation(n)]).astype(np.int32)
    place = np.argsort(order, axis=1).astype(np.int32) + np.array([[0], [n]], np.int32)
    both = [np.concatenate([part, part + np.int32(n)]) for part in (low, high)]
    return Leaves(*both, np.array([*free, *free], np.int32), order.ravel(), place), n


@pytest.mark.parametrize("k", [1, 2, 4])
def test_parents_are_other_rows_of_the_leaf_and_the_free_ones_after_a_free_one(k):
    """Each other row of a leaf as often: 10 counts, each off by six errors less than once in 10**8 runs."""
    sizes, free = [1, 2, 5, 7], [1, 2, 3, 0]
    leaves, n = leaves_of_sizes(sizes, free)
    m = 40_000
    trees, leaf = RANDOM.integers(0, 2, m), RANDOM.integers(0, 4, m)
    leaf += 4 * trees
    origins = leaves.order[leaves.low[leaf] + RANDOM.integers(0, 100, m) % np.array(sizes * 2)[leaf]].astype(np.int64)
    origins[::3] = RANDOM.integers(0, n, origins[::3].size)  # mostly rows of other leaves
    words = RANDOM.integers(0, 2**32, (4 * (1 + (max(k - 2, 0) + 3) // 4), m), dtype=np.uint32)
    parents, copied = np.empty((k, m), np.int64), np.empty(m, np.bool_)
    draw_parents(leaves, trees, leaf, origins, SEED, 0, words, np.zeros(1, np.uint8), parents, copied)
    where = leaves.place[trees, parents] - leaves.low[leaf]
    own = leaves.place[trees, origins] - leaves.low[leaf]
    rows, at_most = np.array(sizes * 2)[leaf], np.array(free * 2)[leaf]
    assert ((where >= 0) & (where < rows)).all()
    assert np.array_equal(copied, where[0] >= at_most)
    assert (where[:, ~copied] < at_most[~copied]).all()
    assert (where[:, copied] == where[0, copied]).all()
    alone = np.where(np.arange(k)[:, np.newaxis] == 0, rows, at_most) == 1
    assert (alone | copied | (where != own)).all()
    assert (where[0] != own)[rows > 1].all()
    inside = (own >= 0) & (own < rows)
    for size in (5, 7):
        of_size = (rows == size) & inside
        counts = np.bincount((where[0, of_size] - own[of_size]) % size, minlength=size)
        expected = of_size.sum() / (size - 1)
        assert counts[0] == 0
        assert (np.abs(counts[1:] - expected) < 6.0 * np.sqrt(expected)).all()


def uses_after(places, k=1, m=30):
    """Return how often each row of leaves of 1, 3 and 4 rows, not all free, was a parent, and the leaves."""
    leaves, n = leaves_of_sizes([1, 3, 4], [1, 3, 4])
    uses = np.zeros(places, np.uint8)
    leaf = np.repeat(np.arange(3), m)
    parents, copied = np.empty((k, leaf.size), np.int64), np.empty(leaf.size, np.bool_)
    words = RANDOM.integers(0, 2**32, (4 * (1 + (max(k - 2, 0) + 3) // 4), leaf.size), dtype=np.uint32)
    origins, trees = np.where(leaf == 2, leaves.order[0], leaves.order[-1]).astype(np.int64), np.zeros_like(leaf)
    origins[leaf > 0] = leaves.order[0]  # the row of the first leaf
    draw_parents(leaves, trees, leaf, origins, SEED, 0, words, uses, parents, copied)
    return uses, np.stack([np.bincount(own.ravel(), minlength=n) for own in parents.reshape(k, 3, m).swapaxes(0, 1)])


@pytest.mark.parametrize("k", [1, 3])
def test_rows_take_turns_in_being_parents(k):
    """In leaves of up to four rows uses differ by at most one (T20); nobody takes turns where there is one place."""
    uses, counts = uses_after(8, k)
    assert np.array_equal(uses, counts.sum(axis=0))
    for own, rows in zip(counts, (1, 3, 4), strict=True):
        taken = own[own > 0]
        assert taken.size == rows
        assert taken.sum() == 30 * k
        assert np.ptp(taken) <= 1
    _, free = uses_after(1, k)
    assert max(np.ptp(own[own > 0]) for own in free[1:]) > 1


def test_counts_stop_where_they_would_turn_over():
    uses, counts = uses_after(8, 1, 1500)
    assert (counts.sum(axis=0) > 255).all()
    assert (uses == 255).all()
    assert counts[2].max() < 1500  # nobody is preferred then, and nobody was left out before
