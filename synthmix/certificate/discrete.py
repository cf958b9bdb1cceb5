"""Statements on classes, categories and missing values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from synthmix.certificate.certificate import EXACT, EXPECTED, LOST, Statement
from synthmix.certificate.claims import NETWORK, PARTIAL, covariance_claim, groups
from synthmix.certificate.context import Context
from synthmix.certificate.moments import table_moments
from synthmix.weights import covariance_factor

_PERMUTED = "the discrete columns of a group are permuted among its rows, all together"
ASSOCIATION = "factor of the covariances of numbers with levels, 1 if all is kept"
_DONATED = "every source row is equally often the donor of all discrete columns, over draws"


def discrete_statements(context: Context) -> Iterator[Statement]:
    """Yield the statements on classes, category counts, association and missing values."""
    if context.class_columns and context.data_names:
        yield _within_classes(context)
    if context.encoder.code_names:
        yield from _category_counts(context)
        if context.data_names:
            yield _association(context)
    if not context.numeric.all():
        yield _scored_levels(context)
    if context.source_missing.any():
        yield _missing(context)


def _within_classes(context: Context) -> Statement:
    source_labels, sample_labels = context.classes()
    status, theorem, reason, predicted = _class_claim(context, source_labels)
    realised = error = None
    if context.sample_values is not None and sample_labels is not None:
        scale = context.source_moments.sd
        before = _pooled_within(context.source_values, source_labels, scale)
        after = _pooled_within(context.sample_values, sample_labels, scale)
        varies = np.diag(before) > 1e-12
        if varies.any():
            realised = float((np.diag(after)[varies] / np.diag(before)[varies]).mean())
            error = float(np.linalg.norm(after - before) / np.linalg.norm(before))
    return Statement(
        name="covariance within classes",
        space="data",
        status=status,
        columns=context.data_names,
        theorem=theorem,
        reason=f"{reason} (classes by {', '.join(context.class_columns)})",
        measure="mean factor of the pooled within-class variance",
        predicted=predicted,
        realised=realised,
        error=error,
    )


def _class_claim(context: Context, labels: NDArray[np.int64]) -> tuple[str, str, str, float | None]:
    """Return status, theorem, reason and predicted factor for covariances within classes."""
    kinds = [group.kind for group in groups(context)]
    claim = covariance_claim(context, kinds[-1])
    if kinds[-1] != "clean":
        return LOST, claim.theorem, claim.reason, None
    plan = context.source.plan
    if not context.state["class_columns"]:
        noise = _label_noise(context)
        reason = f"rows of different classes are mixed; the class is the donor's{noise}"
        return LOST, "T5", reason, None
    if plan.mixed_class.any():
        return LOST, "T5", f"{plan.rows_in(plan.mixed_class)} rows of rare classes are pooled", None
    if context.grouped:
        reason = "groups lie inside classes and keep their sums of squares and products"
        if context.whole:
            return EXACT, "T1, T4", reason, 1.0
        return EXPECTED, "T1, T4, T6", f"{reason}; {PARTIAL}, which keeps unbiased class covariances", None
    factor = None
    sizes = np.bincount(labels)
    if context.m == context.n and plan.cells.sizes.size == sizes.size and not context.source.pairing.local:
        moments, scheme = context.source.law.moments(), context.source.pairing.scheme
        sizes = sizes[sizes > 1]
        factors = [covariance_factor(moments, scheme, float(size)) for size in sizes]
        factor = float((np.array(factors) * sizes).sum() / sizes.sum())
    status = EXPECTED if context.keeps_covariance else LOST
    reason = "pairs lie inside classes; each class obeys the law of its own size, up to a factor of order 1/n_h"
    return status, "T3, T4", reason, factor


def _label_noise(context: Context) -> str:
    """Return the label-noise equivalent of a donor's label, in words, where it has a closed form."""
    moments = context.source.law.moments()
    if context.source.donor == "squared":
        return f" (label noise D = {1.0 - moments.expected_squared_donor:.3g})"
    return "" if context.grouped else f" (label noise D = {moments.label_noise:.3g})"


