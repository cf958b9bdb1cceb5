"""Lines through a point: which rows lie on one line with it, found by sorting instead of comparing all pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.joint.pool import Floats

ANGLE = 1e-6  # of directions that count as the same, at full precision
_SHIFTS = 4096


@dataclass(frozen=True)
class Lines:
    """Pairs of points that are on one line with a row.

    Attributes
    ----------
    first, second : array of int64
        Places of the points.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]


def lines_through(
    row: Floats, points: Floats, probe: Floats, reach: float = 0.0, *, widest: float = 0.1, most: int | None = None
) -> Lines:
    """Return the pairs of points whose line passes within `reach` of a row.

    Parameters
    ----------
    row : array of float64, shape (p,)
    points : array of float64, shape (n, p)
        Distinct points on comparable scales. Points at the row itself take no part.
    probe : array of float64, shape (p,)
        A random unit vector. Directions are turned to its side, so that points on opposite sides of the row have the
        same direction, and sorted by their product with it: equal directions are neighbours.
    reach : float
        How far the row may be from where it was before it was rounded.
    widest : float
        Points that are so near that `reach` turns their direction by more take no part.
    most : int, optional
        Stop as soon as more pairs are known.

    Notes
    -----
    Turning by one random vector puts two nearly equal directions on different sides with a chance of about their angle.
    """
    gaps = points - row
    lengths = np.sqrt((gaps * gaps).sum(axis=1))
    kept = np.flatnonzero(lengths > reach / widest)
    kept = kept[lengths[kept] > 0.0]
    unit = gaps[kept] / lengths[kept, None]
    along = unit @ probe
    unit[along < 0.0] *= -1.0
    along = np.abs(along)
    order = np.argsort(along, kind="stable")
    kept, unit, along = kept[order], unit[order], along[order]
    slack = 0.5 * ANGLE + reach / lengths[kept]
    return _equal(kept, unit, along, slack, most)


def _equal(kept: NDArray[np.int64], unit: Floats, along: Floats, slack: Floats, most: int | None) -> Lines:
    """Return the pairs of directions that differ by no more than the slack of both."""
    first, second, count = [], [], 0
    widest = 2.0 * float(slack.max(initial=0.0))
    for shift in range(1, min(len(kept), _SHIFTS)):
        near = along[shift:] - along[:-shift]
        if not (near <= widest).any():
            break
        a = np.flatnonzero(near <= slack[shift:] + slack[:-shift])
        b = a + shift
        gap = unit[a] - unit[b]
        same = (gap * gap).sum(axis=1) <= (slack[a] + slack[b]) ** 2
        first.append(kept[a[same]])
        second.append(kept[b[same]])
        count += int(same.sum())
        if most is not None and count > most:
            break
    empty = np.empty(0, np.int64)
    return Lines(np.concatenate([empty, *first]), np.concatenate([empty, *second]))


def probe_of(p: int, seed: int) -> Floats:
    """Return a random unit vector."""
    drawn = np.random.Generator(np.random.Philox(key=[seed, 70])).normal(size=p)
    return np.asarray(drawn / np.sqrt((drawn * drawn).sum()), np.float64)
