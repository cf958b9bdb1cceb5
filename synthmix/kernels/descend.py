"""From a row to its leaf.

Helpers that are handed a tree for each row would count the references of all its arrays each time, which costs ten
times the work; so these functions hold their own loops.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import at, inlined, kernel, number
from synthmix.kernels.nodes import BINS, Nodes, Steps

_STAYS = np.iinfo(np.int32).max  # no code is larger
_ABREAST = 8  # rows that walk together: while one waits for memory, others go on


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
        row = at(rows[at(i)])
        if of_levels:
            b = min(codes[row], BINS - 1)
            goes[row] = (member[node, b >> 5] >> np.uint32(b & 31)) & np.uint32(1)
        else:
            goes[row] = codes[row] <= cut


def steps_of(nodes: Nodes, levels: NDArray[np.bool_]) -> Steps:
    """Return the trees as rows follow them.

    So that there is no branch to guess, a leaf is a node that leads to itself, every node has a cut and levels, and a
    row goes right when one of them says so: no code is above the cut of a node that levels split, and no level is
    missing where numbers split.
    """
    inner = nodes.column >= 0
    split_by_level = inner & levels[nodes.column]
    ways = np.zeros((nodes.column.size, 4), np.int32)
    ways[:, 0] = np.maximum(nodes.column, 0)
    ways[:, 1] = np.where(inner & ~split_by_level, nodes.cut, _STAYS)
    ways[:, 2] = np.where(inner, nodes.left, np.arange(nodes.column.size))
    ways[split_by_level, 3] = np.arange(1, 1 + split_by_level.sum())
    every = np.full((1, nodes.member.shape[1]), 0xFFFFFFFF, np.uint32)
    return Steps(ways, np.concatenate([every, nodes.member[split_by_level]]))


@kernel
def descend(codes: NDArray[np.int32], steps: Steps, leaf_of: NDArray[np.int64]) -> None:
    """Lead rows of `codes` (m, d) to their leaves; `leaf_of` holds the nodes that they begin at."""
    ways, member, of_levels = steps.ways, steps.member, steps.member.shape[0] > 1
    walking = np.arange(min(_ABREAST, leaf_of.size))
    lanes = following = number(walking.size)
    while lanes > 0:
        lane = number(0)
        while lane < lanes:
            i = at(walking[at(lane)])
            node = at(leaf_of[i])
            code = codes[i, at(ways[node, 0])]
            to_right = np.int64(code > ways[node, 1])
            if of_levels:
                b = min(code, BINS - 1)
                bits = member[at(ways[node, 3]), at(b >> 5)]
                to_right |= np.int64(~(bits >> np.uint32(b & 31)) & np.uint32(1))
            leaf_of[i] = ways[node, 2] + to_right
            if leaf_of[i] != np.int64(node):
                lane += 1
            elif following < leaf_of.size:  # the row has arrived, and the next one begins in its place
                walking[at(lane)] = following
                following += 1
            else:
                lanes -= 1
                walking[at(lane)] = walking[at(lanes)]
