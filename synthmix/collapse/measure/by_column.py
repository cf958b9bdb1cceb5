"""Numeric columns one by one: location, spread and shape."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from synthmix.collapse.measure.ground import Floats, Ground, Rows
from synthmix.collapse.measure.measurement import Measurement
from synthmix.kernels.lmoments import l_ratios

_LEAST = 4  # rows that the fourth L-moment needs


class ColumnGauge:
    """Mean, variance, kurtosis and L-moment ratios of every numeric column that varies in D_0."""

    def __init__(self, ground: Ground) -> None:
        self.names: tuple[str, ...] = ground.names

    def measure(self, rows: Rows) -> Iterator[Measurement]:
        """Yield what there is: no variance of fewer than two values, no shape of a constant column."""
        ordered = np.sort(rows.numbers, axis=0)  # sums in this order do not depend on that of the rows; NaN comes last
        seen = rows.n - np.isnan(rows.numbers).sum(axis=0)
        for place, name in enumerate(self.names):
            count = int(seen[place])
            for metric, value in _numbers_of(np.ascontiguousarray(ordered[:count, place])):
                yield Measurement(metric, "", name, "", value, count)


def _numbers_of(values: Floats) -> Iterator[tuple[str, float]]:
    """Yield metrics of sorted values in units of D_0."""
    if not values.size:
        return
    shifted = values - values[values.size // 2]  # equal values have variance 0 exactly
    mean = float(shifted.mean())
    yield "mean", mean + float(values[values.size // 2])
    if values.size < 2:
        return
    squares = (shifted - mean) ** 2
    second = float(squares.mean())
    yield "variance", second * values.size / (values.size - 1)
    if not second > 0.0:
        return
    yield "kurtosis", float(((squares / second) ** 2).mean()) - 3.0
    if values.size >= _LEAST:
        ratios = np.empty(6)
        l_ratios(shifted, ratios)
        if ratios[1] > 0.0:
            yield "l_skew", float(ratios[2])
            yield "l_kurtosis", float(ratios[3])
