"""Statements on passes that are given back their means and covariances."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from synthmix.certificate.certificate import EXACT, EXPECTED, LOST, Statement
from synthmix.certificate.claims import PARTIAL, Claim, Group, groups, spoiled
from synthmix.certificate.context import Context
from synthmix.certificate.continuous import SHIFT, SPREAD, covariance_realised
from synthmix.certificate.moments import TableMoments
from synthmix.certificate.strata import moments_of_strata
from synthmix.mixing.chain.chains import Chains, GivenBack
from synthmix.mixing.chain.stratified import StratifiedExecutor

_MAP = (
    "each pass is moved so that it has the table's means and covariances again: after its margins, where it helps, "
    "values move in proportion to how much they vary inside their leaves, then rows by the smallest linear map"
)
_PATTERNS = f"{_MAP}, pattern of missing values by pattern"
_GAPS = "where patterns of missing values are rare, columns are given back their mean and variance alone"
_ROUNDED = "stochastic rounding to the grid then adds noise"
_SINGULAR = "chained rows have no spread in some direction in which the table has one, so no map can give it back"
_FEW = (
    "so few rows have a value, or the same gaps, that means and variances would give them away: nothing is given back"
)
_VARIANCES = "mean variance factor (the error is the largest relative change of a variance)"
_ORDER = "but for turns, which shift first and last rows of a pass by about a hundredth of a standard deviation (T20)"
_BETWEEN = "a column keeps its covariances with the others between leaves"
_MISSED = 1e-8  # of a standard deviation squared


def restored_statements(context: Context, executor: Chains, restored: GivenBack) -> Iterator[Statement]:
    """Yield means, covariances and variances in the space in which rows are mixed."""
    everything = Group("clean", np.ones(len(context.mixed_names), bool))
    missed = executor.residual(context.start, context.start + context.m) > _MISSED
    together = _PATTERNS if context.source.has_missing else _MAP
    listed = ((restored.joint, "covariance", together), (restored.single, "variance", _GAPS))
    kinds = groups(context) if context.raw else [everything]
    for group in kinds:
        for chosen, name, reason in listed:
            part = Group(group.kind, group.chosen & chosen)
            if part.chosen.any():
                yield _mean(context, part, reason)
                yield _spread(context, part, name, reason, missed=missed)
    if isinstance(executor, StratifiedExecutor):
        for group in kinds:
            part = Group(group.kind, group.chosen & restored.joint)
            if part.chosen.any():
                yield moments_of_strata(
                    context, executor, part, _claim(context, part, "covariance", together, missed=missed)
                )
    loose = restored.single | restored.few
    if loose.any():
        yield _lost(context, restored.joint | loose, loose)
    if restored.few.any():
        yield _few(context, Group("clean", restored.few))


def _claim(context: Context, group: Group, name: str, reason: str, *, missed: bool = False) -> Claim:
    """Return what can be said of a mean, a covariance or a variance that was restored."""
    lost = spoiled(context, group.kind)
    if lost is not None:
        return lost
    if missed:
        return Claim(LOST, "T18", _SINGULAR)
    if group.kind == "rounded":
        return Claim(EXPECTED if name == "mean" else LOST, "T18, T8", f"{reason}; {_ROUNDED}")
    if not context.whole:
        return Claim(EXPECTED, "T18, T6, T20", f"{reason}; {PARTIAL}, {_ORDER}")
    return Claim(EXACT, "T18", reason)


def _moments(context: Context) -> tuple[TableMoments, TableMoments | None]:
    """Return moments of source and sample in the space in which rows are mixed."""
    if context.raw:
        return context.source_moments, context.sample_moments
    made = context.score_moments
    return context.latent_moments, None if made is None else made[1]


def _mean(context: Context, group: Group, reason: str) -> Statement:
    claim = _claim(context, group, "mean", reason)
    predicted = 0.0 if claim.status != LOST else None
    return _statement(context, "mean", group, claim, SHIFT, predicted=predicted, realised=_shift(context, group))


def _few(context: Context, group: Group) -> Statement:
    name = "mean and variance of columns with few values"
    return _statement(context, name, group, Claim(LOST, "T17", _FEW), SHIFT, realised=_shift(context, group))


def _spread(context: Context, group: Group, name: str, reason: str, *, missed: bool) -> Statement:
    claim, (source, sample) = _claim(context, group, name, reason, missed=missed), _moments(context)
    realised, error = covariance_realised(source, sample, group.chosen)
    if name == "variance":
        error = None if sample is None else _largest_factor(source, sample, group.chosen)
    exact = claim.status == EXACT
    return _statement(
        context,
        name,
        group,
        claim,
        SPREAD if name == "covariance" else _VARIANCES,
        predicted=1.0 if exact else None,
        realised=realised,
        error=error,
        expected_error=context.precision(group.chosen) * group.chosen.sum() if exact else None,
    )


def _lost(context: Context, chosen: NDArray[np.bool_], single: NDArray[np.bool_]) -> Statement:
    """Return the statement on covariances with columns that have gaps."""
    source, sample = _moments(context)
    error = None
    if sample is not None:
        pairs = np.outer(chosen, chosen) & (single[:, np.newaxis] | single) & ~np.eye(chosen.size, dtype=bool)
        change = np.abs(sample.covariance - source.covariance)[pairs]
        error = float(change.max(initial=0.0))
    name, measure = "covariance with columns of rare gaps", "largest change of a covariance, in standard deviations"
    return _statement(context, name, Group("clean", single), by_leaves(context), measure, realised=error)


def by_leaves(context: Context) -> Claim:
    """Return what leaves keep of covariances."""
    if context.chained is not None and context.chained.sloped:
        return Claim(LOST, "T23", f"{_BETWEEN}, inside them as far as a line tells, if it has one")
    return Claim(LOST, "T17", f"{_BETWEEN}, not inside them")


def _statement(
    context: Context, name: str, group: Group, claim: Claim, measure: str, **numbers: float | None
) -> Statement:
    """Return a statement in the space in which rows are mixed."""
    return Statement(
        name=name,
        space="data" if context.raw else context.space,
        status=claim.status,
        columns=group.columns(context.mixed_names),
        theorem=claim.theorem,
        reason=claim.reason,
        measure=measure,
        **numbers,
    )


def _shift(context: Context, group: Group) -> float | None:
    """Return the largest shift of a mean in the sample."""
    source, sample = _moments(context)
    return None if sample is None else float((np.abs(sample.mean - source.mean) / source.sd)[group.chosen].max())


def _largest_factor(source: TableMoments, sample: TableMoments, chosen: NDArray[np.bool_]) -> float:
    """Return the largest relative change of a variance."""
    before, after = np.diag(source.covariance)[chosen], np.diag(sample.covariance)[chosen]
    return float(np.abs(after / np.where(before > 0, before, 1.0) - 1.0).max())
