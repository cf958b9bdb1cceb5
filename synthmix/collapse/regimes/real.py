"""Regimes that keep adding real rows: a fixed share of them, or a weight."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from synthmix.arguments import one_of
from synthmix.collapse.laws.golden_ratio import golden_weight
from synthmix.collapse.regimes.base import Batch, Real, Regime, State, stacked
from synthmix.errors import OptionError

_SOURCES = ("original", "fresh")


@dataclass(frozen=True)
class FixedShare(Regime):
    """P_g = a n real rows and (1-a) n rows of N_g, both drawn without replacement; a n is rounded.

    Parameters
    ----------
    share : float
        a, from 0 (:class:`Replace`) to 1 (real rows only).
    source : {"original", "fresh"}
        "original": rows of D_0, drawn anew in each generation. "fresh": real rows that no generation has seen.

    References
    ----------
    Alemohammad et al. (2024), Self-consuming generative models go MAD, ICLR. Bertrand et al. (2024), On the stability
    of iterative retraining, ICLR.
    """

    share: float
    source: Literal["original", "fresh"] = "original"

    def __post_init__(self) -> None:
        if isinstance(self.share, bool) or not isinstance(self.share, int | float) or not 0.0 <= self.share <= 1.0:
            raise OptionError(f"share={self.share!r} of real rows: give a number from 0 to 1, such as 0.2")
        object.__setattr__(self, "share", float(self.share))
        one_of("source", self.source, _SOURCES)

    @property
    def name(self) -> str:
        """Return "share:0.2" or "fresh:0.2"."""
        return f"{'share' if self.source == 'original' else 'fresh'}:{self.share:g}"

    def step(self, state: State, new: Batch, real: Real) -> State:  # noqa: ARG002
        """Return the real rows and, below them, the rows of this generation."""
        n, random = len(real.origin.table), real.random()
        size = self._rows(n)
        rows = real.fresh(size) if self.source == "fresh" else real.origin.draw(size, random)
        return State(stacked([rows, new.draw(n - size, random)]))

    def fresh_rows(self, n: int) -> int:
        """Return a n for the fresh source."""
        return self._rows(n) if self.source == "fresh" else 0

    def _rows(self, n: int) -> int:
        return round(self.share * n)

    def describe(self) -> dict[str, Any]:
        """Return the parameters."""
        return {"kind": "share", "share": self.share, "source": self.source}


@dataclass(frozen=True)
class Weighted(Regime):
    """P_g = real rows of total weight w and N_g of total weight 1 - w, every row of a part weighing the same.

    Parameters
    ----------
    w_real : float or "golden"
        w, from 0 to 1. "golden": the weight that is best for the mean and for Gaussian covariances when the real rows
        are fresh, (sqrt(k^2 + 4k) - k)/2 at k = `ratio`; .618 at 1.
    source : {"fresh", "original"}
        "fresh" takes new real rows in each generation, as in the paper. "original" takes D_0 each time (`ratio` 1 or
        less); the golden weight is then not known to be best.
    ratio : float
        Real rows for each row that is made, k.

    Notes
    -----
    Only for generators that weigh rows: "bootstrap", "gaussian", "independent" and densities with sample weights.

    References
    ----------
    He, Xu and Cheng (2025), Golden ratio weighting prevents model collapse, arXiv 2502.18049.
    """

    w_real: float | str = "golden"
    source: Literal["fresh", "original"] = "fresh"
    ratio: float = 1.0
    uses_weights: ClassVar[bool] = True

    def __post_init__(self) -> None:
        number = isinstance(self.w_real, int | float) and not isinstance(self.w_real, bool)
        if self.w_real != "golden" and not (number and 0.0 <= float(self.w_real) <= 1.0):
            raise OptionError(f"w_real={self.w_real!r}: give a weight from 0 to 1, or 'golden'")
        one_of("source", self.source, _SOURCES)
        if isinstance(self.ratio, bool) or not isinstance(self.ratio, int | float) or not 0.0 < self.ratio < math.inf:
            raise OptionError(f"ratio={self.ratio!r}: give the number of real rows for each row that is made, above 0")
        if self.source == "original" and self.ratio > 1:
            raise OptionError(
                f"ratio={self.ratio!r}: generation 0 has one row for each row that is made; give 1 or less"
            )
        object.__setattr__(self, "ratio", float(self.ratio))

    @property
    def name(self) -> str:
        """Return "weighted:golden" or "weighted:0.5", and what differs from the defaults."""
        weight = self.w_real if isinstance(self.w_real, str) else f"{self.w_real:g}"
        source = "" if self.source == "fresh" else f",source={self.source}"
        return f"weighted:{weight}{source}{'' if self.ratio == 1 else f',ratio={self.ratio:g}'}"

    def step(self, state: State, new: Batch, real: Real) -> State:  # noqa: ARG002
        """Return the real rows and the new ones with their weights."""
        n, m = len(real.origin.table), len(new.table)
        size = round(self.ratio * n)
        rows = real.fresh(size) if self.source == "fresh" else real.origin.draw(size, real.random())
        w = golden_weight(size / m) if isinstance(self.w_real, str) else float(self.w_real)
        both = stacked([rows, new])
        weights = np.concatenate([np.full(size, w / max(size, 1)), np.full(m, (1.0 - w) / m)])
        return State(Batch(both.table, both.ancestors, weights / weights.sum()))

    def fresh_rows(self, n: int) -> int:
        """Return k n for the fresh source."""
        return round(self.ratio * n) if self.source == "fresh" else 0

    def describe(self) -> dict[str, Any]:
        """Return the parameters."""
        return {"kind": "weighted", "w_real": self.w_real, "source": self.source, "ratio": self.ratio}
