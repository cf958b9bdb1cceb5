"""What every weights law offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from synthmix.weights.finite_sample import Scheme, check_scheme
from synthmix.weights.law_data import LawData
from synthmix.weights.moments import WeightMoments


class WeightsLaw(ABC):
    """The law of the weights w_1, ..., w_k of one synthetic row, sum w = 1.

    The first parent is the row's own; two-point laws have the weights (l, 1-l). A law is a frozen value: equal
    parameters compare equal, and the printed form can be read back. A law is drawn independently for every row, except
    that a law with ``grouped=True`` gives the weights of k rows at once.
    """

    law_name: ClassVar[str]
    grouped: ClassVar[bool] = False
    k: int  # number of parents

    @abstractmethod
    def moments(self) -> WeightMoments:
        """Return the moments of the ideal law, which the tables of :meth:`kernel_data` approximate.

        Mean and second moments of the tables agree with them to rounding, all others to about 1e-6.
        """

    @abstractmethod
    def kernel_data(self) -> LawData:
        """Return the law as arrays, for a compiled kernel."""

    @abstractmethod
    def parameters(self) -> dict[str, Any]:
        """Return the parameters that rebuild the law, as JSON-able values."""

    def corrected(self, n_rows: float, scheme: Scheme) -> WeightsLaw:
        """Return the law for a table of `n_rows` rows paired by `scheme`; the law itself unless it knows better.

        Parameters
        ----------
        n_rows : float
            Rows of the table, or of the cell in which rows are paired; at least 2.
        scheme : {"iid", "distinct", "anchor", "cyclic"}
            How parents are drawn, see :mod:`synthmix.weights.finite_sample`.

        Raises
        ------
        OptionError
            For an unknown scheme, fewer than 2 rows, or a law with no solution for so few rows.
        """
        check_scheme(n_rows, scheme)
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return ``{"law": name, ...parameters}``, JSON-able; the inverse of :meth:`from_dict`."""
        return {"law": self.law_name, **self.parameters()}

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> WeightsLaw:
        """Return the law that :meth:`to_dict` wrote.

        Raises
        ------
        OptionError
            For an unknown law, an unknown parameter or a value out of range.
        """
        from synthmix.weights.registry import law_from_dict

        return law_from_dict(data)
