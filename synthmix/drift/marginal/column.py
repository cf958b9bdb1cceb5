"""A numeric column that is sorted once, whatever is asked of it later."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import InputError

IQR_OF_NORMAL = 1.3489795003921634  # interquartile range of N(0, 1)


@dataclass(frozen=True, eq=False)
class SortedColumn:
    """The observed values of a numeric column in ascending order.

    Attributes
    ----------
    values : array of shape (n,)
    name : str
    """

    values: NDArray[np.float64]
    name: str = ""

    @cached_property
    def scale(self) -> float:
        """The robust standard deviation: IQR / 1.349; where that is 0 the standard deviation, and then 1.

        A scale that the distance between two values of the column can be divided by, never 0.
        """
        low, high = np.quantile(self.values, [0.25, 0.75])
        if high > low:
            return float(high - low) / IQR_OF_NORMAL
        spread = float(np.std(self.values - self.values[0], ddof=1)) if self.values.size > 1 else 0.0
        return spread if spread > 0.0 else 1.0

    @cached_property
    def scale_note(self) -> str:
        """What a reader must know about the scale."""
        low, high = np.quantile(self.values, [0.25, 0.75])
        if high > low:
            return ""
        if self.values[0] < self.values[-1]:
            return "the real IQR is 0: in units of the real standard deviation"
        return "the real column is constant: in its own units"


Numeric = NDArray[np.float64] | SortedColumn


def sorted_column(values: Numeric, name: str = "") -> SortedColumn:
    """Sort a column once; one that is sorted already is handed back.

    Parameters
    ----------
    values : array of shape (n,) or SortedColumn
        Observed values: missing ones are left out by the caller, who counts them.
    name : str
        For messages.

    Raises
    ------
    InputError
        For values that are missing or infinite, or that are no numbers.
    """
    if isinstance(values, SortedColumn):
        return values
    array = np.asarray(values, np.float64)
    of = f"column {name!r}" if name else "the column"
    if array.ndim != 1:
        raise InputError(f"{of} has shape {array.shape}; give one value a row")
    array = np.sort(array)  # NaN comes last, infinities at the ends
    if array.size and np.isnan(array[-1]):
        raise InputError(f"{of} has missing values; leave them out, missing values have a metric of their own")
    if array.size and not (np.isfinite(array[0]) and np.isfinite(array[-1])):
        raise InputError(f"{of} has infinite values; replace them or leave them out")
    array.setflags(write=False)
    return SortedColumn(array, name)


@dataclass(frozen=True, eq=False)
class Pair:
    """The same numeric column of two tables."""

    real: SortedColumn
    synthetic: SortedColumn
    name: str = field(default="")

    @property
    def n(self) -> int:
        """Rows of the real table."""
        return self.real.values.size

    @property
    def m(self) -> int:
        """Rows of the new table."""
        return self.synthetic.values.size

    @property
    def empty(self) -> str:
        """Why nothing can be compared, "" where something can."""
        if self.n and self.m:
            return ""
        return f"no observed value in the {'real' if not self.n else 'new'} table"


def pair_of(real: Numeric, synthetic: Numeric, column: str) -> Pair:
    """Sort both columns, unless they are sorted already."""
    return Pair(sorted_column(real, column), sorted_column(synthetic, column), column)
