"""The statement on least-squares coefficients."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from synthmix.certificate.certificate import EXACT, Statement
from synthmix.certificate.claims import regression_claim
from synthmix.certificate.context import Context


def regression_statement(context: Context) -> Iterator[Statement]:
    """Yield what happens to the regression of the target (else the last continuous column) on the others."""
    names = context.data_names
    if len(names) < 2:
        return
    target = context.state["target"]
    response = names.index(target) if target in names else len(names) - 1
    claim, realised = regression_claim(context), None
    if context.sample_values is not None:
        realised = _change_of_fit(context.source_values, context.sample_values, response)
    yield Statement(
        name="OLS coefficients",
        space="data",
        status=claim.status,
        columns=names,
        theorem=claim.theorem,
        reason=f"{claim.reason} (regression of {names[response]!r} on the others)",
        measure="change of fitted values, relative to the size of the fit",
        predicted=0.0 if claim.status == EXACT else None,
        realised=realised,
    )


def _change_of_fit(source: NDArray[np.float64], sample: NDArray[np.float64], response: int) -> float | None:
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
