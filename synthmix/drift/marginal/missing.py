"""Missing values: their rate in a column, and which columns they are missing from together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.finding import Finding
from synthmix.drift.marginal.levels import LevelCounts, tvd
from synthmix.drift.marginal.permute import N_PERM
from synthmix.drift.noise import Z95, Noise, absent, noise_factors, null_of

_RARE = 10  # real rows below which patterns share a cell


def missing_rate(
    missing_real: int, n_real: int, missing_synth: int, n_synth: int, *, column: str = "", noise: Noise = "synthetic"
) -> Finding:
    """Compare the share of missing values of a column, synthetic minus real.

    Parameters
    ----------
    missing_real, n_real, missing_synth, n_synth : int
        Missing values and rows of each table.
    column : str
        Name of the column.
    noise : {"synthetic", "both"}
        Whose sampling noise the interval counts: Wilson's for the new table's rate, or Newcombe's hybrid of two of
        them.

    Returns
    -------
    Finding
        `missing`; the p-value is Fisher's exact one for two independent tables. The note says when the new rate is what
        mixing would make of the real one q: q^2 when both parents must be missing, 2 q - q^2 when one is enough.
    """
    if not n_real or not n_synth:
        return absent(
            "missing", "marginal", "column", f"no rows in the {'new' if n_real else 'real'} table", column=column
        )
    q, rate = missing_real / n_real, missing_synth / n_synth
    noise_factors(n_real, n_synth, noise)
    low, high = _rate_interval(missing_synth, n_synth)
    note = _mixing_note(q, low, high)
    if noise == "both":
        from statsmodels.stats.proportion import confint_proportions_2indep

        low, high = confint_proportions_2indep(missing_synth, n_synth, missing_real, n_real, method="newcomb")
    else:
        low, high = low - q, high - q
    width = float(np.sqrt(q * (1.0 - q) * sum(noise_factors(n_real, n_synth, noise))))
    return Finding(
        metric="missing",
        family="marginal",
        scope="column",
        column=column,
        value=rate - q,
        better="target",
        target=0.0,
        ci_low=float(low),
        ci_high=float(high),
        ci_method="Newcombe, 95 %" if noise == "both" else "Wilson for the new rate, 95 %",
        null_kind=null_of(noise),
        null_center=0.0,
        null_low=-Z95 * width,
        null_high=Z95 * width,
        p_value=_fisher(missing_real, n_real, missing_synth, n_synth),
        n_real=n_real,
        n_synth=n_synth,
        method=f"{missing_real} of {n_real} real and {missing_synth} of {n_synth} new values",
        note=note,
    )


def _mixing_note(q: float, low: float, high: float) -> str:
    """Say so when a new rate between low and high is what a rule of mixing makes of the real rate q."""
    if low <= q <= high:
        return ""
    rules = (
        ("q^2, as if both parents had to be missing", q * q),
        ("2q - q^2, as if one missing parent were enough", 2.0 * q - q * q),
    )
    return "; ".join(f"the new rate is {rule}" for rule, share in rules if low <= share <= high)


def _rate_interval(count: int, trials: int) -> tuple[float, float]:
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(count, trials, method="wilson")
    return float(low), float(high)


def _fisher(missing_real: int, n_real: int, missing_synth: int, n_synth: int) -> float:
    """Return Fisher's exact two-sided p-value; 1 where nothing is missing, or everything."""
    from scipy.stats import chi2_contingency, fisher_exact

    table = np.array([[missing_real, n_real - missing_real], [missing_synth, n_synth - missing_synth]])
    if not table.sum(axis=0).all():
        return 1.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    if expected.min() > 100.0:  # where the exact law is slow and the limit is as good
        return float(chi2_contingency(table, correction=False).pvalue)
    return min(1.0, float(fisher_exact(table).pvalue))


def missing_patterns(
    real: NDArray[np.bool_],
    synthetic: NDArray[np.bool_],
    *,
    columns: Sequence[str] = (),
    noise: Noise = "synthetic",
    n_perm: int = N_PERM,
    random_state: int = 0,
    n_jobs: int = 1,
) -> list[Finding]:
    """Compare which columns are missing together.

    Parameters
    ----------
    real, synthetic : bool arrays of shape (n, p)
        True where a value is missing.
    columns : sequence of str
        Names of the columns.
    noise : {"synthetic", "both"}
        Whose sampling noise the distance's floor and interval count.
    n_perm, random_state, n_jobs : int
        Label permutations of the test, their key, threads.

    Returns
    -------
    list of Finding
        `missing_patterns`: total variation over patterns, variants "excess" and "raw"; patterns with fewer than ten
        real rows share a cell. Their p-value is the chi-square's over all patterns, permuted where some are rare.
    """
    from synthmix.drift.marginal.counts import count_tests

    if not real.shape[0] or not synthetic.shape[0]:
        return [absent("missing_patterns", "marginal", "joint", "a table without rows")]
    packed = np.concatenate([np.packbits(real, axis=1), np.packbits(synthetic, axis=1)])
    _, first, codes = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    codes = codes.reshape(-1)
    split = real.shape[0]
    counts = [np.bincount(part, minlength=first.size) for part in (codes[:split], codes[split:])]
    rows = np.concatenate([real, synthetic])[first] if first.size else real[:0]
    labels = tuple(_pattern(row, columns) for row in rows)
    whole = LevelCounts(counts[0], counts[1], labels)
    test = count_tests(whole, n_perm=n_perm, random_state=random_state, n_jobs=n_jobs)[0]
    rare = counts[0] < _RARE
    pooled = [np.append(part[~rare], part[rare].sum()).astype(np.int64) for part in counts]
    kept = tuple(label for label, out in zip(labels, rare, strict=True) if not out)
    found = tvd(LevelCounts(pooled[0], pooled[1], (*kept, "rare")), noise=noise)
    note = f"{int(rare.sum())} patterns with fewer than {_RARE} real rows share a cell" if rare.any() else ""
    return [_renamed(finding, test, first.size, note) for finding in found]


def _pattern(row: NDArray[np.bool_], columns: Sequence[str]) -> str:
    names = [str(columns[place]) if columns else str(place) for place in map(int, np.flatnonzero(row))]
    return "missing: " + ", ".join(names) if names else "complete"


def _renamed(finding: Finding, test: Finding, patterns: int, note: str) -> Finding:
    from dataclasses import replace

    notes = [part for part in (note, test.note) if part]
    return replace(
        finding,
        metric="missing_patterns",
        scope="joint",
        p_value=1.0 if test.value != test.value else test.p_value,
        n_perm=test.n_perm,
        seed=test.seed,
        method=f"total variation over {patterns} patterns; p: {test.method or 'one pattern'}",
        note="; ".join(notes),
    )
