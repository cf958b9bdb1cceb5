"""To which of two tables rows are nearer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.distances import least_squared

Rows = tuple[NDArray[np.float64], NDArray[np.int32]]  # continuous columns (m, p), NaN where missing, and codes (m, q)

_TIE = 1e-9  # part of a squared distance by which sums that ought to be equal may differ
_LEAST = 1e-150  # standard deviation, below which squares vanish and a column counts as constant
_GAP = 2.0**0.5  # coordinate of a missing value, so that a gap and a value are as far apart as two usual values
_APART = 2.0  # squared distance of two levels, as that of two usual numbers


def share_nearer(made: Rows, first: Rows, second: Rows) -> float:
    """Return the share of the rows `made` that are nearer to a row of the first table than to any of the second.

    Ties count half. Both tables together set the scale: numbers are standardised, and rows of different levels are 2
    apart, squared, as two usual numbers are: what the audit does, but that it puts rare levels together.
    """
    numbers, codes = (np.concatenate([one[side] for one in (made, first, second)]) for side in (0, 1))
    asked, n = len(made[0]), len(first[0])
    points = _coordinates(numbers, asked)
    queries, levels = points[:asked], np.ascontiguousarray(codes[:asked])

    def nearest(rows: slice) -> NDArray[np.float64]:
        found = np.empty(asked)
        columns = np.ascontiguousarray(points[rows].T), np.ascontiguousarray(codes[rows].T)
        least_squared(queries, columns[0], levels, columns[1], _APART, found)
        return found

    mine, others = nearest(slice(asked, asked + n)), nearest(slice(asked + n, None))
    tied = np.abs(mine - others) <= _TIE * np.maximum(mine, others)
    return float(((mine < others) & ~tied).mean() + 0.5 * tied.mean())


def _coordinates(numbers: NDArray[np.float64], asked: int) -> NDArray[np.float64]:
    """Return numbers as coordinates; rows behind the `asked` ones set scales."""
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
    return np.stack(parts, axis=1) if parts else np.empty((len(numbers), 0))
