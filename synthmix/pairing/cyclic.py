"""Partners along a random cycle."""

from __future__ import annotations

from dataclasses import dataclass

from synthmix.pairing.base import Pairing, Scheme


@dataclass(frozen=True)
class Cyclic(Pairing):
    """Each pass lays the rows of a cell on a random cycle; a row meets the k - 1 rows that follow it.

    Notes
    -----
    Every row has each of the k roles once in a pass, so sample moments fluctuate less than under random
    partners: for the default EpBeta law and Gaussian data the variance of a sample variance is .69 / n instead
    of 2.42 / n. With disjoint groups (the Rotation law) it is the same as :class:`Random`.
    """

    @property
    def scheme(self) -> Scheme:
        """Return "cyclic"."""
        return "cyclic"
