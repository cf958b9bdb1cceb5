"""Random partners."""

from __future__ import annotations

from dataclasses import dataclass

from synthmix.errors import OptionError, did_you_mean
from synthmix.pairing.base import Pairing, Scheme

SCHEMES = ("anchor", "distinct", "iid")


@dataclass(frozen=True)
class Random(Pairing):
    """Partners are drawn uniformly from the whole table (or from the cell that another rule makes).

    Parameters
    ----------
    scheme : {"anchor", "distinct", "iid"}
        "anchor": each row is once the first parent in each pass, its partners are other rows (least noise of all).
        "distinct": all parents are drawn at random, all different. "iid": drawn with replacement.

    Notes
    -----
    With weights that satisfy E sum w = E sum w^2 = 1 the expected covariance of the table is kept up to the
    factor of order 1/n that :func:`synthmix.weights.covariance_factor` states for each scheme. Random partners
    fill the gaps between clusters.
    """

    scheme: Scheme = "anchor"

    def __post_init__(self) -> None:
        if self.scheme not in SCHEMES:
            raise OptionError(f"unknown scheme {self.scheme!r} of Random{did_you_mean(self.scheme, SCHEMES)}")
