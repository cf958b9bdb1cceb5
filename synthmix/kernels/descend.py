"""From a row to its leaf.

Helpers that are handed a tree for each row would count the references of all its arrays each time, which costs ten
times the work; so both functions hold their own loops.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel
from synthmix.kernels.nodes import BINS, Nodes


@inlined
def mark_left(
    codes: NDArray[np.int32],
    of_levels: bool,
    nodes: Nodes,
    node: int,
    rows: NDArray[np.int32],
    low: int,
    high: int,
    goes: NDArray[np.uint8],
) -> None:
    """Write for ``rows[low:high]`` of a node, by the codes of its column, 1 to `goes` where they go left, else 0."""
    cut, member = nodes.cut[node], nodes.member
    for i in range(low, high):
        row = rows[i]
        if of_levels:
            b = min(codes[row], BINS - 1)
            goes[row] = (member[node, b >> 5] >> np.uint32(b & 31)) & np.uint32(1)
        else:
            goes[row] = codes[row] <= cut


@kernel
def descend(codes: NDArray[np.int32], levels: NDArray[np.bool_], nodes: Nodes, leaf_of: NDArray[np.int64]) -> None:
    """Lead rows, given by columns (d, m), to their leaves; `leaf_of` holds the nodes that they begin at."""
    columns, cuts, left, member = nodes.column, nodes.cut, nodes.left, nodes.member
    for i in range(leaf_of.size):
        node = leaf_of[i]
        column = columns[node]
        while column >= 0:
            code = codes[column, i]
            if levels[column]:
                b = min(code, BINS - 1)
                bit = (member[node, b >> 5] >> np.uint32(b & 31)) & np.uint32(1)
                node = left[node] + (bit == np.uint32(0))
            else:
                node = left[node] + (code > cuts[node])
            column = columns[node]
        leaf_of[i] = node
