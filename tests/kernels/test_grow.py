"""Trees of chained mixing against a naive search, scikit-learn, and their own rules."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from synthmix.kernels.nodes import BINS, SMALL, Room
from synthmix.mixing.chain import trees
from synthmix.mixing.chain.features import Features, binned, columns_of
from synthmix.mixing.chain.trees import Forest, Size, grow_forests


def _features(codes: NDArray[np.int32], levels: list[bool], target: NDArray[np.float64]) -> Features:
    """Return columns to split by and one more, the one that is drawn: it has a value in every row."""
    codes = np.concatenate([codes, np.ones((1, codes.shape[1]), np.int32)])
    columns = columns_of(codes, np.array([*levels, False]))
    return Features(columns, (target,) * len(codes), (), np.zeros(codes.shape, bool), *np.zeros((2, len(codes)), bool))


def _tree(codes: NDArray[np.int32], levels: list[bool], target: NDArray[np.float64], leaf: int) -> Forest:
    features = _features(codes, levels, target)
    column = len(codes)
    return grow_forests(features, {column: list(range(column))}, Size(1, leaf, 1.0), {column: 0}, 1)[column]


def _leaves(forest: Forest, codes: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the leaf of each row in the only tree."""
    nobody = np.zeros(codes.shape[1], np.int64)
    return forest.leaves_of(np.ascontiguousarray(codes.T), nobody, nobody)


def _spread(target: NDArray[np.float64]) -> float:
    return float(((target - target.mean(axis=0)) ** 2).sum())


def _best(codes: NDArray[np.int32], levels: list[bool], target: NDArray[np.float64], leaf: int) -> float:
    """Return by how much the best split of these rows lowers the spread: every cut, every set of levels."""
    best = 0.0
    for column, of_levels in zip(codes, levels, strict=True):
        values = np.unique(column)
        if of_levels:
            sides = [np.isin(column, values[[i for i in range(values.size) if bits >> i & 1]])
                     for bits in range(1, 2 ** values.size - 1)]  # fmt: skip
        else:
            sides = [column <= value for value in values[:-1]]
        for side in sides:
            if leaf <= side.sum() <= side.size - leaf:
                best = max(best, _spread(target) - _spread(target[side]) - _spread(target[~side]))
    return best


def _inner_nodes_split_best(
    tree: Forest, codes: NDArray[np.int32], levels: list[bool], target: NDArray[np.float64], least: int = 0
) -> int:
    """Assert that a tree with leaves of one row splits every node in the best way; return how many nodes it splits.

    Only nodes of more than `least` rows are looked at.
    """
    nodes, inner = tree.nodes, 0
    for node in np.flatnonzero(tree.rows > least):
        rows = tree.order[nodes.low[node] : nodes.high[node]]
        best = _best(codes[:, rows], levels, target[rows], 1)
        if nodes.column[node] < 0:
            assert best < 1e-9
            continue
        inner += 1
        left = int(nodes.left[node])
        sides = [tree.order[nodes.low[child] : nodes.high[child]] for child in (left, left + 1)]
        assert min(side.size for side in sides) >= 1
        gain = _spread(target[rows]) - sum(_spread(target[side]) for side in sides)
        np.testing.assert_allclose(gain, best, rtol=1e-9)
    return inner


@pytest.mark.parametrize("n", [40, 300])
def test_every_split_is_the_best_one(n: int) -> None:
    """Few values: bins hide nothing. Leaves of one row: the best set of levels is one in the order of means."""
    random = np.random.Generator(np.random.Philox(n))
    codes = random.integers(0, 6, (4, n)).astype(np.int32)
    levels = [False, True, False, True]
    target = (codes[0] > 2) * 1.0 + np.array([0.0, 3.0, 1.0, 3.0, 0.0, 1.0])[codes[1]] + random.normal(size=n)
    tree = _tree(codes, levels, target[:, np.newaxis], 1)
    assert _inner_nodes_split_best(tree, codes, levels, target[:, np.newaxis]) > 20


@pytest.mark.parametrize("parts", [1, 3])
def test_bins_of_a_large_node_may_be_what_another_leaves(parts: int) -> None:
    """Only one of two large sides counts its rows; splits are the best ones far down on either side."""
    random = np.random.Generator(np.random.Philox((7, parts)))
    codes = (random.random((5, 20_000)) ** 2 * 6).astype(np.int32)  # small codes are frequent: sides are unequal
    levels = [False, True, False, True, False] if parts == 1 else [False] * 5
    target = np.sin(codes[:3].T * (1.0 + np.arange(3)))[:, :parts] + 0.5 * (codes[3:].T == 2) @ np.ones((2, parts))
    target = target + 0.1 * random.normal(size=target.shape)
    tree = _tree(codes, levels, target, 1)
    assert _inner_nodes_split_best(tree, codes, levels, target, SMALL) > 15


