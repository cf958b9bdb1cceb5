"""The trees of each column, and the leaves that its rows are drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.chain_cells import Leaves
from synthmix.kernels.descend import descend, steps_of
from synthmix.kernels.draws import words_of
from synthmix.kernels.grow import split_large, split_small
from synthmix.kernels.nodes import BINS, BLOCK, PARTS, SMALL, Bins, Columns, Copy, Nodes, Room, Steps, Sums
from synthmix.kernels.philox import FOREST
from synthmix.kernels.threads import run_all
from synthmix.mixing.chain.features import Features


@dataclass(frozen=True)
class Forest:
    """The trees of one column, grown on rows that have a value, one behind the other; a synthetic row comes to one.

    In each leaf the rows that can be mixed come before atoms. Where source rows belong to ranges each of these has its
    own trees, as many, and a synthetic row comes to one of those of its origin's range.

    Attributes
    ----------
    nodes : Nodes
    steps : Steps
        The same for rows that go down.
    roots : ndarray of int64, shape (ranges * trees,)
        The node that each tree begins at, range after range.
    order : ndarray of int32
        The source rows of each tree, leaf by leaf.
    place : ndarray of int32, shape (trees, n)
        Where each source row stands in the order, -1 where the tree of its range does not have it.
    free : ndarray of int32, shape (nodes,)
        How many rows of a leaf can be mixed.
    ranges : ndarray of int64, shape (n,), optional
        The range of each source row; None where all are in one.
    """

    nodes: Nodes
    steps: Steps
    roots: NDArray[np.int64]
    order: NDArray[np.int32]
    place: NDArray[np.int32]
    free: NDArray[np.int32]
    ranges: NDArray[np.int64] | None = None

    @property
    def rows(self) -> NDArray[np.int32]:
        """How many rows each node has."""
        return self.nodes.high - self.nodes.low

    def trees_of(self, seed: int, first: int, m: int) -> NDArray[np.int64]:
        """Return the tree that each of the synthetic rows ``first, first + 1, ...`` comes to, of a column's `seed`."""
        number = self.place.shape[0]
        if number == 1:
            return np.zeros(m, np.int64)
        words = words_of(seed, first, m, FOREST, 0)[0].astype(np.uint64)
        trees: NDArray[np.int64] = ((words * np.uint64(number)) >> np.uint64(32)).astype(np.int64)
        return trees

    @property
    def leaves(self) -> Leaves:
        """The rows of each leaf, as kernels take them."""
        return Leaves(self.nodes.low, self.nodes.high, self.free, self.order, self.place)

    def leaves_of(
        self, codes: NDArray[np.int32], trees: NDArray[np.int64], origins: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return the leaf of each row of `codes` (m, d) in its tree, of those for the range of its origin."""
        number = trees if self.ranges is None else self.ranges[origins] * self.place.shape[0] + trees
        leaf_of = self.roots[number]
        descend(codes, self.steps, leaf_of)
        return leaf_of


class Size(NamedTuple):
    """How a column's trees are grown: their number, the smallest leaf, the share of the rows that each is grown on."""

    trees: int
    leaf: int
    share: float


def grow_forests(
    features: Features,
    looked_at: dict[int, list[int]],
    size: Size,
    seeds: dict[int, int],
    threads: int,
    ranges: Mapping[int, NDArray[np.int64]] = MappingProxyType({}),
) -> dict[int, Forest]:
    """Return the trees of each column in `looked_at`, on the columns that are listed for it.

    Of columns in `ranges` each range of source rows (n,), numbered from 0 on, has trees of its own.
    """
    grown: dict[tuple[int, int, int], _Tree] = {}
    parts = {j: range(1 + int(ranges[j].max())) if j in ranges else range(1) for j in looked_at}

    def work(one: tuple[int, int, int]) -> None:
        j, part, tree = one
        rows = _rows_of(features, j, size, seeds[j], tree)
        if j in ranges:
            rows = rows[ranges[j][rows] == part]
        grown[one] = _grow(features, j, looked_at[j], size.leaf, rows)

    run_all(work, [(j, part, tree) for j in looked_at for part in parts[j] for tree in range(size.trees)], threads)
    levels, n = features.columns.levels, features.columns.codes.shape[1]
    found = dict[int, Forest]()
    for j in looked_at:
        trees = [grown[j, part, tree] for part in parts[j] for tree in range(size.trees)]
        found[j] = _joined(trees, size.trees, levels, n, ranges.get(j))
    return found


class _Tree(NamedTuple):
    """One tree, as the attributes of a forest say."""

    nodes: Nodes
    order: NDArray[np.int32]
    free: NDArray[np.int32]


def _joined(
    trees: list[_Tree], number: int, levels: NDArray[np.bool_], n: int, ranges: NDArray[np.int64] | None
) -> Forest:
    """Put trees one behind the other, range after range, of which each has the same `number`."""
    sizes, rows = [tree.free.size for tree in trees], [tree.order.size for tree in trees]
    roots, begins = np.cumsum([0, *sizes[:-1]]), np.cumsum([0, *rows[:-1]])
    shifts = {"left": np.repeat(roots, sizes), "low": np.repeat(begins, sizes), "high": np.repeat(begins, sizes)}
    parts = {name: np.concatenate([getattr(tree.nodes, name) for tree in trees]) for name in Nodes._fields}
    nodes = Nodes(**{name: (part + shifts.get(name, np.int32(0))).astype(part.dtype) for name, part in parts.items()})
    place = np.full((number, n), -1, np.int32)
    for nth, (tree, begin) in enumerate(zip(trees, begins, strict=True)):
        place[nth % number, tree.order] = np.arange(begin, begin + tree.order.size)
    order, free = (np.concatenate([getattr(tree, name) for tree in trees]) for name in ("order", "free"))
    return Forest(nodes, steps_of(nodes, levels), roots.astype(np.int64), order, place, free, ranges)


def _rows_of(features: Features, column: int, size: Size, seed: int, tree: int) -> NDArray[np.int32]:
    """Return the rows that a tree is grown on: of those that have a value each with the probability of the share.

    All of them, where these were not enough for one leaf: the only row of a leaf would be its own parent.
    """
    codes = features.columns.codes[column]
    chosen = (codes > 0) | features.columns.levels[column]
    if size.share < 1.0:
        drawn = chosen & (words_of(seed, 0, codes.size, FOREST, 1 + tree)[0] < size.share * 2.0**32)
        chosen = drawn if drawn.sum() >= size.leaf else chosen
    return np.flatnonzero(chosen).astype(np.int32)


def _grow(features: Features, column: int, looked_at: list[int], leaf: int, order: NDArray[np.int32]) -> _Tree:
    columns = features.columns
    nodes = grow_nodes(columns, features.targets[column], looked_at, leaf, order)
    of_levels = columns.levels[column]
    free = nodes.high - nodes.low if of_levels else _free_first(features.atoms[column], nodes, order)
    return _Tree(nodes, order, free)


def grow_nodes(
    columns: Columns, target: NDArray[np.float64], looked_at: list[int], leaf: int, order: NDArray[np.int32]
) -> Nodes:
    """Return the nodes of a tree that is grown on the rows in `order`, which is put into that of its leaves.

    Parameters
    ----------
    columns : Columns
    target : ndarray of shape (n, r)
        What is made alike inside leaves.
    looked_at : list of int
        The columns that are split by.
    leaf : int
        Rows of a leaf, at least.
    order : ndarray of int32
    """
    (n, r), d = target.shape, len(looked_at)
    most = 2 * (order.size // leaf) + 1
    words = 8 if columns.levels[looked_at].any() else 0
    plain = np.zeros((5, most), np.int32)
    nodes = Nodes(plain[0], plain[1], plain[2], plain[3], plain[4], np.zeros((most, words), np.uint32))
    nodes.column[0], nodes.high[0] = -1, order.size
    room, given = _room(n, d, r), (columns, target, np.array(looked_at, np.int64), leaf, order, nodes)
    grown = split_large(*given, room) if order.size > SMALL else 1
    scratch = Bins(room.counts[0], room.total[0], room.found, room.mean)
    grown = split_small(*given, grown, _copy(d, r), scratch, room.sums)
    plain = plain[:, :grown].copy()
    return Nodes(plain[0], plain[1], plain[2], plain[3], plain[4], nodes.member[:grown].copy())


def _room(n: int, d: int, r: int) -> Room:
    """Return room for a tree on n rows and d columns, whose target has r numbers."""
    inverse = np.zeros(n + 1)
    inverse[1:] = 1.0 / np.arange(1, n + 1)
    # A node in place k has at most n / 2^k rows, and more than SMALL; behind those that wait there is room for a side.
    places = 1 + (n // SMALL).bit_length()
    return Room(
        side=np.empty(n, np.int32),
        goes=np.empty(n, np.uint8),
        block=np.empty((d, BLOCK), np.uint8),
        near=np.empty((BLOCK, r)),
        counts=np.empty((places, d, BINS), np.int64),
        total=np.empty((places, d, BINS, r)),
        found=np.empty(BINS, np.int64),
        mean=np.empty(BINS),
        sums=Sums(whole=np.empty(r), left=np.empty(r), inverse=inverse),
    )


def _copy(d: int, r: int) -> Copy:
    """Return room for a small node."""
    return Copy(
        rows=np.empty(SMALL, np.int32),
        order=np.empty(SMALL, np.int32),
        codes=np.empty((d, SMALL), np.int32),
        entries=np.empty((2, d, SMALL), np.int32),
        turn=np.empty(2 * SMALL, np.int64),
        gains=np.empty(d),
        target=np.zeros((SMALL, 1 if r == 1 else PARTS)),
        goes=np.empty(SMALL, np.uint8),
        spare=np.empty(SMALL, np.int32),
        counts=np.empty(SMALL, np.int64),
    )


def _free_first(atoms: NDArray[np.bool_], nodes: Nodes, order: NDArray[np.int32]) -> NDArray[np.int32]:
    """Put the atoms of each leaf last, and return how many rows of each node come before."""
    rows: NDArray[np.int32] = nodes.high - nodes.low
    if not atoms.any():
        return rows
    leaves = np.flatnonzero(nodes.column < 0)
    leaves = leaves[np.argsort(nodes.low[leaves], kind="stable")]
    leaf_of, last = np.repeat(leaves, rows[leaves]), atoms[order]
    order[:] = order[np.lexsort((np.arange(order.size), last, nodes.low[leaf_of]))]
    free: NDArray[np.int32] = rows - np.bincount(leaf_of[last], minlength=rows.size).astype(np.int32)
    return free
