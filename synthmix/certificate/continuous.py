"""Statements on means, covariances, shape and marginals of the continuous columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from synthmix.certificate.certificate import EXACT, EXPECTED, LOST, Statement
from synthmix.certificate.claims import NETWORK, Group, covariance_claim, groups, mean_claim, spoiled
from synthmix.certificate.context import Context
from synthmix.certificate.moments import TableMoments
from synthmix.certificate.regression import regression_statement

_MEDIAN_KOLMOGOROV = 0.8276  # median of the Kolmogorov distribution
SHIFT = "largest shift of a mean, in standard deviations"
SPREAD = "mean variance factor (the error is that of the whole matrix, in standard deviations)"


def continuous_statements(context: Context) -> Iterator[Statement]:
    """Yield the statements on means, covariances, shape, marginals and regression."""
    found = groups(context) if context.data_names else []
    for group in found:
        yield mean_statement(context, group)
        yield covariance_statement(context, group)
    if not context.raw:
        yield from _scores(context)
    for group in found:
        yield from _shape(context, group)
    if found:
        yield _marginals(context)
        yield from regression_statement(context)


def mean_statement(context: Context, group: Group) -> Statement:
    """Return the statement on the means of a group of columns in the data's own units."""
    claim, chosen = mean_claim(context, group.kind), group.chosen
    source, sample = context.source_moments, context.sample_moments
    realised = None
    if sample is not None:
        shift = np.abs(sample.mean - source.mean)[chosen] / source.sd[chosen]
        realised = float(np.nanmax(shift)) if np.isfinite(shift).any() else None
    spread = None
    if claim.status == EXPECTED:
        variance = np.diag(context.theory.mean_variance(context.m)) + context.rounding / context.m
        spread = float(np.sqrt(np.maximum(variance, 0.0))[chosen].max())
    return Statement(
        name="mean",
        space="data",
        status=claim.status,
        columns=group.columns(context.data_names),
        theorem=claim.theorem,
        reason=claim.reason,
        measure=SHIFT,
        predicted=0.0 if claim.status != LOST else None,
        realised=realised,
        standard_error=spread,
    )


def covariance_statement(context: Context, group: Group) -> Statement:
    """Return the statement on their covariance."""
    claim, chosen = covariance_claim(context, group.kind), group.chosen
    realised, error = covariance_realised(context.source_moments, context.sample_moments, chosen)
    statement = Statement(
        name="covariance",
        space="data",
        status=claim.status,
        columns=group.columns(context.data_names),
        theorem=claim.theorem,
        reason=claim.reason,
        measure=SPREAD,
        realised=realised,
        error=error,
    )
    return _with_theory(context, statement, chosen) if group.kind in ("clean", "rounded") else statement


def _with_theory(context: Context, statement: Statement, chosen: NDArray[np.bool_]) -> Statement:
    """Return `statement` with the predictions of theory for the chosen mixed columns."""
    predicted, spread, expected = _covariance_theory(context, chosen)
    if statement.status == EXACT:
        return replace(statement, predicted=predicted, expected_error=context.precision(chosen))
    return replace(statement, predicted=predicted, standard_error=spread, expected_error=expected)