def _pooled_within(
    values: NDArray[np.float64], labels: NDArray[np.int64], scale: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return sum_h n_h S_h / n in units of `scale`, S_h with divisor n_h."""
    total = np.zeros((values.shape[1], values.shape[1]))
    order = np.argsort(labels, kind="stable")
    for rows in np.split(values[order], np.flatnonzero(np.diff(labels[order])) + 1):
        total += rows.shape[0] * table_moments(rows, scale).covariance
    total /= max(values.shape[0], 1)
    return total


def _category_counts(context: Context) -> Iterator[Statement]:
    """Yield what happens to the counts of levels that a donor gives, and of those that a decoder network draws."""
    if context.grouped:
        status, theorem, reason = EXACT, "T5", f"{_PERMUTED}, so all joint counts stay"
        if not context.whole:
            status, theorem, reason = EXPECTED, "T5, T6", f"{reason}; rows beyond the last whole pass are a random part"
    else:
        status, theorem, reason = EXPECTED, "T5", _DONATED
    every = range(len(context.encoder.code_names))
    donated = every if context.through is None else context.through.carried
    if donated:
        yield _counts(context, donated, status, theorem, reason)
    drawn = [j for j in every if j not in donated]
    if drawn:
        yield _counts(context, drawn, LOST, "T11", "levels are drawn by the probabilities of a decoder network")


def _counts(context: Context, columns: Sequence[int], status: str, theorem: str, reason: str) -> Statement:
    realised, largest = counts_realised(context, columns)
    return Statement(
        name="category counts",
        space="data",
        status=status,
        columns=tuple(context.encoder.code_names[j] for j in columns),
        theorem=theorem,
        reason=reason,
        measure="largest change of a level's share",
        predicted=None if status == LOST else 0.0,
        realised=realised,
        standard_error=largest if status == EXPECTED else None,
    )


def counts_realised(context: Context, columns: Sequence[int]) -> tuple[float | None, float]:
    """Return the largest change of a level's share, None without a sample, and the largest standard error of one."""
    realised, largest = None, 0.0
    m = max(context.m, 1)
    for j in columns:
        levels = context.encoder.n_levels[j]
        before = np.bincount(context.source_codes[:, j], minlength=levels) / context.n
        largest = max(largest, float(np.sqrt(before * (1.0 - before) / m).max()))
        if context.sample is not None:
            after = np.bincount(context.sample[1][:, j], minlength=levels) / m
            realised = max(realised or 0.0, float(np.abs(after - before).max()))
    return realised, largest


def _scored_levels(context: Context) -> Statement:
    """State what happens to the counts of discrete columns that are mixed as scores."""
    scored = np.flatnonzero(~context.numeric)
    realised = None
    if context.sample is not None:
        realised = 0.0
        for j in scored:
            before, after = context.source_numbers[:, j].astype(np.int64), context.sample[0][:, j].astype(np.int64)
            levels = int(max(before.max(initial=0), after.max(initial=0))) + 1
            share = np.bincount(after, minlength=levels) / context.m - np.bincount(before, minlength=levels) / context.n
            realised = max(realised, float(np.abs(share).max()))
    return Statement(
        name="category counts",
        space="data",
        status=LOST,
        columns=tuple(context.names[j] for j in scored),
        theorem="T7",
        reason="levels are decoded from scores: only existing levels occur, their frequencies move",
        measure="largest change of a level's share",
        realised=realised,
    )


def _association(context: Context) -> Statement:
    """State how covariances between level indicators and continuous columns change."""
    moments = context.source.law.moments()
    one_cell = context.cells.starts.size == 2
    factor = None
    if one_cell and not context.grouped and {group.kind for group in groups(context)} == {"clean"}:
        factor = moments.expected_max if context.source.donor == "largest" else moments.expected_squared_donor
        factor *= 1.0 if context.source.pairing.scheme == "iid" else 1.0 - (1.0 / factor - 1.0) / (context.n - 1.0)
    if context.through is not None:
        reason = NETWORK
    elif context.grouped:
        reason = f"{_PERMUTED}; a rotated row keeps only part of its donor"
    else:
        reason = "all discrete columns come from one parent, the continuous ones from all"
    if not one_cell and context.through is None:
        reason += ". Between cells nothing is lost, inside a cell part is"
    return Statement(
        name="association of discrete with continuous columns",
        space="data",
        status=LOST,
        columns=context.encoder.code_names,
        theorem="T5" if context.through is None else "T11",
        reason=reason,
        measure=ASSOCIATION,
        predicted=factor,
        realised=association_realised(context),
    )


def association_realised(context: Context) -> float | None:
    """Return by what the covariances of continuous columns with level indicators are multiplied; None unknown."""
    if context.sample is None or context.sample_values is None:
        return None
    before = _indicator_covariances(context.source_values, context.source_codes, context)
    after = _indicator_covariances(context.sample_values, context.sample[1], context)
    size = float((before * before).sum())
    return float((before * after).sum()) / size if size > 0 else None


def _indicator_covariances(
    values: NDArray[np.float64], codes: NDArray[np.int32], context: Context
) -> NDArray[np.float64]:
    """Return the covariances of all level indicators with all standardised continuous columns, flattened."""
    z = np.nan_to_num((values - context.source_moments.mean) / context.source_moments.sd)
    z = z - z.mean(axis=0)
    parts = [
        np.bincount(codes[:, j], weights=z[:, c], minlength=levels) / max(z.shape[0], 1)
        for j, levels in enumerate(context.encoder.n_levels)
        for c in range(z.shape[1])
    ]
    return np.concatenate(parts)


def _missing(context: Context) -> Statement:
    plan = context.source.plan
    pooled = bool(plan.mixed_pattern.any())
    if context.through is not None:
        status, theorem = (EXACT, "T5") if context.whole and context.grouped else (EXPECTED, "T5, T6")
        reason = "the pattern of missing values is the donor's" + (
            ", and groups permute those of their rows" if context.grouped else ""
        )
    elif context.whole and (context.grouped or not pooled):
        status, theorem = EXACT, "T4"
        reason = "rows are mixed within their pattern of missing values" + (
            ", and patterns of pooled rows are permuted" if pooled else ""
        )
    else:
        status, theorem = EXPECTED, "T4, T6"
        reason = "each slot of a pass has the pattern of its cell; pooled rows take that of their donor"
    return missing_statement(context, status, theorem, reason)


def missing_statement(context: Context, status: str, theorem: str, reason: str) -> Statement:
    """Return the statement on the shares of missing values, with what came out."""
    share = context.source_missing.mean(axis=0)
    realised = None
    if context.sample is not None:
        realised = float(np.abs(np.isnan(context.sample[0]).mean(axis=0) - share).max())
    return Statement(
        name="missing values",
        space="data",
        status=status,
        columns=tuple(name for name, part in zip(context.names, share, strict=True) if part > 0),
        theorem=theorem,
        reason=reason,
        measure="largest change of the share of missing values",
        predicted=None if status == LOST else 0.0,
        realised=realised,
        standard_error=float(np.sqrt(share * (1.0 - share) / max(context.m, 1)).max()) if status == EXPECTED else None,
    )
