"""What a plan is made of, as plain arrays and numbers, and the codes of its choices."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

GUIDE = 4096  # guide cells of one quantile table
BATCH = 16  # groups whose rotations are made at once
USUAL = 6  # rows of the largest group that has machine code of its own

# Codes of the weights laws.
TWO_POINT = 0
STICK = 1
SPHERE = 2
ROTATION = 3
HYBRID = 4
ROWS = 5

# Codes of the pairing schemes.
IID = 0
DISTINCT = 1
ANCHOR = 2
CYCLIC = 3
GROUPS = 4

# Codes of the donor rules.
LARGEST = 0
SQUARED = 1


class ColumnArrays(NamedTuple):
    """The way back of the mixed columns, one entry for each; :mod:`synthmix.table.mixed` fills it.

    ``values`` holds the sorted values of the columns under normal scores, with a NaN before the first and after the
    last value of each; column j has ``known[j]`` of them from ``first[j]`` on, none if it was mixed in its own units.
    """

    first: NDArray[np.int64]
    known: NDArray[np.int64]
    ties: NDArray[np.int64]  # 1 where a value occurs more than once
    never: NDArray[np.int64]  # 1 for levels, between which there is nothing
    values: NDArray[np.float64]
    ndtr: NDArray[np.float64]  # table of the normal distribution function
    bounded: NDArray[np.bool_]  # whether any of what follows does anything
    scale: NDArray[np.float64]  # steps of the grid in a unit; 0 for no grid
    unit: NDArray[np.float64]  # storage units in a unit, for times of full precision; else 0
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    short: NDArray[np.bool_]  # float32 storage


class LawArrays(NamedTuple):
    """A weights law as data (the meaning of each field is documented in ``synthmix.weights``)."""

    code: int
    k: int
    params: NDArray[np.float64]
    u: NDArray[np.float64]
    q: NDArray[np.float64]
    guide: NDArray[np.int32]
    offsets: NDArray[np.int64]
    rows: NDArray[np.float64]


class PassArrays(NamedTuple):
    """Where the rows of one pass over the table come from.

    Position t of a pass of n rows stands for one source row (:mod:`synthmix.kernels.windows`). That row decides the
    cell; in the anchor and cyclic schemes it is the first parent, in groups the member whose place the new row
    takes. A cell's rows have places 0, 1, ... in it: ``order[starts[c] + place]`` is the row. One cell over the
    whole table needs no such arrays: they are empty, and a row is its own place.
    """

    seed: np.uint64
    first_row: int  # global number of the first row of this pass
    n: int
    keys: NDArray[np.uint32]  # keys of the windows
    turn: int  # where on the circle of source rows the pass begins
    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    cell: NDArray[np.int32]  # cell of each source row
    place: NDArray[np.int64]  # its place there
    shifts: NDArray[
        np.int64
    ]  # how far the streams of a cell are turned against each other: (cells, streams), or (0, 0)
    scheme: int
    group_size: int
    donor: int
    group_sizes: tuple[int, ...]  # sizes of groups that occur
