"""Discrete columns one by one: which levels are left, and how evenly."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from synthmix.collapse.measure.ground import Codes, Ground, Rows
from synthmix.collapse.measure.measurement import Measurement

RARE = 5  # rows of D_0 up to which a level is rare


class LevelGauge:
    """levels, entropy, heterozygosity and rare_survival; missing is a level like any other."""

    def __init__(self, ground: Ground) -> None:
        self.names, self.sizes = ground.code_names, [len(labels) for labels in ground.labels]
        self.real = self._counts(ground.rows)
        self.diversity: list[float] = [_diversity(counts)[1] for counts in self.real]
        self.rare = [(counts > 0) & (counts <= RARE) for counts in self.real]

    def measure(self, rows: Rows) -> Iterator[Measurement]:
        """Yield what there is: no heterozygosity of a column of one level in D_0, no rare survival without one."""
        found = self._counts(rows)
        for place, name in enumerate(self.names):
            counts, real = found[place], self.real[place]
            alive = float(((counts > 0) & (real > 0)).sum() / (real > 0).sum())
            yield Measurement("levels", "", name, "", alive, rows.n)
            every = np.concatenate([counts[:-1], rows.invented[place]])
            entropy, diversity = _diversity(every)
            yield Measurement("entropy", "", name, "", entropy, rows.n)
            if self.diversity[place] > 0.0:
                yield Measurement("heterozygosity", "", name, "", diversity / self.diversity[place], rows.n)
        rare = sum(int(mask.sum()) for mask in self.rare)
        if rare:
            left = sum(int((counts[mask] > 0).sum()) for counts, mask in zip(found, self.rare, strict=True))
            yield Measurement("rare_survival", "", "", "", left / rare, rows.n)

    def _counts(self, rows: Rows) -> list[Codes]:
        return [np.bincount(rows.codes[:, place], minlength=size) for place, size in enumerate(self.sizes)]


def _diversity(counts: Codes) -> tuple[float, float]:
    """Return entropy in nats and the chance that two rows, drawn with replacement, differ."""
    share = counts[counts > 0] / counts.sum()
    entropy = -float(share @ np.log(share)) if share.size > 1 else 0.0
    return entropy, 1.0 - float(share @ share) if share.size > 1 else 0.0
