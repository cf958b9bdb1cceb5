"""Effective dimension: over how many directions the variance of a table spreads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.finding import Finding
from synthmix.drift.moments.canonical import canonical_order
from synthmix.drift.moments.covariance import TILE, Matrix, Moments, checked, moments_of
from synthmix.drift.moments.influence import form_moments
from synthmix.drift.noise import Z95, Noise, absent, noise_factors, null_of

_LEAST = 5  # rows that the closed forms need
_NAMES = ("participation", "entropy")


def eff_dim(
    real: Matrix, synthetic: Matrix, *, columns: Sequence[str] = (), noise: Noise = "synthetic", n_jobs: int = 1
) -> list[Finding]:
    """Compare effective dimensions: new over real, columns in real standard deviations.

    Parameters
    ----------
    real, synthetic : arrays of shape (n, p) and (m, p)
        Numeric columns without missing values.
    columns : sequence of str
        Their names.
    noise : {"synthetic", "both"}
        Whose sampling noise the interval counts.
    n_jobs : int
        Threads.

    Returns
    -------
    list of Finding
        `eff_dim`, variants "participation", the ratio of ``tr(S)^2 / tr(S^2)``, both traces by unbiased U-statistics in
        closed form, so that unequal sizes do no harm; and "entropy", that of ``exp H(l / sum l)`` (Roy and Vetterli
        2007), whose bias of order p/n is taken off to first order. 1 is good, less is a collapse of the spectrum.

    Notes
    -----
    The standard error is that of the logarithm, from each row's influence; the interval is its exponential.

    Raises
    ------
    InputError
        For missing or infinite values.
    """
    real, synthetic = checked(real, "real", columns), checked(synthetic, "new", columns)
    n, m = real.shape[0], synthetic.shape[0]
    if min(n, m) < _LEAST:
        note = f"effective dimension needs {_LEAST} rows in each table"
        return [absent("eff_dim", "moments", "joint", note, variant=name) for name in _NAMES]
    deviation = np.sqrt(np.diag(moments_of(real, n_jobs).covariance))
    live = deviation > 1e-13 * np.maximum(np.abs(real[0]), 1e-300)
    if not live.any():
        return [absent("eff_dim", "moments", "joint", "no numeric column varies", variant=name) for name in _NAMES]
    ours, theirs = (dimensions(side[:, live] / deviation[live], n_jobs) for side in (real, synthetic))
    note = _left_out(live, columns)
    noises = noise_factors(n, m, noise)
    what: dict[str, Any] = {"metric": "eff_dim", "family": "moments", "scope": "joint", "n_real": n, "n_synth": m}
    what |= {"better": "target", "target": 1.0, "null_kind": null_of(noise), "null_center": 1.0}
    found = []
    for place, name in enumerate(_NAMES):
        top, below = theirs[place, 0], ours[place, 0]
        if not (top > 0.0 and below > 0.0):
            found.append(absent(note="no variance is left", variant=name, **what))
            continue
        ratio = float(top / below)
        log_se = float(np.sqrt(ours[place, 1] * noises[0] + theirs[place, 1] * noises[1]))
        null_se = float(np.sqrt(ours[place, 1] * sum(noises)))
        method = f"{below:.2f} real and {top:.2f} new dimensions of {int(live.sum())} columns"
        found.append(
            Finding(
                value=ratio,
                variant=name,
                se=ratio * log_se,
                ci_low=ratio * float(np.exp(-Z95 * log_se)),
                ci_high=ratio * float(np.exp(Z95 * log_se)),
                ci_method="influence of each row on the logarithm, 95 %",
                null_low=float(np.exp(-Z95 * null_se)),
                null_high=float(np.exp(Z95 * null_se)),
                method=method,
                note=note,
                **what,
            )
        )
    return found


def _left_out(live: NDArray[np.bool_], columns: Sequence[str]) -> str:
    dead = [str(columns[place]) if columns else str(place) for place in map(int, np.flatnonzero(~live))]
    return "constant in the real table: " + ", ".join(dead) if dead else ""


def dimensions(rows: Matrix, n_jobs: int = 1) -> NDArray[np.float64]:
    """Return participation ratio and entropy rank of a table, each with the variance of a row's influence on its log.

    Parameters
    ----------
    rows : array of shape (n, p), n >= 5

    Returns
    -------
    array of shape (2, 2)
        Participation ratio first; 0 where nothing varies.
    """
    rows = np.ascontiguousarray(rows[canonical_order(rows)])
    moments = moments_of(rows, n_jobs)
    square, trace_square, lengths = unbiased_traces(rows, moments, n_jobs)
    out = np.zeros((2, 2))
    trace = float(np.trace(moments.covariance))
    if not (trace > 0.0 and square > 0.0):
        return out
    biased = float((moments.covariance**2).sum())
    values, vectors = np.linalg.eigh(moments.covariance)
    share = np.maximum(values, 0.0) / trace
    logs = np.log(np.where(share > 1e-15, share, 1.0))
    entropy = -float(share @ logs)
    out[0, 0] = trace_square / square
    # Var of log PR: 2 (t_i / t - x' S x / tr S^2); of the entropy: -sum (log share + H) (v' x)^2 / t
    eye = np.eye(rows.shape[1])
    matrices = np.stack(
        [2.0 * eye / trace - 2.0 * moments.covariance / biased, -(vectors * (logs + entropy)) @ vectors.T / trace]
    )
    spread = form_moments(rows, moments.mean, matrices, n_jobs)[:, 1]
    out[:, 1] = spread
    # The entropy is concave: to first order the noise of the spectrum costs (sum share^2 excess) / 2 of it.
    live = share > 1e-12
    fourth = _variances_of_squares(rows, moments.mean, vectors[:, live]) / trace**2
    repulsion = _repulsion(values[live], trace, logs[live])
    curvature = 0.5 * (lengths / trace**2 - float((fourth / share[live]).sum()))
    out[1, 0] = np.exp(entropy - (curvature + repulsion) / moments.n)
    return out


def _variances_of_squares(rows: Matrix, center: NDArray[np.float64], vectors: Matrix) -> NDArray[np.float64]:
    """Return the variances over rows of the squared coordinates of ``x - center`` along each vector, shape (k,)."""
    second, fourth = np.zeros(vectors.shape[1]), np.zeros(vectors.shape[1])
    for low in range(0, rows.shape[0], TILE):
        squares = ((rows[low : low + TILE] - center) @ vectors) ** 2
        second += squares.sum(axis=0)
        fourth += (squares**2).sum(axis=0)
    n = rows.shape[0]
    return np.asarray(np.maximum(fourth / n - (second / n) ** 2, 0.0), np.float64)


def _repulsion(values: NDArray[np.float64], trace: float, logs: NDArray[np.float64]) -> float:
    """Return n times what eigenvalues that repel one another change in the entropy, for normal rows.

    ``E l_k - lambda_k = lambda_k / n sum_j lambda_j / (lambda_k - lambda_j)``; summed over pairs this needs the divided
    difference of the logarithm only, which exists for equal eigenvalues too.
    """
    total = 0.0
    for k in range(values.size):
        for j in range(k):
            gap = values[k] - values[j]
            slope = (logs[k] - logs[j]) / gap if abs(gap) > 1e-9 * values[k] else 1.0 / values[k]
            total -= values[k] * values[j] * slope / trace
    return total


def unbiased_traces(rows: Matrix, moments: Moments, n_jobs: int = 1) -> tuple[float, float, float]:
    """Return estimates of ``tr(S^2)`` and ``tr(S)^2`` without bias, and the variance of ``|x - mean|^2``.

    The first is Li and Chen's (2012) A; the second averages ``|x_i - x_j|^2 |x_k - x_l|^2 / 4`` over four
    different rows. Both in closed form from the lengths of the centred rows and the covariance.
    """
    n = float(moments.n)
    eye = np.eye(rows.shape[1])[None]
    mean, variance = form_moments(rows, moments.mean, eye, n_jobs)[0]
    lengths = n * float(variance + mean * mean)  # sum of a_i^2, a_i = |x_i - mean|^2
    total = n * float(mean)
    gram = (n - 1.0) ** 2 * float((moments.covariance**2).sum())
    square = (gram * (n - 1.0) * (n - 2.0) / (n - 1.0) ** 2 + (total / (n - 1.0)) ** 2 - n * lengths / (n - 1.0)) * (
        (n - 1.0) / (n * (n - 2.0) * (n - 3.0))
    )
    # d_ij = |x_i - x_j|^2 / 2: sum over disjoint ordered pairs = T^2 - 4 sum_i r_i^2 + 2 sum d_ij^2
    whole = n * total
    row_sums = 0.25 * (n * n * lengths + 2.0 * n * total * total + n * total * total)
    squares = 0.25 * (2.0 * n * lengths + 2.0 * total * total + 4.0 * gram)
    disjoint = whole * whole - 4.0 * row_sums + 2.0 * squares
    return square, disjoint / (n * (n - 1.0) * (n - 2.0) * (n - 3.0)), float(variance)
