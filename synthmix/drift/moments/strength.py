"""How strongly two columns hang together, for numbers and levels on one scale.

The scale is Fisher's: z = atanh of a correlation-like coefficient. Two numeric columns have Pearson's r, with its sign.
Two discrete columns have Cramer's V corrected for bias (Bergsma 2013), a numeric and a discrete one the correlation
ratio, corrected likewise (epsilon squared, Kelley 1935). All three are |r| where the discrete columns have two levels,
are 0 for independent columns and 1 where one column decides the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ALMOST_ONE = 1.0 - 1e-12  # the strongest association that has a finite z


@dataclass(frozen=True)
class Strength:
    """An association of one table.

    Attributes
    ----------
    z : float
        On Fisher's scale.
    center, se : float
        What is nearly normal, and its standard error: z itself, or the squared coefficient where `squared`.
    squared : bool
    slope : float
        By how much the squared standard error grows with the true squared coefficient.
    note : str
    """

    z: float
    center: float
    se: float
    squared: bool
    slope: float = 0.0
    note: str = ""

    def bounds(self, quantile: float) -> tuple[float, float]:
        """Return the ends of z at so many standard errors."""
        if not self.squared:
            return self.center - quantile * self.se, self.center + quantile * self.se
        # Score interval: (t - center)^2 = quantile^2 (se^2 + slope (t - center)); the error belongs to the truth t.
        half = 0.5 * quantile * quantile * self.slope
        reach = float(np.sqrt(half * half + (quantile * self.se) ** 2))
        return z_of_square(self.center + half - reach), z_of_square(self.center + half + reach)


def z_of_square(square: float) -> float:
    """Return Fisher's z of a squared coefficient; 0 for negative ones, which bias corrections make."""
    return float(np.arctanh(min(np.sqrt(max(square, 0.0)), ALMOST_ONE)))


def of_square(center: float, base: float, slope: float, note: str = "") -> Strength:
    """Return the strength behind a squared coefficient with variance ``base + slope x truth``."""
    se = float(np.sqrt(base + slope * max(center, 0.0)))
    return Strength(z_of_square(center), center, se, squared=True, slope=slope, note=note)


NONE = "a column is constant, which counts as no association"


def correlation(r: float, influence: float, n: int) -> Strength:
    """Return the strength of two numeric columns.

    Parameters
    ----------
    r : float
        Correlation; NaN where a column is constant.
    influence : float
        Variance of ``u v - r (u^2 + v^2) / 2`` over standardised rows: 1 - r^2, squared, for normal ones.
    n : int
        Rows.
    """
    if np.isnan(r):
        return Strength(0.0, 0.0, 0.0, squared=False, note=NONE)
    r = float(np.clip(r, -ALMOST_ONE, ALMOST_ONE))
    rest = 1.0 - r * r
    se = float(np.sqrt(max(influence, 0.0) / n)) / rest if rest > 1e-9 else 0.0
    return Strength(float(np.arctanh(r)), float(np.arctanh(r)), se, squared=False)


def correlation_ratio(values: NDArray[np.float64], codes: NDArray[np.int32]) -> Strength:
    """Return the strength of a numeric column (n,) and a discrete one (n,)."""
    n = values.size
    rows = np.bincount(codes)
    groups = int(np.count_nonzero(rows))
    shifted = values - values.mean()
    total = float(shifted @ shifted)
    if groups < 2 or n <= groups or not total > 0.0:
        note = NONE if groups < 2 or not total > 0.0 else "every row has a level of its own"
        return of_square(0.0, 0.0, 0.0, note)
    means = np.bincount(codes, weights=shifted) / np.maximum(rows, 1)
    within = (shifted - means[codes]) ** 2
    rest = float(within.sum()) / total
    influence = within - rest * shifted * shifted
    variance = float(influence @ influence) / n / (total / n) ** 2
    corrected = 1.0 - (n - 1.0) / (n - groups) * rest
    explained = 1.0 - rest
    slope = variance / n / explained if explained > 1e-12 else 4.0 / n
    return of_square(corrected, 2.0 * (groups - 1.0) / n**2 * rest**2, slope)


def cramers_v(table: NDArray[np.int64]) -> Strength:
    """Return the strength of two discrete columns, from their table of counts."""
    table = table[np.ix_(table.sum(axis=1) > 0, table.sum(axis=0) > 0)]
    n = int(table.sum())
    rows, columns = table.shape
    if min(rows, columns) < 2 or n < 2:
        return of_square(0.0, 0.0, 0.0, NONE)
    p = table / n
    r, c = p.sum(axis=1, keepdims=True), p.sum(axis=0, keepdims=True)
    ratio = p / (r * c)
    phi = float((p * ratio).sum()) - 1.0
    score = 2.0 * ratio - (p * ratio).sum(axis=1, keepdims=True) / r - (p * ratio).sum(axis=0, keepdims=True) / c
    variance = max(0.0, float((p * score * score).sum()) - float((p * score).sum()) ** 2)
    freedom = (rows - 1.0) * (columns - 1.0)
    largest = min(rows - (rows - 1.0) ** 2 / (n - 1.0), columns - (columns - 1.0) ** 2 / (n - 1.0)) - 1.0
    if not largest > 0.0:
        return of_square(0.0, 0.0, 0.0, "every row has a level of its own")
    slope = variance / n / phi if phi > 1e-12 else 4.0 / n
    rest = max(0.0, 1.0 - phi / (min(rows, columns) - 1.0))
    base = 2.0 * freedom / n**2 * rest**2  # no noise is left where one column decides the other
    return of_square((phi - freedom / (n - 1.0)) / largest, base / largest**2, slope / largest)
