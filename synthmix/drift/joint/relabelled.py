"""Quadratic statistics of many labellings at once, in whole numbers.

Every similarity is rounded to a whole number of small steps before anything is added. Sums of whole numbers that stay
below the precision of the format are exact, so a matrix product gives the same bits in any order of its sums: for any
number of threads, any processor and any order of rows, and labellings with the same rows have equal statistics. The
rounding is a function of the pooled rows, so a permutation test of the rounded similarity is exactly as valid as one
of the similarity, and its steps (a ten thousandth for kernels of 4,000 rows) are far below what sums can tell apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.joint.pairs import Similarity, Spread, between, panels
from synthmix.drift.joint.pool import Floats, Pool
from synthmix.kernels.relabel import add_products, largest_gaps, mark_subsets
from synthmix.kernels.threads import run_all

_SINGLE = 2.0**24 - 1.0
_DOUBLE = 2.0**52
_NOTHING = 1e-30  # a kernel that is smaller than this for the closest rows sees none


@dataclass(frozen=True)
class Stepped:
    """A similarity in whole steps, `bound` being the largest between different rows.

    Kernels are in single precision, where a row's sum over the labelled rows stays below 2**24; distances, which have
    no bound of their own, in double precision, where the sum over all pairs stays below 2**52.
    """

    similarity: Similarity
    bound: float
    steps: float

    @property
    def kind(self) -> type[np.floating]:
        """Return the precision in which sums over a row are exact."""
        return np.float64 if self.similarity.bandwidth == 0.0 else np.float32

    def __call__(self, squared: Floats) -> NDArray[np.floating]:
        """Return whole numbers for squared distances."""
        values = self.similarity(squared.astype(self.kind, copy=False))
        if self.bound < _NOTHING:
            return np.zeros_like(values)
        values *= self.kind(self.steps / self.bound)
        np.rint(values, out=values)
        return values


def stepped(similarity: Similarity, spread: Spread, rows: int, labelled: int) -> Stepped:
    """Return `similarity` in steps that are exact for `rows` rows of which `labelled` carry a label."""
    if similarity.bandwidth == 0.0:
        return Stepped(similarity, spread.largest, np.floor(_DOUBLE / rows**2))
    closest = float(similarity(np.array([spread.smallest**2], np.float32))[0]) * (1.0 + 1e-6)
    return Stepped(similarity, min(closest, 1.0), np.floor(_SINGLE * (1.0 - 1e-5) / labelled))


def labellings(pool: Pool, permutations: int, seed: int, block: int, first: int = 0) -> NDArray[np.float32]:
    """Return labels (N, 1 + permutations): 1 on the rows of the smaller table, column 0 as observed.

    Column j is permutation ``first + j`` of the block. Its random subset is tied to places in the lexicographic order
    of the pooled rows and to counters of its own, so it does not depend on how many others are drawn with it.
    """
    n, m = pool.sizes
    labels = np.zeros((pool.real.size, 1 + permutations), np.float32)
    mark_subsets(np.uint64(seed), (block << 32) + first, min(n, m), labels)
    labels[:, 0] = pool.real if n <= m else ~pool.real
    return labels


def quadratic(pool: Pool, labels: NDArray[np.float32], parts: Sequence[Stepped], threads: int = 1) -> Floats:
    """Return V-statistics (parts, labellings), up to a constant that all labellings of a part share.

    Mean within the labelled rows + mean within the others - 2 mean between, negative for distances; pairs of a row
    with itself are left out of the sums but not of the counts, which is that constant.
    """
    n, width = labels.shape
    wide = labels.astype(np.float64)
    within, touched = np.zeros((len(parts), width)), np.zeros((len(parts), n))
    lock = Lock()

    def work(panel: tuple[int, int]) -> None:
        start, stop = panel
        squared = between(pool.rows[start:stop], pool.columns[:, start:])
        for k, part in enumerate(parts):
            steps = part(squared)
            steps[:, : stop - start] = np.triu(steps[:, : stop - start], 1)
            chosen = wide if part.kind is np.float64 else labels
            products, inside = steps @ chosen[start:], np.zeros(width)
            add_products(chosen[start:stop], products, inside)
            with lock:  # whole numbers: the order of these sums does not matter
                within[k] += inside
                touched[k, start:stop] += steps.sum(axis=1, dtype=np.float64)
                touched[k, start:] += steps.sum(axis=0, dtype=np.float64)

    run_all(work, panels(n), threads)
    a = float(labels[:, 0].sum())
    return np.stack(
        [
            _statistic(part, inside, row @ wide, row.sum(), a, n - a)
            for part, inside, row in zip(parts, within, touched, strict=True)
        ]
    )


def _statistic(part: Stepped, within: Floats, touched: Floats, total: float, a: float, b: float) -> Floats:
    """Return the V-statistic from the sum over labelled pairs, of labelled rows with all rows, and of all rows."""
    first, second = 2.0 * within, total - 2.0 * touched + 2.0 * within
    cross = touched - first
    value = (first / a**2 + second / b**2) - 2.0 * cross / (a * b)
    unit = part.bound / part.steps
    return -unit * value if part.similarity.bandwidth == 0.0 else unit * value


def largest_gap(order: NDArray[np.int64], ends: NDArray[np.bool_], labels: NDArray[np.float32]) -> Floats:
    """Return the Kolmogorov-Smirnov distance between labelled and other rows in a given order, per labelling."""
    n, a = len(labels), float(labels[:, 0].sum())
    out = np.empty(labels.shape[1])
    largest_gaps(order, ends, labels, np.full(n, a), float(n), out)
    return out / (a * (n - a))
