"""One tree for each column, and the leaves that its rows are drawn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.descend import descend
from synthmix.kernels.grow import grow_tree
from synthmix.kernels.nodes import BINS, SMALL, Copy, Nodes, Room
from synthmix.kernels.threads import run_all
from synthmix.mixing.chain.features import Features


@dataclass(frozen=True)
class Tree:
    """A tree, grown on the rows whose column has a value. In each leaf the rows that can be mixed come before atoms.

    Attributes
    ----------
    nodes : Nodes
    order : ndarray of int32, shape (rows with a value,)
        The source rows leaf by leaf.
    place : ndarray of int32, shape (n,)
        Where each source row stands in the order, -1 where it does not.
    free : ndarray of int32, shape (nodes,)
        How many rows of a leaf can be mixed.
    """

    nodes: Nodes
    order: NDArray[np.int32]
    place: NDArray[np.int32]
    free: NDArray[np.int32]

    @property
    def rows(self) -> NDArray[np.int32]:
        """How many rows each node has."""
        return self.nodes.high - self.nodes.low

    def leaves_of(self, codes: NDArray[np.int32], levels: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the leaf of each row of `codes` (d, m)."""
        leaf_of = np.empty(codes.shape[1], np.int64)
        descend(codes, levels, self.nodes, leaf_of)
        return leaf_of


def grow_trees(features: Features, looked_at: dict[int, list[int]], leaf: int, threads: int) -> dict[int, Tree]:
    """Return the tree of each column in `looked_at`, on the columns that are listed for it."""
    trees: dict[int, Tree] = {}

    def work(j: int) -> None:
        trees[j] = _grow(features, j, looked_at[j], leaf)

    run_all(work, list(looked_at), threads)
    return trees


def _grow(features: Features, column: int, looked_at: list[int], leaf: int) -> Tree:
    columns, target = features.columns, features.targets[column]
    n, r = target.shape
    of_levels = columns.levels[column]
    order = np.flatnonzero((columns.codes[column] > 0) | of_levels).astype(np.int32)
    most = 2 * (order.size // leaf) + 1
    words = 8 if columns.levels[looked_at].any() else 0
    plain = np.zeros((5, most), np.int32)
    nodes = Nodes(plain[0], plain[1], plain[2], plain[3], plain[4], np.zeros((most, words), np.uint32))
    room = Room(
        todo=np.empty(most, np.int32),
        side=np.empty(n, np.int32),
        goes=np.empty(n, np.uint8),
        inverse=np.empty(n + 1),
        counts=np.empty(BINS, np.int64),
        total=np.empty((BINS, r)),
        found=np.empty(BINS, np.int64),
        mean=np.empty(BINS),
        left=np.empty(r),
        whole=np.empty(r),
    )
    copy = Copy(
        rows=np.empty(SMALL, np.int32),
        order=np.empty(SMALL, np.int32),
        codes=np.empty((len(looked_at), SMALL), np.int32),
        entries=np.empty((2, len(looked_at), SMALL), np.int32),
        turn=np.empty(2 * SMALL, np.int64),
        gains=np.empty(len(looked_at)),
        target=np.empty((SMALL, r)),
        goes=np.empty(SMALL, np.uint8),
        spare=np.empty(SMALL, np.int32),
        counts=np.empty(SMALL, np.int64),
    )
    grown = grow_tree(columns, target, np.array(looked_at, np.int64), leaf, order, nodes, room, copy)
    plain = plain[:, :grown].copy()
    nodes = Nodes(plain[0], plain[1], plain[2], plain[3], plain[4], nodes.member[:grown].copy())
    free = nodes.high - nodes.low if of_levels else _free_first(features.atoms[column], nodes, order)
    place = np.full(n, -1, np.int32)
    place[order] = np.arange(order.size, dtype=np.int32)
    return Tree(nodes, order, place, free)


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
