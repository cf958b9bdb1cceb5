"""Tests of equal level shares: chi-square and G, on counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from synthmix.drift.finding import Finding
from synthmix.drift.marginal.levels import LevelCounts
from synthmix.drift.marginal.permute import N_PERM, affordable, null_of_draws, permuted, upper_p
from synthmix.drift.noise import absent
from synthmix.kernels.levels import count_statistics

_EXPECTED = 5.0  # rows below which the chi-square law is not trusted


def count_tests(counts: LevelCounts, *, n_perm: int = N_PERM, random_state: int = 0, n_jobs: int = 1) -> list[Finding]:
    """Test a discrete column by Pearson's chi-square and by G, the likelihood ratio.

    Parameters
    ----------
    counts : LevelCounts
    n_perm, random_state, n_jobs : int
        Label permutations where an expected count is below 5; their key; threads.

    Returns
    -------
    list of Finding
        `chi2` and `g`; the value is the statistic. No level is pooled: where levels are rare the p-value is that of
        label permutations, which is exact whatever the counts.

    Notes
    -----
    The p-value is one of two independent tables and conservative for a table made from the real rows.
    """
    what: dict[str, Any] = {"family": "marginal", "scope": "column", "column": counts.name}
    why = counts.empty
    there = counts.real + counts.synthetic > 0
    levels = int(np.count_nonzero(there))
    if not why and levels == 1:
        why = f"both tables hold one level only, {counts.labels[int(np.flatnonzero(there)[0])]!r}"
    if why:
        return [absent(metric, note=why, **what) for metric in ("chi2", "g")]
    real, totals = counts.real[there], (counts.real + counts.synthetic)[there]
    observed = np.empty((1, 3))
    count_statistics(real[None], totals, counts.n, counts.m, observed)
    what |= {"n_real": counts.n, "n_synth": counts.m}
    values = {"chi2": float(observed[0, 0]), "g": float(observed[0, 1])}
    rare = float(totals.min()) * min(counts.n, counts.m) / (counts.n + counts.m) < _EXPECTED
    if rare and affordable(totals, n_perm):
        drawn = permuted(count_statistics, totals, counts.n, n_perm, random_state, n_jobs)
        method = f"permutation, some of {levels} levels expect fewer than 5 rows"
        return [
            Finding(
                metric=name,
                value=values[name],
                statistic=values[name],
                p_value=upper_p(values[name], drawn[:, place]),
                method=method,
                seed=random_state,
                **null_of_draws(drawn[:, place]),
                **what,
            )
            for place, name in enumerate(values)
        ]
    return [_by_law(name, value, levels, rare, what) for name, value in values.items()]


def _by_law(name: str, value: float, levels: int, rare: bool, what: dict[str, Any]) -> Finding:
    from scipy.stats import chi2

    low, high = (float(chi2.ppf(q, levels - 1)) for q in (0.025, 0.975))
    return Finding(
        metric=name,
        value=value,
        statistic=value,
        p_value=float(chi2.sf(value, levels - 1)),
        null_kind="closed_form",
        null_center=float(levels - 1),
        null_low=low,
        null_high=high,
        method=f"chi-square law, {levels - 1} degrees of freedom",
        note="levels with fewer than 5 expected rows, too many to permute: the p-value is rough" if rare else "",
        **what,
    )
