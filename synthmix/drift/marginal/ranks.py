"""Tests of equal distribution functions: Kolmogorov-Smirnov, Cramer-von Mises, Anderson-Darling."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.finding import Finding
from synthmix.drift.marginal.column import Numeric, Pair, pair_of
from synthmix.drift.marginal.limits import anderson_darling_sf, cramer_von_mises_sf
from synthmix.drift.marginal.permute import N_PERM, affordable, null_of_draws, permuted, upper_p
from synthmix.drift.noise import absent
from synthmix.kernels.ecdf import largest_step, level_counts
from synthmix.kernels.levels import rank_statistics

_EXACT = 2_000_000  # n m up to which the exact law of KS is computed


def ks(
    real: Numeric,
    synthetic: Numeric,
    *,
    column: str = "",
    n_perm: int = N_PERM,
    random_state: int = 0,
    n_jobs: int = 1,
) -> Finding:
    """Test a numeric column by Kolmogorov and Smirnov's ``sup |F - G|``.

    Parameters
    ----------
    real, synthetic : array of shape (n,) or SortedColumn
        Observed values.
    column : str
        Name of the column.
    n_perm, random_state, n_jobs : int
        Label permutations where values are tied; their key; threads.

    Returns
    -------
    Finding
        Without ties the exact law (n m <= 2e6) or Kolmogorov's limit at the effective size. With ties label
        permutations, drawn level by level; where so many levels would take too long the limit, which is
        conservative then, and a note.

    Notes
    -----
    The p-value is one of two independent tables. For a table made from the real rows it is conservative: it rejects .6
    % of ideal generators at 5 % (null of the first kind, module documentation). Insensitive in the tails.

    Raises
    ------
    InputError
        For missing or infinite values.
    """
    pair = pair_of(real, synthetic, column)
    if pair.empty:
        return absent("ks", "marginal", "column", pair.empty, column=column)
    best, where, ties = largest_step(pair.real.values, pair.synthetic.values)
    value = best / (pair.n * pair.m)
    shared: dict[str, Any] = {
        "metric": "ks",
        "family": "marginal",
        "scope": "column",
        "column": column,
        "value": value,
        "statistic": value,
        "n_real": pair.n,
        "n_synth": pair.m,
        "note": f"largest at {where:g}" if best else "",
    }
    if ties:
        _, totals = _levels(pair)
        if affordable(totals, n_perm):
            drawn = permuted(rank_statistics, totals, pair.n, n_perm, random_state, n_jobs)[:, 0]
            null = null_of_draws(drawn / (pair.n * pair.m))
            return Finding(
                **shared, **null, p_value=upper_p(best, drawn), method="permutation, ties", seed=random_state
            )
        shared["note"] += f"; {ties} tied rows over {totals.size} values: the limit law is conservative"
    p, method = _ks_p(pair, value)
    center, low, high = _kolmogorov_band(pair.n, pair.m)
    return Finding(
        **shared, p_value=p, method=method, null_kind="closed_form", null_center=center, null_low=low, null_high=high
    )


def _ks_p(pair: Pair, value: float) -> tuple[float, str]:
    from scipy.stats import ks_2samp, kstwo

    if pair.n * pair.m <= _EXACT:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)  # scipy says so when its exact law fails
            try:
                found = ks_2samp(pair.real.values, pair.synthetic.values, method="exact")
                return float(found.pvalue), "exact"
            except RuntimeWarning:
                pass
    effective = pair.n * pair.m / (pair.n + pair.m)
    return float(kstwo.sf(value, max(1, round(effective)))), "Kolmogorov's law at the effective size"


def _kolmogorov_band(n: int, m: int) -> tuple[float, float, float]:
    from scipy.stats import kstwobign

    root = np.sqrt(n * m / (n + m))
    low, center, high = (float(kstwobign.ppf(q) / root) for q in (0.025, 0.5, 0.975))
    return center, low, min(1.0, high)


def _levels(pair: Pair) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many real rows, and how many of both tables, each distinct value has."""
    size = pair.n + pair.m
    counts, others, values = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size)
    levels = level_counts(pair.real.values, pair.synthetic.values, counts, others, values)
    return counts[:levels], counts[:levels] + others[:levels]


