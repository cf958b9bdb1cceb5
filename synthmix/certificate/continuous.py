"""Statements on the continuous columns."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from synthmix.certificate.certificate import EXACT, EXPECTED, LOST, Statement
from synthmix.certificate.context import Context
from synthmix.certificate.moments import TableMoments

_DECODED = "values are decoded through each column's quantile function, which is not linear"
_PARTIAL = "rows beyond the last whole pass are a random part of one"
_MEDIAN_KOLMOGOROV = 0.8276  # median of the Kolmogorov distribution

Chosen = NDArray[np.bool_]


def continuous_statements(context: Context) -> Iterator[Statement]:
    """Yield the statements on means, covariances, shape, marginals and regression."""
    affected = context.affected[context.numeric]
    for chosen in (~affected, affected):
        if chosen.any():
            yield _mean(context, chosen)
            yield _covariance(context, chosen)
    if not context.raw:
        yield from _scores(context)
    if not context.data_names:
        return
    yield from _shape(context)
    yield _marginals(context)
    regression = _regression(context)
    if regression is not None:
        yield regression


def _columns(names: tuple[str, ...], chosen: Chosen) -> tuple[str, ...]:
    return tuple(name for name, flag in zip(names, chosen, strict=True) if flag)


def _pooled_columns(context: Context, chosen: Chosen) -> bool:
    return bool(context.affected[context.numeric][chosen].any())


def _pooled(context: Context) -> str:
    plan = context.source.plan
    rows = plan.rows_in(plan.mixed_pattern)
    return f"{rows} rows with rare patterns of missing values are pooled and mixed with stand-ins for missing values"


def _mean_claim(context: Context, *, scores: bool) -> tuple[str, str, str]:
    """Return status, theorem and reason for means."""
    if not scores and not context.raw:
        return LOST, "T7", _DECODED
    if not context.grouped:
        return EXPECTED, "T2", "weights sum to 1 and every source row is equally often each parent"
    reason = "orthogonal matrices that fix the vector of ones mix disjoint groups, so every sum over rows is kept"
    if not context.whole:
        return EXPECTED, "T1, T6", f"{reason}; {_PARTIAL}"
    if not scores and context.rounded:
        return EXPECTED, "T1, T8", f"{reason}; stochastic rounding to the grid then adds noise of mean zero"
    return EXACT, "T1", reason


def _covariance_claim(context: Context, *, scores: bool) -> tuple[str, str, str]:
    """Return status, theorem and reason for covariances."""
    if not scores and not context.raw:
        return LOST, "T7", _DECODED
    if not scores and context.rounded:
        before = "" if context.keeps_covariance else f"E sum w^2 = {context.nominal.moments().c:.6g}; "
        adds = "stochastic rounding adds at most step^2 / 4 to each variance, and nothing to covariances in expectation"
        return LOST, "T2, T8" if before else "T8", before + adds
    if context.grouped:
        reason = "Q'Q = I and Q1 = 1 in every group keep all sums of squares and products, however groups are formed"
        return (EXACT, "T1", reason) if context.whole else (EXPECTED, "T1, T6", f"{reason}; {_PARTIAL}")
    c = context.nominal.moments().c
    if context.keeps_covariance:
        corrected = context.source.law != context.nominal
        close = "its finite-sample correction is applied" if corrected else "up to the predicted factor 1 - O(1/n)"
        inside = " inside cells" if context.executor.cells(0).starts.size > 2 else ""
        return EXPECTED, "T2, T3", f"E sum w^2 = 1 and weights are independent of the random pairing{inside}; {close}"
    if context.executor.cells(0).starts.size > 2:
        return LOST, "T2, T4", f"E sum w^2 = {c:.6g} multiplies the within-cell part of the covariance"
    return LOST, "T2", f"E sum w^2 = {c:.6g} multiplies the covariance"


def _mean(context: Context, chosen: Chosen) -> Statement:
    status, theorem, reason = _mean_claim(context, scores=False)
    if _pooled_columns(context, chosen):
        status, theorem, reason = LOST, "T5", _pooled(context)
    error = None
    source, sample = context.source_moments, context.sample_moments
    if sample is not None:
        shift = np.abs(sample.mean - source.mean) / source.sd
        error = float(np.nanmax(shift[chosen])) if np.isfinite(shift[chosen]).any() else None
    spread = _mean_error(context)[chosen] if context.raw else None
    return Statement(
        name="mean",
        space="data",
        status=status,
        columns=_columns(context.data_names, chosen),
        theorem=theorem,
        reason=reason,
        measure="largest shift in standard deviations",
        predicted=0.0 if status != LOST else None,
        realised=error,
        standard_error=float(spread.max()) if spread is not None and status != EXACT else None,
    )


def _mean_error(context: Context) -> NDArray[np.float64]:
    """Return the standard errors of the means in source standard deviations, shape (p,)."""
    variance = np.diag(context.theory.mean_variance(context.m)).copy()
    variance += context.rounding / context.m
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)), np.float64)


def _covariance(context: Context, chosen: Chosen) -> Statement:
    status, theorem, reason = _covariance_claim(context, scores=False)
    if _pooled_columns(context, chosen):
        status, theorem, reason = LOST, "T5", _pooled(context)
    source, sample = context.source_moments, context.sample_moments
    predicted = spread = expected = None
    if context.raw and not _pooled_columns(context, chosen):
        predicted, spread, expected = _covariance_theory(context, chosen)
    realised, error = _covariance_realised(source, sample, chosen)
    return Statement(
        name="covariance",
        space="data",
        status=status,
        columns=_columns(context.data_names, chosen),
        theorem=theorem,
        reason=reason,
        measure="mean variance factor",
        predicted=predicted,
        realised=realised,
        standard_error=None if status == EXACT else spread,
        error=error,
        expected_error=None if status == EXACT else expected,
    )


def _covariance_theory(context: Context, chosen: Chosen) -> tuple[float, float, float]:
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


def _covariance_realised(
    source: TableMoments, sample: TableMoments | None, chosen: Chosen
) -> tuple[float | None, float | None]:
    """Return the mean variance factor and the relative Frobenius error in standardised units."""
    if sample is None:
        return None, None
    pick, scale = np.ix_(chosen, chosen), np.outer(source.sd, source.sd)
    base, got = (source.covariance / scale)[pick], (sample.covariance / scale)[pick]
    varies = np.diag(base) > 0
    if not varies.any():
        return 1.0, 0.0
    factor = np.diag(got)[varies] / np.diag(base)[varies]
    return float(factor.mean()), float(np.linalg.norm(got - base) / np.linalg.norm(base))


def _scores(context: Context) -> Iterator[Statement]:
    """Yield the claims on normal scores before decoding, for the columns without pooled missing patterns."""
    chosen = ~context.affected
    if not chosen.any():
        return
    moments = context.score_moments
    status, theorem, reason = _mean_claim(context, scores=True)
    shift = None
    if moments is not None:
        shift = float((np.abs(moments[1].mean - moments[0].mean) / moments[0].sd)[chosen].max())
    error = float(np.sqrt(np.maximum(np.diag(context.theory.mean_variance(context.m)), 0.0))[chosen].max())
    yield Statement(
        name="mean",
        space="scores",
        status=status,
        columns=_columns(context.names, chosen),
        theorem=theorem,
        reason=reason,
        measure="largest shift in standard deviations",
        predicted=0.0,
        realised=shift,
        standard_error=None if status == EXACT else error,
    )
    status, theorem, reason = _covariance_claim(context, scores=True)
    predicted, spread, expected = _covariance_theory(context, chosen)
    realised, distance = (None, None) if moments is None else _covariance_realised(*moments, chosen)
    yield Statement(
        name="covariance",
        space="scores",
        status=status,
        columns=_columns(context.names, chosen),
        theorem=theorem,
        reason=reason,
        measure="mean variance factor",
        predicted=predicted,
        realised=realised,
        standard_error=None if status == EXACT else spread,
        error=distance,
        expected_error=None if status == EXACT else expected,
    )


def _shape(context: Context) -> Iterator[Statement]:
    """Yield skewness and kurtosis: the largest change over columns, predicted and realised."""
    source, sample = context.source_moments, context.sample_moments
    predicted = context.theory.shape() if context.raw and not context.rounded else (None, None)
    before = (source.skewness, source.kurtosis)
    after = (None, None) if sample is None else (sample.skewness, sample.kurtosis)
    moments = context.nominal.moments()
    for i, (name, kept) in enumerate((("skewness", moments.p3), ("kurtosis", moments.p4))):
        change, realised, column = _largest_change(before[i], predicted[i], after[i])
        expected = name == "skewness" and context.raw and not context.rounded and not context.grouped
        holds = expected and context.keeps_covariance and abs(kept - 1.0) <= 1e-9
        reason = (
            _DECODED
            if not context.raw
            else f"E sum w^{3 + i} = {kept:.4g}"
            + (" keeps third central moments" if holds else " moves the shape of what is mixed")
            + ("" if i == 0 else "; only copied rows keep mean, covariance, skewness and kurtosis together")
        )
        yield Statement(
            name=name,
            space="data",
            status=EXPECTED if holds else LOST,
            columns=context.data_names,
            theorem="T7" if not context.raw else ("T2" if i == 0 else "T9"),
            reason=reason,
            measure=f"largest change{f', column {context.data_names[column]!r}' if column is not None else ''}",
            predicted=change,
            realised=realised,
        )


def _largest_change(
    before: NDArray[np.float64], predicted: NDArray[np.float64] | None, after: NDArray[np.float64] | None
) -> tuple[float | None, float | None, int | None]:
    """Return predicted and realised change of the column whose (predicted, else realised) change is largest."""
    guide = predicted if predicted is not None else after
    if guide is None or not np.isfinite(guide - before).any():
        return None, None, None
    column = int(np.nanargmax(np.abs(guide - before)))
    change = None if predicted is None else float(predicted[column] - before[column])
    return change, None if after is None else float(after[column] - before[column]), column


def _marginals(context: Context) -> Statement:
    if context.raw:
        reason = "mixing moves single values; they can leave a column's range where weights leave [0, 1]"
    else:
        reason = "values come from each column's own quantiles: range, grid and point masses stay, frequencies move"
    realised = None
    if context.sample_values is not None:
        realised = max(map(_kolmogorov, context.source_values.T, context.sample_values.T))
    return Statement(
        name="marginals",
        space="data",
        status=LOST,
        columns=context.data_names,
        theorem="T2" if context.raw else "T7",
        reason=reason,
        measure=f"largest Kolmogorov-Smirnov distance (a bootstrap of {context.m:,} rows has a median of "
        f"{_MEDIAN_KOLMOGOROV / np.sqrt(max(context.m, 1)):.2g} per column)",
        realised=realised,
    )


def _kolmogorov(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    first, second = np.sort(first[~np.isnan(first)]), np.sort(second[~np.isnan(second)])
    if not first.size or not second.size:
        return 0.0 if first.size == second.size else 1.0
    points = np.concatenate([first, second])
    left = np.searchsorted(first, points, side="right") / first.size
    right = np.searchsorted(second, points, side="right") / second.size
    return float(np.abs(left - right).max())


def _regression(context: Context) -> Statement | None:
    """State what happens to OLS coefficients of one continuous column on the others."""
    names = context.data_names
    if len(names) < 2:
        return None
    target = context.state["target"]
    response = names.index(target) if target in names else len(names) - 1
    status, theorem, reason = _covariance_claim(context, scores=False)
    if context.affected.any():
        status, theorem, reason = LOST, "T5", _pooled(context)
    elif np.isnan(context.observed).any() and status == EXACT:
        reason = "the rows in which all continuous columns are observed keep all sums of squares and products"
    elif context.raw and not context.rounded and not context.grouped and context.executor.cells(0).starts.size == 2:
        status, theorem = EXPECTED, "T2, T10"
        reason = (
            "all second moments carry one common factor, so the normal equations keep their solution to first order"
        )
    realised = None
    if context.sample_values is not None:
        realised = _regression_error(context.source_values, context.sample_values, response)
    return Statement(
        name="OLS coefficients",
        space="data",
        status=status,
        columns=names,
        theorem=theorem,
        reason=f"{reason} (regression of {names[response]!r} on the others)",
        measure="change of fitted values, relative to the spread of the fit",
        predicted=0.0 if status != LOST else None,
        realised=realised,
    )


def _regression_error(source: NDArray[np.float64], sample: NDArray[np.float64], response: int) -> float | None:
    """Return |X (b_sample - b_source)| / |X b_source| on the complete, standardised source rows.

    Fitted values, unlike coefficients, are unique when columns are linearly dependent.
    """
    parts = []
    for values in (source, sample):
        complete = values[~np.isnan(values).any(axis=1)]
        if complete.shape[0] <= complete.shape[1]:
            return None
        parts.append(complete)
    mean, scale = parts[0].mean(axis=0), parts[0].std(axis=0)
    scale[scale == 0] = 1.0
    fits = []
    for values in parts:
        z = (values - values.mean(axis=0)) / scale
        fits.append(np.linalg.lstsq(np.delete(z, response, axis=1), z[:, response], rcond=1e-9)[0])
    design = np.delete((parts[0] - mean) / scale, response, axis=1)
    size = float(np.linalg.norm(design @ fits[0]))
    return float(np.linalg.norm(design @ (fits[1] - fits[0]))) / size if size > 0 else 0.0
