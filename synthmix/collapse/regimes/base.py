"""What a regime does: from the last pool and the rows that were made of it to the next pool."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.collapse.generators.base import random_of, rows_of
from synthmix.errors import InputError

UNKNOWN = -1
"""Ancestor of a row whose generator does not tell."""
FRESH = -2
"""Ancestor of a real row that is not of generation 0."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Rows and where they come from.

    Attributes
    ----------
    table : pandas.DataFrame
    ancestors : ndarray of int64, shape (m,)
        Position in generation 0 of the row that each descends from; -1 unknown, -2 a fresh real row.
    weights : ndarray of float64, shape (m,), optional
        Weights of the rows, with sum 1, for generators that weigh.
    """

    table: pd.DataFrame
    ancestors: NDArray[np.int64]
    weights: NDArray[np.float64] | None = None

    def take(self, rows: NDArray[np.int64]) -> Batch:
        """Return the rows at these positions, without weights."""
        return Batch(rows_of(self.table, rows), self.ancestors[rows])

    def draw(self, size: int, random: np.random.Generator) -> Batch:
        """Return `size` different rows at random, in the order in which they stand here."""
        return self.take(np.sort(random.permutation(len(self.table))[:size]))


def stacked(batches: Sequence[Batch]) -> Batch:
    """Return batches below each other, without weights; empty ones do not change dtypes."""
    full = [batch for batch in batches if len(batch.table)] or list(batches[:1])
    if len(full) == 1:
        return Batch(full[0].table, full[0].ancestors)
    table = pd.concat([batch.table for batch in full], ignore_index=True)
    return Batch(table, np.concatenate([batch.ancestors for batch in full]))


@dataclass(frozen=True, eq=False)
class State:
    """What a chain carries from one generation to the next.

    Attributes
    ----------
    pool : Batch
        What the next generation is made from.
    kept : tuple of Batch
        What the regime remembers besides.
    """

    pool: Batch
    kept: tuple[Batch, ...] = ()


@dataclass(frozen=True, eq=False)
class Real:
    """The real rows that a regime may use in one generation.

    Attributes
    ----------
    origin : Batch
        Generation 0.
    unseen : pandas.DataFrame
        Fresh real rows, in the order in which this chain uses them.
    generation : int
        From 1.
    seed : int
        Of the regime's own draws in this generation.
    """

    origin: Batch
    unseen: pd.DataFrame
    generation: int
    seed: int

    def random(self) -> np.random.Generator:
        """Return the regime's random numbers of this generation."""
        return random_of(self.seed)

    def fresh(self, size: int) -> Batch:
        """Return the `size` fresh rows of this generation, for regimes that use as many in each.

        Raises
        ------
        InputError
            When the fresh rows have run out.
        """
        first = (self.generation - 1) * size
        if first + size > len(self.unseen):
            raise InputError(
                f"generation {self.generation} needs fresh real rows {first} to {first + size - 1}, and there are "
                f"{len(self.unseen)}; give more data, a smaller share or fewer generations"
            )
        rows = np.arange(first, first + size)
        return Batch(rows_of(self.unseen, rows), np.full(size, FRESH, np.int64))


class Regime(ABC):
    """A rule for the pool: the table that the next generation is made from.

    Notation: n rows of generation 0 (D_0), P_0 = D_0; N_g is what the generator makes of P_(g-1), n rows in every
    regime; the regime says what P_g is.

    Attributes
    ----------
    name : str
        How a study calls it: the word from which :func:`resolve_regime` makes it.
    uses_weights : bool
        Whether its pools have weights, which not every generator can use.
    pool_is_new : bool
        Whether the pool is the last generation and nothing else.
    """

    uses_weights: ClassVar[bool] = False
    pool_is_new: ClassVar[bool] = False

    @property
    @abstractmethod
    def name(self) -> str:
        """Return the word for this regime."""

    def start(self, origin: Batch) -> State:
        """Return the state before the first generation: the pool is generation 0."""
        return State(origin)

    @abstractmethod
    def step(self, state: State, new: Batch, real: Real) -> State:
        """Return the state after the rows `new` were made of ``state.pool``."""

    def fresh_rows(self, n: int) -> int:  # noqa: ARG002 - most use none
        """Return how many fresh real rows each generation uses when generation 0 has n."""
        return 0

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """Return what identifies the regime, JSON-able."""
