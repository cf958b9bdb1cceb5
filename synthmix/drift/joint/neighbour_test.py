"""Whether near rows tend to come from the same table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.finding import Finding
from synthmix.drift.joint.budget import Budget, blocks_of, plan
from synthmix.drift.joint.graph import graph_of, labels_of, same_label
from synthmix.drift.joint.pool import both
from synthmix.errors import OptionError


def neighbour_test(
    real: NDArray[np.generic],
    synthetic: NDArray[np.generic],
    *,
    k: int = 5,
    seed: int = 0,
    budget: Budget | None = None,
    names: Sequence[str] | None = None,
    threads: int = 1,
) -> Finding:
    """Return the share of neighbours that come from a row's own table, with a permutation test.

    Parameters
    ----------
    real, synthetic : array, shape (n, p) and (m, p)
    k : int
        Neighbours of each row, among all others of both tables; equal rows are drawn at random.
    seed, budget, names, threads
        As for the fused test.

    Returns
    -------
    Finding
        Null ``(n (n-1) + m (m-1)) / (N (N-1))``, exactly. Above it: the tables live in different places (`p_value`,
        upper tail). Below it: each synthetic row sits beside a real one, as copies and near mixtures do; the note gives
        the p-value of the lower tail.

    Notes
    -----
    Schilling (1986), Henze (1988). Blind to changes of scale in many dimensions; a comparator, not a verdict.
    """
    x, y = both(real, synthetic, names)
    drawn = plan(len(x), len(y), x.shape[1], budget or Budget())
    n, m = drawn.real, drawn.synthetic
    if not 1 <= k < n + m:
        raise OptionError(f"k={k!r}: give a number of neighbours from 1 to {n + m - 1}")
    shares = []
    for block, tables in enumerate(blocks_of(x, y, drawn, seed)):
        graph = graph_of(*tables, k, threads)
        shares.append(same_label(graph, labels_of(graph, drawn.permutations, seed, block)) / (graph.k * (n + m)))
    share = np.mean(shares, axis=0)
    low, high = np.quantile(share[1:], [0.025, 0.975])
    null = (n * (n - 1) + m * (m - 1)) / ((n + m) * (n + m - 1))
    note = (drawn.note, f"p of the lower tail {(share <= share[0]).mean():.4g}")
    return Finding(
        metric="neighbour_test", variant=f"k={k}", family="joint", scope="joint", value=float(share[0]),
        better="target", target=null, null_kind="permutation", null_center=null, null_low=float(low),
        null_high=float(high),
        statistic=float(share[0]), p_value=float((share >= share[0]).mean()), n_real=len(x), n_synth=len(y),
        n_perm=drawn.permutations, method="neighbours of pooled rows", seed=seed, note="; ".join(filter(None, note)),
    )  # fmt: skip
