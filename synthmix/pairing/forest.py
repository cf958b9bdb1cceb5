"""Trees of one pass over the table, grown by several threads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.draws import words_of_unit
from synthmix.kernels.philox import SCATTER
from synthmix.kernels.projection import BLOCK, select
from synthmix.kernels.threads import run_all
from synthmix.kernels.tree import (
    HIGH,
    LEAVES,
    LEVEL,
    LOW,
    Copies,
    Forest,
    grow,
    middle_of,
    name_rows,
    project_node,
)
from synthmix.pairing.base import Cells, Neighbourhood

# A node of up to so many numbers is copied. Four MiB are more than a second-level cache holds, but a few levels below
# the rows of one node are not: few levels have to be split from the table, whose rows are far from each other.
_COPIED_NUMBERS = 1 << 20
_COPIED_ROWS = (128, 1 << 16)  # at least and at most
_SHARES = 4  # parts of the work for each thread: they take unequal time
_MINIMAL_SHARE = 4096  # rows below which a part of its own costs more than it saves


def grow_forest(cells: Cells, neighbourhood: Neighbourhood, leaf: int, seed: int, number: int, threads: int) -> Cells:
    """Return the leaves of pass `number`: a random-projection tree on every cell.

    Large nodes are split level by level, each by all threads; then every thread takes ranges of nodes down to the
    leaves. Which node is large does not depend on the threads, nor does anything else in the result.
    """
    n, key = cells.order.size, np.uint64(seed)
    names = np.uint64(words_of_unit(seed, number, SCATTER)[0])
    forest = Forest(*neighbourhood, key, np.uint64(number * n), names)
    keys = np.empty(n, np.int64)
    name_rows(forest, cells.order, keys)
    share = max(n // (_SHARES * threads), _MINIMAL_SHARE) if threads > 1 else n
    nodes, n_leaves = _roots(cells.starts, leaf)
    leaf_starts = np.full(n_leaves + 1, n)
    largest = _copied_rows(forest)
    while (large := (nodes[:, HIGH] - nodes[:, LOW] > largest) & (nodes[:, LEAVES] > 1)).any():
        _split(forest, nodes[large], keys, share, threads)
        nodes = _halved(nodes, large)

    def work(part: NDArray[np.int64]) -> None:
        grow(forest, _room(forest, min(largest, int((part[:, HIGH] - part[:, LOW]).max()))), part, keys, leaf_starts)

    run_all(work, np.split(nodes, np.flatnonzero(np.diff(nodes[:, LOW] // share)) + 1), threads)
    return Cells(keys, leaf_starts, arranged=True)


def _roots(starts: NDArray[np.int64], leaf: int) -> tuple[NDArray[np.int64], int]:
    """Return the nodes that are whole cells, and the number of leaves of them all."""
    leaves = np.maximum(np.diff(starts) // leaf, 1)
    last = np.cumsum(leaves)
    return np.stack([starts[:-1], starts[1:], leaves, np.zeros_like(leaves), last - leaves], axis=1), int(last[-1])


def _halved(nodes: NDArray[np.int64], large: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the nodes in order, the large ones as their two parts."""
    out = nodes.repeat(1 + large, axis=0)
    left = (np.cumsum(1 + large) - 2)[large]
    low, high, leaves, level, number = nodes[large].T
    middle, half = middle_of(low, high, leaves), leaves // 2
    out[left] = np.stack([low, middle, half, level + 1, number], axis=1)
    out[left + 1] = np.stack([middle, high, leaves - half, level + 1, number + half], axis=1)
    return out


def _split(forest: Forest, nodes: NDArray[np.int64], keys: NDArray[np.int64], share: int, threads: int) -> None:
    """Split every node in two: first all projections, in parts of nodes, then node by node."""

    def project(part: tuple[int, int, int, int]) -> None:
        project_node(forest, keys, *part)

    def part(node: list[int]) -> None:
        select(keys, node[LOW], node[HIGH], middle_of(node[LOW], node[HIGH], node[LEAVES]))

    listed = nodes.tolist()
    parts = [
        (node[LOW], node[LEVEL], low, min(low + share, node[HIGH]))
        for node in listed
        for low in range(node[LOW], node[HIGH], share)
    ]
    run_all(project, parts, threads)
    run_all(part, listed, threads)


def _copied_rows(forest: Forest) -> int:
    """Return the number of rows up to which a node is copied."""
    least, most = _COPIED_ROWS
    return min(max(_COPIED_NUMBERS // (_width(forest) + int(forest.codes.shape[1]) + 1), least), most)


def _width(forest: Forest) -> int:
    return -(-int(forest.latent.shape[1]) // BLOCK) * BLOCK


def _room(forest: Forest, rows: int) -> Copies:
    """Return room for nodes of up to `rows` rows."""
    columns, discrete, width = forest.latent.shape[1], forest.codes.shape[1], _width(forest)
    return Copies(
        np.empty(rows, np.int64),
        np.zeros((rows, width), np.float32),
        np.empty((rows, discrete), np.uint32),
        np.zeros(width, np.float32),
        np.empty(columns),
        np.ones(columns),
    )
