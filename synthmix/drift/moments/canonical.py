"""An order of rows that does not depend on the order in which they came, and looks random all the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.second import row_hashes

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def canonical_order(rows: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the places of `rows` (n, p) in an order that only their values decide.

    Rows are sorted by a hash of their values and of how many equal rows came before. So equal rows are scattered, any
    block of the order is a random sample of the table, and shuffling the table gives the same rows in the same order.
    """
    exact = np.ascontiguousarray(rows, np.float64) + 0.0  # -0.0 and 0.0 are equal
    keys = np.empty(exact.shape[0], np.uint64)
    row_hashes(exact, keys)
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if ordered.size else np.empty(0, int)
    repeats = np.arange(ordered.size) - np.repeat(starts, np.diff(np.append(starts, ordered.size)))
    with np.errstate(over="ignore"):
        word = ordered + repeats.astype(np.uint64) * _STEP
        word = (word ^ (word >> np.uint64(30))) * _MIX_1
        word = (word ^ (word >> np.uint64(27))) * _MIX_2
        word ^= word >> np.uint64(31)
    return np.asarray(order[np.argsort(word, kind="stable")], np.intp)
