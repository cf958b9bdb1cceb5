"""Rules that combine estimates of several syntheses into one with an honest variance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from synthmix.arguments import check_alpha
from synthmix.arguments import count as whole_number
from synthmix.errors import InputError, OptionError, did_you_mean
from synthmix.inference.fit import Fit
from synthmix.shown import ShortRepr

Floats = NDArray[np.float64]
Rule: TypeAlias = Literal["T_f", "T_p", "T_s"]
FEW = 20  # syntheses below which T_f is unstable


@dataclass(frozen=True, eq=False, repr=False)
class Combined(ShortRepr):
    """Estimates of M syntheses as one.

    Attributes
    ----------
    names : tuple of str, length p
    estimate, variance, df : ndarray of float64, shape (p,)
        `df` is infinite where the interval is normal.
    interval : ndarray of float64, shape (p, 2)
    rule : str
    syntheses : int
    note : str
    """

    names: tuple[str, ...]
    estimate: Floats
    variance: Floats
    df: Floats
    interval: Floats
    rule: str
    syntheses: int
    note: str

    @property
    def se(self) -> Floats:
        """Standard errors, shape (p,)."""
        root: Floats = np.sqrt(self.variance)
        return root


def combine(
    fits: Sequence[Any],
    *,
    rule: Rule = "T_s",
    n_real: int | None = None,
    n_synth: int | None = None,
    proper: bool = False,
    alpha: float = 0.05,
) -> Combined:
    """Combine the estimates of one model on M syntheses.

    Parameters
    ----------
    fits : sequence of Fit, of results of statsmodels, or of pairs (estimate, variance)
        Variances as the usual formula gives them, as if the rows were real.
    rule : {"T_f", "T_p", "T_s"}
        With the mean estimate q, the mean variance v and the variance b between syntheses:

        - T_s, v (m/n + 1/M): all columns are drawn from a model that is right and was fitted to the real rows
          (Raab, Nowok and Dibben 2016); `proper`: its parameters were drawn too, v (m/n + (1 + m/n)/M). One synthesis
          is enough.
        - T_p, v + b/M: some columns or cells are replaced, the others are real (Reiter 2003).
        - T_f, (1 + 1/M) b - v: each synthesis is a sample of a synthetic population (Raghunathan, Reiter and Rubin
          2003), with proper draws. Negative values are replaced by v m/n (Reiter 2002).
    n_real, n_synth : int, optional
        Rows of the real table, and of each synthetic one (by default those of the fits); for T_s and for the
        replacement in T_f.
    proper : bool
    alpha : float

    Returns
    -------
    Combined

    Raises
    ------
    OptionError
        For an unknown rule, or one that needs several syntheses or numbers of rows that are not given.
    InputError
        When shapes or names differ, or an estimate is missing.

    Notes
    -----
    Degrees of freedom: (M-1)(1 + M v/b)^2 (T_p), (M-1)(1 - v/((1 + 1/M) b))^2 (T_f), none (T_s).

    Wrong for mixed rows, which are no draws from a model: T_s is about right for slopes from iid pairs,
    conservative where each row is an anchor once, and too short for means where the variance of the rows has shrunk;
    use :func:`adjust`. No rule rescues a generator that is biased, or converges slower than the root of n.
    """
    if rule not in get_args(Rule):
        raise OptionError(f"rule {rule!r} is unknown{did_you_mean(rule, get_args(Rule))}")
    check_alpha(alpha)
    names, estimates, variances, rows = _read(fits)
    count, synth = len(estimates), n_synth if n_synth is not None else rows
    q, v = estimates.mean(axis=0), variances.mean(axis=0)
    for name, rows_given in (("n_real", n_real), ("n_synth", n_synth)):
        if rows_given is not None:
            whole_number(name, rows_given)
    share = synth / n_real if synth and n_real else math.nan
    if rule != "T_s" and count < 2:
        raise OptionError(f"rule {rule} needs at least 2 syntheses, got {count}")
    if rule == "T_s" and not share > 0.0:
        raise OptionError("rule T_s needs n_real and n_synth, the rows of the real table and of each synthetic one")
    between = estimates.var(axis=0, ddof=1) if count > 1 else np.zeros_like(q)
    if rule == "T_s":
        variance = v * (share + (1.0 + share if proper else 1.0) / count)
        df, note = np.full_like(q, math.inf), ""
    elif rule == "T_p":
        variance = v + between / count
        ratio = np.divide(count * v, between, out=np.full_like(v, math.inf), where=between > 0.0)
        df, note = (count - 1.0) * (1.0 + ratio) ** 2, ""
    else:
        variance, df, note = _fully(v, between, count, share)
    return Combined(names, q, variance, df, _interval(q, variance, df, alpha), rule, count, note)


def _fully(v: Floats, between: Floats, count: int, share: float) -> tuple[Floats, Floats, str]:
    spread = (1.0 + 1.0 / count) * between
    variance = spread - v
    negative = variance <= 0.0
    notes = [f"{count} syntheses are few: T_f is unstable below {FEW}"] if count < FEW else []
    if negative.any():
        if not share > 0.0:
            raise OptionError("T_f is negative here: give n_real and n_synth for the positive replacement")
        notes.append(f"T_f was negative for {int(negative.sum())} of {v.size} estimates and replaced by v m/n")
    with np.errstate(divide="ignore", invalid="ignore"):
        df = (count - 1.0) * (1.0 - v / spread) ** 2
    return np.where(negative, share * v, variance), np.where(negative, count - 1.0, df), "; ".join(notes)


def _interval(q: Floats, variance: Floats, df: Floats, alpha: float) -> Floats:
    from scipy.stats import norm, t

    level = 1.0 - alpha / 2.0
    finite = np.isfinite(df)
    quantile = np.where(finite, t.ppf(level, np.where(finite, df, 1.0)), norm.ppf(level))
    half = quantile * np.sqrt(variance)
    return np.stack([q - half, q + half], axis=1)


def _read(fits: Sequence[Any]) -> tuple[tuple[str, ...], Floats, Floats, int | None]:
    """Return names, estimates (M, p), variances (M, p) and the mean number of rows, None where it is not told."""
    if not isinstance(fits, Sequence) or not len(fits):
        raise InputError("no fits are given; combine needs at least one")
    parts = [_one(fit) for fit in fits]
    names = parts[0][0]
    shapes = {(part[1].shape, part[2].shape) for part in parts}
    if len(shapes) != 1 or any(part[0] != names for part in parts):
        raise InputError("the fits have different coefficients; give the same model on each synthesis")
    estimates, variances = np.stack([part[1] for part in parts]), np.stack([part[2] for part in parts])
    if not (np.isfinite(estimates).all() and np.isfinite(variances).all() and (variances >= 0.0).all()):
        raise InputError("an estimate or variance is missing or negative; leave that synthesis or coefficient out")
    rows = [part[3] for part in parts]
    return names, estimates, variances, None if None in rows else round(float(np.mean([row or 0 for row in rows])))


def _one(fit: Any) -> tuple[tuple[str, ...], Floats, Floats, int | None]:
    if isinstance(fit, Fit):
        return fit.names, fit.estimate, np.diag(fit.cov), fit.n_rows
    if hasattr(fit, "params") and hasattr(fit, "cov_params"):
        names = tuple(str(name) for name in fit.model.exog_names)
        return names, np.asarray(fit.params, np.float64), np.diag(np.asarray(fit.cov_params())), int(fit.nobs)
    if isinstance(fit, tuple | list) and len(fit) == 2:
        try:
            estimate, variance = (np.atleast_1d(np.asarray(part, np.float64)) for part in fit)
        except (TypeError, ValueError) as error:
            raise InputError(f"the fit {fit!r} holds what is no number; give (estimate, variance)") from error
        if estimate.ndim != 1 or estimate.shape != variance.shape:
            raise InputError(
                f"a pair (estimate, variance) of the shapes {estimate.shape} and {variance.shape}: give a variance for "
                "each estimate, not a covariance"
            )
        return tuple(f"x{j}" for j in range(estimate.size)), estimate, variance, None
    raise InputError(f"a fit of type {type(fit).__name__}: give a Fit, results of statsmodels or (estimate, variance)")
