"""Into which halves a table is cut where its leaf is chosen, and how large they are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.draws import random_keys
from synthmix.kernels.philox import SCREEN

Places = NDArray[np.int64]

SEED = 0  # the leaf is a property of the table, not of a seed
_CELLS, _TREES = 48_000, 150  # of the halves together: what a look at one leaf may cost, whatever the table
_LEAST_HALF, _LARGEST_HALF, _MOST_SPLITS = 100, 3200, 8


def rows_of_half(n: int, width: int) -> int:
    """Return how many rows a half has of a table of `n` rows and `width` columns."""
    return min(n // 2, max(_CELLS // max(width, 1), _LEAST_HALF), _LARGEST_HALF)


def halves(n: int, width: int) -> Iterator[tuple[Places, Places]]:
    """Yield the rows of two halves of as many rows, several times where they are small."""
    rows = rows_of_half(n, width)
    splits = min(_CELLS // (rows * width), _TREES // width, _MOST_SPLITS)
    for number in range(max(splits, 1)):
        order = np.argsort(random_keys(SEED + number, n, SCREEN), kind="stable")
        yield order[:rows], order[rows : 2 * rows]
