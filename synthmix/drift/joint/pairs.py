"""Sums over pairs of rows: distances and Gaussian kernels, panel by panel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.joint.pool import Floats, shuffled
from synthmix.kernels.distances import squared_distances
from synthmix.kernels.threads import run_all

OfSquared = Callable[[Floats], NDArray[np.floating]]  # of squared distances, such as a Similarity
PANEL = 128  # rows of a panel; part of the definition of the last bits
MEDIAN_ROWS = 2048  # rows from which the median of pairwise distances comes from a random sample of them


@dataclass(frozen=True)
class Similarity:
    """A function of the squared distance of two rows: the distance itself, or a Gaussian kernel.

    Attributes
    ----------
    name : str
    bandwidth : float
        Of ``exp(-d^2 / (2 bandwidth^2))``; 0 is the distance.
    """

    name: str
    bandwidth: float = 0.0

    def __call__(self, squared: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return the values for an array of squared distances, in its precision."""
        values: NDArray[np.floating]
        if self.bandwidth == 0.0:
            values = np.sqrt(squared)
        else:
            values = squared * squared.dtype.type(-0.5 / self.bandwidth**2)
            np.exp(values, out=values)
        return values


DISTANCE = Similarity("energy")


def panels(n: int) -> list[tuple[int, int]]:
    """Return the first and last row (exclusive) of each panel."""
    return [(start, min(start + PANEL, n)) for start in range(0, n, PANEL)]


def between(rows: Floats, columns: Floats) -> Floats:
    """Return squared distances (a, b) of rows (a, p) to the rows whose columns are given (p, b)."""
    squared = np.empty((len(rows), columns.shape[1]))
    squared_distances(np.ascontiguousarray(rows), np.ascontiguousarray(columns), squared)
    return squared


def sums_to(rows: Floats, others: Floats, functions: Sequence[OfSquared], threads: int = 1) -> Floats:
    """Return, for each function and each row, the sum over all other rows of the function, shape (functions, rows)."""
    columns = np.ascontiguousarray(others.T)
    out = np.empty((len(functions), len(rows)))

    def work(panel: tuple[int, int]) -> None:
        start, stop = panel
        squared = between(rows[start:stop], columns)
        for k, function in enumerate(functions):
            out[k, start:stop] = function(squared).sum(axis=1)

    run_all(work, panels(len(rows)), threads)
    return out


@dataclass(frozen=True)
class Spread:
    """Pairwise distances of pooled rows: median over pairs (equal rows count), smallest and largest."""

    median: float
    smallest: float
    largest: float


def spread_of(rows: Floats, seed: int = 0, threads: int = 1) -> Spread:
    """Return the spread of all pairwise distances; the median of a random 2048 rows where there are more.

    Where rows are sampled, the other two are bounds: 0, and twice the largest distance to the first row.
    """
    sample = rows if len(rows) <= MEDIAN_ROWS else shuffled(rows, seed, 2)[:MEDIAN_ROWS]
    n, columns = len(sample), np.ascontiguousarray(sample.T)
    squared = np.empty(n * (n - 1) // 2)

    def work(panel: tuple[int, int]) -> None:
        start, stop = panel
        block = between(sample[start:stop], columns[:, start:])
        for i in range(start, stop):
            first = i * n - i * (i + 1) // 2
            squared[first : first + n - 1 - i] = block[i - start, i - start + 1 :]

    run_all(work, panels(n), threads)
    if squared.size == 0:
        return Spread(0.0, 0.0, 0.0)
    median = float(np.median(np.sqrt(squared)))
    if n < len(rows):
        return Spread(median, 0.0, 2.0 * float(between(rows[:1], np.ascontiguousarray(rows.T)).max()) ** 0.5)
    return Spread(median, float(np.sqrt(squared.min())), float(np.sqrt(squared.max())))


def gaussian(spread: Spread, factors: Sequence[float]) -> list[Similarity]:
    """Return Gaussian kernels whose bandwidths are multiples of the median distance."""
    return [Similarity(f"mmd_{factor:g}", factor * spread.median) for factor in factors]
