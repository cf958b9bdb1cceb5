"""Trees of one pass over the table, grown by several threads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.threads import run_all
from synthmix.kernels.tree import (
    HIGH,
    LEAF_NUMBER,
    LEAVES,
    LOW,
    Forest,
    copied_rows,
    grow,
    halved,
    name_rows,
    names_key,
    project_part,
    roots,
    select_middle,
)
from synthmix.pairing.base import Cells, Neighbourhood

_SHARES = 4  # parts of the work for each thread: their sizes differ
_MINIMAL_SHARE = 4096  # rows below which a part of its own costs more than it saves


def grow_forest(cells: Cells, neighbourhood: Neighbourhood, leaf: int, seed: int, number: int, threads: int) -> Cells:
    """Return the leaves of pass `number`: a random-projection tree on every cell.

    Nodes that are too large for one thread are split level by level by all of them; then every thread takes ranges
    of nodes and splits these down to the leaves. The trees are the same, whatever is done by whom.
    """
    n, key = cells.order.size, np.uint64(seed)
    forest = Forest(*neighbourhood, key, np.uint64(number * n), names_key(key, number))
    keys = np.empty(n, np.int64)
    name_rows(forest, cells.order, keys)
    least = max(_MINIMAL_SHARE, int(copied_rows(forest.latent.shape[1], forest.codes.shape[1])))
    share = max(n // (_SHARES * threads), least) if threads > 1 else n
    nodes = roots(cells.starts, leaf)
    leaf_starts = np.full(int(nodes[-1, LEAF_NUMBER] + nodes[-1, LEAVES]) + 1, n)
    while True:
        large = (nodes[:, HIGH] - nodes[:, LOW] > share) & (nodes[:, LEAVES] > 1)
        if not large.any():
            break
        _split(forest, nodes[large], keys, share, threads)
        nodes = halved(nodes, large)
    run_all(lambda part: grow(forest, part, keys, leaf_starts), _ranges(nodes, share), threads)
    return Cells(keys, leaf_starts, arranged=True)


def _split(forest: Forest, nodes: NDArray[np.int64], keys: NDArray[np.int64], share: int, threads: int) -> None:
    """Split every node in two."""
    parts = [(node, low, min(low + share, node[HIGH])) for node in nodes for low in range(node[LOW], node[HIGH], share)]
    run_all(lambda part: project_part(forest, part[0], keys, part[1], part[2]), parts, threads)
    run_all(lambda node: select_middle(node, keys), list(nodes), threads)


def _ranges(nodes: NDArray[np.int64], share: int) -> list[NDArray[np.int64]]:
    """Cut the list of nodes where another `share` of rows is full."""
    cuts = np.flatnonzero(np.diff(nodes[:, LOW] // share)) + 1
    return np.split(nodes, cuts)
