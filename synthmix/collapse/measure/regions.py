"""Shares of rows in regions that only D_0 decides: the middle, the far rows, classes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from synthmix.collapse.measure.ground import Floats, Ground, Rows
from synthmix.collapse.measure.measurement import Measurement
from synthmix.drift.joint.core_tail import FEWEST, TAIL
from synthmix.drift.joint.radius import Whitener, scores_of

CLASSES = 8


class Radius:
    """Squared Mahalanobis length of normal scores, both by D_0 alone; a missing number counts as the median."""

    def __init__(self, ground: Ground) -> None:
        numbers = ground.rows.numbers[:, ground.joint]
        self.joint = ground.joint
        self.sorted = [np.sort(column[~np.isnan(column)]) for column in numbers.T]
        scores = self._scores(ground.rows)
        self.whitener = Whitener(scores) if len(self.joint) else None
        own = np.sort(self.lengths(ground.rows))
        n = own.size
        self.core: float = float(own[(n + 1) // 2 - 1])
        far = min(max(FEWEST, round(TAIL * n)), n - 1) if n > 1 else 0
        self.tail: float = float(own[n - far - 1])

    def lengths(self, rows: Rows) -> Floats:
        """Return the squared radius of each row."""
        return self.whitener.lengths(self._scores(rows)) if self.whitener else np.zeros(rows.n)

    def _scores(self, rows: Rows) -> Floats:
        scores = np.empty((len(self.joint), rows.n))
        for place, column in enumerate(self.joint):
            values = np.ascontiguousarray(rows.numbers[:, column])
            gaps = np.isnan(values)
            scores[place] = np.where(gaps, 0.0, scores_of(np.where(gaps, 0.0, values), self.sorted[place]))
        return np.ascontiguousarray(scores.T)


class RegionGauge:
    """core_tail and region: the share of rows in each region that has rows of D_0 inside and outside."""

    def __init__(self, ground: Ground, target: str | None) -> None:
        self.radius = Radius(ground)
        self.classes = _classes(ground, target)
        self.names: list[str] = [name for name, inside in self._inside(ground.rows) if 0 < inside.sum() < ground.rows.n]

    def measure(self, rows: Rows) -> Iterator[Measurement]:
        """Yield shares of all rows; none where D_0 has no numeric column that varies, for core and tail."""
        found = [(name, float(inside.mean())) for name, inside in self._inside(rows) if name in self.names]
        for name, share in found:
            if name in ("core", "tail"):
                yield Measurement("core_tail", name, "", "", share, rows.n)
        for name, share in found:
            yield Measurement("region", name, "", "", share, rows.n)

    def _inside(self, rows: Rows) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        lengths = self.radius.lengths(rows)
        yield "core", lengths <= self.radius.core
        yield "tail", lengths > self.radius.tail
        for name, column, code in self.classes:
            yield name, rows.codes[:, column] == code


def _classes(ground: Ground, target: str | None) -> list[tuple[str, int, int]]:
    """Return names, columns and codes of the largest classes of the target, else of the largest levels of all."""
    columns = [ground.code_names.index(target)] if target in ground.code_names else range(len(ground.code_names))
    found = []
    for column in columns:
        counts = np.bincount(ground.rows.codes[:, column], minlength=len(ground.labels[column]))
        for code, label in enumerate(ground.labels[column]):
            if 0 < counts[code] < ground.rows.n:
                found.append((-int(counts[code]), column, code, f"{ground.code_names[column]}={label}"))
    return [(name, column, code) for _, column, code, name in sorted(found)[:CLASSES]]
