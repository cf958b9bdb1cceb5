"""Energy distance: how much farther rows of different tables are than rows of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.finding import Finding
from synthmix.drift.joint.budget import Budget, blocks_of, plan
from synthmix.drift.joint.pairs import DISTANCE, spread_of, sums_to
from synthmix.drift.joint.pool import Floats, Pool, both, pooled
from synthmix.drift.joint.relabelled import labellings, quadratic, stepped
from synthmix.drift.noise import Z95

PERMUTATIONS = 199


@dataclass(frozen=True)
class Energy:
    """Energy distance of two tables.

    Attributes
    ----------
    v, u : float
        ``2 E|X-Y| - E|X-X'| - E|Y-Y'|``: pairs of a row with itself counted (never negative), or not (unbiased; NaN
        where a table has one row).
    between : float
        E|X-Y|.
    coefficient : float
        ``v / (2 between)``, in [0, 1]; 0 where all rows are equal.
    se : float
        Standard error of the coefficient, of first order: 0 where both tables have one law.
    """

    v: float
    u: float
    between: float
    coefficient: float
    se: float


def energy_of(real: Floats, synthetic: Floats, threads: int = 1) -> Energy:
    """Return the energy distance from all pairs of rows."""
    n, m = len(real), len(synthetic)
    xx, xy = (sums_to(real, other, [DISTANCE], threads)[0] for other in (real, synthetic))
    yx, yy = (sums_to(synthetic, other, [DISTANCE], threads)[0] for other in (real, synthetic))
    cross = float(xy.sum()) / (n * m)
    first, second = float(xx.sum()), float(yy.sum())
    u = 2 * cross - first / (n * (n - 1)) - second / (m * (m - 1)) if min(n, m) > 1 else float("nan")
    if cross == 0.0:
        return Energy(0.0, 0.0, 0.0, 0.0, 0.0)
    inner = first / n**2 + second / m**2
    v = 2 * cross - inner
    slopes = [
        inner / (2 * cross**2) * to_other / size_other - own / size / cross
        for to_other, own, size, size_other in ((xy, xx, n, m), (yx, yy, m, n))
    ]
    se = float(np.sqrt(sum(slope.var() / slope.size for slope in slopes)))
    return Energy(v, u, cross, max(v, 0.0) / (2 * cross), se)


def energy_coefficient(
    real: NDArray[np.generic],
    synthetic: NDArray[np.generic],
    *,
    seed: int = 0,
    budget: Budget | None = None,
    names: Sequence[str] | None = None,
    threads: int = 1,
) -> Finding:
    """Return the energy coefficient ``E / (2 E|X-Y|)`` with its permutation null.

    Parameters
    ----------
    real, synthetic : array, shape (n, p) and (m, p)
        Finite numbers on comparable scales. Rows of larger tables are compared in random blocks.
    seed : int
    budget : Budget, optional
        At most 199 permutations: they give a band and a standard error here, and the fused test gives the p-value.
    names : sequence of str, optional
    threads : int

    Returns
    -------
    Finding
        0: one law; 1: two points. `null_center` is ``(1/n + 1/m) / 2``, exact for labels that are permuted: the energy
        of two samples of one law is ``E|X-X'| (1/n + 1/m)`` in the mean, whatever the law. The standard error adds the
        part of first order (influence of the rows) and the spread of the permutations, which is all there is when
        the laws are equal. In one dimension the energy is ``scipy.stats.energy_distance`` squared.

    Notes
    -----
    Szekely and Rizzo (2013). Sees shifts and scales of single columns well and changes of shape or dependence badly:
    a value near its null says little about them.
    """
    x, y = both(real, synthetic, names)
    budget = budget or Budget()
    capped = Budget(budget.rows, min(budget.permutations, PERMUTATIONS), budget.seconds)
    drawn = plan(len(x), len(y), x.shape[1], capped)
    found, nulls = [], []
    for block, tables in enumerate(blocks_of(x, y, drawn, seed)):
        pool = pooled(*tables)
        found.append(energy_of(*tables, threads))
        nulls.append(_null(pool.sizes, _energies(pool, drawn.permutations, seed, block, threads)))
    value = float(np.mean([one.coefficient for one in found]))
    null = np.mean(nulls, axis=0)
    first = np.mean([one.se**2 for one in found]) / drawn.blocks
    se = float(np.sqrt(first + null[1:].var()))
    low, high = np.quantile(null[1:], [0.025, 0.975])
    note = [drawn.note, "all rows are equal" if all(one.between == 0.0 for one in found) else ""]
    return Finding(
        metric="energy_coef",
        family="joint",
        scope="joint",
        value=value,
        better="low",
        se=se,
        ci_low=max(0.0, value - Z95 * se),
        ci_high=min(1.0, value + Z95 * se),
        ci_method="95 %, normal: influence of rows and spread of permutations",
        null_kind="permutation",
        null_center=(1 / drawn.real + 1 / drawn.synthetic) / 2,
        null_low=float(low),
        null_high=float(high),
        statistic=float(np.mean([one.v for one in found])),
        p_value=float((null >= null[0]).mean()),
        n_real=len(x),
        n_synth=len(y),
        n_perm=drawn.permutations,
        method="V-form over all pairs of a block",
        seed=seed,
        note="; ".join(filter(None, note)),
    )


def _energies(pool: Pool, permutations: int, seed: int, block: int, threads: int) -> Floats:
    """Return the energies of all labellings."""
    labels = labellings(pool, permutations, seed, block)
    part = stepped(DISTANCE, spread_of(pool.rows, seed, threads), len(pool.rows), min(pool.sizes))
    energies: Floats = quadratic(pool, labels, [part], threads)[0]
    return energies


def _null(sizes: tuple[int, int], energies: Floats) -> Floats:
    """Return coefficients of all labellings: energies over twice the mean distance of different rows.

    The mean energy of all labellings is that distance times (1/n + 1/m), so it need not be measured again.
    """
    n, m = sizes
    distance = energies[1:].mean() / (1 / n + 1 / m)
    return energies / (2 * distance) if distance > 0.0 else np.zeros_like(energies)
