"""Are synthetic rows nearer to training rows than to holdout rows? A screen: it can alarm, never clear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthmix.audit.privacy.chosen import chosen
from synthmix.audit.privacy.form import number
from synthmix.drift.finding import Finding
from synthmix.drift.joint.neighbours import Neighbours, neighbours
from synthmix.drift.joint.pool import Floats
from synthmix.drift.noise import Z95

K = 32  # pooled neighbours: of more rows that are equally near, these are a random choice
ROWS = 4000
PERMUTATIONS = 499
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Pooled:
    """Pooled real rows and the nearest of them to synthetic rows.

    Attributes
    ----------
    near : Neighbours
    train : array of bool
        Which pooled rows are training rows.
    gaps : array of float64
        Largest gap in any coordinate between a synthetic row and each of its nearest.
    rows, of : int
        Synthetic rows that were asked, and that there are.
    """

    near: Neighbours
    train: NDArray[np.bool_]
    gaps: Floats
    rows: int
    of: int


def pooled_neighbours(
    train: Floats, holdout: Floats, synthetic: Floats, *, rows: int = ROWS, seed: int = 0, threads: int = 1
) -> Pooled:
    """Return the nearest training and holdout rows of synthetic rows.

    Only synthetic rows are drawn where there are more than `rows`: a drawn reference would hide copies. Pooled rows are
    put in a random order, so that equally near ones are cut without regard to their table.
    """
    pool = np.concatenate([train, holdout])
    order = np.random.Generator(np.random.Philox(key=[seed, 20])).permutation(len(pool))
    some = np.ascontiguousarray(synthetic[chosen(len(synthetic), rows, seed, 21)])
    pool = np.ascontiguousarray(pool[order])
    near = neighbours(some, pool, min(K, len(pool)), threads=threads)
    gaps = np.abs(some[:, None, :] - pool[near.index]).max(axis=2)
    return Pooled(near, order < len(train), gaps, len(some), len(synthetic))


def dcr_share(pooled: Pooled, *, seed: int = 0) -> Finding:
    """Return the share of synthetic rows whose nearest real row is a training row.

    Parameters
    ----------
    pooled : Pooled
    seed : int
        As it was used, for the record.

    Returns
    -------
    Finding
        `value` is the share, `null_center` the training rows' share n / N of all real rows. `statistic` is the z of the
        test that training and holdout rows are exchangeable, `p_value` its upper tail.

    Notes
    -----
    With c_i synthetic rows nearest to real row i, L_i = 1 for training rows and p = n / N, the sum of c_i L_i has mean
    m p and variance ``p (1 - p) N / (N - 1) sum (c_i - mean c)^2`` under random labels, whatever the sizes: synthetic
    rows share neighbours, so the binomial variance is too small, the more so the more rows and columns there are; with
    ties it is too large. Equally near rows get equal parts of a synthetic row. A share at its null clears nobody: sets
    that pass are attackable (Yao et al. 2025, arXiv 2505.01524).
    """
    c = _visits(pooled)
    n, total = int(pooled.train.sum()), pooled.train.size
    p, m = n / total, float(c.sum())
    spread = float(np.sqrt(p * (1.0 - p) * total / (total - 1) * ((c - c.mean()) ** 2).sum())) / m
    value = float(c[pooled.train].sum()) / m
    z = (value - p) / spread if spread > _ROUNDING else 0.0
    return number(
        "dcr_share", value, better="target", target=p, se=spread, ci_low=max(0.0, value - Z95 * spread),
        ci_high=min(1.0, value + Z95 * spread), ci_method="95 %, normal, variance of random labels",
        null_kind="permutation", null_center=p, null_low=p - Z95 * spread, null_high=p + Z95 * spread,
        statistic=z, p_value=_upper_tail(z), n_real=n, n_synth=pooled.of, seed=seed, note=_note(pooled),
        method="nearest of training and holdout rows, ties shared",
    )  # fmt: skip


def _upper_tail(z: float) -> float:
    from scipy.stats import norm

    return float(norm.sf(z))


def _note(pooled: Pooled) -> str:
    return f"{pooled.rows} of {pooled.of} synthetic rows" if pooled.rows < pooled.of else ""


def _visits(pooled: Pooled) -> Floats:
    """Return how many synthetic rows each real row is nearest to; equally near rows share one."""
    squared, index = pooled.near.squared, pooled.near.index
    tied = squared == squared[:, :1]
    parts = tied / tied.sum(axis=1, keepdims=True)
    visits: Floats = np.bincount(index[tied], weights=parts[tied], minlength=pooled.train.size).astype(np.float64)
    return visits


def nndr(pooled: Pooled, *, seed: int = 0) -> Finding:
    """Return how much the ratios of the first to the second distance differ between training and holdout rows.

    Parameters
    ----------
    pooled : Pooled
    seed : int

    Returns
    -------
    Finding
        `value`: the mean ratio of distances to the nearest and second nearest training row, less that of holdout rows
        (negative: isolated copies of training rows). `statistic` is the Kolmogorov-Smirnov distance of both samples of
        ratios, its p-value from labels of real rows that are permuted.

    Notes
    -----
    Synthetic rows share neighbours, so ratios are no independent sample: labels are exchanged between real rows, not
    between ratios, and neighbours looked up again among the nearest 32. Unstable where rows are tied (0 / 0 counts 1).
    """
    observed = _ratios(pooled, pooled.train)
    statistic = _ks(*observed)
    rng = np.random.Generator(np.random.Philox(key=[seed, 22]))
    larger = sum(_ks(*_ratios(pooled, rng.permutation(pooled.train))) >= statistic for _ in range(PERMUTATIONS))
    return number(
        "nndr", float(observed[0].mean() - observed[1].mean()), better="target", target=0.0, null_kind="permutation",
        null_center=0.0, statistic=statistic, p_value=(larger + 1) / (PERMUTATIONS + 1), n_perm=PERMUTATIONS,
        n_real=int(pooled.train.sum()), n_synth=pooled.of, seed=seed, note=_note(pooled),
        method="ratio of the first two distances, training less holdout",
    )  # fmt: skip


def _ratios(pooled: Pooled, train: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    mine = train[pooled.near.index]
    return _ratio(pooled.near.squared, mine), _ratio(pooled.near.squared, ~mine)


def _ratio(squared: Floats, mine: NDArray[np.bool_]) -> Floats:
    """Return first over second distance to rows of one label, where two are among the nearest."""
    rank = np.cumsum(mine, axis=1)
    there = rank[:, -1] >= 2
    first, second = (squared[there, np.argmax(mine[there] & (rank[there] == which), axis=1)] for which in (1, 2))
    ratio: Floats = np.sqrt(np.divide(first, second, out=np.ones_like(first), where=second > 0.0))
    return ratio


def _ks(a: Floats, b: Floats) -> float:
    if min(a.size, b.size) == 0:
        return 0.0
    a, b = np.sort(a), np.sort(b)
    both = np.concatenate([a, b])
    gap = np.searchsorted(a, both, "right") / a.size - np.searchsorted(b, both, "right") / b.size
    return float(np.abs(gap).max())
