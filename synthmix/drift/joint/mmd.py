"""Maximum mean discrepancy with Gaussian kernels of several widths."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.finding import Finding
from synthmix.drift.joint.budget import Budget, Plan, blocks_of, plan
from synthmix.drift.joint.pairs import Similarity, gaussian, spread_of, sums_to
from synthmix.drift.joint.pool import Floats, both, pooled
from synthmix.drift.joint.relabelled import labellings, quadratic, stepped
from synthmix.errors import OptionError

FACTORS = (0.1, 0.3, 1.0, 3.0)
NEAR_COPIES = (
    "a small p of the lower tail means nearer than two samples of one law: rows that are copied or mixed from near ones"
)


def mmd_of(real: Floats, synthetic: Floats, kernels: Sequence[Similarity], threads: int = 1) -> tuple[Floats, Floats]:
    """Return the squared discrepancies in V-form (biased, never negative) and in U-form (unbiased), one per kernel."""
    n, m = len(real), len(synthetic)
    xx = sums_to(real, real, kernels, threads).sum(axis=1)
    yy = sums_to(synthetic, synthetic, kernels, threads).sum(axis=1)
    cross = sums_to(real, synthetic, kernels, threads).sum(axis=1) / (n * m)
    v = xx / n**2 + yy / m**2 - 2 * cross
    if min(n, m) < 2:
        return v, np.full(len(kernels), np.nan)
    return v, (xx - n) / (n * (n - 1)) + (yy - m) / (m * (m - 1)) - 2 * cross


def mmd(
    real: NDArray[np.generic],
    synthetic: NDArray[np.generic],
    *,
    factors: Sequence[float] = FACTORS,
    seed: int = 0,
    budget: Budget | None = None,
    names: Sequence[str] | None = None,
    threads: int = 1,
) -> list[Finding]:
    """Return the squared maximum mean discrepancy for several bandwidths, with permutation nulls.

    Parameters
    ----------
    real, synthetic : array, shape (n, p) and (m, p)
        Finite numbers on comparable scales.
    factors : sequence of float
        Bandwidths in units of the median of all pairwise distances of the pooled rows: small ones see local structure,
        1 is the usual heuristic, which sees location at the scale of the whole table and little else.
    seed, budget, names, threads
        As for :func:`synthmix.drift.joint.fused.joint_test`.

    Returns
    -------
    list of Finding
        One for each bandwidth: `value` the unbiased form (null centre 0, may be negative), `statistic` the V-form,
        `p_value` its upper tail. The note of the smallest bandwidth gives its lower tail.

    Notes
    -----
    Gretton et al. (2012). Kernel ``exp(-d^2 / (2 h^2))``. The p-values are of each bandwidth by itself; the fused test
    combines them.
    """
    if not factors or not all(np.isfinite(factor) and factor > 0 for factor in factors):
        raise OptionError(f"factors={list(factors)!r}: give positive multiples of the median distance")
    x, y = both(real, synthetic, names)
    drawn = plan(len(x), len(y), x.shape[1], budget or Budget())
    values, permuted, note = [], [], [drawn.note]
    for block, tables in enumerate(blocks_of(x, y, drawn, seed)):
        pool = pooled(*tables)
        spread = spread_of(pool.rows, seed, threads)
        if spread.median == 0.0:
            note.append("more than half of all pairs of rows are equal: there is no bandwidth")
            break
        kernels = gaussian(spread, factors)
        values.append(mmd_of(*tables, kernels, threads))
        parts = [stepped(kernel, spread, len(pool.rows), min(pool.sizes)) for kernel in kernels]
        permuted.append(quadratic(pool, labellings(pool, drawn.permutations, seed, block), parts, threads))
    text = "; ".join(filter(None, note))
    if len(values) < drawn.blocks:
        return [_finding(factor, np.full(2, np.nan), None, drawn, (len(x), len(y)), seed, text) for factor in factors]
    estimates, null = np.mean(values, axis=0), np.mean(permuted, axis=0)
    return [
        _finding(factor, estimates[:, k], null[k], drawn, (len(x), len(y)), seed, text)
        for k, factor in enumerate(factors)
    ]


def _finding(
    factor: float, vu: Floats, null: Floats | None, drawn: Plan, sizes: tuple[int, int], seed: int, note: str
) -> Finding:
    """Return the finding of one bandwidth; `null` has the V-statistics of all labellings up to a constant."""
    if drawn.real == 1 or drawn.synthetic == 1:
        note = "; ".join(filter(None, (note, "a table of one row has no unbiased form")))
    low = high = p_value = float("nan")
    if null is not None:
        low, high = (float(q) for q in np.quantile(null[1:], [0.025, 0.975]) - null[1:].mean())
        p_value = float((null >= null[0]).mean())
        if factor < 0.2:
            note = "; ".join(filter(None, (note, f"p of the lower tail {(null <= null[0]).mean():.4g}: {NEAR_COPIES}")))
    return Finding(
        metric="mmd2",
        variant=f"{factor:g} x median",
        family="joint",
        scope="joint",
        value=float(vu[1]),
        statistic=float(vu[0]),
        null_kind="permutation",
        null_center=0.0,
        null_low=low,
        null_high=high,
        p_value=p_value,
        n_real=sizes[0],
        n_synth=sizes[1],
        n_perm=drawn.permutations,
        method="Gaussian kernel; value U-form, statistic and p V-form",
        seed=seed,
        note=note,
    )
