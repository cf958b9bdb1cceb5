"""Mixed rows as coordinates whose scales and levels D_0 sets once."""

from __future__ import annotations

import numpy as np

from synthmix.collapse.measure.ground import Floats, Ground, Rows
from synthmix.drift.joint.embedding import GAP


class Design:
    """Coordinates in which a number differs by 2, squared, in the mean, and two levels by 2, squared.

    Those of :func:`synthmix.drift.joint.embedding.embed`, but with everything from D_0, so that thousands of tables
    get the same ones: missing numbers lie at the median of D_0, with a coordinate of their own where D_0 has any; a
    level that D_0 does not have is zero in all coordinates of its column.

    Parameters
    ----------
    ground : Ground
    without : str, optional
        A column to leave out.
    """

    def __init__(self, ground: Ground, without: str | None = None) -> None:
        self.ground = ground
        self.numeric: list[int] = [place for place, name in enumerate(ground.names) if name != without]
        numbers = ground.rows.numbers[:, self.numeric]
        self.median = np.array([np.median(column[~np.isnan(column)]) for column in numbers.T])
        self.gaps = np.flatnonzero(np.isnan(numbers).any(axis=0))
        codes = ground.rows.few
        self.blocks: list[tuple[int, Floats]] = []
        self.size = len(self.numeric) + self.gaps.size
        for place, name in enumerate(ground.code_names):
            used = np.unique(codes[:, place])
            if name != without and used.size > 1:
                table = np.full(max(len(ground.labels[place]), int(used[-1]) + 1), -1)
                table[used] = self.size + np.arange(used.size)
                self.blocks.append((place, table))
                self.size += used.size

    def of(self, rows: Rows) -> Floats:
        """Return the coordinates of the rows, shape (n, size)."""
        out = np.zeros((rows.n, self.size))
        numbers = rows.numbers[:, self.numeric]
        missing = np.isnan(numbers)
        width = len(self.numeric)
        out[:, :width] = np.where(missing, self.median, numbers)
        out[:, width : width + self.gaps.size] = np.where(missing[:, self.gaps], GAP, 0.0)
        for place, table in self.blocks:
            at = table[rows.few[:, place]]
            known = np.flatnonzero(at >= 0)
            out[known, at[known]] = 1.0
        return out
