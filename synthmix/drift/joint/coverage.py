"""Coverage: whether there is a synthetic row near each real one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.finding import Finding
from synthmix.drift.joint.budget import Budget, Plan, blocks_of, plan
from synthmix.drift.joint.graph import graph_of, labels_of, surrounded
from synthmix.drift.joint.pool import both
from synthmix.drift.noise import Z95
from synthmix.errors import OptionError

TARGET = 0.95
PERMUTATIONS = 499


def coverage_null(n: int, m: int, k: int) -> float:
    """Return the expected coverage of n real rows by m rows of the same law, ``1 - prod_{i<=k} (n-i)/(n+m-i)``.

    The ball of a row to its k-th real neighbour is empty if its k nearest other rows of both tables are all real.
    Whatever the law, as long as rows are not tied (or ties are broken at random); 1 if k >= n.
    """
    i = np.arange(1, k + 1)
    return float(1.0 - np.prod(np.maximum(n - i, 0) / (n + m - i)))


def coverage_k(n: int, m: int, target: float = TARGET) -> int:
    """Return the k whose null is nearest to `target`: about log 20 / log((n + m) / n)."""
    best, k = 1, 1
    while k < n - 1 and coverage_null(n, m, k) < target:
        k += 1
        if abs(coverage_null(n, m, k) - target) < abs(coverage_null(n, m, best) - target):
            best = k
    return best


def coverage(
    real: NDArray[np.generic],
    synthetic: NDArray[np.generic],
    *,
    k: int | None = None,
    seed: int = 0,
    budget: Budget | None = None,
    names: Sequence[str] | None = None,
    threads: int = 1,
) -> Finding:
    """Return the share of real rows whose ball to their k-th real neighbour holds a synthetic row.

    Parameters
    ----------
    real, synthetic : array, shape (n, p) and (m, p)
        Finite numbers on comparable scales. Rows of larger tables are compared in random blocks.
    k : int, optional
        Default: the one whose null is about 0.95; a fixed k saturates or starves as sizes change.
    seed, budget, names, threads
        As for the fused test. Seconds limit the rows; permutations are at most 499.

    Returns
    -------
    Finding
        Below its null: regions of real rows that the synthetic table misses (dropped modes, shrunk tails). Far above
        it: rows are shadowed by near copies. `null_center` is the closed form, the band and `p_value` (lower tail)
        are of permuted labels. The standard error scales the binomial one by what permutations show of the dependence
        between overlapping balls.

    Notes
    -----
    Naeem et al. (2020), whose definition asks for a distance strictly below that of the k-th neighbour: a row that
    occurs more than k times has radius 0, and nothing covers it, not even its copies. Here a row is covered if one of
    its k nearest other rows of both tables is synthetic, and of equal rows neighbours are drawn at random (the value is
    the mean over such draws): the same for rows without ties, and the null stays exact with them.
    """
    x, y = both(real, synthetic, names)
    budget = budget or Budget()
    drawn = plan(
        len(x), len(y), x.shape[1], Budget(budget.rows, min(budget.permutations, PERMUTATIONS), budget.seconds)
    )
    n, m = drawn.real, drawn.synthetic
    if k is not None and not 1 <= k < max(n, 2):
        raise OptionError(f"k={k!r}: give a number of neighbours from 1 to {max(n - 1, 1)}")
    k = coverage_k(n, m) if k is None else k
    shares, repeated = [], 0
    for block, tables in enumerate(blocks_of(x, y, drawn, seed)):
        graph = graph_of(*tables, k, threads)
        repeated += graph.repeated
        shares.append(1.0 - surrounded(graph, labels_of(graph, drawn.permutations, seed, block)) / n)
    return _finding(np.mean(shares, axis=0), k, drawn, (len(x), len(y)), seed, repeated)


def _finding(
    shares: NDArray[np.float64], k: int, drawn: Plan, sizes: tuple[int, int], seed: int, repeated: int
) -> Finding:
    value, null = float(shares[0]), coverage_null(drawn.real, drawn.synthetic, k)
    spread = float(shares[1:].std())
    usual = null * (1.0 - null)
    se = spread * (value * (1.0 - value) / usual) ** 0.5 if usual > 0.0 else spread
    se = max(se, 1.0 / (drawn.blocks * drawn.real))  # where all or none are covered
    low, high = np.quantile(shares[1:], [0.025, 0.975])
    note = [f"k = {k}", drawn.note.replace(f"{drawn.permutations} permutations", "")]
    if repeated:
        note.append(f"{repeated} rows have equal ones, of which neighbours are drawn at random")
    return Finding(
        metric="coverage", variant=f"k={k}", family="joint", scope="joint", value=value, better="high", se=se,
        ci_low=max(0.0, value - Z95 * se), ci_high=min(1.0, value + Z95 * se),
        ci_method="95 %, normal, binomial times the dependence that permutations show",
        null_kind="closed_form", null_center=null, null_low=float(low), null_high=float(high), statistic=value - null,
        p_value=float((shares <= shares[0]).mean()), n_real=sizes[0], n_synth=sizes[1], n_perm=drawn.permutations,
        method="neighbours of pooled rows", seed=seed, note="; ".join(filter(None, note)),
    )  # fmt: skip
