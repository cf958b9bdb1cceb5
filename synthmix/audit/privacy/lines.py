"""Lines through a point: which rows lie on one line with it, found by sorting instead of comparing all pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthmix.drift.joint.pool import Floats

ANGLE = 1e-8  # of directions that count as the same, at full precision
_SHIFTS = 4096


@dataclass(frozen=True)
class Points:
    """Distinct points on comparable scales, ready to be looked at from many rows.

    Attributes
    ----------
    columns : array of float64, shape (p, n)
    probe : array of float64, shape (p,)
        A random unit vector.
    """

    columns: Floats
    probe: Floats


def points_of(rows: Floats, seed: int) -> Points:
    """Return the distinct rows as points."""
    drawn = np.random.Generator(np.random.Philox(key=[seed, 70])).normal(size=rows.shape[1])
    return Points(np.ascontiguousarray(rows.T), np.asarray(drawn / np.linalg.norm(drawn)))


def lines_through(
    row: Floats, points: Points, reach: float, *, widest: float, columns: int = 2, enough: int = _SHIFTS
) -> int:
    """Return how many pairs of points there are whose line passes within `reach` of a row.

    Parameters
    ----------
    row : array of float64, shape (p,)
    points : Points
        Those at the row itself take no part.
    reach : float
        How far the row may be from where it was before it was rounded.
    widest : float
        Points that are so near that `reach` turns their direction by more take no part.
    columns : int
        In how many columns a pair must differ from the row: rows of coarse columns are in line by chance in a few.
    enough : int
        Counting may end where there are as many pairs.

    Notes
    -----
    Directions are turned to the side of the probe, so that points on opposite sides of the row have the same one, and
    sorted by their product with it: equal directions are neighbours. That costs n log n steps instead of n^2. Two
    nearly equal directions fall on different sides with a chance of about their angle.
    """
    gaps = points.columns - row[:, None]
    lengths: Floats = np.sqrt((gaps * gaps).sum(axis=0))
    with np.errstate(divide="ignore", invalid="ignore"):
        along = points.probe @ gaps / lengths
    kept = np.flatnonzero((lengths > reach / widest) & (lengths > 0.0))
    order = kept[np.argsort(np.abs(along[kept]))]
    slack = 0.5 * ANGLE + reach / lengths[order]
    sorted_along, most, count = np.abs(along[order]), 2.0 * float(slack.max(initial=0.0)), 0
    for shift in range(1, min(len(order), _SHIFTS)):
        near = sorted_along[shift:] - sorted_along[:-shift]
        if not (near <= most).any():
            break
        first = np.flatnonzero(near <= slack[shift:] + slack[:-shift])
        pairs = order[first], order[first + shift]
        units = [gaps[:, side] / (np.where(along[side] < 0.0, -lengths[side], lengths[side])) for side in pairs]
        apart = ((units[0] - units[1]) ** 2).sum(axis=0)
        oblique = (np.abs(units[0]) > ANGLE).sum(axis=0) >= columns
        count += int((oblique & (apart <= (slack[first] + slack[first + shift]) ** 2)).sum())
        if count >= enough:
            break
    return count