def rank_tests(
    real: Numeric,
    synthetic: Numeric,
    *,
    column: str = "",
    n_perm: int = N_PERM,
    random_state: int = 0,
    n_jobs: int = 1,
) -> list[Finding]:
    """Test a numeric column by Cramer and von Mises, and by Anderson and Darling: average and tails of ``F - G``.

    Parameters
    ----------
    real, synthetic : array of shape (n,) or SortedColumn
        Observed values.
    column : str
        Name of the column.
    n_perm, random_state, n_jobs : int
        Label permutations, their key, threads.

    Returns
    -------
    list of Finding
        `cvm` (T of ``scipy.stats.cramervonmises_2samp``) and `ad` (A^2 with mid-ranks before it is standardised; that
        of ``scipy.stats.anderson_ksamp`` is in `statistic`), ties by mid-ranks. The p-values are permutations', never
        clipped; where these would take too long, those of the limit laws with a note.

    Raises
    ------
    InputError
        For missing or infinite values.
    """
    pair = pair_of(real, synthetic, column)
    if pair.empty or pair.n + pair.m < 4:
        why = pair.empty or "fewer than four rows"
        return [absent(name, "marginal", "column", why, column=column) for name in ("cvm", "ad")]
    counts, totals = _levels(pair)
    observed = np.empty((1, 3))
    rank_statistics(counts[None], totals, pair.n, pair.m, observed)
    values = {"cvm": float(observed[0, 1]), "ad": float(observed[0, 2])}
    statistics = {"cvm": values["cvm"], "ad": (values["ad"] - 1.0) / ad_deviation(pair.n, pair.m)}
    sizes: dict[str, Any] = {
        "n_real": pair.n,
        "n_synth": pair.m,
        "column": column,
        "family": "marginal",
        "scope": "column",
    }
    if not affordable(totals, n_perm):
        return _by_limit(values, statistics, sizes)
    drawn = permuted(rank_statistics, totals, pair.n, n_perm, random_state, n_jobs)
    return [
        Finding(
            metric=name,
            value=values[name],
            statistic=statistics[name],
            p_value=upper_p(values[name], drawn[:, place]),
            method="permutation, ties by mid-ranks",
            seed=random_state,
            **null_of_draws(drawn[:, place]),
            **sizes,
        )
        for place, name in ((1, "cvm"), (2, "ad"))
    ]


def _by_limit(values: dict[str, float], statistics: dict[str, float], sizes: dict[str, Any]) -> list[Finding]:
    law: dict[str, Any] = {"null_kind": "closed_form", "method": "limit law"}
    tails = {"cvm": cramer_von_mises_sf(values["cvm"]), "ad": anderson_darling_sf(values["ad"])}
    center = {"cvm": 1.0 / 6.0, "ad": 1.0}
    note = "too many distinct values to permute: the law for infinitely many rows"
    return [
        Finding(
            metric=name,
            value=values[name],
            statistic=statistics[name],
            p_value=tails[name],
            null_center=center[name],
            note=note,
            **law,
            **sizes,
        )
        for name in values
    ]


def ad_deviation(n: int, m: int) -> float:
    """Return the standard deviation of the two-sample A^2 under the null (Scholz and Stephens 1987)."""
    total = n + m
    inverse = 1.0 / np.arange(1, total)
    harmonic = float(inverse.sum())
    tail = np.cumsum(inverse[::-1])[::-1]  # tail[i - 1] = sum_{j >= i} 1 / j
    i = np.arange(1, total - 1)
    g = float((tail[i] / (total - i)).sum())
    sizes = 1.0 / n + 1.0 / m
    k = 2.0
    a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * sizes
    b = (2 * g - 4) * k**2 + 8 * harmonic * k + (2 * g - 14 * harmonic - 4) * sizes - 8 * harmonic + 4 * g - 6
    c = (6 * harmonic + 2 * g - 2) * k**2 + (4 * harmonic - 4 * g + 6) * k + (2 * harmonic - 6) * sizes + 4 * harmonic
    d = (2 * harmonic + 6) * k**2 - 4 * harmonic * k
    variance = (a * total**3 + b * total**2 + c * total + d) / ((total - 1.0) * (total - 2.0) * (total - 3.0))
    return float(np.sqrt(variance))
