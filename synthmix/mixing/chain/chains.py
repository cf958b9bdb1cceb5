"""What every executor of chained rows offers, whether the table is made as a whole or stratum by stratum."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from synthmix.mixing.chain.expected import Expected
from synthmix.mixing.chain.lineage import ChainedPlan
from synthmix.mixing.source import Source
from synthmix.pairing import Chained

Flags = NDArray[np.bool_]


class GivenBack(NamedTuple):
    """What whole passes have of the table, shape (p,) each.

    Means and covariances among the `joint` columns, over the rows in which both have a value; means and variances of
    the `single` ones; nothing of columns that have too `few` values.
    """

    joint: Flags
    single: Flags
    few: Flags


class Chains(ABC):
    """Makes rows of a fitted source by chained mixing; safe to call from several threads."""

    source: Source

    @property
    def takes_turns(self) -> bool:
        """Whether rows of a leaf take turns in being parents."""
        return self.pairing.restore

    @property
    def pairing(self) -> Chained:
        """The pairing of the source."""
        pairing = self.source.pairing
        assert isinstance(pairing, Chained)  # noqa: S101 - whoever makes this object has looked
        return pairing

    @property
    @abstractmethod
    def strata(self) -> tuple[int, ...]:
        """Rows of each part of the table that is made by itself, (n,) where there is one."""

    @abstractmethod
    def changed(self, *, leaf: int | None, ranged: tuple[str, ...] | None, slopes: bool | None) -> Chains:
        """Return the same with leaves of so many rows, with these columns `ranged`, with `slopes` or without."""

    @property
    @abstractmethod
    def ranged(self) -> frozenset[str]:
        """Which columns are drawn range by range."""

    @property
    @abstractmethod
    def sloped(self) -> bool:
        """Whether some column is mixed about lines inside its leaves."""

    @abstractmethod
    def told_by_lines(self, threads: int = 1) -> float:
        """Return what part lines have of what mixed columns vary by inside leaves, on average; 0 without lines."""

    @abstractmethod
    def grow(self, threads: int = 1) -> None:
        """Grow the trees of all columns, unless they are there."""

    @abstractmethod
    def given_back(self) -> GivenBack | None:
        """Return which columns have what of the table in whole passes, None where nothing is restored."""

    @abstractmethod
    def made(self, start: int, stop: int, threads: int = 1) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Return latent columns (p, m), NaN where values are missing, and codes (q, m) of rows [start, stop)."""

    @abstractmethod
    def residual(self, start: int, stop: int, threads: int = 1) -> float:
        """Return by how much the first passes of rows [start, stop) miss the covariances that they are given back."""

    @abstractmethod
    def plan(self, start: int, stop: int) -> ChainedPlan:
        """Return origins, parents and weights of rows [start, stop), as rows of the table."""

    @abstractmethod
    def expected(self, start: int, stop: int) -> list[Expected]:
        """Return what theory expects of rows [start, stop), given their leaves, for each continuous column in order.

        Of chains that restore nothing: parents that are dealt depend on earlier rows.
        """
