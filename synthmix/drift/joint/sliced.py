"""Sliced Wasserstein distance: one-dimensional distances along random directions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.finding import Finding
from synthmix.drift.joint.budget import Budget, blocks_of, plan
from synthmix.drift.joint.pool import Floats, both, pooled
from synthmix.drift.joint.relabelled import labellings
from synthmix.errors import OptionError
from synthmix.kernels.draws import units_of, words_of
from synthmix.kernels.philox import SLICE
from synthmix.kernels.relabel import gap_areas
from synthmix.kernels.threads import run_all

PERMUTATIONS = 199


def directions(columns: int, count: int, seed: int) -> Floats:
    """Return `count` directions of length 1, uniform on the sphere, shape (columns, count)."""
    from scipy.special import ndtri

    draws = []
    for column in range(columns):
        words = words_of(seed, 0, count, SLICE, column)
        draws.append(np.asarray(ndtri(units_of(words[0], words[1]) + 2.0**-54), np.float64))
    vectors = np.stack(draws)
    lengths: Floats = vectors / np.sqrt((vectors**2).sum(axis=0))
    return lengths


def sliced(rows: Floats, labels: NDArray[np.float32], vectors: Floats, threads: int = 1) -> Floats:
    """Return the mean over directions of the 1-D Wasserstein-1 distance of labelled to other rows, per labelling."""
    n, a = len(rows), float(labels[:, 0].sum())
    areas = np.empty((vectors.shape[1], labels.shape[1]))

    def work(number: int) -> None:
        projected = np.zeros(n)
        for c in range(rows.shape[1]):  # column by column: the bits do not depend on a library's threads
            projected += rows[:, c] * vectors[c, number]
        order = np.argsort(projected, kind="stable")
        gap_areas(order, np.append(np.diff(projected[order]), 0.0), labels, a, areas[number])

    run_all(work, range(vectors.shape[1]), threads)
    means: Floats = areas.mean(axis=0) / (a * (n - a))
    return means


def sliced_wasserstein(
    real: NDArray[np.generic],
    synthetic: NDArray[np.generic],
    *,
    projections: int = 64,
    vectors: Floats | None = None,
    seed: int = 0,
    budget: Budget | None = None,
    names: Sequence[str] | None = None,
    threads: int = 1,
) -> Finding:
    """Return the mean Wasserstein-1 distance along random directions, with its permutation null.

    Parameters
    ----------
    real, synthetic : array, shape (n, p) and (m, p)
        Finite numbers on comparable scales, in which the distance is.
    projections : int
        Random directions; the error that they add falls with their square root.
    vectors : array of float64, shape (p, projections), optional
        Directions of length 1, instead of random ones.
    seed, budget, names, threads
        As for the fused test; at most 199 permutations.

    Returns
    -------
    Finding
        `null_center` is the mean of permuted labels: the distance is positive even for two samples of one law.

    Notes
    -----
    Rabin et al. (2012); equal to ``ot.sliced_wasserstein_distance(p=1)`` for the same directions.
    """
    x, y = both(real, synthetic, names)
    budget = budget or Budget()
    capped = Budget(budget.rows, min(budget.permutations, PERMUTATIONS), budget.seconds)
    drawn = plan(len(x), len(y), x.shape[1], capped)
    if projections < 1:
        raise OptionError(f"projections={projections!r}: give at least 1")
    if vectors is None:
        vectors = directions(x.shape[1], projections, seed)
    found = []
    for block, tables in enumerate(blocks_of(x, y, drawn, seed)):
        pool = pooled(*tables)
        found.append(sliced(pool.rows, labellings(pool, drawn.permutations, seed, block), vectors, threads))
    values = np.mean(found, axis=0)
    low, high = np.quantile(values[1:], [0.025, 0.975])
    return Finding(
        metric="sliced_w1", family="joint", scope="joint", value=float(values[0]), null_kind="permutation",
        null_center=float(values[1:].mean()), null_low=float(low), null_high=float(high), statistic=float(values[0]),
        p_value=float((values >= values[0]).mean()), n_real=len(x), n_synth=len(y), n_perm=drawn.permutations,
        method=f"{vectors.shape[1]} directions", seed=seed, note=drawn.note,
    )  # fmt: skip
