"""A materialised piece of the plan of a chain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, repr=False)
class ChainedPlan:
    """Which source rows make each cell of synthetic rows ``start`` to ``stop - 1``, and how.

    Attributes
    ----------
    start, stop : int
        The range of synthetic rows.
    origins : ndarray of int64, shape (m,)
        The source row that each row begins as; none of its own values that are drawn anew come from there.
    columns : tuple of str
        The columns in the order in which they are drawn; one that follows from another stands behind it.
    parents : ndarray of int64, shape (m, columns, k)
        Positions of the source rows; unused places repeat the first parent with weight 0. Where the origin's value is
        missing, so is this one, and the origin stands alone.
    weights : ndarray of float64, shape (m, columns, k)
        Weights in the space in which rows are mixed; for each cell they sum to 1. Values are moved afterwards where
        passes are given back their means and covariances.

    Notes
    -----
    Keep plans private: published beside a synthetic table they reveal its real rows.
    """

    start: int
    stop: int
    origins: NDArray[np.int64]
    columns: tuple[str, ...]
    parents: NDArray[np.int64]
    weights: NDArray[np.float64]

    def __len__(self) -> int:
        return self.stop - self.start

    def __repr__(self) -> str:
        shape = f"{len(self.columns)} columns, {self.parents.shape[-1]} parents a cell"
        return f"<ChainedPlan: rows {self.start} to {self.stop - 1}, {shape}>"

    def _repr_html_(self) -> str:
        from synthmix.mixing.card import plan_card

        return plan_card(self).html()
