"""One number of a diagnostic, with everything that is needed to judge it."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Literal

Scope = Literal["column", "pair", "joint", "row", "model"]
NullKind = Literal["permutation", "resample", "floor", "closed_form", "oracle", "none"]
Better = Literal["low", "high", "target"]

NAN = float("nan")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One number: an estimate, its interval, the null that it was compared with.

    Whether it passes is decided later, by comparing the interval with a margin (:mod:`synthmix.drift.verdict`).

    Attributes
    ----------
    metric, variant : str
        What was measured, and which form of it.
    family : str
        "marginal", "moments", "joint" or "rows"; "inference" in audits.
    scope : {"column", "pair", "joint", "row", "model"}
    column, column2, level : str
        What it is about, "" where that does not apply.
    value : float
        The estimate; NaN only with a `note` that says why there is none.
    unit : str
        The unit of `value`, "" for pure numbers.
    better : {"low", "high", "target"}
        Which direction is good; for "target" `target` is the good value.
    se, ci_low, ci_high : float
        Standard error and two-sided interval of `value` (NaN: none); `ci_method` says how, at which level.
    null_kind : {"permutation", "resample", "floor", "closed_form", "oracle", "none"}
        permutation: labels of the two tables were shuffled. resample: the new table against bootstraps of the
        reference. floor: two honest real samples. closed_form: a formula. oracle: known because the law is known.
    null_center, null_low, null_high : float
        Where the number would lie under that null (central 95 %).
    statistic, p_value : float
        Of the test that belongs to the number, if there is one. Monte Carlo p-values are (b + 1) / (B + 1), never 0.
    n_real, n_synth : int
        Rows that entered.
    n_perm : int
        Permutations or resamples.
    margin_certifiable : float
        Smallest margin that a perfect generator would be certified for with 80 % power at these sizes.
    method : str
        How it was computed, in a few words.
    seed : int
        Key of the random numbers, -1 where none were used.
    note : str
        What a reader must know: why there is no number, what was pooled, cut or skipped.
    """

    metric: str
    family: str
    scope: Scope
    value: float
    variant: str = ""
    column: str = ""
    column2: str = ""
    level: str = ""
    unit: str = ""
    better: Better = "low"
    target: float = NAN
    se: float = NAN
    ci_low: float = NAN
    ci_high: float = NAN
    ci_method: str = ""
    null_kind: NullKind = "none"
    null_center: float = NAN
    null_low: float = NAN
    null_high: float = NAN
    statistic: float = NAN
    p_value: float = NAN
    n_real: int = 0
    n_synth: int = 0
    n_perm: int = 0
    margin_certifiable: float = NAN
    method: str = ""
    seed: int = -1
    note: str = ""

    def __post_init__(self) -> None:
        if self.value != self.value and not self.note:
            raise ValueError(f"{self.metric} of {self.column or 'the table'} has no value and no note that says why")

    def __eq__(self, other: object) -> bool:
        """Compare all facts; a number that is missing in both is no difference, on no version of Python."""
        return self._facts() == other._facts() if isinstance(other, Finding) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._facts())

    def _facts(self) -> tuple[object, ...]:
        values = (getattr(self, name) for name in COLUMNS)
        return tuple(None if isinstance(value, float) and math.isnan(value) else value for value in values)


COLUMNS = tuple(field.name for field in fields(Finding))
