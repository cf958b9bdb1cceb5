"""What theory expects of a column, given the leaves that its rows come to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Expected:
    """Sums over rows of the conditional moments of one column.

    Attributes
    ----------
    column : int
    count : int
        Rows in which the value is there.
    first, second : float
        Sums of E[y | leaf] and E[y^2 | leaf].
    spread : float
        Sum of Var[y | leaf], the variance of the sum of the column.
    """

    def __init__(self, column: int) -> None:
        self.column = column
        self.count, self.first, self.second, self.spread = 0, 0.0, 0.0, 0.0

    def add(self, mean: NDArray[np.float64], square: NDArray[np.float64]) -> None:
        """Take in E[y | leaf] and E[y^2 | leaf] of some rows."""
        self.count += mean.size
        self.first += float(mean.sum())
        self.second += float(square.sum())
        self.spread += float(np.maximum(square - mean * mean, 0.0).sum())

    def join(self, other: Expected) -> None:
        """Take in what is expected of other rows."""
        self.count += other.count
        self.first += other.first
        self.second += other.second
        self.spread += other.spread

    @property
    def mean(self) -> float:
        """Expected mean of the column."""
        return self.first / max(self.count, 1)

    @property
    def variance(self) -> float:
        """Expected variance (divisor m) of the column, about the mean that is expected of it."""
        return self.second / max(self.count, 1) - self.mean**2

    @property
    def error(self) -> float:
        """Standard error of the column's mean."""
        return float(np.sqrt(self.spread)) / max(self.count, 1)
