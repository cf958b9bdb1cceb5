"""How the association of pairs of columns decays."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from synthmix.collapse.measure.ground import Floats, Ground, Rows
from synthmix.collapse.measure.measurement import Measurement
from synthmix.drift.moments.covariance import moments_of
from synthmix.drift.moments.strength import ALMOST_ONE

_DECIDED = 0.9999  # correlation in D_0 from which a pair says nothing of decay: one column decides the other


class AssociationGauge:
    """association: the largest change, and the slope of the new strengths on those of D_0, for each kind of pair.

    Numbers: Fisher's z of the correlation, complete rows. Levels: Cramer's V corrected for bias (Bergsma 2013). A
    number and levels: the correlation ratio corrected for bias, rows with the number. They are the coefficients of
    :mod:`synthmix.drift.moments.strength`, of all pairs at once and without standard errors.
    """

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.z = _fisher(ground.complete(ground.rows))
        sizes = [
            max(len(labels), int(merge.max()) + 1)
            for labels, merge in zip(ground.labels, ground.terms.merges, strict=True)
        ]
        self.starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self.eta, self.v = self._discrete(ground.rows)

    def measure(self, rows: Rows) -> Iterator[Measurement]:
        """Yield what there is: a column that became constant has no association; a kind without pairs has no row."""
        complete = self.ground.complete(rows)
        if self.z.size and len(complete) >= 2:
            apart = np.abs(self.z) < np.arctanh(_DECIDED)
            yield from _changes("z", self.z, _fisher(complete), apart, len(complete))
        eta, v = self._discrete(rows)
        yield from _changes("eta", self.eta, eta, np.ones(eta.size, bool), rows.n)
        yield from _changes("v", self.v, v, np.ones(v.size, bool), rows.n)

    def _discrete(self, rows: Rows) -> tuple[Floats, Floats]:
        """Return correlation ratios of all mixed pairs and Cramer's V of all discrete ones."""
        q = rows.few.shape[1]
        if not q:
            return np.empty(0), np.empty(0)
        levels = np.zeros((rows.n, self.starts[-1]))
        for place in range(q):
            levels[np.arange(rows.n), self.starts[place] + rows.few[:, place]] = 1.0
        return self._ratios(rows, levels), self._cramers_v(levels.T @ levels, rows.n)  # counts: exact in any order

    def _ratios(self, rows: Rows, levels: Floats) -> Floats:
        numbers = rows.numbers[:, self.ground.joint]
        seen = ~np.isnan(numbers)
        n = np.maximum(seen.sum(axis=0), 1)
        filled = np.where(seen, numbers, 0.0)
        filled = np.where(seen, filled - filled.sum(axis=0) / n, 0.0)
        sums = np.zeros((self.starts[-1], filled.shape[1]))
        for place in range(rows.few.shape[1]):
            for column in range(filled.shape[1]):
                at = rows.few[:, place] + self.starts[place]
                sums[:, column] += np.bincount(at, filled[:, column], self.starts[-1])
        counts = levels.T @ seen.astype(np.float64)
        between = np.add.reduceat(sums**2 / np.maximum(counts, 1.0), self.starts[:-1], axis=0)
        groups = np.add.reduceat((counts > 0).astype(np.float64), self.starts[:-1], axis=0)
        total = (filled**2).sum(axis=0)
        usable = (groups > 1) & (n > groups) & (total > 0.0)
        rest = 1.0 - between / np.where(total > 0.0, total, 1.0)
        square = 1.0 - (n - 1.0) / np.where(usable, n - groups, 1.0) * rest
        return np.asarray(np.sqrt(np.clip(np.where(usable, square, 0.0), 0.0, 1.0)).ravel(), np.float64)

    def _cramers_v(self, table: Floats, n: int) -> Floats:
        counts = np.diag(table)
        inside = np.maximum(counts, 1.0)
        parts = table * table / np.outer(inside, inside)
        starts = self.starts[:-1]
        phi = np.add.reduceat(np.add.reduceat(parts, starts, axis=0), starts, axis=1) - 1.0
        used = np.add.reduceat((counts > 0).astype(np.float64), starts)
        size = used - (used - 1.0) ** 2 / max(n - 1.0, 1.0)
        largest = np.minimum.outer(size, size) - 1.0
        usable = (np.minimum.outer(used, used) > 1) & (largest > 0.0)
        square = (phi - np.outer(used - 1.0, used - 1.0) / max(n - 1.0, 1.0)) / np.where(usable, largest, 1.0)
        pairs = np.triu_indices(len(starts), 1)
        return np.asarray(np.sqrt(np.clip(np.where(usable, square, 0.0), 0.0, 1.0))[pairs], np.float64)


def _changes(kind: str, old: Floats, new: Floats, used: np.ndarray, count: int) -> Iterator[Measurement]:
    if not old.size:
        return
    yield Measurement("association", f"max_d{kind}", "", "", float(np.abs(new - old).max()), count)
    weight = float(old[used] @ old[used])
    if weight > 0.0:
        yield Measurement("association", f"slope_{kind}", "", "", float(old[used] @ new[used]) / weight, count)


def _fisher(rows: Floats) -> Floats:
    """Return Fisher's z of all pairs of columns, 0 where one is constant."""
    if len(rows) < 2 or rows.shape[1] < 2:
        return np.empty(0)
    covariance = moments_of(rows).covariance
    deviation = np.sqrt(np.diag(covariance))
    scale = np.where(deviation > 0.0, deviation, np.inf)
    r = (covariance / np.outer(scale, scale))[np.triu_indices(len(scale), 1)]
    return np.asarray(np.arctanh(np.clip(r, -ALMOST_ONE, ALMOST_ONE)), np.float64)
