"""Statements on the parts into which a target cuts a table, each of which is made by itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.certificate.certificate import EXACT, EXPECTED, LOST, Statement
from synthmix.certificate.claims import Claim, Group
from synthmix.certificate.context import Context
from synthmix.certificate.discrete import counts_realised
from synthmix.certificate.moments import table_moments
from synthmix.mixing.chain.stratified import StratifiedExecutor

_COUNTS = "each class is a stratum, of which every pass has as many rows as the table"
_RANDOM = "rows beyond the last whole pass are a random part of one"
_PART = "each stratum of a pass is moved by itself, as the whole is where there is one"
_MEASURE = "mean factor of a variance inside a stratum (the error is the largest change of a mean or covariance, in sd)"


def counts_of_classes(context: Context, executor: StratifiedExecutor) -> Statement | None:
    """Return the statement on the frequencies of a target whose classes are strata, None where they are not."""
    target, names = context.state["target"], context.encoder.code_names
    if target not in names or any(
        np.unique(part.source.codes[:, names.index(target)]).size > 1 for part in executor.chains
    ):
        return None
    realised, largest = counts_realised(context, [names.index(target)])
    status = EXACT if context.whole else EXPECTED
    return Statement(
        name="category counts",
        space="data",
        status=status,
        columns=(target,),
        theorem="T21" if context.whole else "T21, T6",
        reason=_COUNTS if context.whole else f"{_COUNTS}; {_RANDOM}",
        measure="largest change of a level's share",
        predicted=0.0,
        realised=realised,
        standard_error=None if context.whole else largest,
    )


def moments_of_strata(context: Context, executor: StratifiedExecutor, group: Group, claim: Claim) -> Statement:
    """Return what can be said of means and covariances inside strata, where `claim` is that on the whole table."""
    exact, target = claim.status == EXACT, context.state["target"]
    factor, error = _realised(context, executor, group.chosen)
    smallest = min(executor.strata) / context.n  # the fewer rows, the more the rounding of one of them counts
    rounding = 10.0 * context.precision(group.chosen) * group.chosen.sum() / smallest
    return Statement(
        name=f"means and covariances in {len(executor.strata)} strata of {target}",
        space="data" if context.raw else context.space,
        status=claim.status,
        columns=group.columns(context.mixed_names),
        theorem=claim.theorem if claim.status == LOST else f"T21, {claim.theorem}",
        reason=claim.reason if claim.status == LOST else _PART,
        measure=_MEASURE,
        predicted=1.0 if exact else None,
        realised=factor,
        error=error,
        expected_error=rounding if exact else None,
    )


def _realised(
    context: Context, executor: StratifiedExecutor, chosen: NDArray[np.bool_]
) -> tuple[float | None, float | None]:
    """Return the mean factor of the variances inside strata, and the largest change of a mean or a covariance."""
    if context.sample is None or context.foreign:  # which of its rows belong to a stratum their places say
        return None, None
    source = context.source_values if context.raw else context.observed
    sample = context.sample_values if context.raw else context.mixed
    assert sample is not None  # noqa: S101 - there is a sample
    sd = (context.source_moments if context.raw else context.latent_moments).sd
    factors, largest = list[NDArray[np.float64]](), 0.0
    cells, made = context.source.plan.cells, executor.rows_of_strata(context.start, context.start + context.m)
    for number, rows in enumerate(made):
        if not rows.size:
            continue
        own = cells.order[cells.starts[number] : cells.starts[number + 1]]
        before, after = table_moments(source[own], sd), table_moments(sample[rows], sd)
        change = np.abs(after.covariance - before.covariance)[np.ix_(chosen, chosen)]
        shift = np.abs((after.mean - before.mean) / sd)[chosen]
        varies = chosen & (np.diag(before.covariance) > 0)
        factors.append(np.diag(after.covariance)[varies] / np.diag(before.covariance)[varies])
        largest = max(largest, float(change.max(initial=0.0)), float(shift.max(initial=0.0)))
    together = np.concatenate([np.empty(0), *factors])
    return float(together.mean()) if together.size else 1.0, largest
