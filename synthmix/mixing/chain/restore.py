"""Give a pass of a chain the means and covariances of the table, by the smallest linear map that does.

Rows of each frequent pattern of missing values get those of the table's rows of that pattern back, which together are
the covariances over all rows that have both values. Rows of rare patterns are treated together, and columns that have a
value in some of them only, one by one, unless so few have one that mean and variance would give them away. Columns that
the chain keeps stay as they are. Theorem T18.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.dense import dense
from synthmix.kernels.moments import update_moments
from synthmix.mixing.chain.gaps import Part, Patterns
from synthmix.mixing.chain.transport import transport_beside
from synthmix.mixing.source import Source

Array = NDArray[np.float64]

PIECE = 2**14  # rows whose moments are summed at once: part of the definition of the last bits


class Correction(NamedTuple):
    """What moves the rows of one part of a pass: ``(x - before) @ matrix + after`` for the columns treated together."""

    before: Array  # (h + d,)
    matrix: Array  # (h + d, d)
    after: Array  # (d,)
    single: list[tuple[float, float, float]]  # mean before, factor and mean after for the others
    residual: float  # largest difference from the covariances that were wanted, in standard deviations


class Moments:
    """Moments of rows that arrive piece by piece."""

    def __init__(self, columns: int) -> None:
        self.mean: Array = np.zeros(columns)
        self._comoment, self._count = np.zeros((columns, columns)), 0.0

    def add(self, rows: Array) -> None:
        """Take in rows (m, d)."""
        if rows.size:
            self._count = update_moments(np.ascontiguousarray(rows), self._count, self.mean, self._comoment)

    @property
    def covariance(self) -> Array:
        """Covariance, divisor n."""
        return self._comoment / max(self._count, 1.0)


class _Restored:
    """What the rows of one part are given back, in standard deviations from the mean of the source."""

    def __init__(self, part: Part, varies: NDArray[np.bool_], drawn: NDArray[np.bool_]) -> None:
        held, moved = np.flatnonzero(part.whole & varies & ~drawn), np.flatnonzero(part.whole & varies & drawn)
        self._held, self._moved, self._joint = held.size, moved, np.concatenate([held, moved])
        self.single = np.flatnonzero(part.some & varies & drawn)

    def nothing(self) -> list[Moments]:
        """Return moments of no rows: joint ones, and those of each single column."""
        return [Moments(self._joint.size), *(Moments(1) for _ in self.single)]

    def add(self, moments: list[Moments], rows: Array) -> None:
        """Take in standardised rows (m, p), NaN for missing."""
        moments[0].add(rows[:, self._joint])
        for column, own in zip(self.single, moments[1:], strict=True):
            own.add(rows[~np.isnan(rows[:, column]), column][:, np.newaxis])

    def correction(self, made: list[Moments], wanted: list[Moments]) -> Correction:
        """Return what gives rows with the moments `made` those that are wanted."""
        joint, target = made[0], wanted[0]
        matrix = transport_beside(joint.covariance, target.covariance, self._held)
        single = [_line(*pair) for pair in zip(made[1:], wanted[1:], strict=True)]
        whole = np.concatenate([np.eye(self._joint.size)[:, : self._held], matrix], axis=1)
        left = [np.abs(whole.T @ joint.covariance @ whole - target.covariance).max(initial=0.0)]
        for before, after, line in zip(made[1:], wanted[1:], single, strict=True):
            left.append(abs(float(before.covariance[0, 0]) * line[1] ** 2 - float(after.covariance[0, 0])))
        return Correction(joint.mean, matrix, target.mean[self._held :], single, float(max(left)))

    def move(self, correction: Correction, rows: Array) -> None:
        """Move standardised rows (m, p), in place."""
        if self._moved.size:
            out = np.empty((rows.shape[0], self._moved.size))
            centred = rows[:, self._joint] - correction.before
            dense(centred, correction.matrix, correction.after, False, out)  # noqa: FBT003 - kernels take no names
            rows[:, self._moved] = out
        for column, (before, factor, after) in zip(self.single, correction.single, strict=True):
            rows[:, column] = (rows[:, column] - before) * factor + after


class Restoration:
    """What the passes of one source are given back.

    Parameters
    ----------
    source : Source
    drawn : iterable of int
        Continuous columns that the chain draws; it keeps the others.

    Attributes
    ----------
    joint : ndarray of bool, shape (p,)
        Columns whose covariances among themselves a pass gets back, over the rows in which both have a value.
    single : ndarray of bool, shape (p,)
        Other columns that vary: a pass gets back their means and variances.
    few : ndarray of bool, shape (p,)
        Columns of which too few values are there in some rows to give these anything back.
    """

    def __init__(self, source: Source, drawn: Iterable[int]) -> None:
        observed, p = source.observed, source.latent.shape[1]
        spread = np.nanstd(observed, axis=0) if p else np.zeros(0)
        varies, chosen = spread > 0.0, np.isin(np.arange(p), list(drawn))
        self._scale, self._centre = np.where(varies, spread, 1.0), np.nanmean(observed, axis=0) if p else spread
        self._patterns = Patterns(source.missing)
        self._parts = [_Restored(part, varies, chosen) for part in self._patterns.parts]
        self.single: NDArray[np.bool_] = np.isin(np.arange(p), np.concatenate([part.single for part in self._parts]))
        self.few: NDArray[np.bool_] = varies & chosen & np.any([part.few for part in self._patterns.parts], axis=0)
        self.joint: NDArray[np.bool_] = varies & ~self.single & ~self.few & (chosen | ~source.missing.any(axis=0))
        self.single &= ~self.few
        self._touched = np.flatnonzero(varies & chosen)
        pieces = (observed[low : low + PIECE].T for low in range(0, source.n_rows, PIECE))
        self._wanted = self._moments(pieces)

    def corrections(self, pieces: Iterable[Array]) -> list[Correction]:
        """Return the corrections of a pass whose columns come in `pieces` (p, at most PIECE), NaN for missing."""
        rows = zip(self._parts, self._moments(pieces), self._wanted, strict=True)
        return [part.correction(made, wanted) for part, made, wanted in rows]

    def apply(self, corrections: list[Correction], columns: Array) -> None:
        """Move columns (p, m), in place."""
        for low in range(0, columns.shape[1], PIECE):
            piece = columns[:, low : low + PIECE]
            rows = self._standard(piece)
            for part, how, own in zip(self._parts, corrections, self._rows(rows), strict=True):
                moved = rows[own]
                part.move(how, moved)
                rows[own] = moved
            centre, scale = self._centre[self._touched, np.newaxis], self._scale[self._touched, np.newaxis]
            piece[self._touched] = centre + scale * rows[:, self._touched].T

    def _moments(self, pieces: Iterable[Array]) -> list[list[Moments]]:
        found = [part.nothing() for part in self._parts]
        for piece in pieces:
            rows = self._standard(piece)
            for part, moments, own in zip(self._parts, found, self._rows(rows), strict=True):
                part.add(moments, rows[own])
        return found

    def _standard(self, columns: Array) -> Array:
        """Return rows (m, p) in standard deviations of the source from its means."""
        return np.ascontiguousarray((columns.T - self._centre) / self._scale)

    def _rows(self, rows: Array) -> list[NDArray[np.intp] | slice]:
        return self._patterns.rows_of_parts(np.isnan(rows))


def _line(made: Moments, target: Moments) -> tuple[float, float, float]:
    """Return mean before, factor and mean after for one column; a column without spread is only shifted."""
    before, after = float(np.sqrt(made.covariance[0, 0])), float(np.sqrt(target.covariance[0, 0]))
    return float(made.mean[0]), after / before if before > 0.0 else 1.0, float(target.mean[0])
