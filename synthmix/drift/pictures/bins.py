"""Bins that give no row away: their edges are round numbers, and those with few rows are empty."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEWEST = 5
"""Rows that a bin or level must hold to be drawn."""
_MOST_BINS = 32


def round_step(width: float) -> float:
    """Return the smallest of 1, 2, 5 times a power of ten that is at least `width`."""
    power = 10.0 ** math.floor(math.log10(width))
    return next((factor * power for factor in (1.0, 2.0, 5.0) if factor * power >= width * (1 - 1e-9)), 10.0 * power)


def inner_range(values: Floats) -> tuple[float, float]:
    """Return quantiles beyond which at least :data:`FEWEST` values lie on each side, and at least half a percent."""
    share = min(max(0.005, FEWEST / values.size), 0.5)
    low, high = np.quantile(values, [share, 1.0 - share])
    return float(low), float(high)


def round_edges(values: Floats, most: int = _MOST_BINS) -> Floats:
    """Return edges of bins at multiples of a round width over the inner range of the values.

    Whole numbers get bins of whole width. The outermost bins are meant to hold what lies beyond.
    """
    low, high = inner_range(values)
    whole = np.array_equal(values, np.round(values))
    step = round_step((high - low) / most) if high > low else round_step(max(abs(low), 1.0) / 10)
    step = max(step, 1.0) if whole else step
    shift = 0.5 if whole and step == 1.0 else 0.0
    first, last = math.floor((low + shift) / step), math.ceil((high + shift) / step + 1e-9)
    return np.asarray(np.arange(first, max(last, first + 1) + 1) * step - shift, np.float64)


def shares(values: Floats, edges: Floats) -> Floats:
    """Return the share of values in each bin, those beyond in the outermost; NaN for 1 to 4 values."""
    counts = np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0]
    return kept(counts) / max(values.size, 1)


def kept(counts: NDArray[np.integer] | Floats) -> Floats:
    """Return counts, NaN instead of 1 to 4."""
    return np.where((counts > 0) & (counts < FEWEST), np.nan, counts).astype(np.float64)