def _covariance_theory(context: Context, chosen: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Return the mean variance factor, a bound of its standard error, and the expected relative error."""
    pick = np.ix_(chosen, chosen)
    mean, spread = (matrix[pick] for matrix in context.covariance_prediction)
    base = context.theory.source_covariance[pick]
    varies = np.diag(base) > 0
    if not varies.any():
        return 1.0, 0.0, 0.0
    factor = np.diag(mean)[varies] / np.diag(base)[varies]
    bound = np.diag(spread)[varies] / np.diag(base)[varies]
    distance = np.sqrt(((mean - base) ** 2 + spread**2).sum() / (base**2).sum())
    return float(factor.mean()), float(bound.mean()), float(distance)


def covariance_realised(
    source: TableMoments, sample: TableMoments | None, chosen: NDArray[np.bool_]
) -> tuple[float | None, float | None]:
    """Return the mean variance factor and the relative Frobenius error in standardised units."""
    if sample is None:
        return None, None
    pick = np.ix_(chosen, chosen)
    base, got = source.covariance[pick], sample.covariance[pick]
    varies = np.diag(base) > 0
    if not varies.any():
        return 1.0, 0.0
    factor = np.diag(got)[varies] / np.diag(base)[varies]
    return float(factor.mean()), float(np.linalg.norm(got - base) / np.linalg.norm(base))


def _scores(context: Context) -> Iterator[Statement]:
    """Yield the claims on what is mixed before decoding, for the columns without pooled missing patterns."""
    group = Group("clean", ~context.affected)
    if not group.chosen.any():
        return
    moments, claim = context.score_moments, mean_claim(context, "clean")
    columns, shift = group.columns(context.mixed_names), None
    if moments is not None:
        shift = float((np.abs(moments[1].mean - moments[0].mean) / moments[0].sd)[group.chosen].max())
    error = float(np.sqrt(np.maximum(np.diag(context.theory.mean_variance(context.m)), 0.0))[group.chosen].max())
    yield Statement(
        name="mean",
        space=context.space,
        status=claim.status,
        columns=columns,
        theorem=claim.theorem,
        reason=claim.reason,
        measure=SHIFT,
        predicted=0.0,
        realised=shift,
        standard_error=None if claim.status == EXACT else error,
    )
    claim = covariance_claim(context, "clean")
    realised, distance = (None, None) if moments is None else covariance_realised(*moments, group.chosen)
    statement = Statement(
        name="covariance",
        space=context.space,
        status=claim.status,
        columns=columns,
        theorem=claim.theorem,
        reason=claim.reason,
        measure=SPREAD,
        realised=realised,
        error=distance,
    )
    yield _with_theory(context, statement, group.chosen)


def _shape(context: Context, group: Group) -> Iterator[Statement]:
    """Yield skewness and kurtosis: the largest change over columns, predicted and realised."""
    source, sample = context.source_moments, context.sample_moments
    predicted = context.theory.shape() if group.kind == "clean" else (None, None)
    before = (source.skewness, source.kurtosis)
    after = (None, None) if sample is None else (sample.skewness, sample.kurtosis)
    names = group.columns(context.data_names)
    for i, name in enumerate(("skewness", "kurtosis")):
        status, theorem, reason = _shape_claim(context, group, i)
        change, realised, column = _largest_change(before[i], predicted[i], after[i], group.chosen)
        yield Statement(
            name=name,
            space="data",
            status=status,
            columns=names,
            theorem=theorem,
            reason=reason,
            measure=f"largest change{f', column {names[column]!r}' if column is not None else ''}",
            predicted=change,
            realised=realised,
        )


def _shape_claim(context: Context, group: Group, order: int) -> tuple[str, str, str]:
    """Return status, theorem and reason for skewness (order 0) or kurtosis (order 1)."""
    lost = spoiled(context, group.kind)
    if lost is not None:
        return lost.status, lost.theorem, lost.reason
    moments = context.nominal.moments()
    power = (moments.p3, moments.p4)[order]
    moved = f"E sum w^{3 + order} = {power:.4g}"
    if group.kind == "rounded":
        moved += ", and rounding adds to variances"
    elif order == 0 and not context.grouped and context.keeps_covariance and abs(power - 1.0) <= 1e-9:
        return EXPECTED, "T2", f"{moved} keeps third central moments; skewness is their ratio to variances"
    if order == 1:
        return LOST, "T9", f"{moved}; only copied rows keep mean, covariance, skewness and kurtosis together"
    return LOST, "T2", f"{moved} moves the shape of what is mixed"


def _largest_change(
    before: NDArray[np.float64],
    predicted: NDArray[np.float64] | None,
    after: NDArray[np.float64] | None,
    chosen: NDArray[np.bool_],
) -> tuple[float | None, float | None, int | None]:
    """Return predicted and realised change of the chosen column whose (predicted, else realised) change is largest."""
    guide = predicted if predicted is not None else after
    if guide is None or not np.isfinite(guide - before)[chosen].any():
        return None, None, None
    column = int(np.nanargmax(np.abs(guide - before)[chosen]))
    start = before[chosen][column]
    change = None if predicted is None else float(predicted[chosen][column] - start)
    return change, None if after is None else float(after[chosen][column] - start), column


def _marginals(context: Context) -> Statement:
    if context.raw:
        reason = "mixing moves single values; they can leave a column's range where weights leave [0, 1]"
    elif context.through is not None:
        reason = f"{NETWORK}; it gives means, so spread that codes do not explain is missing"
    else:
        reason = "values come from each column's own quantiles: range, grid and point masses stay, frequencies move"
    usual = _MEDIAN_KOLMOGOROV / np.sqrt(max(context.m, 1))
    return Statement(
        name="marginals",
        space="data",
        status=LOST,
        columns=context.data_names,
        theorem="T2" if context.raw else "T7" if context.through is None else "T11",
        reason=reason,
        measure=f"largest Kolmogorov-Smirnov distance ({context.m:,} independent draws: median {usual:.2g} a column)",
        realised=marginals_realised(context),
    )


def marginals_realised(context: Context) -> float | None:
    """Return the largest distance of a column's distribution functions; None without a sample or a column."""
    if context.sample_values is None or not context.data_names:
        return None
    return max(map(_kolmogorov, context.source_values.T, context.sample_values.T))


def _kolmogorov(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the largest distance of two empirical distribution functions; NaN are left out."""
    first, second = np.sort(first[~np.isnan(first)]), np.sort(second[~np.isnan(second)])
    if not first.size or not second.size:
        return 0.0 if first.size == second.size else 1.0
    points = np.concatenate([first, second])
    left = np.searchsorted(first, points, side="right") / first.size
    right = np.searchsorted(second, points, side="right") / second.size
    return float(np.abs(left - right).max())
