"""The range of variance ratios over all linear contrasts, and what follows from the same eigenvalues."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.finding import Finding
from synthmix.drift.moments.covariance import Matrix, Moments, Whitened, checked, moments_of, whiten
from synthmix.drift.moments.edges import extreme_quantiles, noise_edges
from synthmix.drift.moments.influence import form_moments
from synthmix.drift.noise import ONE_SIDED, Z95, Noise, absent, noise_factors, null_of

_TAIL = 2.447746830680816  # t with exp(-t^2 / 2) = 5 %
_SINGULAR = 1e-10  # variance ratio below which a direction counts as lost


def var_ratio_range(
    real: Matrix,
    synthetic: Matrix,
    *,
    columns: Sequence[str] = (),
    noise: Noise = "synthetic",
    random_state: int = 0,
    n_jobs: int = 1,
) -> list[Finding]:
    """Bound the variance of every linear contrast a'x in the new table, over that in the real one.

    Parameters
    ----------
    real, synthetic : arrays of shape (n, p) and (m, p)
        Numeric columns without missing values.
    columns : sequence of str
        Their names.
    noise : {"synthetic", "both"}
        Whose sampling noise bounds and null count.
    random_state : int
        Key of the simulated null.
    n_jobs : int
        Threads.

    Returns
    -------
    list of Finding
        `var_ratio_range`, variants "low" and "high": the least and the largest generalised eigenvalue. The note
        names the columns that weigh most in the extreme contrast. The value does not depend on units.

    Notes
    -----
    The outer bounds are ``l_max / (1 - 1.645 se)`` and ``l_min / (1 + 1.645 se)`` with ``se = sqrt((k - 1) / m)``, k
    the kurtosis along the extreme contrast: one-sided 95 %, valid because the sample extreme dominates the sample
    variance along the true extreme contrast. The inner bounds take off what noise adds to an extreme at most: Gordon's
    ``(1 +- (sqrt(p/m) + sqrt(2 log 20 / m)))^2``, exact for normal rows, its terms scaled by sqrt((k - 1) / 2)
    otherwise. Percentile bootstrap intervals would be wrong: resampling spreads the spectrum again.

    The null is that of normal rows, simulated; `margin_certifiable` is the bound that a perfect generator of normal
    rows stays inside with 80 % probability.

    Raises
    ------
    InputError
        For missing or infinite values.
    """
    spectrum = _spectrum(real, synthetic, columns, n_jobs)
    if isinstance(spectrum, str):
        return [absent("var_ratio_range", "moments", "joint", spectrum, variant=name) for name in ("low", "high")]
    white, values, vectors = spectrum
    n, m = white.real.n, white.synthetic.n
    contrasts = white.basis @ vectors[:, [0, -1]]
    noise_x, noise_y = noise_factors(n, m, noise)
    variance = _relative_variance(synthetic, white, contrasts, white.synthetic.mean, n_jobs) * noise_y
    if noise == "both":
        variance = variance + _relative_variance(real, white, contrasts, white.real.mean, n_jobs) * noise_x
    null = extreme_quantiles(white.rank, m, n if noise == "both" else None, random_state)
    found = []
    for place, name in enumerate(("low", "high")):
        value, se = float(values[-place]), float(np.sqrt(variance[place]))
        low, high = _bounds(name, value, se, white.rank)
        draws = null[place]
        found.append(
            Finding(
                metric="var_ratio_range",
                family="moments",
                scope="joint",
                variant=name,
                value=value,
                better="target",
                target=1.0,
                se=value * se,
                ci_low=low,
                ci_high=high,
                ci_method="one-sided 95 % bounds, kurtosis along the contrast",
                null_kind=null_of(noise),
                n_real=n,
                n_synth=m,
                margin_certifiable=_certifiable(name, draws, noise_x + noise_y),
                method=_method(white.rank, n if noise == "both" else None, m),
                **_band(draws),
                seed=random_state,
                note=_joined(_weights(contrasts[:, place], white, columns), white.note),
            )
        )
    return found


def _spectrum(
    real: Matrix, synthetic: Matrix, columns: Sequence[str], n_jobs: int
) -> tuple[Whitened, NDArray[np.float64], Matrix] | str:
    """Return the whitened tables with eigenvalues and eigenvectors, or why there are none."""
    real, synthetic = checked(real, "real", columns), checked(synthetic, "new", columns)
    if min(real.shape[0], synthetic.shape[0]) < 2:
        return "a covariance needs two rows in each table"
    if not real.shape[1]:
        return "no numeric column"
    white = whiten(moments_of(real, n_jobs), moments_of(synthetic, n_jobs), columns)
    if not white.rank:
        return _joined("no numeric column varies in the real table", white.note)
    values, vectors = np.linalg.eigh(white.ratio)
    return white, np.maximum(values, 0.0), vectors


def _relative_variance(
    rows: Matrix, white: Whitened, contrasts: Matrix, mean: NDArray[np.float64], n_jobs: int
) -> NDArray[np.float64]:
    """Return kurtosis minus 1 of the rows along each contrast; 0 where they do not vary."""
    direction = contrasts / white.scale[:, None]
    matrices = np.stack([np.outer(one, one) for one in direction.T])
    part = rows if white.kept.size == rows.shape[1] else np.ascontiguousarray(rows[:, white.kept])
    moments = form_moments(np.ascontiguousarray(part, np.float64), mean * white.scale, matrices, n_jobs)
    positive = moments[:, 0] > 0.0
    return np.where(positive, moments[:, 1] / np.where(positive, moments[:, 0], 1.0) ** 2, 0.0)


def _bounds(name: str, value: float, se: float, rank: int) -> tuple[float, float]:
    """Return the bounds of the true extreme ratio."""
    reach = se / np.sqrt(2.0) * (np.sqrt(rank) + _TAIL)  # sqrt((k - 1) / 2) (sqrt(p / m) + t / sqrt(m))
    if name == "high":
        upper = value / (1.0 - ONE_SIDED * se) if ONE_SIDED * se < 1.0 else float("inf")
        return float(value / (1.0 + reach) ** 2), float(upper)
    upper = value / (1.0 - reach) ** 2 if reach < 1.0 else float("inf")
    return float(value / (1.0 + ONE_SIDED * se)), float(upper)


def _certifiable(name: str, draws: NDArray[np.float64], noise: float) -> float:
    """Return the outer bound that a perfect generator of normal rows stays inside with 80 % probability."""
    usual = ONE_SIDED * float(np.sqrt(2.0 * noise))
    if name == "high":
        return float(np.quantile(draws, 0.8) / max(1e-9, 1.0 - usual))
    return float(np.quantile(draws, 0.2) / (1.0 + usual))


def _band(draws: NDArray[np.float64]) -> dict[str, Any]:
    low, middle, high = (float(end) for end in np.quantile(draws, [0.025, 0.5, 0.975]))
    return {"null_low": low, "null_center": middle, "null_high": high}


def _method(rank: int, n: int | None, m: int) -> str:
    low, high = noise_edges(rank, m, n)
    law = "Marchenko-Pastur" if n is None else "Wachter"
    return f"generalised eigenvalues, {rank} directions; {law} edges {low:.3f} and {high:.3f}"


def _weights(contrast: NDArray[np.float64], white: Whitened, columns: Sequence[str]) -> str:
    """Name the columns that weigh most in a contrast of standardised columns."""
    share = np.abs(contrast) / np.abs(contrast).sum()
    most = np.argsort(-share, kind="stable")[:3]
    names = [str(columns[int(white.kept[place])]) if columns else str(int(white.kept[place])) for place in most]
    return "contrast of " + ", ".join(f"{name} ({share[place]:.0%})" for name, place in zip(names, most, strict=True))


def _joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)


def log_det_bias(m: int, p: int) -> float:
    """Return ``E log det S - log det Sigma`` of the covariance of m normal rows in p columns."""
    from scipy.special import digamma

    freedom = (m - np.arange(1, p + 1)) / 2.0
    return float(digamma(freedom).sum() + p * np.log(2.0) - p * np.log(m - 1.0))


def volumes(
    real: Matrix,
    synthetic: Matrix,
    *,
    columns: Sequence[str] = (),
    noise: Noise = "synthetic",
    n_jobs: int = 1,
) -> list[Finding]:
    """Summarise the same eigenvalues in one number each: volume, Stein loss, Kullback-Leibler, Bures-Wasserstein.

    Parameters
    ----------
    real, synthetic : arrays of shape (n, p) and (m, p)
        Numeric columns without missing values.
    columns : sequence of str
        Their names.
    noise : {"synthetic", "both"}
        Whose sampling noise interval and null count.
    n_jobs : int
        Threads.

    Returns
    -------
    list of Finding
        `log_volume` = sum log l, with the digamma bias of normal rows as its null; `stein` = sum (l - 1 - log l);
        `gaussian_kl` = ``(stein + dm' Sigma_D^-1 dm) / 2``, of the new law from the real one; `bures_wasserstein`, the
        root of ``|dm|^2 + tr(S_D + S_S - 2 (S_D^1/2 S_S S_D^1/2)^1/2)`` with columns in real standard deviations, which
        is finite for any rank.

    Raises
    ------
    InputError
        For missing or infinite values.
    """
    spectrum = _spectrum(real, synthetic, columns, n_jobs)
    names = ("log_volume", "stein", "gaussian_kl", "bures_wasserstein")
    if isinstance(spectrum, str):
        return [absent(name, "moments", "joint", spectrum) for name in names]
    white, values, _ = spectrum
    n, m, p = white.real.n, white.synthetic.n, white.rank
    what: dict[str, Any] = {"family": "moments", "scope": "joint", "n_real": n, "n_synth": m}
    bures = Finding(
        metric="bures_wasserstein",
        value=bures_wasserstein(white.real, white.synthetic),
        unit="sd",
        method=f"{white.kept.size} columns in real standard deviations",
        note=white.note,
        **what,
    )
    if values[0] < _SINGULAR:
        note = f"{int((values < _SINGULAR).sum())} of {p} directions have no variance in the new table: infinite"
        return [
            *(Finding(metric=name, value=np.nan, note=_joined(note, white.note), **what) for name in names[:3]),
            bures,
        ]
    what |= {"null_kind": null_of(noise), "note": white.note, "method": f"from {p} variance ratios"}
    noises = noise_factors(n, m, noise)
    shift = white.basis.T @ (white.synthetic.mean - white.real.mean)
    stein = float((values - 1.0 - np.log(values)).sum())
    loss = -log_det_bias(m, p) if noise == "synthetic" else p * (p + 1.0) / 2.0 * sum(noises)
    kl, center = 0.5 * (stein + float(shift @ shift)), 0.5 * (loss + p * sum(noises))
    bias = log_det_bias(m, p) - (log_det_bias(n, p) if noise == "both" else 0.0)
    se = _log_volume_se(real, synthetic, white, noises, n_jobs)
    return [
        _log_volume(float(np.log(values).sum()), bias, se, float(np.sqrt(2.0 * p * sum(noises))), what),
        Finding(metric="stein", value=stein, null_center=loss, **what),
        Finding(metric="gaussian_kl", value=kl, unit="nats", null_center=center, **what),
        bures,
    ]


def _log_volume(value: float, bias: float, se: float, usual: float, what: dict[str, Any]) -> Finding:
    return Finding(
        metric="log_volume",
        value=value,
        better="target",
        target=0.0,
        se=se,
        ci_low=value - bias - Z95 * se,
        ci_high=value - bias + Z95 * se,
        ci_method="influence of each row, less the bias of normal rows, 95 %",
        null_center=bias,
        null_low=bias - Z95 * usual,
        null_high=bias + Z95 * usual,
        **what,
    )


def _log_volume_se(real: Matrix, synthetic: Matrix, white: Whitened, noises: tuple[float, float], n_jobs: int) -> float:
    """Return the standard error of log det: the spread of a row's squared Mahalanobis length."""
    total = 0.0
    inverse = white.basis @ np.linalg.inv(white.ratio) @ white.basis.T
    whole = white.basis @ white.basis.T
    for rows, moments, matrix, factor in (
        (real, white.real, whole, noises[0]),
        (synthetic, white.synthetic, inverse, noises[1]),
    ):
        if factor:
            part = np.ascontiguousarray(np.asarray(rows, np.float64)[:, white.kept])
            form = (matrix / np.outer(white.scale, white.scale))[None]
            total += factor * float(form_moments(part, moments.mean * white.scale, form, n_jobs)[0, 1])
    return float(np.sqrt(total))


def bures_wasserstein(first: Moments, second: Moments) -> float:
    """Return the Bures-Wasserstein distance of two normal laws, in the units of the data."""
    root = _root(first.covariance)
    cross = _root(root @ second.covariance @ root)
    square = float(np.trace(first.covariance) + np.trace(second.covariance) - 2.0 * np.trace(cross))
    shift = second.mean - first.mean
    return float(np.sqrt(max(0.0, square + float(shift @ shift))))


def _root(matrix: Matrix) -> Matrix:
    values, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T, np.float64)
