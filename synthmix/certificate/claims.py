"""Which word a statement on continuous columns deserves: the logic, apart from the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from synthmix.certificate.certificate import EXACT, EXPECTED, LOST
from synthmix.certificate.context import Context

Kind: TypeAlias = Literal["clean", "rounded", "clamped", "pooled", "decoded"]

DECODED = "values are decoded through each column's quantile function, which is not linear"
PARTIAL = "rows beyond the last whole pass are a random part of one"
NETWORK = "rows are mixed as codes of an autoencoder, and its decoder network is not linear"
_GROUPED = "orthogonal matrices that fix the vector of ones mix disjoint groups, so every sum over rows is kept"
_SQUARES = "Q'Q = I and Q1 = 1 in every group keep all sums of squares and products, however groups are formed"


@dataclass(frozen=True)
class Group:
    """Columns about which the same can be said.

    Attributes
    ----------
    kind : {"clean", "rounded", "clamped", "pooled", "decoded"}
        "clean" columns come back as they were mixed; "rounded" ones go to a grid that is coarse beside their
        spread; "clamped" ones met the end of their dtype; "pooled" ones were mixed with stand-ins for missing
        values; "decoded" ones were mixed as scores or latent coordinates.
    chosen : ndarray of bool
        Which of the context's data columns.
    """

    kind: Kind
    chosen: NDArray[np.bool_]

    def columns(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return the names of the chosen columns."""
        return tuple(name for name, flag in zip(names, self.chosen, strict=True) if flag)


@dataclass(frozen=True)
class Claim:
    """A status with its theorem and its reason."""

    status: str
    theorem: str
    reason: str


def groups(context: Context) -> list[Group]:
    """Return the data columns by kind, without empty kinds."""
    if not context.raw:
        found = [Group("decoded", np.ones(len(context.data_names), bool))]
    else:
        pooled = context.affected
        clamped = (context.clamped > 0) & ~pooled
        rounded = context.coarse & ~pooled & ~clamped
        found = [
            Group("clean", ~(pooled | clamped | rounded)),
            Group("rounded", rounded),
            Group("clamped", clamped),
            Group("pooled", pooled),
        ]
    return [group for group in found if group.chosen.any()]


def spoiled(context: Context, kind: Kind) -> Claim | None:
    """Return why nothing exact or expected can be said of a column of this kind, None where it can."""
    if kind == "decoded":
        return Claim(LOST, "T7", DECODED) if context.through is None else Claim(LOST, "T11", NETWORK)
    if kind == "pooled":
        plan = context.source.plan
        rows = plan.rows_in(plan.mixed_pattern)
        reason = f"{rows} rows with rare patterns of missing values are pooled and mixed with stand-ins for them"
        return Claim(LOST, "T5", reason)
    if kind == "clamped":
        return Claim(LOST, "T8", f"{int(context.clamped.sum())} values beyond the range of a dtype are clamped to it")
    return None


def mean_claim(context: Context, kind: Kind) -> Claim:
    """Return what holds for means."""
    lost = spoiled(context, kind)
    if lost is not None:
        return lost
    if not context.grouped:
        return Claim(EXPECTED, "T2", "weights sum to 1 and every source row is equally often each parent")
    if not context.whole:
        return Claim(EXPECTED, "T1, T6", f"{_GROUPED}; {PARTIAL}")
    if kind == "rounded":
        return Claim(EXPECTED, "T1, T8", f"{_GROUPED}; stochastic rounding to the grid then adds noise of mean zero")
    return Claim(EXACT, "T1", _GROUPED)


def covariance_claim(context: Context, kind: Kind) -> Claim:
    """Return what holds for covariances."""
    lost = spoiled(context, kind)
    if lost is not None:
        return lost
    c = context.nominal.moments().c
    if kind == "rounded":
        before = "" if context.keeps_covariance else f"E sum w^2 = {c:.6g}; "
        adds = "stochastic rounding adds at most step^2 / 4 to each variance, and nothing to covariances in expectation"
        return Claim(LOST, "T2, T8" if before else "T8", before + adds)
    if context.grouped:
        return Claim(EXACT, "T1", _SQUARES) if context.whole else Claim(EXPECTED, "T1, T6", f"{_SQUARES}; {PARTIAL}")
    many = context.cells.starts.size > 2
    if context.keeps_covariance:
        inside = " inside cells" if many else ""
        reason = f"E sum w^2 = 1 and weights are independent of the random pairing{inside}; {_correction(context)}"
        return Claim(EXPECTED, "T2, T3", reason)
    if many:
        return Claim(LOST, "T2, T4", f"E sum w^2 = {c:.6g} multiplies the within-cell part of the covariance")
    return Claim(LOST, "T2", f"E sum w^2 = {c:.6g} multiplies the covariance")


def _correction(context: Context) -> str:
    if context.source.law == context.nominal:
        return "up to the predicted factor, which is 1 - O(1/n)"
    if context.state["class_columns"]:
        return "weights are corrected for the number of rows of a class; the total is kept up to the predicted factor"
    return "weights are corrected for the number of rows"


def regression_claim(context: Context) -> Claim:
    """Return what holds for least-squares coefficients of one continuous column on the others."""
    for kind in (group.kind for group in groups(context)):
        claim = covariance_claim(context, kind)
        if kind != "clean":
            return claim
    if claim.status == EXACT and np.isnan(context.observed).any():
        reason = "the rows in which all continuous columns are observed keep all sums of squares and products"
        return Claim(EXACT, claim.theorem, reason)
    first_order = "coefficients are kept to first order: a ratio of expectations, not the expectation of a ratio"
    if claim.status == EXPECTED:
        return Claim(EXPECTED, f"{claim.theorem}, T10", f"{claim.reason}; {first_order}")
    if not context.grouped and context.raw and context.cells.starts.size == 2:
        return Claim(EXPECTED, "T2, T10", f"all second moments carry one common factor; {first_order}")
    return claim
