"""PSI, Jensen-Shannon and Hellinger over bins that only the real column defines."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.finding import Finding
from synthmix.drift.marginal.column import Numeric, pair_of
from synthmix.drift.marginal.levels import LevelCounts
from synthmix.drift.noise import absent
from synthmix.errors import OptionError


def reference_edges(values: NDArray[np.float64], bins: int) -> NDArray[np.float64]:
    """Return the inner edges of `bins` bins of equal counts in the real column; equal edges become one.

    A value on an edge belongs to the bin above it; the outer bins have no outer edge.
    """
    if bins < 2:
        raise OptionError(f"bins={bins}: give at least 2")
    edges = np.unique(np.quantile(values, np.arange(1, bins) / bins))
    return np.asarray(edges[edges > values.min()], np.float64)  # nothing lies below the least value


def reference_bins(real: Numeric, synthetic: Numeric, *, bins: int = 10, column: str = "") -> LevelCounts:
    """Count the rows of two tables in bins between quantiles of the real one.

    Raises
    ------
    InputError, OptionError
        For missing or infinite values, and for fewer than two bins.
    """
    pair = pair_of(real, synthetic, column)
    if pair.empty:
        return LevelCounts(np.array([pair.n]), np.array([pair.m]), ("all",), column)
    edges = reference_edges(pair.real.values, bins)
    ends = [f"{edge:g}" for edge in edges]
    labels = tuple(f"[{low}, {high})" for low, high in zip(["-inf", *ends], [*ends, "inf"], strict=True))
    counts = []
    for side in (pair.real.values, pair.synthetic.values):
        places = np.searchsorted(side, edges, side="left")
        counts.append(np.diff(np.concatenate([[0], places, [side.size]])).astype(np.int64))
    return LevelCounts(counts[0], counts[1], labels, column)


def divergences(counts: LevelCounts) -> list[Finding]:
    """Compare level shares, or the bins of :func:`reference_bins`, by the scores that other programs print.

    Parameters
    ----------
    counts : LevelCounts

    Returns
    -------
    list of Finding
        `psi` = ``sum (q - p) log(q / p)`` with its null ``(1/n + 1/m) chi2_{B-1}`` and the p-value of it; `js`, the
        root of the Jensen-Shannon divergence to base 2; `hellinger` = ``sqrt(1 - sum sqrt(p q))``. The last two are 0
        to 1.

    Notes
    -----
    Number and place of the bins are part of the value of a PSI. An empty new cell counts as half a row, in the PSI
    only, and the note says so; a cell that no real row has makes the PSI infinite and leaves it without a number.
    """
    if counts.empty:
        return [
            absent(name, "marginal", "column", counts.empty, column=counts.name) for name in ("psi", "js", "hellinger")
        ]
    there = counts.real + counts.synthetic > 0
    p, q = counts.real[there] / counts.n, counts.synthetic[there] / counts.m
    middle = 0.5 * (p + q)
    with np.errstate(divide="ignore", invalid="ignore"):
        js = 0.5 * sum(float(np.where(s > 0.0, s * np.log2(s / middle), 0.0).sum()) for s in (p, q))
    affinity = float(np.sqrt(p * q).sum())
    shared: dict[str, Any] = {
        "family": "marginal",
        "scope": "column",
        "column": counts.name,
        "n_real": counts.n,
        "n_synth": counts.m,
    }
    cells = f"{p.size} cells"
    return [
        _psi(counts),
        Finding(metric="js", value=float(np.sqrt(max(0.0, js))), method=f"base 2, {cells}", **shared),
        Finding(metric="hellinger", value=float(np.sqrt(max(0.0, 1.0 - affinity))), method=cells, **shared),
    ]


def _psi(counts: LevelCounts) -> Finding:
    from scipy.stats import chi2

    there = counts.real + counts.synthetic > 0
    real, synthetic = counts.real[there], counts.synthetic[there].astype(np.float64)
    invented = int(np.count_nonzero(real == 0))
    if invented:
        note = f"{invented} cells have new rows and no real one: infinite"
        return absent("psi", "marginal", "column", note, column=counts.name, n_real=counts.n, n_synth=counts.m)
    empty = int(np.count_nonzero(synthetic == 0.0))
    p, q = real / counts.n, np.where(synthetic == 0.0, 0.5, synthetic) / counts.m
    value = float(((q - p) * np.log(q / p)).sum())
    noise, freedom = 1.0 / counts.n + 1.0 / counts.m, max(1, real.size - 1)
    low, high = (float(chi2.ppf(level, freedom) * noise) for level in (0.025, 0.975))
    return Finding(
        metric="psi",
        family="marginal",
        scope="column",
        column=counts.name,
        value=value,
        null_kind="floor",
        null_center=noise * (real.size - 1),
        null_low=low,
        null_high=high,
        statistic=value / noise,
        p_value=float(chi2.sf(value / noise, freedom)) if real.size > 1 else 1.0,
        n_real=counts.n,
        n_synth=counts.m,
        method=f"{real.size} cells, empty new cells as half a row",
        note=f"{empty} empty new cells count as half a row" if empty else "",
    )
