"""Partners at random distances on a circle."""

from __future__ import annotations

from dataclasses import dataclass

from synthmix.pairing.base import Pairing, Scheme


@dataclass(frozen=True)
class Cyclic(Pairing):
    """A cell's rows lie on a circle in random order; a row meets those at k - 1 distances, new ones in each pass.

    Notes
    -----
    Every row has each of the k roles once in a pass, so sample moments fluctuate less than with independent
    parents. For the default EpBeta law, Gaussian data and one pass the variance of a sample variance, given the
    table and in units of its square, is .69 / n, against .70 / n for ``Random()`` and 2.41 / n for ``Random("iid")``
    and ``Random("distinct")``. All rows of a cell have the same distances in a pass, and the order on the circle stays
    from pass to pass. With disjoint groups (the Rotation law) it is the same as :class:`Random`.
    """

    @property
    def scheme(self) -> Scheme:
        """Return "cyclic"."""
        return "cyclic"
