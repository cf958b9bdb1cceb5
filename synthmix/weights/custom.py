"""A user's own law: a table of weights, or the quantile function of a two-point law."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from synthmix.errors import OptionError
from synthmix.weights import checks
from synthmix.weights.base import WeightsLaw
from synthmix.weights.law_data import ROWS, TWO_POINT, LawData, law_data
from synthmix.weights.moments import WeightMoments, two_point
from synthmix.weights.quantile_table import QuantileTable, tabulate
from synthmix.weights.special import FloatArray

Numbers: TypeAlias = tuple[tuple[float, ...], ...]
Quantile: TypeAlias = Callable[[FloatArray], ArrayLike] | Sequence[Sequence[float]] | FloatArray

SUM_TOLERANCE = 1e-12
_SHOWN = 12


@dataclass(frozen=True, init=False, repr=False)
class Custom(WeightsLaw):
    """A law of your own, without any compiled code: give a table of weights or a quantile function.

    The mean is always kept, because the weights of every row must sum to 1. What else is kept follows from the moments,
    which are computed exactly; the covariance is kept when E sum w^2 = 1.

    Parameters
    ----------
    weights : array_like, shape (r, k), optional
        Every synthetic row gets one of these r rows of weights, each with probability 1/r. Sums must be 1 to 1e-12.
    quantile : callable or array_like of shape (m, 2), optional
        Quantile function of the weight l of the first of two parents, (l, 1-l): a non-decreasing function of an array
        u in [0, 1], finite at both ends. It is tabulated once, finely where it is steep, and the law is the piecewise
        linear function through these knots. A table of knots (u, l) is taken as it is; two knots with equal u are
        a jump, two with equal l an atom.

    Attributes
    ----------
    rows : tuple of tuples or None
        The table of weights.
    knots : tuple of tuples or None
        The knots (u, l).

    Raises
    ------
    OptionError
        When neither or both are given, for wrong shapes, sums other than 1, infinite values, or a quantile function
        that decreases.

    Examples
    --------
    >>> law = Custom(weights=[[1.2, -0.2], [0.6, 0.4]])
    >>> round(law.moments().c, 12)
    1.0
    """

    rows: Numbers | None
    knots: Numbers | None
    k: int
    law_name: ClassVar[str] = "custom"

    def __init__(self, weights: ArrayLike | None = None, *, quantile: Quantile | None = None) -> None:
        if (weights is None) == (quantile is None):
            raise OptionError("Custom needs either weights=, a table of weights, or quantile=, a function; give one")
        rows = None if weights is None else _checked_rows(weights)
        knots = None if quantile is None else _checked_knots(quantile)
        object.__setattr__(self, "rows", None if rows is None else _as_tuples(rows))
        object.__setattr__(self, "knots", None if knots is None else _as_tuples(knots))
        object.__setattr__(self, "k", 2 if rows is None else rows.shape[1])

    def __repr__(self) -> str:
        name, content = ("weights", self.rows) if self.rows is not None else ("quantile", self.knots or ())
        if len(content) > _SHOWN:
            return f"Custom({name}=<{len(content)} rows from {content[0]} to {content[-1]}>)"
        return f"Custom({name}={content!r})"

    def _table(self) -> QuantileTable:
        u, q = np.array(self.knots).T
        return QuantileTable(np.ascontiguousarray(u), np.ascontiguousarray(q))

    def moments(self) -> WeightMoments:
        """Return the exact moments of the table."""
        return _moments(self)

    def kernel_data(self) -> LawData:
        """Return the law as arrays."""
        if self.rows is not None:
            return law_data(ROWS, self.k, rows=np.array(self.rows))
        return law_data(TWO_POINT, 2, tables=(self._table(),))

    def parameters(self) -> dict[str, Any]:
        """Return the table of weights or of knots."""
        if self.rows is not None:
            return {"weights": [list(row) for row in self.rows]}
        return {"quantile": [list(knot) for knot in self.knots or ()]}


@lru_cache(maxsize=16)
def _moments(law: Custom) -> WeightMoments:
    if law.rows is None:
        table = law._table()  # noqa: SLF001 - a method of the class above, kept outside it for the cache
        raw = (table.raw(1), table.raw(2), table.raw(3), table.raw(4))
        return two_point(raw, table.expected_max(), table.expected_squared_donor())
    w = np.array(law.rows)
    square_sums = np.sum(w**2, axis=1)
    cube_sums = np.sum(w**3, axis=1)
    return WeightMoments(
        mean=w.mean(axis=0),
        second=w.T @ w / len(w),
        squares=(w**2).T @ w**2 / len(w),
        p3=float(cube_sums.mean()),
        expected_max=float(w.max(axis=1).mean()),
        expected_squared_donor=float(np.mean(cube_sums / square_sums)),
        sum_w2_constant=bool(np.all(np.abs(square_sums - 1.0) <= SUM_TOLERANCE)),
    )


def _as_tuples(array: FloatArray) -> Numbers:
    return tuple(tuple(row) for row in array.tolist())


def _numbers(name: str, values: object) -> FloatArray:
    """Return a table of finite numbers."""
    try:
        array = np.array(values, np.float64)
    except (TypeError, ValueError) as error:
        raise OptionError(f"{name} is no table of numbers ({error}); give rows of equal length") from error
    if array.ndim != 2 or array.size == 0:
        raise OptionError(f"{name} has shape {array.shape}; give a table with one or more rows and two or more columns")
    bad = np.argwhere(~np.isfinite(array))
    if bad.size:
        i, j = bad[0]
        raise OptionError(f"{name}[{i}, {j}]={array[i, j]} is not finite; give finite numbers")
    return array


def _checked_rows(weights: object) -> FloatArray:
    array = _numbers("weights", weights)
    checks.parents(array.shape[1], 2, "give one column for each parent, at least two")
    sums = array.sum(axis=1)
    size = SUM_TOLERANCE * np.maximum(1.0, np.abs(array).max(axis=1))
    bad = np.flatnonzero(np.abs(sums - 1.0) > size)
    if bad.size:
        i = int(bad[0])
        raise OptionError(f"weights[{i}] sums to {float(sums[i])!r}, not to 1; divide each row by its sum")
    return array


def _checked_knots(quantile: object) -> FloatArray:
    table = tabulate(quantile) if callable(quantile) else quantile
    array = _numbers("quantile", table)
    if array.shape[1] != 2 or len(array) < 2:
        raise OptionError(f"quantile has shape {array.shape}; give knots (u, l), two columns and two or more rows")
    u, q = array.T
    if u[0] != 0.0 or u[-1] != 1.0 or np.any(np.diff(u) < 0.0):
        raise OptionError(f"quantile has u from {u[0]:g} to {u[-1]:g}; u must rise from 0 to 1, sort the knots")
    falls = np.flatnonzero(np.diff(q) < 0.0)
    if falls.size:
        i = int(falls[0])
        raise OptionError(
            f"quantile falls from {q[i]:g} at u={u[i]:g} to {q[i + 1]:g} at u={u[i + 1]:g}; "
            "a quantile function never decreases, sort its values"
        )
    return array
