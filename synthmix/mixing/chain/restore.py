"""Give a pass of a chain the means and covariances of the table, by the smallest linear map that does.

Columns that have a value in every row are treated together, those with gaps one by one. Columns that the chain keeps
stay as they are: what is drawn is parted into what they predict of it, linearly, and the rest. Theorem T18.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from synthmix.kernels.dense import dense
from synthmix.kernels.moments import update_moments
from synthmix.mixing.source import Source

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

PIECE = 2**14  # rows whose moments are summed at once: part of the definition of the last bits
_NOTHING = 1e-12  # share of the largest eigenvalue below which a direction counts as empty


class Correction(NamedTuple):
    """What moves the rows of one pass: ``(x - before) @ matrix + after`` for the columns that are treated together."""

    before: Array  # (h + d,)
    matrix: Array  # (h + d, d)
    after: Array  # (d,)
    single: Array  # (g, 3): mean before, factor, mean after


class Moments:
    """Moments of rows that arrive piece by piece: joint ones of some columns, single ones of others."""

    def __init__(self, joint: int, single: int) -> None:
        self.mean, self._comoment, self._count = np.zeros(joint), np.zeros((joint, joint)), 0.0
        self._single = [(np.zeros(1), np.zeros((1, 1))) for _ in range(single)]
        self._counts = [0.0] * single

    def add(self, joint: Array, single: list[Array]) -> None:
        """Take in rows (m, d), and the values of each other column."""
        if joint.shape[1]:
            self._count = update_moments(joint, self._count, self.mean, self._comoment)
        for g, values in enumerate(single):
            if values.size:
                rows = np.ascontiguousarray(values)[:, np.newaxis]
                self._counts[g] = update_moments(rows, self._counts[g], *self._single[g])

    @property
    def covariance(self) -> Array:
        """Joint covariance, divisor n."""
        return self._comoment / max(self._count, 1.0)

    def of_single(self, g: int) -> tuple[float, float]:
        """Return mean and standard deviation (divisor n) of one of the other columns."""
        mean, comoment = self._single[g]
        return float(mean[0]), float(np.sqrt(comoment[0, 0] / max(self._counts[g], 1.0)))


class Restoration:
    """What the passes of one source are given back.

    Parameters
    ----------
    source : Source
    drawn : iterable of int
        Continuous columns that the chain draws; it keeps the others.

    Attributes
    ----------
    joint : ndarray of int
        Columns whose means and covariances a pass gets back: those with a value in every row, kept ones first.
    single : ndarray of int
        Columns whose means and variances a pass gets back, over the values that are there.
    """

    def __init__(self, source: Source, drawn: Iterable[int]) -> None:
        chosen, observed = set(drawn), source.observed
        spread = np.nanstd(observed, axis=0) if observed.size else np.zeros(observed.shape[1])
        whole = [not column.any() for column in source.missing.T]
        columns = [j for j in range(observed.shape[1]) if spread[j] > 0.0]
        held = [j for j in columns if j not in chosen and whole[j]]
        moved = [j for j in columns if j in chosen and whole[j]]
        self.joint: Indices = np.array([*held, *moved], np.intp)
        self.single: Indices = np.array([j for j in columns if j in chosen and not whole[j]], np.intp)
        self._held, self._moved = len(held), np.array(moved, np.intp)
        self._scale = np.where(spread > 0.0, spread, 1.0)
        self._centre = np.where(np.isnan(observed), 0.0, observed).mean(axis=0)
        self._target = self._moments(observed[low : low + PIECE].T for low in range(0, source.n_rows, PIECE))

    def correction(self, pieces: Iterable[Array]) -> Correction:
        """Return the correction of a pass whose columns come in `pieces` (p, at most PIECE), NaN for missing."""
        made, target, h = self._moments(pieces), self._target, self._held
        single = np.array([_line(made.of_single(g), target.of_single(g)) for g in range(self.single.size)])
        with threadpool_limits(limits=1, user_api="blas"):  # the last bits do not depend on the number of threads
            matrix = _map(made.covariance, target.covariance, h)
        return Correction(made.mean, matrix, target.mean[h:], single.reshape(-1, 3))

    def apply(self, correction: Correction, columns: Array) -> None:
        """Move columns (p, m), in place."""
        if self._moved.size:
            centre, scale = self._centre[self._moved, np.newaxis], self._scale[self._moved, np.newaxis]
            for low in range(0, columns.shape[1], PIECE):
                piece = columns[:, low : low + PIECE]
                rows = self._joint_rows(piece) - correction.before
                out = np.empty((rows.shape[0], self._moved.size))
                dense(rows, correction.matrix, correction.after, False, out)  # noqa: FBT003 - kernels take no names
                piece[self._moved] = centre + scale * out.T
        for j, (before, factor, after) in zip(self.single, correction.single, strict=True):
            standard = (columns[j] - self._centre[j]) / self._scale[j]
            columns[j] = self._centre[j] + self._scale[j] * ((standard - before) * factor + after)

    def _moments(self, pieces: Iterable[Array]) -> Moments:
        """Return the moments of rows, in standard deviations of the source from about its mean."""
        moments = Moments(self.joint.size, self.single.size)
        for piece in pieces:
            moments.add(self._joint_rows(piece), list(self._single_values(piece)))
        return moments

    def _joint_rows(self, columns: Array) -> Array:
        """Return the rows (m, d) of the columns that are treated together."""
        return np.ascontiguousarray((columns[self.joint].T - self._centre[self.joint]) / self._scale[self.joint])

    def _single_values(self, columns: Array) -> Iterator[Array]:
        for j in self.single:
            values = columns[j][~np.isnan(columns[j])]
            yield (values - self._centre[j]) / self._scale[j]


def _line(made: tuple[float, float], target: tuple[float, float]) -> tuple[float, float, float]:
    """Return mean before, factor and mean after for one column; a column without spread is only shifted."""
    factor = target[1] / made[1] if made[1] > 0.0 else 1.0
    return made[0], factor, target[0]


def _map(made: Array, target: Array, held: int) -> Array:
    """Return the matrix that gives rows of covariance `made` that of `target`; the first `held` columns are the same.

    What the held columns predict of the others is exchanged; the rest is moved by the symmetric map between its
    covariances, which moves it least in mean square.
    """
    h = slice(0, held)
    slope_made, rest_made = _regression(made, h, held)
    slope_target, rest_target = _regression(target, h, held)
    symmetric = transport(rest_made, rest_target)
    return np.ascontiguousarray(np.concatenate([slope_target - slope_made @ symmetric, symmetric]))


def _regression(covariance: Array, h: slice, held: int) -> tuple[Array, Array]:
    """Return slopes on the held columns, (h, d), and the covariance of what they leave, (d, d)."""
    cross, own = covariance[h, held:], covariance[held:, held:]
    slope = np.linalg.pinv(covariance[h, h], rcond=_NOTHING, hermitian=True) @ cross if held else cross
    return slope, own - cross.T @ slope


def transport(made: Array, target: Array) -> Array:
    """Return the symmetric T with ``T @ made @ T = target``: of all maps with that, the one that moves rows least.

    Directions in which `made` has no spread stay without one.
    """
    values, vectors = np.linalg.eigh(made)
    there = values > _NOTHING * max(float(values.max(initial=0.0)), np.finfo(np.float64).tiny)
    values, vectors = values[there], vectors[:, there]
    root, inverse = (vectors * np.sqrt(values)) @ vectors.T, (vectors / np.sqrt(values)) @ vectors.T
    inner, axes = np.linalg.eigh(root @ target @ root)
    symmetric: Array = inverse @ ((axes * np.sqrt(np.maximum(inner, 0.0))) @ axes.T) @ inverse
    return (symmetric + symmetric.T) / 2
