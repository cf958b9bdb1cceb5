"""Whether an analyst would find the same coefficients: shift, overlap, lack of fit, signs, significance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.arguments import check_alpha
from synthmix.errors import OptionError
from synthmix.inference.fit import Fit
from synthmix.shown import ShortRepr

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Coefficients(ShortRepr):
    """A model on real and on synthetic rows, coefficient by coefficient.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a coefficient: real, se_real, synthetic, se_synthetic, shift, se_shift, overlap, same_sign,
        same_significance, note. NaN, with a note, where either fit has no estimate.
    lack_of_fit, df, p_value : float
        Chi-squared of all common coefficients, its degrees of freedom and p-value for complete synthesis; NaN with
        `note`.
    p_independent : float
        The p-value for rows that have nothing to do with the real ones but their law.
    correlation : ndarray of float64
        Of the synthetic estimates of usable coefficients, by the formula of the model.
    n_real, n_synth, syntheses : int
    note : str
    """

    table: pd.DataFrame
    lack_of_fit: float
    df: int
    p_value: float
    p_independent: float
    correlation: Floats
    n_real: int
    n_synth: int
    syntheses: int
    note: str


def coefficients(real: Fit, synthetic: Fit | list[Fit], *, alpha: float = 0.05) -> Coefficients:
    """Compare a model on real rows with the same model on one or more syntheses.

    Parameters
    ----------
    real : Fit
    synthetic : Fit or list of Fit
        Of several syntheses the mean estimate counts.
    alpha : float
        1 - level of the intervals whose overlap is measured, and level of significance.

    Returns
    -------
    Coefficients

    Notes
    -----
    shift = (b_S - b_D) / se_D, with standard error se_S / se_D: the noise of the synthetic rows alone.
    Overlap (Karr et al. 2006) is the mean of the intersection of the two normal intervals over the length of each; it
    is negative when they are apart, and is not clipped. Where standard errors agree it is 1 - abs(shift) / 3.92 at
    95 %: the same information twice.
    Lack of fit (Raab, Nowok and Dibben): d'(V_D n/(m M))^-1 d with d = b_S - b_D is chi-squared when all columns were
    drawn from a model that is right and was fitted to the real rows. Rows that are a fresh sample of the population
    differ by the noise of the real rows as well: the same number is 1 + m M/n times chi-squared. Mixed rows vary by
    factors of their own (:func:`variance_factors`), so that it is a screen for them.
    Significance counts intervals that leave out zero.
    """
    listed = synthetic if isinstance(synthetic, list) else [synthetic]
    check_alpha(alpha)
    if not listed or any(fit.names != real.names for fit in listed):
        raise OptionError("give at least one synthetic fit, of the same model")
    kept = [fit for fit in listed if fit.usable.any()]
    if not kept:
        kept = listed[:1]
    estimate = np.mean([fit.estimate for fit in kept], axis=0)
    se = np.sqrt(np.mean([np.diag(fit.cov) for fit in kept], axis=0) / len(kept))
    single = np.sqrt(np.mean([np.diag(fit.cov) for fit in kept], axis=0))
    ok = real.usable & np.all([fit.usable for fit in kept], axis=0)
    m = int(np.mean([fit.n_rows for fit in kept]))
    table = _table(real, kept, estimate, se, single, ok, alpha)
    fit, df, note = _lack_of_fit(real, estimate, ok, m, len(kept))
    p_value, independent = (_beyond(fit / f, df) for f in (1.0, 1.0 + m * len(kept) / real.n_rows))
    failed = f"{len(listed) - len(kept)} of {len(listed)} syntheses cannot be fitted" if len(kept) < len(listed) else ""
    notes = [failed, *dict.fromkeys(f"synthetic: {one.note}" for one in kept if one.note)]
    notes += [f"real: {real.note}"] if real.note else []
    chosen = np.ix_(ok, ok)
    mean_cov = np.mean([fit.cov[chosen] for fit in kept], axis=0)
    correlation = mean_cov / np.outer(single[ok], single[ok])
    said = "; ".join(filter(None, (note, *notes)))
    return Coefficients(table, fit, df, p_value, independent, correlation, real.n_rows, m, len(kept), said)


def _table(
    real: Fit, kept: list[Fit], estimate: Floats, se: Floats, single: Floats, ok: NDArray[np.bool_], alpha: float
) -> pd.DataFrame:
    from scipy.stats import norm

    z = float(norm.ppf(1.0 - alpha / 2.0))
    with np.errstate(all="ignore"):
        shift = (estimate - real.estimate) / real.se
        found = pd.DataFrame(
            {
                "real": real.estimate,
                "se_real": real.se,
                "synthetic": estimate,
                "se_synthetic": single,
                "shift": shift,
                "se_shift": se / real.se,
                "overlap": overlap(real.estimate, real.se, estimate, single, z),
            },
            index=pd.Index(real.names, name="term"),
        )
        significant = np.abs(real.estimate) > z * real.se, np.abs(estimate) > z * single
    found.loc[~ok, ["shift", "se_shift", "overlap"]] = math.nan
    found["same_sign"] = np.sign(real.estimate) == np.sign(estimate)
    found["same_significance"] = (significant[0] == significant[1]) & (found["same_sign"] | ~significant[0])
    found["usable"] = ok
    found["note"] = [_why(name, real, kept) for name in real.names]
    missing = found["shift"].isna() & (found["note"] == "")
    found.loc[missing, "note"] = "no estimate with a positive standard error"
    return found


def _why(name: str, real: Fit, kept: list[Fit]) -> str:
    parts = [f"real: {real.reasons[name]}"] if name in real.reasons else []
    parts += [f"synthetic: {fit.reasons[name]}" for fit in kept if name in fit.reasons][:1]
    return "; ".join(parts)


def overlap(real: Floats, se_real: Floats, synthetic: Floats, se_synthetic: Floats, z: float) -> Floats:
    """Return the overlap of intervals of half-widths z times the standard errors: mean share of their intersection."""
    both = np.minimum(real + z * se_real, synthetic + z * se_synthetic)
    both = both - np.maximum(real - z * se_real, synthetic - z * se_synthetic)
    share: Floats = 0.5 * (both / (2.0 * z * se_real) + both / (2.0 * z * se_synthetic))
    return share


def _lack_of_fit(real: Fit, estimate: Floats, ok: NDArray[np.bool_], m: int, syntheses: int) -> tuple[float, int, str]:
    if not ok.any():
        return math.nan, 0, "no coefficient has an estimate in both tables"
    difference: Any = (estimate - real.estimate)[ok]
    se = real.se[ok]
    scaled = real.cov[np.ix_(ok, ok)] / np.outer(se, se)
    inverse, rank = np.linalg.pinv(scaled, hermitian=True), int(np.linalg.matrix_rank(scaled, hermitian=True))
    statistic = float(difference / se @ inverse @ (difference / se)) * m * syntheses / real.n_rows
    left = f"{int((~ok).sum())} coefficients without estimate take no part in lack of fit" if not ok.all() else ""
    return statistic, rank, left


def _beyond(statistic: float, df: int) -> float:
    from scipy.stats import chi2

    return float(chi2.sf(statistic, df)) if df else math.nan
