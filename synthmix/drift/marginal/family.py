"""Many columns at once: Holm for the verdict on the table, Benjamini-Hochberg for the list of suspects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthmix.arguments import check_alpha
from synthmix.drift.finding import Finding
from synthmix.drift.noise import absent


def holm(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Holm's (1979) adjusted p-values: the family-wise error is kept under any dependence."""
    order = np.argsort(p_values, kind="stable")
    steps = np.arange(p_values.size, 0, -1)
    adjusted = np.empty(p_values.size)
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * steps), 1.0)
    return adjusted


def benjamini_hochberg(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Benjamini and Hochberg's (1995) adjusted p-values: the rate of false discoveries is kept."""
    order = np.argsort(p_values, kind="stable")[::-1]
    steps = p_values.size / np.arange(p_values.size, 0, -1)
    adjusted = np.empty(p_values.size)
    adjusted[order] = np.minimum(np.minimum.accumulate(p_values[order] * steps), 1.0)
    return adjusted


@dataclass(frozen=True, eq=False)
class MarginalFamily:
    """One family: one comparison and one kind of test over many columns.

    Attributes
    ----------
    summary : Finding
        `marginal_family`: the number of columns that Holm rejects; its p-value is the least of Holm's.
    columns : tuple of str
        In ascending order of their p-values.
    p_values, holm, bh : arrays of shape (k,)
        As they are, and adjusted, in that order.
    """

    summary: Finding
    columns: tuple[str, ...]
    p_values: NDArray[np.float64]
    holm: NDArray[np.float64]
    bh: NDArray[np.float64]


def marginal_family(findings: Sequence[Finding], *, variant: str = "", alpha: float = 0.05) -> MarginalFamily:
    """Adjust the p-values of one test over the columns of a table (T1).

    Parameters
    ----------
    findings : sequence of Finding
        One a column, each with a p-value; those without one are named in the note and take no part.
    variant : str
        What the family is of, such as "ks", "chi2" or "missing"; the metric of the findings by default.
    alpha : float
        Level of the verdict.

    Returns
    -------
    MarginalFamily

    Raises
    ------
    OptionError
        For an alpha that is no level.

    Notes
    -----
    A permutation p-value is at least 1 / (B + 1). So Holm can only reject where B + 1 >= columns / alpha; the note says
    where that fails.
    """
    alpha = check_alpha(alpha)
    variant = variant or (findings[0].metric if findings else "")
    tested = [finding for finding in findings if finding.p_value == finding.p_value]
    left_out = [finding.column for finding in findings if finding.p_value != finding.p_value]
    notes = [f"no p-value for {', '.join(left_out)}"] if left_out else []
    nothing = np.empty(0)
    if not tested:
        note = "; ".join(["no column has a p-value", *notes])
        summary = absent("marginal_family", "marginal", "joint", note, variant=variant)
        return MarginalFamily(summary, (), nothing, nothing, nothing)
    tested = sorted(tested, key=lambda finding: (finding.p_value, finding.column))
    p_values = np.array([finding.p_value for finding in tested])
    adjusted, listed = holm(p_values), benjamini_hochberg(p_values)
    rejected = int(np.count_nonzero(adjusted <= alpha))
    fewest = min((finding.n_perm for finding in tested if finding.n_perm), default=0)
    if fewest and fewest + 1 < len(tested) / alpha:
        needed = int(np.ceil(len(tested) / alpha)) - 1
        notes.append(f"{fewest} permutations cannot reject {len(tested)} columns; give at least {needed}")
    if rejected:
        notes.insert(0, ", ".join(finding.column for finding in tested[:rejected]))
    summary = Finding(
        metric="marginal_family",
        family="marginal",
        scope="joint",
        variant=variant,
        value=float(rejected),
        unit="columns",
        null_kind=tested[0].null_kind,
        null_center=0.0,
        statistic=float(p_values[0]),
        p_value=float(adjusted[0]),
        n_real=max(finding.n_real for finding in tested),
        n_synth=max(finding.n_synth for finding in tested),
        n_perm=fewest,
        method=f"Holm over {len(tested)} columns at {alpha:g}; {int((listed <= alpha).sum())} by Benjamini-Hochberg",
        note="; ".join(notes),
    )
    return MarginalFamily(summary, tuple(finding.column for finding in tested), p_values, adjusted, listed)