def test_there_is_room_for_all_nodes_that_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The deepest there are: halves of halves, of which the last lose one row; places behind are not written to."""
    group = np.repeat(np.arange(8), SMALL + 2)
    codes = np.stack([group, np.arange(group.size) % (SMALL + 2) == 0]).astype(np.int32)
    target = (10.0 * codes[0] + codes[1])[:, np.newaxis]
    rooms, make = list[Room](), trees._room

    def larger(*sizes: int) -> Room:
        room = make(*sizes)
        counts, total = (np.repeat(part[:1], len(part) + 2, axis=0) for part in (room.counts, room.total))
        counts[:] = -7
        rooms.append(room._replace(counts=counts, total=total))
        return rooms[-1]

    monkeypatch.setattr(trees, "_room", larger)
    forest = _tree(codes, [False, False], target, 1)
    assert (forest.nodes.column < 0).sum() == 16
    (room,) = rooms
    assert [bool((place == -7).all()) for place in room.counts] == [False] * (len(room.counts) - 2) + [True] * 2


def test_leaves_may_be_larger_than_small_nodes() -> None:
    """Of 600 rows and more; nodes of 1,200 are split where bins allow."""
    codes = np.random.Generator(np.random.Philox(2)).permutation(20_000)[np.newaxis].astype(np.int32)
    forest = _tree(codes, [False], np.sin(codes.T / 700.0), 600)
    sizes = forest.rows[forest.nodes.column < 0]
    assert sizes.sum() == 20_000
    assert sizes.min() >= 600 > SMALL
    assert sizes.max() < 2 * 600 + 2 * 20_000 / BINS


@pytest.mark.parametrize("parts", [2, 3, 4])
@pytest.mark.parametrize("n", [60, 700])
def test_every_part_of_a_target_counts(n: int, parts: int) -> None:
    """Each number of the target follows a column of its own; 700 rows are looked at by bins first."""
    random = np.random.Generator(np.random.Philox((n, parts)))
    codes = random.integers(0, 6, (parts, n)).astype(np.int32)
    target = np.sin(codes.T * (1.0 + np.arange(parts))) + 0.1 * random.normal(size=(n, parts))
    tree = _tree(codes, [False] * parts, target, 1)
    assert _inner_nodes_split_best(tree, codes, [False] * parts, target) > 20
    assert set(tree.nodes.column[tree.nodes.column >= 0]) == set(range(parts))


def test_the_leaves_are_those_of_scikit_learn() -> None:
    """Numbers without ties and a node small enough to be looked at value by value: two programs, one tree."""
    from sklearn.tree import DecisionTreeRegressor

    random = np.random.Generator(np.random.Philox(1))
    codes = np.stack([random.permutation(90) for _ in range(3)]).astype(np.int32)
    target = np.sin(codes[0] / 9.0) + random.normal(size=90) + codes[1] / 40.0
    tree = _tree(codes, [False] * 3, target[:, np.newaxis], 4)
    own = _leaves(tree, codes)
    theirs = DecisionTreeRegressor(min_samples_leaf=4, random_state=0).fit(codes.T, target).apply(codes.T)
    assert np.unique(own).size == np.unique(theirs).size == np.unique(np.stack([own, theirs]), axis=1).shape[1] > 8


@pytest.mark.parametrize("levels", [False, True])
def test_rows_descend_to_the_leaf_that_holds_them(*, levels: bool) -> None:
    """Also where levels share the last bin, and where bins hold many values."""
    random = np.random.Generator(np.random.Philox(2))
    codes = np.stack([random.integers(0, 700, 3000), random.integers(0, 3, 3000)]).astype(np.int32)
    target = np.stack([codes[0] % 7, codes[1]], axis=1) + random.normal(size=(3000, 2))
    tree = _tree(codes, [levels, levels], target, 5)
    leaf = _leaves(tree, codes)
    low, high = tree.nodes.low[leaf], tree.nodes.high[leaf]
    assert ((tree.place >= low) & (tree.place < high)).all()
    assert (high - low).min() >= 5
    np.testing.assert_array_equal(np.sort(tree.order), np.arange(3000))
    assert np.unique(leaf).size > (50 if levels else 200)


def test_unknown_levels_go_where_most_rows_go() -> None:
    """Level 3 is not among the rows of the node."""
    codes = np.repeat(np.array([0, 1, 2], np.int32), [5, 10, 10])[np.newaxis]
    target = np.repeat([0.0, 5.0, 5.1], [5, 10, 10])[:, np.newaxis]
    tree = _tree(codes, [True], target, 5)
    assert tree.nodes.column[0] == 0
    asked = np.array([[0, 1, 3]], np.int32)
    leaf = _leaves(tree, asked)
    assert leaf[0] != leaf[1]
    assert (tree.nodes.high - tree.nodes.low)[leaf[2]] == 10


def test_a_target_that_does_not_vary_is_not_split() -> None:
    """Rounding makes no splits."""
    codes = np.arange(200, dtype=np.int32)[np.newaxis]
    for constant in (0.0, 0.1, -1e9 / 3.0):
        tree = _tree(codes, [False], np.full((200, 1), constant), 3)
        assert tree.nodes.column.tolist() == [-1]


def test_bins_hold_about_equally_many_rows() -> None:
    """A heavy value has a bin of its own, and tops are the largest codes."""
    random = np.random.Generator(np.random.Philox(3))
    codes = np.concatenate([np.zeros(5000, np.int64), random.integers(1, 3000, 5000)])
    bins, tops = binned(codes, of_levels=False)
    assert (np.diff(bins[np.argsort(codes, kind="stable")].astype(int)) >= 0).all()
    for b in np.unique(bins):
        assert codes[bins == b].max() <= tops[b] < codes[bins > b].min(initial=3000)
    assert (bins[codes > 0] > bins[0]).all()
    assert np.bincount(bins[codes > 0]).max() < 2.5 * 5000 / BINS
