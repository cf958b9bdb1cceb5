"""Two numbers of a generation: how far its covariance is, and how well it is told from real rows never used."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.frontier.grid import as_given, on_grid
from benchmarks.frontier.score import aligned, c2st, covariance_error
from benchmarks.frontier.tables import Data, Entry

COVARIANCE, DETECTABILITY = "covariance error", "C2ST AUC"


@dataclass(frozen=True, eq=False)
class TwoNumbers:
    """A ruler of :class:`synthmix.collapse.CollapseStudy`, by the measures of the frontier benchmark."""

    data: Data

    def measure(self, table: pd.DataFrame, **_: Any) -> list[tuple[str, str, str, str, float, int]]:
        """Return the relative error of the covariance, and the AUC of boosted trees against as many held-out rows.

        The covariance is that of the rows as they are given; for the trees numbers are rounded to the decimals of the
        real table, since they would see the digits at once.
        """
        given = pd.DataFrame({name: as_given(table[name], self.data.train[name]) for name in self.data.train})
        rounded = on_grid(table, self.data.train)
        seed = int(hashlib.sha256(rounded.to_csv(index=False).encode()).hexdigest()[:8], 16)
        found = {
            COVARIANCE: covariance_error(aligned(self.data, given)),
            DETECTABILITY: c2st(aligned(self.data, rounded), seed),
        }
        return [(name, "", "", "", value, len(table)) for name, value in found.items()]


def two_numbers(
    real: pd.DataFrame,
    *,
    target: str | None,
    holdout: pd.DataFrame,
    schema: Mapping[str, str] | None = None,  # noqa: ARG001 - the types of the table say it
    metrics: Any = None,  # noqa: ARG001 - always both
) -> TwoNumbers:
    """Make the ruler of generation 0; as many held-out rows as it has are drawn, as a file may be sorted."""
    order = np.random.Generator(np.random.Philox(key=0)).permutation(len(holdout))[: len(real)]
    rest = holdout.iloc[order].reset_index(drop=True)
    return TwoNumbers(Data(Entry("", target or ""), real.reset_index(drop=True), rest))
