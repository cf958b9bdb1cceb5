"""The moments of a weights law, and what they say about the rows that it mixes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from synthmix.errors import OptionError, did_you_mean
from synthmix.shown import ShortRepr
from synthmix.weights.special import FloatArray

Property: TypeAlias = Literal["mean", "covariance", "skewness", "kurtosis"]
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Preservation:
    """Whether a property of the rows is kept, and why; true in a condition when it is kept."""

    name: Property
    holds: bool
    reason: str

    def __bool__(self) -> bool:
        return self.holds


@dataclass(frozen=True, eq=False, repr=False)
class WeightMoments(ShortRepr):
    """The moments of weights w_1, ..., w_k with sum 1 that decide what mixing preserves.

    Everything derived here is about rows x~ = sum_k w_k x_k whose parents are independent draws from one
    distribution and whose weights are independent of the parents. The finite-sample factors of the pairings are
    in :mod:`synthmix.weights.finite_sample`; parents chosen by similarity or in disjoint groups obey other laws.

    Parameters
    ----------
    mean : ndarray, shape (k,)
        E w_j. The first parent is the row's own.
    second : ndarray, shape (k, k)
        E w_i w_j.
    squares : ndarray, shape (k, k)
        E w_i^2 w_j^2.
    p3 : float
        E sum w^3.
    expected_max : float
        E max w.
    expected_squared_donor : float
        E [sum w^3 / sum w^2], the expected weight of a donor that is drawn with probability w_j^2 / sum w^2.
    sum_w2_constant : bool
        Whether sum w^2 = 1 in every draw, not only on average.

    Notes
    -----
    With p_r = sum w^r, c = E p_2, A = E p_4 and B = E p_2^2, one synthesis maps the covariance S to c S, third
    central moments m3 to E[p_3] m3 and the excess kurtosis to (A kur + 3 B) / c^2 - 3.
    """

    mean: FloatArray
    second: FloatArray
    squares: FloatArray
    p3: float
    expected_max: float
    expected_squared_donor: float
    sum_w2_constant: bool = False

    def __post_init__(self) -> None:
        for name in ("mean", "second", "squares"):
            array = np.array(getattr(self, name), np.float64)
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @property
    def k(self) -> int:
        """Number of parents."""
        return int(self.mean.size)

    @property
    def c(self) -> float:
        """E sum w^2, the factor of the covariance."""
        return float(np.trace(self.second))

    @property
    def p4(self) -> float:
        """E sum w^4."""
        return float(np.trace(self.squares))

    @property
    def A(self) -> float:  # noqa: N802 - the name of the formulas
        """E sum w^4, the same as `p4`."""
        return self.p4

    @property
    def B(self) -> float:  # noqa: N802 - the name of the formulas
        """E (sum w^2)^2."""
        return 1.0 if self.sum_w2_constant else float(self.squares.sum())

    @property
    def qbar(self) -> float:
        """(1 - c) / 2; for two parents E l(1-l)."""
        return 0.5 * (1.0 - self.c)

    @property
    def label_noise(self) -> float:
        """D = 1 - E max w.

        A donor of largest weight loses as much association with the mixed columns as giving a share D of the
        rows a random label (two parents with c = 1).
        """
        return 1.0 - self.expected_max

    @property
    def displacement(self) -> float:
        """Root mean square distance of a row from its parent of largest weight, in standard deviations per column."""
        return float(np.sqrt(max(0.0, 1.0 + self.c - 2.0 * self.expected_max)))

    def skewness_factor(self, generations: int = 1) -> float:
        """Return the factor of the standardised skewness after `generations` syntheses, each from the last.

        Parameters
        ----------
        generations : int
            Number of syntheses, at least 0.

        Returns
        -------
        float
            (E p_3 / c^1.5) ** generations.
        """
        return float((self.p3 / self.c**1.5) ** _count(generations))

    def kurtosis(self, kurtosis: float, generations: int = 1) -> float:
        """Return the excess kurtosis after `generations` syntheses of a column that starts with `kurtosis`.

        Parameters
        ----------
        kurtosis : float
            Excess kurtosis of the source column, 0 for a Gaussian one.
        generations : int
            Number of syntheses, at least 0.

        Returns
        -------
        float
            The map (A kur + 3 B) / c^2 - 3, applied `generations` times.
        """
        value = float(kurtosis)
        for _ in range(_count(generations)):
            value = (self.p4 * value + 3.0 * self.B) / self.c**2 - 3.0
        return value

    def preserves(self, name: Property, *, kurtosis: float | None = None, tolerance: float = TOLERANCE) -> Preservation:
        """Return whether a property of independent rows is kept in expectation, with the reason in words.

        Parameters
        ----------
        name : {"mean", "covariance", "skewness", "kurtosis"}
            The property.
        kurtosis : float, optional
            Excess kurtosis of the source. Without it "kurtosis" asks whether every kurtosis is kept.
        tolerance : float
            Largest deviation of a factor from 1, or of a kurtosis from the source's, that counts as kept.

        Raises
        ------
        OptionError
            For any other name.

        Notes
        -----
        No weights keep mean, covariance, skewness and every kurtosis, except those that copy one row.
        """
        if name == "mean":
            return Preservation(name, holds=True, reason="the weights of every row sum to 1")
        if name == "covariance":
            always = " in every row" if self.sum_w2_constant else ""
            holds = abs(self.c - 1.0) <= tolerance
            return Preservation(name, holds, f"E sum w^2 = {self.c:.6g}{always} multiplies the covariance")
        if name == "skewness":
            factor = self.skewness_factor()
            return Preservation(
                name, abs(factor - 1.0) <= tolerance, f"E sum w^3 / c^1.5 = {factor:.6g} multiplies the skewness"
            )
        if name == "kurtosis":
            return self._preserves_kurtosis(kurtosis, tolerance)
        raise OptionError(f"property {name!r} is unknown{did_you_mean(name, get_args(Property))}")

    def _preserves_kurtosis(self, kurtosis: float | None, tolerance: float) -> Preservation:
        slope = self.p4 / self.c**2
        added = 3.0 * self.B / self.c**2 - 3.0
        reason = f"the excess kurtosis kur becomes {slope:.6g} kur {added:+.6g}"
        if kurtosis is None:
            return Preservation("kurtosis", abs(slope - 1.0) <= tolerance and abs(added) <= tolerance, reason)
        change = self.kurtosis(kurtosis) - kurtosis
        reason += f": a change of {change:+.3g} at {kurtosis:g}"
        return Preservation("kurtosis", abs(change) <= tolerance, reason)


def mixture(share: float, first: WeightMoments, second: WeightMoments) -> WeightMoments:
    """Return the moments of a law that is `first` with probability `share`, else `second` (same k)."""

    def blend(a: FloatArray, b: FloatArray) -> FloatArray:
        return share * a + (1.0 - share) * b

    return WeightMoments(
        mean=blend(first.mean, second.mean),
        second=blend(first.second, second.second),
        squares=blend(first.squares, second.squares),
        p3=share * first.p3 + (1.0 - share) * second.p3,
        expected_max=share * first.expected_max + (1.0 - share) * second.expected_max,
        expected_squared_donor=share * first.expected_squared_donor + (1.0 - share) * second.expected_squared_donor,
        sum_w2_constant=first.sum_w2_constant and second.sum_w2_constant,
    )


def two_point(raw: tuple[float, float, float, float], expected_max: float, squared_donor: float) -> WeightMoments:
    """Return the moments of weights (l, 1-l) from the raw moments E l, E l^2, E l^3, E l^4."""
    m1, m2, m3, m4 = raw
    q, q2 = m1 - m2, m2 - 2.0 * m3 + m4
    other4 = 1.0 - 4.0 * m1 + 6.0 * m2 - 4.0 * m3 + m4
    return WeightMoments(
        mean=np.array([m1, 1.0 - m1]),
        second=np.array([[m2, q], [q, 1.0 - 2.0 * m1 + m2]]),
        squares=np.array([[m4, q2], [q2, other4]]),
        p3=1.0 - 3.0 * q,
        expected_max=expected_max,
        expected_squared_donor=squared_donor,
    )


def padded(moments: WeightMoments, k: int) -> WeightMoments:
    """Return the moments of the same weights with further parents of weight 0, `k` in all."""
    extra = k - moments.k
    return WeightMoments(
        mean=np.pad(moments.mean, (0, extra)),
        second=np.pad(moments.second, (0, extra)),
        squares=np.pad(moments.squares, (0, extra)),
        p3=moments.p3,
        expected_max=moments.expected_max,
        expected_squared_donor=moments.expected_squared_donor,
        sum_w2_constant=moments.sum_w2_constant,
    )


def _count(generations: int) -> int:
    if isinstance(generations, int) and not isinstance(generations, bool) and generations >= 0:
        return generations
    raise OptionError(f"generations={generations!r} is not a number of syntheses; give 0, 1, 2, ...")
