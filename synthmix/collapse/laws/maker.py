"""Generators and regimes of a study, as far as laws know them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from synthmix.collapse.laws.descent import copies_variance
from synthmix.collapse.laws.donors import first_donor_probability
from synthmix.collapse.laws.step import Step, copying, corrected, donating, mixing, permuting, refitting
from synthmix.pairing import pairing_from_dict
from synthmix.weights import Scheme, WeightsLaw

_KEPT = 1e-9


@dataclass(frozen=True)
class Maker:
    """What a generator does to the numbers of a table, and to what it copies.

    Attributes
    ----------
    kind : {"mixing", "copies", "independent", "gaussian"}
    law : WeightsLaw, optional
        Of mixing, before its correction for the number of rows.
    scheme : str, optional
        How partners are drawn.
    everywhere : bool
        Whether they are drawn from all rows alike, not from classes or neighbourhoods.
    plain : bool
        Whether the table's own values are mixed and not rounded.
    donor : str, optional
        How the donor of the discrete columns is chosen, None where they have none.
    unbiased : bool
        Divisor n-1 of a refitted Gaussian.
    """

    kind: Literal["mixing", "copies", "independent", "gaussian"]
    law: WeightsLaw | None = None
    scheme: Scheme = "iid"
    everywhere: bool = True
    plain: bool = True
    donor: str | None = None
    unbiased: bool = True

    @property
    def grouped(self) -> bool:
        """Whether groups of rows are rotated."""
        return self.law is not None and self.law.grouped

    @property
    def keeps_covariance(self) -> bool:
        """Whether E sum w^2 = 1 for many rows."""
        return self.law is not None and abs(self.law.moments().c - 1.0) <= _KEPT

    def numbers(self) -> Step | None:
        """Return the step of the numeric columns in the table's own units, None where there is no law."""
        if self.kind in ("copies", "independent"):
            return copying()
        if self.kind == "gaussian":
            return refitting(unbiased=self.unbiased)
        if self.law is None or not self.plain:
            return None
        return mixing(self.law, self.scheme) if self.grouped or self.everywhere else None

    def discrete(self) -> Step | None:
        """Return the step of the discrete columns."""
        if self.kind != "mixing":
            return copying()
        if self.law is None or self.donor is None:
            return None
        if self.grouped:
            return permuting()
        if not self.everywhere:
            return None
        if self.scheme in ("iid", "distinct"):
            return copying()
        if self.moved(2.0**31) is None:
            return None
        return donating(self._copies)

    def moved(self, n: float) -> float | None:
        """Return the probability that a row's donor is not its own first parent, for a table of n rows."""
        if self.law is None or self.donor is None:
            return None
        own = first_donor_probability(corrected(self.law, n, self.scheme), self.donor)
        return None if own is None else 1.0 - own

    def _copies(self, n: float) -> float:
        """Return the variance of the number of copies that a row leaves."""
        return copies_variance(n, self.scheme, cast("float", self.moved(n)), cast("WeightsLaw", self.law).k)


def maker_of(generator: Any) -> Maker | None:
    """Return what laws know of a generator, by what it says of itself; None for a stranger.

    Parameters
    ----------
    generator : Generator
        Anything with ``describe()``, as :class:`synthmix.collapse.generators.base.Generator` has it.
    """
    said: Mapping[str, Any] = generator.describe()
    kind = said.get("kind")
    if kind == "bootstrap":
        return Maker("copies")
    if kind == "independent":
        return Maker("independent")
    if kind == "gaussian":
        return Maker("gaussian", unbiased=said["divisor"] != "n")
    if kind != "mixup":
        return None
    pairing = pairing_from_dict(said["pairing"])
    return Maker(
        "mixing",
        law=WeightsLaw.from_dict(said["weights"]),
        scheme=pairing.scheme,
        everywhere=not pairing.local and pairing.class_columns == (),
        plain=said["encoding"] == "raw" and said["grid"] != "source",
        donor=said["donor"] if said["discrete"] == "donor" and said["encoding"] in ("raw", "normal") else None,
    )
