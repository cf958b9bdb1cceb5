"""Put a certificate together."""

from __future__ import annotations

from typing import Any

import numpy as np

from synthmix.certificate.certificate import Certificate
from synthmix.certificate.chained import chained_statements
from synthmix.certificate.claims import groups
from synthmix.certificate.context import Context
from synthmix.certificate.continuous import continuous_statements
from synthmix.certificate.discrete import discrete_statements
from synthmix.errors import InputError
from synthmix.mixing.chain.chains import Chains
from synthmix.mixing.chain.screen import Screen
from synthmix.mixing.execute import Executor
from synthmix.table import DenseMap, TableEncoder
from synthmix.warn import warn_caller
from synthmix.weights import law_from_dict


def certify(
    executor: Executor | Chains,
    encoder: TableEncoder,
    state: dict[str, Any],
    sample: Any,
    start: int,
) -> Certificate:
    """Return the certificate of a fitted synthesizer, with realised values where a sample is given."""
    read = None if sample is None else encoder.table_to_values(sample)
    if read is not None and read[0].shape[0] < 2:
        raise InputError(f"a certificate needs a sample of at least 2 rows, this one has {read[0].shape[0]}")
    context = Context(executor, encoder, state, law_from_dict(state["law"]), read, start)
    if context.foreign:
        warn_caller(f"{_FOREIGN}; nothing is called exact for it")
    if context.chained is not None:
        statements = tuple(chained_statements(context, context.chained))
    else:
        statements = (*continuous_statements(context), *discrete_statements(context))
    return Certificate(statements, _facts(context), tuple(_notes(context)), tuple(_column_rows(context)))


_FOREIGN = "the given table is not made of those rows of this synthesizer"


def _facts(context: Context) -> dict[str, Any]:
    passes, rest = divmod(context.m, context.n)
    cells = context.cells
    text = f"{passes} whole pass{'' if passes == 1 else 'es'} over the source"
    if context.foreign:
        text = "not rows of this synthesizer as it makes them"
    elif context.start % context.n:
        text, rest = f"rows {context.start:,} to {context.start + context.m - 1:,}", 0
    return {
        "source_rows": context.n,
        "source_columns": len(context.encoder.feature_names),
        "sample_rows": None if context.sample is None else context.m,
        "start": context.start,
        "passes": text if rest == 0 or context.foreign else f"{text} and {rest:,} rows of another",
        "weights": repr(context.source.law),
        "pairing": repr(context.source.pairing),
        "encoding": context.encoder.encoding if context.through is None else context.through.description,
        "grid": context.encoder.grid,
        "donor": context.source.donor,
        "screen": context.state.get("screen"),
        "seed": context.source.seed,
        "target": context.state["target"],
        "cells": int(cells.starts.size - 1),
        "smallest_cell": int(cells.sizes.min()),
        "copied_rows": context.source.plan.copied_rows,
        "pooled_rows": context.source.plan.rows_in(context.source.plan.mixed_pattern | context.source.plan.mixed_class),
    }


def _notes(context: Context) -> list[str]:
    plan, notes = context.source.plan, []
    for role, text in (("key", "key-like"), ("constant", "constant")):
        notes += [
            f"column {info.name!r} is {text}{': ' + info.note if info.note else ''}"
            for info in context.encoder.columns
            if info.role == role
        ]
    if context.state.get("screen"):
        notes.append(f"the leaf was chosen by a screen on halves of the table: {Screen(**context.state['screen'])}")
    if plan.copied_rows:
        notes.append(f"{plan.copied_rows} source rows are copied: nothing like them is there to be mixed with")
    pooled = plan.rows_in(plan.mixed_pattern | plan.mixed_class)
    if pooled:
        notes.append(f"{pooled} source rows of rare classes or patterns of missing values are pooled")
    if not context.whole and context.grouped and not context.foreign:
        notes.append(f"whole passes, that is multiples of {context.n:,} rows, make the statements of T1 exact")
    if context.foreign:
        notes.append(f"{_FOREIGN}: statements are about the rows as they are made, numbers about the given table")
    if context.through is not None:
        notes.append(_autoencoder(context.through.map))
    if context.clamped.any():
        notes.append(f"{int(context.clamped.sum())} values beyond the range of their column's dtype are clamped to it")
    if context.source.pairing.local and context.m > context.n and context.chained is None:
        notes.append("predictions use the leaves of the first pass; other passes have other leaves of the same sizes")
    if context.raw and context.encoder.grid == "full":
        notes.append("full precision: digits beyond the source's grid can reveal which rows were mixed")
    notes.append(
        "a preserved covariance is not a preserved distribution; the table is not anonymous: rows can lie near "
        "real rows, and copied values are real values"
    )
    return notes


def _autoencoder(trained: DenseMap) -> str:
    """Return how well the autoencoder gives back the rows that it was trained on."""
    parts = []
    if trained.error.size:
        mean, worst = float(trained.error.mean()), float(trained.error.max())
        parts.append(f"leaves {mean:.2g} of the variance of a continuous column, {worst:.2g} of the worst,")
    if trained.accuracy.size:
        parts.append(f"has {float(trained.accuracy.mean()):.2g} of the levels right")
    parts.append(f"with a mean posterior variance of {float(trained.variance.mean()):.2g}")
    return f"the autoencoder gives back its training rows thus: it {' '.join(parts)}"


def _column_rows(context: Context) -> list[dict[str, Any]]:
    """Return one dict for each continuous column, with predictions where theory has them."""
    source, sample = context.source_moments, context.sample_moments
    rows: list[dict[str, Any]] = []
    told = {name for group in groups(context) if group.kind == "clean" for name in group.columns(context.data_names)}
    near = {name for group in groups(context) if group.kind == "rounded" for name in group.columns(context.data_names)}
    factor = error = shape = None
    if context.raw and context.chained is None:
        base = np.diag(context.theory.source_covariance)
        safe = np.where(base > 0, base, 1.0)
        factor, error = (np.diag(matrix) / safe for matrix in context.covariance_prediction)
        shape = context.theory.shape()
    for j, name in enumerate(context.data_names):
        row: dict[str, Any] = {"name": name, "mean": float(source.mean[j]), "sd": float(source.sd[j])}
        known = name in told or name in near
        row["variance_factor"] = float(factor[j]) if factor is not None and known else None
        row["variance_factor_error"] = float(error[j]) if error is not None and known else None
        row["skewness"], row["kurtosis"] = float(source.skewness[j]), float(source.kurtosis[j])
        row["skewness_predicted"] = float(shape[0][j]) if shape is not None and name in told else None
        row["kurtosis_predicted"] = float(shape[1][j]) if shape is not None and name in told else None
        if sample is not None:
            row["mean_realised"] = float(sample.mean[j])
            row["variance_factor_realised"] = float(sample.covariance[j, j])
            row["skewness_realised"] = float(sample.skewness[j])
            row["kurtosis_realised"] = float(sample.kurtosis[j])
        rows.append(row)
    return rows
