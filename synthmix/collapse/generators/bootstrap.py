"""The controls that copy cells: rows at random, and each column on its own."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.collapse.generators.base import Generator, Made, draw_rows, random_of, rows_of


class Bootstrap(Generator):
    """Copies rows drawn at random with replacement: the control that has no bias and all of the drift.

    Whatever a chain of this control loses is what finite tables lose: levels and heterozygosity follow the
    Wright-Fisher law, the variance has a constant mean up to the factor 1 - 1/n on the scale of the divisor n. Lineage
    is known.

    References
    ----------
    Suresh, Thangaraj and Khandavally (2025), Rate of model collapse in recursive training, AISTATS: the law of the
    levels that survive.
    """

    takes_weights: ClassVar[bool] = True

    def __init__(self) -> None:
        self.name = "bootstrap"

    def make(self, table: pd.DataFrame, n_rows: int, seed: int, weights: NDArray[np.float64] | None = None) -> Made:
        """Return rows of `table` drawn with replacement, with probabilities `weights` where these are given."""
        picked = draw_rows(random_of(seed), len(table), n_rows, weights)
        return Made(rows_of(table, picked), picked)

    def describe(self) -> dict[str, Any]:
        """Return the kind."""
        return {"kind": "bootstrap"}


class IndependentColumns(Generator):
    """Draws every column on its own: marginals as a bootstrap, all association lost in one step.

    The far end of what a generator can do to associations, for scale. No row has an ancestor.
    """

    takes_weights: ClassVar[bool] = True

    def __init__(self) -> None:
        self.name = "independent"

    def make(self, table: pd.DataFrame, n_rows: int, seed: int, weights: NDArray[np.float64] | None = None) -> Made:
        """Return cells drawn with replacement, column by column in the order of the table."""
        random = random_of(seed)
        columns = {
            name: table[name].take(draw_rows(random, len(table), n_rows, weights)).reset_index(drop=True)
            for name in table.columns
        }
        return Made(pd.DataFrame(columns))

    def describe(self) -> dict[str, Any]:
        """Return the kind."""
        return {"kind": "independent"}
