"""Ranges of a number, of about as many rows each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]

RANGE_ROWS, RANGE_LEAVES = 64, 4  # of a range at least: its trees are to tell of the other columns


def ranges_of(values: NDArray[np.float64], most: int, least: int) -> Labels:
    """Return the range of each value (n,), from 0 on, and that of the gaps behind them; equal values stay together.

    There are at most `most` ranges, of at least `least` values each, where there are so many.
    """
    known = np.sort(values[~np.isnan(values)])
    edges = known[np.array(_cuts(known, min(most, known.size // least), least), np.int64) - 1]
    return np.where(np.isnan(values), edges.size + 1, np.searchsorted(edges, values, side="left")).astype(np.int64)


def _cuts(known: NDArray[np.float64], ranges: int, least: int) -> list[int]:
    """Return after how many sorted values to cut, for about as many in each range as equal values allow."""
    ends = np.append(np.flatnonzero(np.diff(known)) + 1, known.size)  # rows up to the end of each distinct value
    found = [0]
    for wanted in known.size * np.arange(1, ranges) / max(ranges, 1):
        cut = int(ends[np.abs(ends - wanted).argmin()])
        if found[-1] + least <= cut <= known.size - least:
            found.append(cut)
    return found[1:]
