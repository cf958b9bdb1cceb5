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
    """A grown tree. In each leaf come first the rows that can be mixed, then atoms, then rows without a value.

    Attributes
    ----------
    nodes : Nodes
    order : ndarray of int32, shape (n,)
        The source rows leaf by leaf.
    place : ndarray of int32, shape (n,)
        Where each source row stands in the order.
    known : ndarray of int32, shape (nodes,)
        How many rows of the leaf have a value.
    free : ndarray of int32, shape (nodes,)
        How many of them can be mixed.
    """

    nodes: Nodes
    order: NDArray[np.int32]
    place: NDArray[np.int32]
    known: NDArray[np.int32]
    free: NDArray[np.int32]

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
    most = 2 * (n // leaf) + 1
    words = 8 if columns.levels[looked_at].any() else 0
    plain = np.zeros((5, most), np.int32)
    nodes = Nodes(plain[0], plain[1], plain[2], plain[3], plain[4], np.zeros((most, words), np.uint32))
    order = np.arange(n, dtype=np.int32)
    room = Room(
        todo=np.empty(most, np.int32),
        side=np.empty(n, np.int32),
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
        lists=np.empty((len(looked_at), SMALL), np.int32),
        target=np.empty((SMALL, r)),
        goes=np.empty(SMALL, np.bool_),
        keys=np.empty(SMALL, np.int64),
    )
    grown = grow_tree(columns, target, np.array(looked_at, np.int64), leaf, order, nodes, room, copy)
    plain = plain[:, :grown].copy()
    nodes = Nodes(plain[0], plain[1], plain[2], plain[3], plain[4], nodes.member[:grown].copy())
    known, free = _free_first(_standing(features, column), nodes, order)
    place = np.empty(n, np.int32)
    place[order] = np.arange(n, dtype=np.int32)
    return Tree(nodes, order, place, known, free)


def _standing(features: Features, column: int) -> NDArray[np.int8]:
    """Return for each row whether its value can be mixed (0), is an atom (1) or missing (2)."""
    columns = features.columns
    standing = np.zeros(columns.codes.shape[1], np.int8)
    if not columns.levels[column]:
        standing[features.atoms[column]] = 1
        standing[columns.codes[column] == 0] = 2
    return standing


def _free_first(
    standing: NDArray[np.int8], nodes: Nodes, order: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Put the rows of each leaf in the order of their `standing`; return how many of each node are below 2, below 1."""
    rows: NDArray[np.int32] = nodes.high - nodes.low
    if not standing.any():
        return rows, rows
    leaves = np.flatnonzero(nodes.column < 0)
    leaves = leaves[np.argsort(nodes.low[leaves], kind="stable")]
    leaf_of = np.repeat(leaves, rows[leaves])
    stands = standing[order]
    order[:] = order[np.lexsort((np.arange(order.size), stands, nodes.low[leaf_of]))]
    gaps, copied = (np.bincount(leaf_of[stands >= least], minlength=rows.size).astype(np.int32) for least in (2, 1))
    return rows - gaps, rows - copied
