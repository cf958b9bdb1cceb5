"""Find the grid of a float column: the number of decimals that its source was written with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST_DECIMALS = 12
_SOME = 64
_SCALES = [10.0**decimals for decimals in range(MOST_DECIMALS + 1)]


def find_decimals(values: NDArray[np.float64], precision: int = 53) -> int | None:
    """Return the smallest d in 0..12 for which every value is a float nearest to a multiple of 10**-d.

    Parameters
    ----------
    values : array of shape (n,)
        Finite values.
    precision : int
        Bits of the mantissa of the dtype that stores them: 53, 24 or 11.

    Returns
    -------
    int or None
        None for values of full precision, and for large ones whose neighbouring floats lie so far apart that
        every float would pass: the grid must be at least four times coarser than they are.
    """
    # A few values rule out most columns of full precision, and show where to begin with the others.
    least = _least(values[:: values.size // _SOME + 1], precision)
    return None if least is None else _search(values, precision, least)


def _least(values: NDArray[np.float64], precision: int) -> int | None:
    """Return the decimals of a few values, all of 0..12 tried at once; None where these do not do."""
    largest, limit = _largest(values), 2.0 ** (precision - 2)
    scales = np.array([scale for scale in _SCALES if largest * scale <= limit])
    found = _on_grid(values[:, None], scales, precision)
    return int(found.argmax(axis=1).max(initial=0)) if found.any(axis=1).all() else None


def _search(values: NDArray[np.float64], precision: int, least: int) -> int | None:
    """Return the decimals of `values`, which are known to be at least `least`."""
    left = values
    limit = 2.0 ** (precision - 2)
    largest = _largest(values)
    decimals: int
    for decimals in (least, *range(least), *range(least + 1, MOST_DECIMALS + 1)):
        scale = 10.0**decimals
        if largest * scale > limit:
            return None
        # A value that has d decimals has d + 1 as well, so only the failures need another look.
        left = left[~_on_grid(left, scale, precision)]
        if not left.size:
            return max(least, decimals)
    return None


def _largest(values: NDArray[np.float64]) -> float:
    return max(-float(values.min()), float(values.max())) if values.size else 0.0


def _on_grid(values: NDArray[np.float64], scale: float | NDArray[np.float64], precision: int) -> NDArray[np.bool_]:
    nearest = np.rint(values * scale) / scale
    found: NDArray[np.bool_] = to_precision(nearest, precision) == values
    return found


def to_precision(values: NDArray[np.float64], precision: int) -> NDArray[np.float64]:
    """Round float64 values to a shorter mantissa (24 or 11 bits) and back."""
    if precision == 24:
        return values.astype(np.float32).astype(np.float64)
    if precision == 11:
        return values.astype(np.float16).astype(np.float64)
    return values
