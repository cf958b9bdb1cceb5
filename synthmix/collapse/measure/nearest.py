"""How near the rows come to those of D_0."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from synthmix.collapse.measure.design import Design
from synthmix.collapse.measure.ground import Ground, Rows
from synthmix.collapse.measure.measurement import Measurement
from synthmix.drift.joint.neighbours import neighbours
from synthmix.kernels.second import row_hashes

WORK = 10_000_000  # squared gaps that one search may cost
FEWEST = 100  # rows that are searched for at any cost


class NearestGauge:
    """nearest: the share of exact copies of rows of D_0, and the median distance to D_0 over that inside D_0."""

    def __init__(self, ground: Ground) -> None:
        self.design = Design(ground)
        self.points = self.design.of(ground.rows)
        self.known = np.unique(_hashes(ground.rows))
        self.most: int = max(FEWEST, WORK // max(self.points.size, 1))  # the first rows are random ones
        near = neighbours(self.points[: self.most], self.points, 2) if self.design.size else None
        self.own: float = float(np.median(np.sqrt(near.squared[:, 1]))) if near is not None else 0.0

    def measure(self, rows: Rows) -> Iterator[Measurement]:
        """Yield both; no distance where half of the rows of D_0 have a twin in it."""
        copies = float(np.isin(_hashes(rows), self.known).mean())
        yield Measurement("nearest", "copies", "", "", copies, rows.n)
        if 0.0 < self.own < np.inf:
            queries = self.design.of(rows.take(np.arange(min(self.most, rows.n))))
            found = float(np.median(np.sqrt(neighbours(queries, self.points, 1).squared[:, 0])))
            yield Measurement("nearest", "distance", "", "", found / self.own, len(queries))


def _hashes(rows: Rows) -> NDArray[np.uint64]:
    gaps = np.isnan(rows.numbers)
    exact = np.concatenate([np.where(gaps, 0.0, rows.numbers), gaps, rows.codes], axis=1) + 0.0
    out = np.empty(rows.n, np.uint64)
    row_hashes(np.ascontiguousarray(exact), out)
    return out
