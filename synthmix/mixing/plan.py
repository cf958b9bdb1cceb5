"""A materialised piece of the plan, for inspection, lineage and replay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, repr=False)
class Plan:
    """Which source rows make synthetic rows ``start`` to ``stop - 1``, and how.

    Attributes
    ----------
    start, stop : int
        The range of synthetic rows.
    parents : ndarray of int64, shape (m, k)
        Positions of the source rows; unused places repeat the first parent with weight 0.
    weights : ndarray of float64, shape (m, k)
        Weights in the space in which rows are mixed; each row sums to 1.
    donors : ndarray of int64, shape (m,)
        The parent that gives all donor-copied discrete columns and the pattern of missing values.

    Notes
    -----
    Keep plans private: published beside a synthetic table they reveal its real rows.
    """

    start: int
    stop: int
    parents: NDArray[np.int64]
    weights: NDArray[np.float64]
    donors: NDArray[np.int64]

    def __len__(self) -> int:
        return self.stop - self.start

    def __repr__(self) -> str:
        return f"<Plan: rows {self.start} to {self.stop - 1}, {self.parents.shape[-1]} parents a row>"

    def _repr_html_(self) -> str:
        from synthmix.mixing.card import plan_card

        return plan_card(self).html()
