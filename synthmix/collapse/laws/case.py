"""One question to the laws: a generator, a regime, numbers of rows, and what is known of the real table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from synthmix.collapse.laws.ledger import Ledger, ledger
from synthmix.collapse.laws.maker import Maker
from synthmix.collapse.laws.paths import Path
from synthmix.collapse.laws.pools import Pool
from synthmix.collapse.laws.step import Step

Kind = Literal["exact", "large n"]
Statistic = Literal["mean", "mean square", "ratio"]


@dataclass(frozen=True)
class Law:
    """A predicted path.

    Attributes
    ----------
    path : ndarray, shape (generations + 1,)
        From the real table on.
    words : str
        What it is the law of, for a caption.
    kind : {"exact", "large n"}
        Whether it holds for every number of rows, or for many.
    statistic : {"mean", "mean square", "ratio"}
        Of the metric over chains. "ratio": mean of (kurtosis + 3) variance^2 over the mean of variance^2, less 3.
    always : bool
        Whether each chain has this value in every draw.
    """

    path: Path
    words: str
    kind: Kind
    statistic: Statistic = "mean"
    always: bool = False


@dataclass(frozen=True)
class Case:
    """What a law may look at.

    Attributes
    ----------
    maker : Maker
    regime : str
        Its name.
    tables : list of Pool
        Training tables P_0, ..., P_G.
    n, m : int
        Rows of the real table, and made in each generation.
    start : mapping
        What is known of the real table.
    rows : {"new", "pool"}
        Whether the path is of the rows made in a generation or of the training table.
    fresh : bool
        Whether new real rows come in.
    """

    maker: Maker
    regime: str
    tables: list[Pool]
    n: int
    m: int
    start: Mapping[str, Any]
    rows: Literal["new", "pool"]
    fresh: bool

    @property
    def generations(self) -> int:
        """Number of generations after the real table."""
        return len(self.tables) - 1

    @property
    def replaced(self) -> bool:
        """Whether each generation is made from the last alone, with as many rows."""
        return self.regime == "replace" and self.n == self.m

    def ledger(self, step: Step) -> Ledger:
        """Return the expected moments under the regime."""
        return ledger(step, self.tables, self.m)

    def spread(self, step: Step) -> Path:
        """Return the expected unbiased variance over that of the real table."""
        book = self.ledger(step)
        return book.new if self.rows == "new" else book.pool

    @property
    def kind(self) -> Kind:
        """Kind of a law that is exact for given tables."""
        return "large n" if self.fresh else "exact"
