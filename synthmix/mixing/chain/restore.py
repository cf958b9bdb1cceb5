"""Give a pass of a chain the means and covariances of the table, after the margins of its columns.

Columns first get the table's quantiles, each value as far as its leaf lets it move (theorem T20). Almost all of what is
then missing is made up by moves in proportion to how much values vary inside their leaves (theorem T19), so that rows
stay near thin structures; the smallest linear map that does (theorem T18) makes up the rest exactly.

Rows of each frequent pattern of missing values get those of the table's rows of that pattern back, which together are
the covariances over all rows that have both values. Rows of rare patterns are treated together, and columns that have a
value in some of them only, one by one, unless so few have one that mean and variance would give them away. Columns that
the chain keeps stay as they are, and then there is the linear map alone after the margins of the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.dense import dense
from synthmix.kernels.moments import update_moments
from synthmix.kernels.threads import run_all
from synthmix.mixing.chain.blas import one_blas_thread
from synthmix.mixing.chain.gaps import Part, Patterns
from synthmix.mixing.chain.margins import Margins, Quantiles
from synthmix.mixing.chain.nearby import Step, Widths, step_towards
from synthmix.mixing.chain.transport import transport, transport_beside
from synthmix.mixing.source import Source

Array = NDArray[np.float64]

_NO_WIDTHS: Widths = np.empty((0, 0), np.float32)
PIECE = 2**14  # rows whose moments are summed at once: part of the definition of the last bits


class Piece(NamedTuple):
    """Some rows of a pass: latent columns (p, m), NaN for missing, and how far each value may be moved, (p, m)."""

    columns: Array
    widths: Widths

    def part(self, low: int, high: int) -> Piece:
        """Return some of the rows, as views."""
        return Piece(self.columns[:, low:high], self.widths[:, low:high])

    def parts(self) -> list[Piece]:
        """Return all rows, PIECE after PIECE, as views."""
        return [self.part(low, low + PIECE) for low in range(0, self.columns.shape[1], PIECE)]


class Correction(NamedTuple):
    """What moves the rows of one part of a pass: `step`, then ``(x - before) @ matrix + after``."""

    step: Step | None
    before: Array  # (h + d,)
    matrix: Array  # (h + d, d)
    after: Array  # (d,)
    single: list[tuple[float, float, float]]  # mean before, factor and mean after for the others
    residual: float  # largest difference from the covariances that were wanted, in standard deviations


class Moves(NamedTuple):
    """What moves the rows of one pass."""

    quantiles: Quantiles
    corrections: list[Correction]

    @property
    def residual(self) -> float:
        """Largest difference from the covariances that were wanted, in standard deviations."""
        return max(one.residual for one in self.corrections)


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

    def step(self, made: list[Moments], wanted: list[Moments], rows: Array, widths: Widths) -> Step | None:
        """Return the moves inside leaves that give rows with the moments `made` nearly those that are wanted."""
        if self._held or not len(rows):
            return None
        joint, target = made[0], wanted[0]
        shift, change = target.mean - joint.mean, target.covariance - joint.covariance
        with one_blas_thread():
            away = transport(joint.covariance, target.covariance) - np.eye(joint.mean.size)
            far = np.sqrt(max(shift @ shift + np.einsum("ij,jk,ik->", away, joint.covariance, away), 0.0))
            chosen = (rows[:, self._joint], widths[:, self._joint])
            return step_towards(*chosen, joint.mean, shift, change, float(far))

    def correction(self, step: Step | None, made: list[Moments], wanted: list[Moments]) -> Correction:
        """Return what gives rows with the moments `made`, after the step, those that are wanted."""
        joint, target = made[0], wanted[0]
        matrix = transport_beside(joint.covariance, target.covariance, self._held)
        single = [_line(*pair) for pair in zip(made[1:], wanted[1:], strict=True)]
        whole = np.concatenate([np.eye(self._joint.size)[:, : self._held], matrix], axis=1)
        left = [np.abs(whole.T @ joint.covariance @ whole - target.covariance).max(initial=0.0)]
        for before, after, line in zip(made[1:], wanted[1:], single, strict=True):
            left.append(abs(float(before.covariance[0, 0]) * line[1] ** 2 - float(after.covariance[0, 0])))
        return Correction(step, joint.mean, matrix, target.mean[self._held :], single, float(max(left)))

    def take(self, step: Step | None, rows: Array, widths: Widths) -> None:
        """Move standardised rows (m, p) by a step, in place."""
        if step is not None:
            rows[:, self._joint] += step.move(rows[:, self._joint], widths[:, self._joint])

    def move(self, correction: Correction, rows: Array, widths: Widths) -> None:
        """Move standardised rows (m, p), in place."""
        self.take(correction.step, rows, widths)
        if self._moved.size:
            out = np.empty((rows.shape[0], self._moved.size))
            centred = np.ascontiguousarray(rows[:, self._joint] - correction.before)
            dense(centred, correction.matrix, correction.after, False, out)  # noqa: FBT003 - kernels take no names
            rows[:, self._moved] = out
        for column, (before, factor, after) in zip(self.single, correction.single, strict=True):
            rows[:, column] = (rows[:, column] - before) * factor + after


class _Seen:
    """The first rows of a part, at most PIECE, and their widths."""

    def __init__(self) -> None:
        self._room, self._rows, self._widths = PIECE, list[Array](), list[Widths]()

    def add(self, rows: Array, widths: Widths) -> None:
        """Take in rows (m, p) while there is room."""
        if self._room and len(rows):
            self._rows.append(rows[: self._room].copy())
            self._widths.append(widths[: self._room].copy())
            self._room -= len(self._rows[-1])

    def whole(self) -> tuple[Array, Widths]:
        """Return them."""
        return (
            (np.concatenate(self._rows), np.concatenate(self._widths)) if self._rows else (np.empty((0, 0)), _NO_WIDTHS)
        )


class Restoration:
    """What the passes of one source are given back.

    Parameters
    ----------
    source : Source
    seeds : mapping of int to int
        Continuous columns that the chain draws, and the seed of each; it keeps the others.
    edges : mapping of int to ndarray
        Of columns whose scores are those of copied values: between which scores one value ends and the next begins.

    Attributes
    ----------
    joint : ndarray of bool, shape (p,)
        Columns whose covariances among themselves a pass gets back, over the rows in which both have a value.
    single : ndarray of bool, shape (p,)
        Other columns that vary: a pass gets back their means and variances.
    few : ndarray of bool, shape (p,)
        Columns of which too few values are there in some rows to give these anything back.
    centre, scale : ndarray of shape (p,)
        Means and standard deviations of the source, 1 where a column does not vary.
    """

    def __init__(self, source: Source, seeds: Mapping[int, int], edges: Mapping[int, Array]) -> None:
        self._edges = edges
        observed, p = source.observed, source.latent.shape[1]
        there = ~source.missing.all(axis=0)  # a stratum may have no value of a column, or one in all rows
        known, varies = observed[:, there], np.zeros(p, bool)
        self.centre: Array = np.zeros(p)
        self.scale: Array = np.ones(p)
        self.centre[there], self.scale[there] = np.nanmean(known, axis=0), np.nanstd(known, axis=0)
        varies[there] = np.nanmin(known, axis=0) < np.nanmax(known, axis=0)
        self.scale[~varies] = 1.0
        chosen = np.isin(np.arange(p), list(seeds))
        self._patterns = Patterns(source.missing)
        self._parts = [_Restored(part, varies, chosen) for part in self._patterns.parts]
        self.single: NDArray[np.bool_] = np.isin(np.arange(p), np.concatenate([part.single for part in self._parts]))
        self.few: NDArray[np.bool_] = varies & chosen & np.any([part.few for part in self._patterns.parts], axis=0)
        self.joint: NDArray[np.bool_] = varies & ~self.single & ~self.few & (chosen | ~source.missing.any(axis=0))
        self.single &= ~self.few
        self._touched = np.flatnonzero(varies & chosen)
        self._margins = Margins(observed, {j: seed for j, seed in seeds.items() if varies[j]})
        self._wanted = self._moments(Piece(observed.T, _NO_WIDTHS).parts())

    def move_pass(self, whole: Piece, first: int, threads: int = 1) -> Moves:
        """Move all rows of a pass, the first of which is row `first`, in place; return what moves any of them."""
        quantiles = self._margins.of(whole.columns, threads)
        self._move_margins(quantiles, whole, first, threads)
        corrections = self._corrections(whole.parts())
        self._correct(corrections, whole, threads)
        return Moves(quantiles, corrections)

    def move(self, moves: Moves, some: Piece, first: int, threads: int = 1) -> None:
        """Move some rows of a pass, ``first, first + 1, ...``, in place."""
        self._move_margins(moves.quantiles, some, first, threads)
        self._correct(moves.corrections, some, threads)

    def _move_margins(self, quantiles: Quantiles, some: Piece, first: int, threads: int) -> None:
        """Give columns their margins, in place; scores then have room to move until they would mean another value."""

        def work(one: tuple[int, Piece]) -> None:
            number, (columns, widths) = one
            self._margins.move(quantiles, columns, self.scale[:, np.newaxis] * widths, first + number * PIECE)
            for j, edges in self._edges.items():
                widths[j] = room_between(edges, columns[j]) / self.scale[j]

        run_all(work, list(enumerate(some.parts())), threads)

    def _corrections(self, pieces: list[Piece]) -> list[Correction]:
        """Return what gives a pass means and covariances, part by part."""
        seen = [_Seen() for _ in self._parts]
        made = self._moments(pieces, seen=seen)
        steps = [
            part.step(own, wanted, *rows.whole())
            for part, own, wanted, rows in zip(self._parts, made, self._wanted, seen, strict=True)
        ]
        if any(step is not None for step in steps):
            made = self._moments(pieces, steps)
        rows = zip(self._parts, steps, made, self._wanted, strict=True)
        return [part.correction(step, own, wanted) for part, step, own, wanted in rows]

    def _correct(self, corrections: list[Correction], some: Piece, threads: int) -> None:
        """Give rows means and covariances, in place."""

        def work(piece: Piece) -> None:
            rows, widths = self._standard(piece)
            for part, how, own in zip(self._parts, corrections, self._rows(rows), strict=True):
                moved = rows[own]
                part.move(how, moved, widths[own])
                rows[own] = moved
            centre, scale = self.centre[self._touched, np.newaxis], self.scale[self._touched, np.newaxis]
            piece.columns[self._touched] = centre + scale * rows[:, self._touched].T

        run_all(work, some.parts(), threads)

    def _moments(
        self, pieces: Iterable[Piece], steps: list[Step | None] | None = None, seen: list[_Seen] | None = None
    ) -> list[list[Moments]]:
        """Return the moments of the rows, part by part, after the steps if there are any; the first rows are `seen`."""
        found = [part.nothing() for part in self._parts]
        for piece in pieces:
            rows, widths = self._standard(piece)
            for number, (part, own) in enumerate(zip(self._parts, self._rows(rows), strict=True)):
                moved = rows[own]
                if seen is not None:
                    seen[number].add(moved, widths[own])
                if steps is not None:
                    part.take(steps[number], moved, widths[own])
                part.add(found[number], moved)
        return found

    def _standard(self, piece: Piece) -> tuple[Array, Widths]:
        """Return rows (m, p) in standard deviations of the source from its means, and their widths."""
        rows = np.ascontiguousarray((piece.columns.T - self.centre) / self.scale)
        return rows, np.ascontiguousarray(piece.widths.T)

    def _rows(self, rows: Array) -> list[NDArray[np.intp] | slice]:
        return self._patterns.rows_of_parts(np.isnan(rows))


def room_between(edges: Array, scores: Array) -> Array:
    """Return how far each score is from the nearer of the `edges` around it, which ascend; NaN for NaN."""
    if not edges.size:
        return np.ones_like(scores)
    above = np.searchsorted(edges, scores)
    low, high = edges[np.maximum(above - 1, 0)], edges[np.minimum(above, edges.size - 1)]
    return np.minimum(np.abs(scores - low), np.abs(high - scores))


def _line(made: Moments, target: Moments) -> tuple[float, float, float]:
    """Return mean before, factor and mean after for one column; a column without spread is only shifted."""
    before, after = float(np.sqrt(made.covariance[0, 0])), float(np.sqrt(target.covariance[0, 0]))
    return float(made.mean[0]), after / before if before > 0.0 else 1.0, float(target.mean[0])
