"""What a tree of chained mixing is made of, and what it is grown with, as plain arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BINS = 256  # of a column; levels from BINS - 1 on share the last one
DIGITS = 9  # bits of the number of a row in a copied node
PARTS = 4  # numbers of a target at most; so many levels have a number each
SMALL = 2**DIGITS  # rows of a node that is copied
BLOCK = 512  # rows of a large node whose bins are read at once
ROW = SMALL - 1  # the bits of an entry that number its row; those above are the place of its value in the node


class Columns(NamedTuple):
    """What the trees look at, shape (d, n) unless said."""

    codes: NDArray[np.int32]
    rows: NDArray[np.int32]  # (n, d): the same, a row in one piece of memory
    bins: NDArray[np.uint8]  # (n, d)
    used: NDArray[np.int64]  # (d,): bins of each column, from 0 on
    tops: NDArray[np.int32]  # (d, BINS): the largest code of each bin
    levels: NDArray[np.bool_]  # (d,): whether codes are levels, which have no order


class Nodes(NamedTuple):
    """A tree; rows with ``code <= cut``, or whose level is a member, go to node ``left``, others to ``left + 1``."""

    column: NDArray[np.int32]  # -1 for leaves
    cut: NDArray[np.int32]
    left: NDArray[np.int32]
    low: NDArray[np.int32]  # the node's rows are those from low to high of the order
    high: NDArray[np.int32]
    member: NDArray[np.uint32]  # (nodes, 8): bits of the levels that go left; (0, 8) without columns of levels


class Steps(NamedTuple):
    """Trees as rows follow them."""

    ways: NDArray[np.int32]  # (nodes, 4): column, cut, node on the left, row of `member`
    member: NDArray[np.uint32]  # (1 + nodes that levels split, 8): as above; all bits, then those of each such node


class Bins(NamedTuple):
    """What is known of the bins of a node's columns."""

    counts: NDArray[np.int64]  # (columns looked at, BINS): rows
    total: NDArray[np.float64]  # (columns looked at, BINS, r): sums of their targets
    found: NDArray[np.int64]  # (BINS,): the bins of one column that hold rows
    mean: NDArray[np.float64]  # (BINS,): of one part of their targets


class Sums(NamedTuple):
    """Sums of the targets of a node."""

    whole: NDArray[np.float64]  # (r,): of all its rows
    left: NDArray[np.float64]  # (r,): of those on the left
    inverse: NDArray[np.float64]  # (n + 1,): 1 / i


class Room(NamedTuple):
    """Scratch of a tree that is being grown.

    Helpers are handed the parts that they need: what a call passes on is compiled for each array of a tuple.
    """

    side: NDArray[np.int32]  # (n,)
    goes: NDArray[np.uint8]  # (n,): whether a row goes left
    block: NDArray[np.uint8]  # (columns looked at, BLOCK): bins of some rows
    near: NDArray[np.float64]  # (BLOCK, r): their targets
    counts: NDArray[np.int64]  # (places, columns looked at, BINS): as in Bins, for nodes that wait
    total: NDArray[np.float64]  # (places, columns looked at, BINS, r)
    found: NDArray[np.int64]  # (BINS,)
    mean: NDArray[np.float64]  # (BINS,)
    sums: Sums


class Copy(NamedTuple):
    """Scratch for a small node; its rows are numbered from 0 on."""

    rows: NDArray[np.int32]  # (SMALL,): which rows they are
    order: NDArray[np.int32]  # (SMALL,)
    codes: NDArray[np.int32]  # (columns looked at, SMALL)
    entries: NDArray[np.int32]  # (2, columns looked at, SMALL): each node's rows by each column, in one of two places
    turn: NDArray[np.int64]  # (nodes,): in which of the two
    gains: NDArray[np.float64]  # (columns looked at,)
    target: NDArray[np.float64]  # (SMALL, 1 or PARTS): zeros after those of the target
    goes: NDArray[np.uint8]  # (SMALL,): whether a row goes left
    spare: NDArray[np.int32]  # (SMALL,)
    counts: NDArray[np.int64]  # (SMALL,)
