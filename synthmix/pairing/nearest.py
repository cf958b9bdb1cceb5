"""Partners among near rows: leaves of random-projection trees."""

from __future__ import annotations

import numbers
from dataclasses import dataclass

from synthmix.errors import OptionError, did_you_mean
from synthmix.pairing.base import Cells, Neighbourhood, Pairing, Scheme
from synthmix.pairing.forest import grow_forest
from synthmix.pairing.random import SCHEMES


@dataclass(frozen=True)
class Nearest(Pairing):
    """Rows meet rows of the same leaf of a random-projection tree on the encoded table.

    Parameters
    ----------
    leaf : int, optional
        Rows of a leaf (leaves have `leaf` rows, or few more). Default: twice the number of parents, at least 8.
        Small leaves keep local structure and stay near real rows; large leaves do the opposite.
    scheme : {"anchor", "distinct", "iid", "cyclic"}
        How partners are drawn inside a leaf.

    Notes
    -----
    A fresh tree is grown for each pass over the table (Dasgupta and Freund, STOC 2008): split along a random
    direction (as good as Gaussian) of the standardised columns, at the point that keeps leaf sizes equal. Discrete
    columns take part with random level weights. Cost O(n p log n).
    Leaves are a partition, so hubs cannot occur and every row is used equally. Group rotation stays exact, for
    its exactness does not depend on how groups are formed. Laws of single rows keep, in expectation, the
    between-leaf part of the covariance whole and the within-leaf part by the finite-sample factor of the leaf
    size; the certificate states the result.
    """

    leaf: int | None = None
    scheme: Scheme = "anchor"

    def __post_init__(self) -> None:
        if self.leaf is not None and (
            not isinstance(self.leaf, numbers.Integral) or isinstance(self.leaf, bool) or self.leaf < 2
        ):
            raise OptionError(f"Nearest(leaf={self.leaf!r}): give an integer of at least 2, or None")
        if self.scheme not in (*SCHEMES, "cyclic"):
            choices = (*SCHEMES, "cyclic")
            raise OptionError(f"unknown scheme {self.scheme!r} of Nearest{did_you_mean(self.scheme, choices)}")

    @property
    def local(self) -> bool:
        """Return True."""
        return True

    def _leaf(self, smallest: int) -> int:
        return max(self.leaf or max(8, 2 * smallest), smallest)

    def split(
        self, cells: Cells, neighbourhood: Neighbourhood, seed: int, number: int, smallest: int, threads: int = 1
    ) -> Cells:
        """Return the leaves of the tree of pass `number`."""
        return grow_forest(cells, neighbourhood, self._leaf(smallest), seed, number, threads)
