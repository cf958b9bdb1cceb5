"""To which of two tables rows are nearer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rows = tuple[NDArray[np.float64], NDArray[np.int32]]  # continuous columns (m, p), NaN where missing, and codes (m, q)

_AT_ONCE = 256
_LEVELS = 50  # of a column that differ from each other; rarer ones are one more
_TIE = 1e-9  # squared distances that differ by less are equal
_LEAST = 1e-150  # standard deviation, below which squares vanish and a column counts as constant
_GAP = 2.0**0.5  # coordinate of a missing value, so that a gap and a value are as far apart as two usual values


def share_nearer(made: Rows, first: Rows, second: Rows) -> float:
    """Return the share of the rows `made` that are nearer to a row of the first table than to any of the second.

    Ties count half. Both tables together set the scale: numbers are standardised, and rows of different levels are 2
    apart, squared, as two usual numbers are: the coordinates of the audit.
    """
    numbers, codes = (np.concatenate([one[side] for one in (made, first, second)]) for side in (0, 1))
    asked, n = len(made[0]), len(first[0])
    points = _coordinates(numbers, codes, asked)
    if points.shape[1] == 0:
        return 0.5
    queries, mine, others = points[:asked], points[asked : asked + n], points[asked + n :]
    gap = _squared(queries, mine) - _squared(queries, others)
    return float((gap < -_TIE).mean() + 0.5 * (np.abs(gap) <= _TIE).mean())


def _squared(queries: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return squared distances to the nearest points, which are found in single precision and then measured exactly."""
    nearest = np.empty(len(queries), np.int64)
    half, columns = (0.5 * (points * points).sum(axis=1)).astype(np.float32), points.T.astype(np.float32)
    for start in range(0, len(queries), _AT_ONCE):
        some = queries[start : start + _AT_ONCE].astype(np.float32)
        nearest[start : start + _AT_ONCE] = (half - some @ columns).argmin(axis=1)
    found: NDArray[np.float64] = ((queries - points[nearest]) ** 2).sum(axis=1)
    return found


def _coordinates(numbers: NDArray[np.float64], codes: NDArray[np.int32], asked: int) -> NDArray[np.float64]:
    """Return rows as points; those behind the `asked` ones set scales and levels."""
    parts: list[NDArray[np.float64]] = []
    for column in numbers.T:
        missing = np.isnan(column)
        known = column[asked:][~missing[asked:]]
        with np.errstate(over="ignore", invalid="ignore"):
            middle, scale = (known.mean(), known.std()) if known.size else (0.0, 0.0)
        if _LEAST < scale < np.inf:
            parts.append(np.where(missing, 0.0, (column - middle) / scale))
        if missing[asked:].any():
            parts.append(np.where(missing, _GAP, 0.0))
    for column in codes.T:
        levels, counts = np.unique(column[asked:], return_counts=True)
        common = levels[np.argsort(-counts, kind="stable")[:_LEVELS]]
        parts += [(column == level).astype(np.float64) for level in (common if levels.size > 1 else ())]
        if levels.size > _LEVELS:
            parts.append((~np.isin(column, common)).astype(np.float64))
    return np.stack(parts, axis=1) if parts else np.empty((len(numbers), 0))
