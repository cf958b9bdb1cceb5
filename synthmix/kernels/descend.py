"""From a row to its leaf."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel
from synthmix.kernels.nodes import BINS, Nodes


@inlined
def goes_left(code: int, node: int, nodes: Nodes, of_levels: bool) -> bool:
    """Return whether a row with this code goes left."""
    if not of_levels:
        return bool(code <= nodes.cut[node])
    b = min(code, BINS - 1)
    return bool((nodes.member[node, b >> 5] >> np.uint32(b & 31)) & np.uint32(1) == np.uint32(1))


@kernel
def descend(codes: NDArray[np.int32], levels: NDArray[np.bool_], nodes: Nodes, leaf_of: NDArray[np.int64]) -> None:
    """Lead rows, given by columns (d, m), to their leaves."""
    for i in range(leaf_of.size):
        node = 0
        while nodes.column[node] >= 0:
            column = nodes.column[node]
            goes = goes_left(codes[column, i], node, nodes, levels[column])
            node = nodes.left[node] if goes else nodes.left[node] + 1
        leaf_of[i] = node
