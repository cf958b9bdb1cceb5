"""Standard errors of least squares that know that the rows were mixed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.arguments import check_alpha
from synthmix.errors import OptionError
from synthmix.inference.factors import VarianceFactors
from synthmix.inference.mixed import INSTEAD, check_terms, describe
from synthmix.shown import ShortRepr
from synthmix.synthesizer import MixupSynthesizer

Floats = NDArray[np.float64]
ASSUMES = "independent real rows, errors of one variance that is the same for all regressors"
ROBUST = "independent real rows; errors may have any variance; intercepts assume that errors are symmetric"
_SPAN = 1e-8


@dataclass(frozen=True, eq=False, repr=False)
class Adjusted(ShortRepr):
    """Coefficients of a model of mixed rows with standard errors that count the mixing.

    Attributes
    ----------
    names : tuple of str, length p
    estimate, se_naive, se_adjusted : ndarray of float64, shape (p,)
    factor : ndarray of float64, shape (p,)
        Adjusted over naive variance.
    interval : ndarray of float64, shape (p, 2)
        At level 1 - `alpha`, by Student's t.
    cov : ndarray of float64, shape (p, p)
    df, alpha : float
    method : str
    note : str
        What is assumed.
    """

    names: tuple[str, ...]
    estimate: Floats
    se_naive: Floats
    se_adjusted: Floats
    factor: Floats
    interval: Floats
    cov: Floats
    df: float
    alpha: float
    method: str
    note: str

    def to_frame(self) -> pd.DataFrame:
        """Return one row a coefficient: estimate, se_naive, se_adjusted, factor, ci_low, ci_high."""
        columns = {
            "estimate": self.estimate,
            "se_naive": self.se_naive,
            "se_adjusted": self.se_adjusted,
            "factor": self.factor,
            "ci_low": self.interval[:, 0],
            "ci_high": self.interval[:, 1],
        }
        return pd.DataFrame(columns, index=pd.Index(self.names, name="term"))


def adjust(
    results: Any,
    generator: MixupSynthesizer,
    *,
    n_real: int | None = None,
    start: int = 0,
    robust: bool = False,
    alpha: float = 0.05,
) -> Adjusted:
    """Correct the standard errors of a least-squares model that was fitted to mixed rows.

    Parameters
    ----------
    results : statsmodels.regression.linear_model.RegressionResults
        Of OLS, with a constant, on rows of the synthesizer. ``"y ~ 1"`` is the mean of y.
    generator : MixupSynthesizer
        With ``encoding="raw"``, fitted or not.
    n_real : int, optional
        Rows of the real table; needed when the synthesizer is not fitted.
    start : int
        Number of the first row, when rows come from ``sample_rows(start, stop)``.
    robust : bool
        Allow errors whose variance depends on the regressors. Less stable: it takes fourth moments from the mixed rows.
    alpha : float
        1 - level of the intervals.

    Returns
    -------
    Adjusted

    Raises
    ------
    OptionError
        When no closed form holds: models other than OLS, another encoding, pairing of near rows (but rotation over
        whole passes), functions of columns, copied columns, no constant. :func:`resynthesis_bootstrap` serves there.
    InputError
        When patterns of missing values or small classes keep rows apart.

    Notes
    -----
    The formula of OLS takes n mixed rows for n independent ones. They share parents, so it is wrong by
    :func:`variance_factors`: slopes by R, the level at the mean of the regressors (in each class of ``WithinClass``)
    by R_m. With g_h the coefficients that give 1 in class h and 0 elsewhere, and m_h its rows,
    V_adjusted = R V + (R_m - R) s^2 sum_h g_h g_h' / m_h, times (m - p) / (m - p R), the bias of s^2 under R.
    A rotation of one whole pass gives the real rows' own fit, number for number, and R = 1.

    Robust: the mixed rows' sum of e^2 x x' estimates m [A K + (B - A) s^2 S], where K = E e^2 x x' of real rows; this
    gives K.

    Wrong when real rows depend on each other; when n or m is small beside the number of coefficients (leading order in
    1/n); for columns that were rounded to a coarse grid. References: docs/theory.md, T16.
    """
    model = getattr(results, "model", None)
    if model is None:
        raise OptionError(f"results of type {type(results).__name__}: give the results of statsmodels OLS")
    if type(model).__name__ != "OLS":
        raise OptionError(f"a model of type {type(model).__name__} has no closed form; {INSTEAD}")
    if getattr(results, "cov_type", "nonrobust") != "nonrobust":
        raise OptionError(
            f"cov_type={results.cov_type!r}: give results with the plain covariance; robust=True is done here"
        )
    check_alpha(alpha)
    mixed = describe(generator, n_real)
    names, exog = tuple(str(name) for name in model.exog_names), np.asarray(model.exog, np.float64)
    of_classes = check_terms(mixed, str(model.endog_names), names)
    levels = _levels(exog, [names.index(name) for name in of_classes])
    m, p = exog.shape
    factors = mixed.factors(m, start)
    naive, scale = np.asarray(results.cov_params(), np.float64), float(results.scale)
    slopes = naive - scale * levels
    covariance = _robust(results, slopes, factors) if robust else factors.slope * slopes
    room = m - p * factors.slope
    if room <= 0.0:
        raise OptionError(f"{p} coefficients from {m} mixed rows of {mixed.n_real} real ones; {INSTEAD}")
    covariance = (covariance + factors.mean * scale * levels) * ((m - p) / room if m > p else 1.0)
    df = float(min(mixed.n_real, m) - p)
    return _adjusted(results, names, naive, covariance, df, alpha, "sandwich" if robust else "closed form")


def _levels(exog: Floats, of_classes: list[int]) -> Floats:
    """Return sum_h g_h g_h' / m_h over the classes; one class where no term belongs to any.

    Raises
    ------
    OptionError
        When the model has no level for a class, as without a constant.
    """
    keys = exog[:, of_classes]
    classes = np.unique(keys, axis=0, return_inverse=True)[1].ravel() if of_classes else np.zeros(len(exog), np.int64)
    counts = np.bincount(classes)
    indicators = (classes[:, None] == np.arange(counts.size)).astype(np.float64)
    solved = np.linalg.lstsq(exog, indicators, rcond=None)[0]
    if np.abs(exog @ solved - indicators).max() > _SPAN:
        what = "a level of its own for each class" if of_classes else "a constant"
        raise OptionError(f"the model needs {what}; add it, or {INSTEAD}")
    levels: Floats = (solved / counts) @ solved.T
    return levels


def _robust(results: Any, slopes: Floats, factors: VarianceFactors) -> Floats:
    """Return the covariance of the slopes for errors of any variance."""
    exog, errors, scale = np.asarray(results.model.exog), np.asarray(results.resid), float(results.scale)
    m = len(exog)
    bread = slopes / scale  # the part of the inverse that is orthogonal to the levels
    score = (exog * errors[:, None]) @ bread
    a, b, c = factors.p4, factors.b, factors.c
    own, all_pairs = factors.own * m * c * c, factors.slope * m * c * c  # E sum M_ii^2 and E tr M^2
    plain = (all_pairs - own - own * (b - a) / a) / (m * c * c)
    found: Floats = own / (m * a) * (score.T @ score) + plain * slopes
    return found


def _adjusted(
    results: Any, names: tuple[str, ...], naive: Floats, covariance: Floats, df: float, alpha: float, method: str
) -> Adjusted:
    from scipy.stats import t

    estimate = np.asarray(results.params, np.float64)
    variance, before = np.diag(covariance), np.diag(naive)
    note = ROBUST if method == "sandwich" else ASSUMES
    if (variance < 0.0).any():
        note += "; the estimated variance is negative for some: too few rows for robust=True"
    if df <= 0:
        note += "; no degrees of freedom are left"
    se = np.sqrt(np.where(variance < 0.0, math.nan, variance))
    half = (t.ppf(1.0 - alpha / 2.0, df) if df > 0 else math.nan) * se
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = variance / before
    interval = np.stack([estimate - half, estimate + half], axis=1)
    return Adjusted(names, estimate, np.sqrt(before), se, factor, interval, covariance, df, alpha, method, note)
