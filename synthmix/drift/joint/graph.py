"""The neighbours of pooled rows, and labels on them: coverage and the neighbour test are counts on one graph."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.joint.neighbours import Rows, neighbours
from synthmix.drift.joint.pool import Floats, pooled
from synthmix.kernels.relabel import add_counts, count_same, count_surrounded, mark_subsets

GRAPH = 64  # permutations of blocks of the fused test have smaller numbers


@dataclass(frozen=True)
class Graph:
    """The k nearest other rows of each pooled row, equal rows taken together.

    Of rows that are equal, neighbours are drawn at random, and what is counted is the mean over such draws; so nothing
    depends on an order of equal rows, and no label decides it.

    Attributes
    ----------
    index, take : array of int64, shape (u, 1 + k)
        Distinct rows near each distinct row, itself first, and how many of the rows that equal them are neighbours.
    size : array of int64, shape (u,)
        Rows that equal each distinct row.
    runs : array of int64, shape (N,)
        The distinct row of each pooled row.
    real : array of bool, shape (N,)
    k : int
        Neighbours of each row, fewer than asked for where there are not as many rows.
    """

    index: Rows
    take: Rows
    size: Rows
    runs: Rows
    real: NDArray[np.bool_]
    k: int

    @property
    def repeated(self) -> int:
        """Return how many rows have an equal one."""
        return int(self.size[self.size > 1].sum())


def graph_of(real: Floats, synthetic: Floats, k: int, threads: int = 1) -> Graph:
    """Return the graph of two tables; it does not know the labels, so it is the same for all labellings."""
    pool = pooled(real, synthetic)
    new = np.append(True, (np.diff(pool.rows, axis=0) != 0.0).any(axis=1))
    runs, distinct = np.cumsum(new) - 1, pool.rows[new]
    size = np.bincount(runs)
    k = min(k, len(runs) - 1)
    near = min(k, len(distinct) - 1)
    found = neighbours(distinct, distinct, near, own=True, threads=threads).index
    index = np.concatenate([np.arange(len(distinct))[:, None], found], axis=1)
    others = size[index]
    others[:, 0] -= 1
    before = np.cumsum(others, axis=1) - others
    return Graph(index, np.clip(k - before, 0, others), size, runs, pool.real, k)


def labels_of(graph: Graph, permutations: int, seed: int, block: int = 0) -> NDArray[np.int64]:
    """Return how many of the rows that equal each distinct row are real, (u, 1 + permutations), observed first."""
    labels = np.zeros((graph.real.size, 1 + permutations), np.float32)
    mark_subsets(np.uint64(seed), (GRAPH + block) << 32, int(graph.real.sum()), labels)
    labels[:, 0] = graph.real
    counts = np.zeros((graph.size.size, 1 + permutations), np.int64)
    add_counts(graph.runs, labels, counts)
    return counts


def surrounded(graph: Graph, counts: NDArray[np.int64]) -> Floats:
    """Return the expected number of real rows whose k nearest others are all real, per labelling."""
    out = np.zeros(counts.shape[1])
    count_surrounded(graph.index, graph.take, graph.size, counts, out)
    return np.round(out, 9)  # so that equal labellings are equal in whatever order chances were multiplied


def same_label(graph: Graph, counts: NDArray[np.int64]) -> Floats:
    """Return the expected number of pairs of a row and a neighbour that have one label, per labelling."""
    out = np.zeros(counts.shape[1])
    count_same(graph.index, graph.take, graph.size, counts, out)
    return np.round(out, 9)
