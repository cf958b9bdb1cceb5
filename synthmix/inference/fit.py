"""Fit a declared model to a design; what goes wrong is said, not printed."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import InputError
from synthmix.inference.design import Design, designs
from synthmix.inference.models import Model
from synthmix.shown import ShortRepr

Floats = NDArray[np.float64]
RANK = 1e-9  # share of a regressor's length that must be its own
_SEPARATED = 1e-8
_UNTOLD = 10.0  # standard error of a coefficient, on the link's scale and per unit of the regressor's size


@dataclass(frozen=True, eq=False, repr=False)
class Fit(ShortRepr):
    """A model that was fitted to one table.

    Attributes
    ----------
    model : Model
    names : tuple of str, length p
    estimate : ndarray of float64, shape (p,)
        NaN where `reasons` says why.
    cov : ndarray of float64, shape (p, p)
    df : float
        Residual degrees of freedom.
    n_rows : int
        Complete rows.
    reasons : dict of str to str
        Coefficient to the reason why it has no estimate, or none to be trusted.
    note : str
        About the whole fit: rows left out, no convergence, separation.
    """

    model: Model
    names: tuple[str, ...]
    estimate: Floats
    cov: Floats
    df: float
    n_rows: int
    reasons: dict[str, str] = field(default_factory=dict)
    note: str = ""

    @property
    def se(self) -> Floats:
        """Standard errors, shape (p,)."""
        root: Floats = np.sqrt(np.diag(self.cov))
        return root

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Which coefficients have an estimate and a positive standard error, shape (p,)."""
        return np.isfinite(self.estimate) & (self.se > 0.0) & np.isfinite(self.se)


def fit_models(model: Model, real: Any, synthetic: Sequence[Any]) -> tuple[Fit, list[Fit]]:
    """Fit a model to a real table and to synthetic ones.

    Parameters
    ----------
    model : Model
    real : table
        pandas, polars, pyarrow, or an array with columns x0, x1, ...
    synthetic : sequence of tables

    Returns
    -------
    (Fit, list of Fit)
        Coefficients are those of the real table's design in all of them.

    Raises
    ------
    InputError
        When the model cannot be fitted to the real table. A synthetic table where it cannot has a Fit without
        estimates, whose note says why.
    """
    first, others = designs(model, real, synthetic)
    fitted = fit_design(first, model)
    if not fitted.usable.any():
        why = fitted.note or fitted.reasons or "no coefficient has a finite standard error above 0; rescale the columns"
        raise InputError(f"model {model.label!r} cannot be fitted to the real table: {why}")
    return fitted, [fit_design(other, model) for other in others]


def fit_design(design: Design, model: Model) -> Fit:
    """Return the fit of one design; regressors that others explain have no estimate."""
    n, p = design.exog.shape
    kept = _independent(design.exog)
    reasons = {name: _reason(design.exog[:, j]) for j, name in enumerate(design.names) if not kept[j]}
    if n <= int(kept.sum()):
        note = f"{n} complete rows for {p} coefficients"
        return _without(design, model, "; ".join(filter(None, (design.note, note))))
    if np.ptp(design.endog) == 0.0:
        return _without(design, model, "; ".join(filter(None, (design.note, "the response is the same in all rows"))))
    try:
        results, note = _results(model, design.endog, design.exog[:, kept])
    except (ValueError, np.linalg.LinAlgError, FloatingPointError) as error:
        return _without(design, model, f"not fitted: {str(error).strip().partition(chr(10))[0]}")
    estimate, cov = np.full(p, math.nan), np.full((p, p), math.nan)
    with np.errstate(all="ignore"):  # what overflows has no finite standard error, which is said
        estimate[kept], cov[np.ix_(kept, kept)] = results.params, results.cov_params()
    whole = "; ".join(filter(None, (design.note, note)))
    bad = _infinite(design, estimate, cov) if model.family != "gaussian" else {}
    for j in (design.names.index(name) for name in bad):
        estimate[j] = cov[j, :] = cov[:, j] = math.nan
    return Fit(model, design.names, estimate, cov, float(results.df_resid), n, reasons | bad, whole)


def _without(design: Design, model: Model, note: str) -> Fit:
    p = len(design.names)
    reasons = dict.fromkeys(design.names, note)
    return Fit(
        model, design.names, np.full(p, math.nan), np.full((p, p), math.nan), 0.0, len(design.endog), reasons, note
    )


def _reason(column: Floats) -> str:
    return "does not occur here" if not column.any() else "explained by the terms before it"


def _infinite(design: Design, estimate: Floats, cov: Floats) -> dict[str, str]:
    """Return the coefficients that run away, as where all rows with a level have the same response."""
    size = np.sqrt((design.exog**2).mean(axis=0))
    with np.errstate(invalid="ignore"):
        lost = np.isfinite(size) & ((np.sqrt(np.diag(cov)) * size > _UNTOLD) | (np.isinf(estimate)))
    return {design.names[j]: "no finite estimate (separation)" for j in np.flatnonzero(lost)}


def _independent(exog: Floats) -> NDArray[np.bool_]:
    """Return which columns are no combination of those before them."""
    kept = np.zeros(exog.shape[1], np.bool_)
    if not exog.size:
        return kept
    length = np.sqrt((exog**2).sum(axis=0))
    scaled = exog / np.where(length > 0.0, length, 1.0)
    corner = np.abs(np.diag(np.linalg.qr(scaled, mode="r")))
    kept[: corner.size] = corner > RANK
    independent: NDArray[np.bool_] = kept & (length > 0.0)
    return independent


def _results(model: Model, endog: Floats, exog: Floats) -> tuple[Any, str]:
    """Return the results of statsmodels and what is doubtful about them."""
    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import ConvergenceWarning, PerfectSeparationError

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        if model.family == "gaussian":
            return sm.OLS(endog, exog).fit(), ""
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                results = sm.GLM(endog, exog, family=_family(model.family)).fit()
            except PerfectSeparationError:
                raise ValueError("the regressors tell the response without error (separation)") from None
    stopped = any(issubclass(one.category, ConvergenceWarning) for one in said)
    mean = np.asarray(results.fittedvalues)
    notes = ["no convergence"] if stopped or not getattr(results, "converged", True) else []
    if model.family == "binomial" and ((mean < _SEPARATED) | (mean > 1.0 - _SEPARATED)).any():
        notes.append("separation: some rows have probability 0 or 1, and their coefficients have no finite estimate")
    return results, "; ".join(notes)


def _family(name: str) -> Any:
    import statsmodels.api as sm

    if name == "gamma":
        return sm.families.Gamma(sm.families.links.Log())
    words = {"inverse_gaussian": "InverseGaussian", "negative_binomial": "NegativeBinomial"}
    return getattr(sm.families, words.get(name, name.capitalize()))()
