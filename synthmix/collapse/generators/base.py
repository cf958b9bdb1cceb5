"""What a study asks of a generator, and what it gets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Made:
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
    """

    name: str

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
            Weights of the rows of `table`, for regimes that weigh them.

        Raises
        ------
        OptionError
            When weights are given and the generator cannot use them.
        """

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """Return what identifies the generator, JSON-able: equal descriptions make equal rows."""
