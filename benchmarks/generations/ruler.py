"""What is measured of a generation: covariance, associations, what a model loses, and whether trees can tell it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.frontier.grid import as_given, on_grid
from benchmarks.frontier.score import aligned, association_error, c2st, covariance_error, utility
from benchmarks.frontier.tables import Data, Entry

COVARIANCE, DETECTABILITY = "covariance error", "C2ST AUC"
ASSOCIATION, UTILITY = "association error", "TSTR loss"


@dataclass(frozen=True, eq=False)
class FrontierRuler:
    """A ruler of :class:`synthmix.collapse.CollapseStudy`, by the measures of the frontier benchmark."""

    data: Data

    def measure(self, table: pd.DataFrame, **_: Any) -> list[tuple[str, str, str, str, float, int]]:
        """Return the relative error of the covariance, the mean change of an association, and what trees lose and see.

        The covariance is that of the rows as they are given; for all else numbers are rounded to the decimals of the
        real table, whose digits trees would see at once. Trees that learn from the generation lose R2, or AUC, on
        held-out rows; without a target there is no such number.
        """
        given = pd.DataFrame({name: as_given(table[name], self.data.train[name]) for name in self.data.train})
        rounded = on_grid(table, self.data.train)
        seed = int(hashlib.sha256(rounded.to_csv(index=False).encode()).hexdigest()[:8], 16)
        tables = aligned(self.data, rounded)
        found = {
            COVARIANCE: covariance_error(aligned(self.data, given)),
            DETECTABILITY: c2st(tables, seed),
            ASSOCIATION: association_error(tables),
        }
        if self.data.entry.target:
            found[UTILITY] = utility(tables, self.data, seed)["tstr gap"]
        return [(name, "", "", "", value, len(table)) for name, value in found.items()]


def frontier_ruler(
    real: pd.DataFrame,
    *,
    target: str | None,
    holdout: pd.DataFrame,
    schema: Mapping[str, str] | None = None,  # noqa: ARG001 - the types of the table say it
    metrics: Any = None,  # noqa: ARG001 - always the same
) -> FrontierRuler:
    """Make the ruler of generation 0; as many held-out rows as it has are drawn, as a file may be sorted."""
    order = np.random.Generator(np.random.Philox(key=0)).permutation(len(holdout))[: len(real)]
    rest = holdout.iloc[order].reset_index(drop=True)
    return FrontierRuler(Data(Entry("", target or ""), real.reset_index(drop=True), rest))
