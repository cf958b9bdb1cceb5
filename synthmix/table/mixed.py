"""The way back of all mixed columns as arrays, and its execution: latent columns become decoded numbers in place."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.decode import decode_column
from synthmix.kernels.quantiles import CELLS, DEVIATIONS
from synthmix.kernels.records import ColumnArrays
from synthmix.kernels.threads import run_all
from synthmix.table.codec import Codec, WayBack
from synthmix.table.decimals import to_precision

Floats = NDArray[np.float64]
_PIECE = 1 << 18  # cells of a column that one thread decodes at a time
_HALF = 11  # bits of the mantissa of float16, which numpy rounds to


class MixedColumns:
    """The mixed columns of a table, in the order of the latent matrix."""

    def __init__(self, codecs: Sequence[Codec]) -> None:
        ways = [codec.way_back() for codec in codecs]
        self.arrays = column_arrays(ways)
        self._plain = [way.is_plain for way in ways]
        self._half = [j for j, way in enumerate(ways) if way.precision == _HALF]

    def decode(self, columns: Floats, start: int, seed: int, threads: int = 1) -> None:
        """Decode `columns` (p, m), of rows ``start, start + 1, ...`` of the sample, in place; NaN stays NaN."""
        m, key = columns.shape[1], np.uint64(seed)
        parts = [(j, a) for j, plain in enumerate(self._plain) if not plain for a in range(0, m, _PIECE)]

        def work(part: tuple[int, int]) -> None:
            j, a = part
            decode_column(self.arrays, j, start + a, key, columns[j, a : a + _PIECE])

        run_all(work, parts, threads)
        for j in self._half:
            columns[j] = to_precision(columns[j], _HALF)


def column_arrays(ways: Sequence[WayBack]) -> ColumnArrays:
    """Return what the kernels need; sorted values lie one column after the other, with a NaN on either side."""
    values = [_padded(way.quantiles) for way in ways]
    sizes = np.array([part.size for part in values], np.int64)
    repeated = [_repeated(way.quantiles) for way in ways]
    settled = np.array([_never_between(*pair) for pair in zip(ways, repeated, strict=True)], bool)

    def each(name: str, dtype: Any) -> NDArray[Any]:
        return np.array([getattr(way, name) for way in ways], dtype)

    scale = np.where(settled, 0.0, each("scale", np.float64))
    quantile = np.array([way.quantiles is not None for way in ways], bool)
    low = np.where(quantile, -np.inf, each("low", np.float64))  # quantiles lie between values of the source
    high = np.where(quantile, np.inf, each("high", np.float64))
    short, unit = each("precision", np.int64) == 24, each("unit", np.float64)
    return ColumnArrays(
        first=np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64) + 1,
        known=np.maximum(sizes - 2, 0),
        ties=np.array([part.any() for part in repeated], np.int64),
        never=settled.astype(np.int64),
        values=np.concatenate([np.zeros(0), *values]),
        ndtr=ndtr_table(),
        bounded=(scale > 0) | (unit > 0) | short | (np.isfinite(low) & ~each("is_plain", bool)),
        scale=scale,
        unit=unit,
        low=low,
        high=high,
        short=short,
    )


def _padded(ordered: Floats | None) -> Floats:
    """Return sorted values between two NaN; a single one twice, so that there is a next one."""
    if ordered is None:
        return np.zeros(0)
    found = np.full(max(ordered.size, 2) + 2, np.nan)
    found[1:-1] = ordered
    return found


def _repeated(ordered: Floats | None) -> NDArray[np.bool_]:
    """Return which of the sorted values occur more than once."""
    found = np.zeros(0 if ordered is None else ordered.size, bool)
    if ordered is not None:
        equal = ordered[1:] == ordered[:-1]
        found[1:] = equal
        found[:-1] |= equal
    return found


def _never_between(way: WayBack, repeated: NDArray[np.bool_]) -> bool:
    """Return whether no value between two source values can come out, as in a column of ties, or of one value."""
    if way.quantiles is None or way.levels:
        return way.levels
    return bool((repeated[1:] | repeated[:-1]).all())


@lru_cache(maxsize=1)
def ndtr_table() -> Floats:
    """Return cubic polynomials for ndtr(-z) on cells of [0, DEVIATIONS): values and slopes agree at the edges.

    Four coefficients for each cell, of powers 0 to 3 of the distance from its left edge in cells. The error is at most
    h^4 / 384 times the largest fourth derivative (0.55) of ndtr: 5.4e-12.
    """
    from scipy.special import ndtr

    z = np.arange(DEVIATIONS * CELLS + 1) / CELLS
    value, slope = ndtr(-z), -np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi) / CELLS
    rise = value[1:] - value[:-1]
    square, cube = 3.0 * rise - 2.0 * slope[:-1] - slope[1:], slope[:-1] + slope[1:] - 2.0 * rise
    table = np.stack([value[:-1], slope[:-1], square, cube], axis=1).ravel()
    table.setflags(write=False)
    return table
