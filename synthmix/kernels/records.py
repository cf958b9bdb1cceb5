"""What kernels receive besides plain arrays: two named tuples of arrays, which Numba passes by reference."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

GUIDE = 4096  # guide cells of one quantile table

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

    A pass has n slots. Output row t of the pass stands at slot ``permute(t)``; slots are grouped in cells;
    ``order[starts[c] : starts[c + 1]]`` are the source rows of cell c.
    """

    seed: np.uint64
    first_row: int  # global number of the first row of this pass
    n: int
    shuffle: NDArray[np.uint64]  # round keys of the output order
    arrange: NDArray[np.uint64]  # round keys of the order inside cells
    arranged: bool  # the order inside cells is random already
    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    slot_cell: NDArray[np.int32]  # cell of each slot; empty when there is one cell
    scheme: int
    group_size: int
    donor: int
