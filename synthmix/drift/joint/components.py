"""The statistics of the fused test, for the rows of one block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.joint.pairs import DISTANCE, Similarity, gaussian, spread_of
from synthmix.drift.joint.pool import Floats, Pool
from synthmix.drift.joint.radius import pooled_radius, runs_of
from synthmix.drift.joint.relabelled import Stepped, labellings, largest_gap, quadratic, stepped

BANDWIDTHS = (0.3, 1.0, 3.0)
NEAR = 0.1  # of the median distance: sees rows that are nearly copies
SAME = 1e-12  # spread of a statistic, relative to its size, below which all labellings have the same value


# From the pooled rows (N, p) in lexicographic order, to a function from labels (N, B), 1 for real rows and 0 for
# synthetic ones, to statistics (B,), large when the tables differ.
Feature = Callable[[Floats], Callable[[NDArray[np.float32]], Floats]]


@dataclass(frozen=True)
class Block:
    """The rows of one block and what the statistics of all labellings of it share."""

    pool: Pool
    number: int
    parts: list[Stepped]
    order: NDArray[np.int64]
    ends: NDArray[np.bool_]
    features: dict[str, Callable[[NDArray[np.float32]], Floats]]

    @classmethod
    def of(cls, pool: Pool, number: int, seed: int, features: Mapping[str, Feature], threads: int) -> Block:
        """Prepare the rows: bandwidths, steps, the order of radii."""
        spread = spread_of(pool.rows, seed, threads)
        similar: list[Similarity] = [DISTANCE]
        if spread.median > 0.0:
            similar += gaussian(spread, (*BANDWIDTHS, NEAR))
        parts = [stepped(one, spread, pool.real.size, min(pool.sizes)) for one in similar]
        order, ends = runs_of(pooled_radius(pool.rows))
        return cls(pool, number, parts, order, ends, {name: make(pool.rows) for name, make in features.items()})

    def statistics(self, permutations: int, seed: int, first: int, threads: int) -> dict[str, Floats]:
        """Return all statistics of the observed labels and of the next permutations, (1 + permutations,) each."""
        n, m = self.pool.sizes
        labels = labellings(self.pool, permutations, seed, self.number, first)
        values = quadratic(self.pool, labels, self.parts, threads)
        found = {part.similarity.name: row for part, row in zip(self.parts, values, strict=True)}
        found["radius"] = largest_gap(self.order, self.ends, labels)
        if self.features:
            is_real = labels if n <= m else 1.0 - labels
            found |= {name: np.asarray(f(is_real), np.float64) for name, f in self.features.items()}
        return found


def standardised(values: Floats) -> Floats | None:
    """Return values centred and scaled by their own mean and standard deviation, None if they are all the same."""
    centred = values - values.mean()
    scale = float(np.sqrt(np.mean(centred**2)))
    if not scale > SAME * float(np.abs(values).max()):
        return None
    z: Floats = centred / scale
    return z
