"""Discrete columns that follow from another one, such as a code and its label: they are copied together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_ROWS = 5  # of a level, on average, from where on agreement is no accident


def followers(codes: NDArray[np.int32], order: Sequence[int], first: int, rows: int = _ROWS) -> dict[int, list[int]]:
    """Return for columns that determine others which ones these are, the columns of `codes` numbered from `first` on.

    A column determines another one where rows of the same level always agree in it, and levels have at least `rows`
    rows on average, so that this is no accident. Of two that determine each other the one that is drawn first leads.
    """
    drawn = [j for j in order if j >= first]
    levels = {j: int(codes[:, j - first].max(initial=0)) + 1 for j in drawn}
    leaders = {}
    for follower in drawn:
        able = [j for j in drawn if j != follower and levels[follower] <= levels[j] <= codes.shape[0] / rows]
        able = [j for j in able if _determines(codes[:, j - first], codes[:, follower - first])]
        able = [j for j in able if levels[j] > levels[follower] or drawn.index(j) < drawn.index(follower)]
        if able:
            leaders[follower] = min(able, key=lambda j: (levels[j], drawn.index(j)))
    found: dict[int, list[int]] = {}
    for follower, leader in leaders.items():
        top = leader
        while top in leaders:
            top = leaders[top]
        found.setdefault(top, []).append(follower)
    return found


def _determines(one: NDArray[np.int32], other: NDArray[np.int32]) -> bool:
    """Return whether rows that agree in `one` agree in `other`."""
    image = np.zeros(int(one.max(initial=0)) + 1, np.int32)
    image[one] = other
    return bool((image[one] == other).all())
