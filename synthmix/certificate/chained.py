"""Statements on rows whose columns have parents of their own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from synthmix.certificate.certificate import EXACT, EXPECTED, LOST, Statement
from synthmix.certificate.claims import groups
from synthmix.certificate.context import Context
from synthmix.certificate.continuous import (
    SPREAD,
    covariance_realised,
    covariance_statement,
    marginals_realised,
    mean_statement,
)
from synthmix.certificate.discrete import ASSOCIATION, association_realised, counts_realised, missing_statement
from synthmix.certificate.restored import by_leaves, restored_statements
from synthmix.certificate.strata import counts_of_classes
from synthmix.mixing.chain.chains import Chains
from synthmix.mixing.chain.stratified import StratifiedExecutor

_LEAVES = "given the leaves that rows come to, each column has the means of its leaves in expectation"
_LINES = f"{_LEAVES}, or is where its leaf's line leads, if it has one"
_ABOUT_LINES = "about lines, and in the data's own units beyond the range of a leaf and of a column"
_PATTERNS = (
    "each row has the pattern of missing values of its origin, and each real row is the origin of one row of a pass"
)
_MOVED = (
    "numbers that have levels are dealt like levels; drawn columns of at least 12 values are then moved to the table's "
    "quantiles pass by pass, each value as far as its leaf lets it; what gives covariances back moves them again"
)
_DEALT = (
    "and they are dealt so that each block of up to 4,096 rows of the table, or of a stratum, has them as often as "
    "that has, to about a row, where leaves have a choice among at most 64 of them and odds of at most four suffice; "
    "rarer ones are drawn together"
)
_FREQUENCIES = "rows come to leaves about as often as real rows do, and parents are drawn from there"


def chained_statements(context: Context, executor: Chains) -> Iterator[Statement]:
    """Yield what can be said of chained rows: moments where they are restored, else what the leaves let expect."""
    restored = executor.takes_turns
    if context.mixed_names:
        given_back = executor.given_back()
        if given_back is None:
            yield from _means_and_spread(context, executor)
        else:
            yield from restored_statements(context, executor, given_back)
        if context.data_names and not context.raw:
            yield mean_statement(context, groups(context)[0])
            yield covariance_statement(context, groups(context)[0])
        yield _marginals(context, executor)
    if context.encoder.code_names:
        kept = counts_of_classes(context, executor) if isinstance(executor, StratifiedExecutor) else None
        if kept is not None:
            yield kept
        yield from _counts(context, () if kept is None else kept.columns, restored=restored)
        if context.data_names:
            yield _association(context)
    if context.source_missing.any():
        status, theorem = (EXACT, "T17") if context.whole else (EXPECTED, "T17, T6")
        yield missing_statement(context, status, theorem, _PATTERNS)


def _means_and_spread(context: Context, executor: Chains) -> Iterator[Statement]:
    """Yield mean and covariance in the space in which rows are mixed, with what the leaves predict."""
    names, moments = context.mixed_names, context.latent_moments
    expected = executor.expected(context.start, context.start + context.m)
    drawn = [one.column for one in expected]
    scale = moments.sd[drawn]
    shift = (np.array([one.mean for one in expected]) - moments.mean[drawn]) / scale
    errors = np.array([one.error for one in expected]) / scale
    sample = None if context.score_moments is None else context.score_moments[1]
    space, columns = ("data" if context.raw else "scores"), tuple(names[j] for j in drawn)
    moved = None if sample is None else (sample.mean[drawn] - moments.mean[drawn]) / scale
    worst = int(np.abs(shift).argmax()) if drawn else 0
    theorem, where = ("T23", _LINES) if executor.sloped else ("T17", _LEAVES)
    yield Statement(
        name="mean",
        space=space,
        status=EXPECTED,
        columns=columns,
        theorem=theorem,
        reason=f"weights sum to 1; {where}, which is the prediction",
        measure=f"largest expected shift of a mean, in standard deviations, column {columns[worst]!r}" if drawn else "",
        predicted=float(shift[worst]) if drawn else None,
        realised=None if moved is None or not drawn else float(moved[worst]),
        standard_error=float(errors[worst]) if drawn else None,
    )
    factors = np.array([one.variance for one in expected]) / scale**2
    yield _covariance(context, space, drawn, float(factors.mean()) if drawn else None)


def _covariance(context: Context, space: str, drawn: list[int], predicted: float | None) -> Statement:
    """Return what is said of covariances with the columns that are drawn, and by how much variances change."""
    names, claim = context.mixed_names, by_leaves(context)
    sample = None if context.score_moments is None else context.score_moments[1]
    chosen = np.isin(np.arange(len(names)), drawn)
    realised, error = covariance_realised(context.latent_moments, sample, chosen)
    c = context.nominal.moments().c
    parts = "" if context.keeps_covariance else f"E sum w^2 = {c:.6g} multiplies what is mixed inside leaves; "
    return Statement(
        name="covariance",
        space=space,
        status=claim.status,
        columns=tuple(names[j] for j in drawn),
        theorem=claim.theorem,
        reason=f"{parts}{claim.reason}",
        measure=SPREAD,
        predicted=predicted,
        realised=realised,
        error=error,
    )


def _marginals(context: Context, executor: Chains) -> Statement:
    restored, inside = executor.takes_turns, _ABOUT_LINES if executor.sloped else "inside leaves"
    return Statement(
        name="marginals",
        space="data",
        status=LOST,
        columns=context.data_names,
        theorem="T20" if restored else "T17",
        reason=_MOVED if restored else f"{_FREQUENCIES}; mixing then moves values {inside}",
        measure=f"largest Kolmogorov-Smirnov distance of {context.m:,} rows",
        realised=marginals_realised(context),
    )


def _counts(context: Context, told: tuple[str, ...], *, restored: bool) -> Iterator[Statement]:
    """Yield the statement on the frequencies of levels of columns that have not been `told` of, if there are any."""
    kept = _DEALT if restored else f"and {_FREQUENCIES}"
    names = context.encoder.code_names
    rest = [j for j, name in enumerate(names) if name not in told]
    if not rest:
        return
    realised, usual = counts_realised(context, rest)
    yield Statement(
        name="category counts",
        space="data",
        status=LOST,
        columns=tuple(names[j] for j in rest),
        theorem="T17, T20" if restored else "T17",
        reason=f"levels are copied from a row of the leaf: only existing levels occur, {kept}",
        measure=f"largest change of a level's share ({usual:.2g} for independent draws)",
        realised=realised,
    )


def _association(context: Context) -> Statement:
    return Statement(
        name="association of discrete with continuous columns",
        space="data",
        status=LOST,
        columns=context.encoder.code_names,
        theorem="T17",
        reason="kept between leaves, not inside them",
        measure=ASSOCIATION,
        realised=association_realised(context),
    )
