"""What a study asks of a generator, and what it gets."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.errors import OptionError
from synthmix.shown import ShortRepr


@dataclass(frozen=True, eq=False, repr=False)
class Made(ShortRepr):
    """Rows that a generator made of a table.

    Attributes
    ----------
    table : pandas.DataFrame
        In the columns of the table that the generator was fitted to.
    parents : ndarray of int64, shape (m,), optional
        Position, in the fitted table, of the one row that counts as the ancestor of each new row: the donor of a mixed
        row, the copied row of a bootstrap. None where a generator has no such row or does not tell.
    """

    table: pd.DataFrame
    parents: NDArray[np.int64] | None = None


class Generator(ABC):
    """A generator as a study sees it: one call that fits a table and makes rows of it.

    Attributes
    ----------
    name : str
        How the study calls it.
    takes_weights : bool
        Whether :meth:`make` can weigh the rows that it is fitted to.
    """

    name: str
    takes_weights: ClassVar[bool] = False

    @property
    def note(self) -> str:
        """Return what a reader of the results ought to know, such as a seed that cannot be set; empty otherwise."""
        return ""

    @abstractmethod
    def make(self, table: pd.DataFrame, n_rows: int, seed: int, weights: NDArray[np.float64] | None = None) -> Made:
        """Fit a fresh generator to `table` and return `n_rows` rows; a pure function of its arguments.

        Parameters
        ----------
        table : pandas.DataFrame
        n_rows : int
        seed : int
            64 bits; all randomness comes from it.
        weights : ndarray of float64, shape (n,), optional
            Weights of the rows of `table`, for regimes that weigh them; their sum is 1.

        Raises
        ------
        OptionError
            When weights are given and the generator cannot use them.
        """

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """Return what identifies the generator, JSON-able: equal descriptions make equal rows."""

    def told(self, kinds: Mapping[str, str], target: str | None) -> Generator:  # noqa: ARG002 - most need not know
        """Return this generator for a table whose columns have these kinds.

        A study finds the kinds once, in all of its data, so that no generation reads its table in another way.

        Raises
        ------
        InputError
            When the generator cannot take such a table; the message names the columns.
        """
        return self

    def named(self, name: str) -> Self:
        """Return this generator under another name."""
        other = copy.copy(self)
        other.name = name
        return other

    def refuse_weights(self, weights: NDArray[np.float64] | None) -> None:
        """Raise OptionError when there are weights: for generators that cannot use them."""
        if weights is not None:
            raise OptionError(f"generator {self.name!r} cannot weigh rows; leave it out of weighted regimes")


def random_of(seed: int) -> np.random.Generator:
    """Return the stream of random numbers of a 64-bit seed."""
    return np.random.Generator(np.random.Philox(key=seed))


def rows_of(table: pd.DataFrame, rows: NDArray[np.int64]) -> pd.DataFrame:
    """Return the rows at these positions, numbered anew."""
    return table.take(rows).reset_index(drop=True)


def draw_rows(random: np.random.Generator, n: int, size: int, weights: NDArray[np.float64] | None) -> NDArray[np.int64]:
    """Return `size` positions out of n, with replacement, uniform or by weight."""
    if weights is None:
        return random.integers(0, n, size)
    edges = np.cumsum(weights)
    return np.searchsorted(edges / edges[-1], random.random(size), side="right").astype(np.int64)
