"""EpBeta: Beta weights stretched beyond [0, 1] so that the covariance is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from synthmix.errors import OptionError
from synthmix.weights import checks
from synthmix.weights.base import WeightsLaw
from synthmix.weights.epbeta_solver import Setting, largest_delta, solve
from synthmix.weights.finite_sample import Scheme, check_scheme
from synthmix.weights.law_data import TWO_POINT, LawData, law_data
from synthmix.weights.moments import WeightMoments
from synthmix.weights.quantile_table import QuantileTable, beta_table
from synthmix.weights.stretched_beta import StretchedBeta

_DEFAULT_EPS = 0.3
# A smaller u = l + eps0 cannot be told from 0 after the shift.
_ROUNDING = 1e-18


@dataclass(frozen=True, init=False, repr=False)
class EpBeta(WeightsLaw):
    """Two parents with the weights (l, 1-l), l = (1 + eps0 + eps1) U - eps0, U ~ Beta(alpha, beta).

    The shapes are solved for: E l(1-l) = 0, so that mean, covariance and third central moments are kept in expectation,
    and D = 1 - E max(l, 1-l) = delta. Kurtosis is inflated, by 12 E[l^2 (1-l)^2] per synthesis for a Gaussian column,
    and values leave the range of their parents.

    Parameters
    ----------
    delta : float
        Label-noise equivalent: the association with columns copied from the parent of larger weight is
        multiplied by 1 - delta. Larger values mix more.
    eps : float, optional
        Extension of the weights below 0 and above 1, by default 0.3.
    eps0, eps1 : float, optional
        Extension below 0 and above 1, both instead of `eps`.
    correct : bool
        Whether :meth:`corrected` re-solves for a finite table, so that the expected unbiased covariance of the
        synthetic rows equals that of the table exactly.
    n_rows, scheme
        The table that the law is corrected for; :meth:`corrected` sets both.

    Attributes
    ----------
    alpha, beta : float
        Shapes of U.
    mean : float
        E l.

    Raises
    ------
    OptionError
        For values out of range, and for a delta above the largest feasible one, which the message names. Fewer rows and
        a smaller eps make it smaller: delta = .05, eps = .3 needs 14 rows in "cyclic" and 46 in "iid" pairing.

    References
    ----------
    Lee, Im and Kim, structure-preserving mixup, AISTATS 2025, arXiv 2503.02645: the law. That delta is the value of D
    is inferred from the paper's figure 1, not quoted from it. Solver and finite-sample correction: synthmix.

    Examples
    --------
    >>> law = EpBeta(delta=0.05, eps=0.3)
    >>> round(law.alpha, 4), round(law.beta, 4)
    (4.3414, 1.326)
    """

    delta: float
    eps0: float
    eps1: float
    correct: bool
    n_rows: float | None
    scheme: Scheme | None
    mean: float = field(compare=False)
    alpha: float = field(compare=False)
    beta: float = field(compare=False)
    k: int = field(default=2, compare=False)
    law_name: ClassVar[str] = "epbeta"

    def __init__(
        self,
        delta: float = 0.05,
        eps: float | None = None,
        *,
        eps0: float | None = None,
        eps1: float | None = None,
        correct: bool = True,
        n_rows: float | None = None,
        scheme: Scheme | None = None,
    ) -> None:
        e0, e1 = _extensions(eps, eps0, eps1)
        value = checks.between("delta", delta, 1e-9, 0.5, "it is the label-noise equivalent, for example 0.05")
        if (n_rows is None) != (scheme is None):
            raise OptionError(f"n_rows={n_rows!r} and scheme={scheme!r}: give both or neither, or use .corrected()")
        rows = None if n_rows is None or scheme is None else check_scheme(n_rows, scheme)
        setting = Setting(e0, e1) if rows is None else Setting(e0, e1, scheme, rows)
        mean, alpha, beta = solve(value, setting)
        fields = {"delta": value, "eps0": e0, "eps1": e1, "correct": checks.flag("correct", correct), "n_rows": rows}
        for name, content in (fields | {"scheme": scheme, "mean": mean, "alpha": alpha, "beta": beta}).items():
            object.__setattr__(self, name, content)

    def __repr__(self) -> str:
        text = f"EpBeta(delta={self.delta!r}, eps0={self.eps0!r}, eps1={self.eps1!r}, correct={self.correct!r}"
        return text + (f", n_rows={self.n_rows!r}, scheme={self.scheme!r})" if self.scheme is not None else ")")

    @property
    def _law(self) -> StretchedBeta:
        return StretchedBeta(self.alpha, self.beta, self.eps0, self.eps1)

    def moments(self) -> WeightMoments:
        """Return the moments of the law."""
        return self._law.moments()

    def table(self) -> QuantileTable:
        """Return the quantile table of l."""
        smallest = _ROUNDING * self.eps0 if self.eps0 > 0.0 else 1e-300
        return beta_table(self.alpha, self.beta, max(smallest, 1e-300)).stretched(self._law.width, -self.eps0)

    def kernel_data(self) -> LawData:
        """Return the law as arrays."""
        return law_data(TWO_POINT, 2, tables=(self.table(),))

    def parameters(self) -> dict[str, Any]:
        """Return what was given; the shapes are solved again."""
        names = ("delta", "eps0", "eps1", "correct", "n_rows", "scheme")
        return {name: getattr(self, name) for name in names}

    def corrected(self, n_rows: float, scheme: Scheme) -> EpBeta:
        """Return the law with the same delta whose covariance factor is exactly 1 for this table and pairing.

        Parameters
        ----------
        n_rows : float
            Rows of the table, or of the cell in which rows are paired; at least 2.
        scheme : {"iid", "distinct", "anchor", "cyclic"}
            How parents are drawn, see :mod:`synthmix.weights.finite_sample`.

        Returns
        -------
        EpBeta
            The law itself with ``correct=False``.

        Raises
        ------
        OptionError
            When there is no such law; the message names the largest feasible delta.
        """
        check_scheme(n_rows, scheme)
        if not self.correct:
            return self
        return EpBeta(self.delta, eps0=self.eps0, eps1=self.eps1, correct=True, n_rows=n_rows, scheme=scheme)

    def largest_delta(self) -> float:
        """Return the largest feasible delta for these extensions (and this table, when corrected)."""
        if self.scheme is None or self.n_rows is None:
            return largest_delta(self.eps0, self.eps1)
        return largest_delta(self.eps0, self.eps1, self.scheme, self.n_rows)


def _extensions(eps: float | None, eps0: float | None, eps1: float | None) -> tuple[float, float]:
    """Return eps0 and eps1 from either way to give them."""
    remedy = "it is how far weights reach beyond [0, 1], for example 0.3"
    if eps0 is None and eps1 is None:
        both = checks.between("eps", _DEFAULT_EPS if eps is None else eps, 0.0, 10.0, remedy)
        e0, e1 = both, both
    elif eps is not None or eps0 is None or eps1 is None:
        raise OptionError(f"eps={eps!r}, eps0={eps0!r}, eps1={eps1!r}: give either eps, or both eps0 and eps1")
    else:
        e0, e1 = checks.between("eps0", eps0, 0.0, 10.0, remedy), checks.between("eps1", eps1, 0.0, 10.0, remedy)
    if max(e0, e1) < 1e-6:
        raise OptionError(f"eps0={e0:g}, eps1={e1:g} leave only copies of rows; give at least one of 1e-6 or more")
    return e0, e1
