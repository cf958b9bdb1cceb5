"""What one generation does to second moments: the record from which every regime's path is worked out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from synthmix.errors import OptionError
from synthmix.weights import Scheme, WeightMoments, WeightsLaw, covariance_factor, mean_variance_factor


@dataclass(frozen=True)
class Step:
    """Second moments of rows made from a table of N rows, in units of its unbiased covariance.

    New rows have the table's mean in expectation. Any two rows of one pass (N rows) have the same covariance, rows of
    different passes none. That holds for mixed rows, copied rows and draws of a fitted law, given the table.

    Parameters
    ----------
    factor : callable
        N to E [unbiased covariance of a whole pass] / S.
    noise : callable
        N to N times the variance of the mean of a whole pass, over S.
    always : bool
        Whether both hold in every draw of a whole pass, not only in expectation.
    """

    factor: Callable[[float], float]
    noise: Callable[[float], float]
    always: bool = False

    def covariance(self, table_rows: float, rows: float) -> float:
        """Return E [unbiased covariance of `rows` new rows] / S."""
        row, shared = self._parts(table_rows, rows)
        return row + shared

    def mean_variance(self, table_rows: float, rows: float) -> float:
        """Return the variance of the mean of `rows` new rows, given the table, over S."""
        row, shared = self._parts(table_rows, rows)
        return (row - (rows - 1.0) * shared) / rows

    def _parts(self, table_rows: float, rows: float) -> tuple[float, float]:
        """Return the variance of a row, and minus the mean covariance of two of `rows` rows."""
        n, m = float(table_rows), float(rows)
        whole = self.noise(n)
        row = (self.factor(n) * (n - 1.0) + whole) / n
        passes, rest = divmod(m, n)
        pairs = passes * n * (n - 1.0) + rest * (rest - 1.0)
        same = pairs / (m * (m - 1.0)) if m > 1.0 else 0.0
        return row, same * (row - whole) / (n - 1.0)


def copying() -> Step:
    """Return the step of rows drawn with replacement: the bootstrap, and donors of independent parents."""
    return Step(_bootstrap, _bootstrap)


def _bootstrap(n: float) -> float:
    return (n - 1.0) / n


def donating(variance: Callable[[float], float]) -> Step:
    """Return the step of columns that one donor gives, for the variance of the copies that a row leaves among N."""
    return Step(lambda n: 1.0 - variance(n) / (n - 1.0), variance)


def permuting() -> Step:
    """Return the step that gives every row of the table on once: rotation, and the donors of rotated groups."""
    return Step(lambda _: 1.0, lambda _: 0.0, always=True)


def refitting(*, unbiased: bool) -> Step:
    """Return the step of a Gaussian fitted to the table, by the variance with divisor N-1 or N."""
    factor = (lambda _: 1.0) if unbiased else _bootstrap
    return Step(factor, factor)


def mixing(law: WeightsLaw, scheme: Scheme) -> Step:
    """Return the step of mixing, in the space of the rows, with the law corrected for N rows as synthesizers do."""
    if law.grouped:
        return permuting()

    def factor(n: float) -> float:
        return covariance_factor(_moments(law, n, scheme), scheme, n)

    def noise(n: float) -> float:
        return mean_variance_factor(_moments(law, n, scheme), scheme, n)

    return Step(factor, noise)


@lru_cache(maxsize=4096)  # the same tables are asked for by every column of a study
def _moments(law: WeightsLaw, n: float, scheme: Scheme) -> WeightMoments:
    return corrected(law, n, scheme).moments()


def corrected(law: WeightsLaw, n: float, scheme: Scheme) -> WeightsLaw:
    """Return the law that a synthesizer uses for a table of n rows: corrected where that has a solution."""
    try:
        return law.corrected(max(float(n), float(law.k)), scheme)
    except OptionError:
        return law
