"""Means and covariances of two tables, on the scale of the real one and without its empty directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import InputError
from synthmix.kernels.moments import merge_moments, update_moments
from synthmix.kernels.threads import run_all

TILE = 1 << 14  # rows of a partial sum; part of the definition of the last bits
_SHARE = 1e-8  # of the real variance, below which a direction has none
Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Moments:
    """Number of rows, means (p,) and covariance (p, p) with divisor n - 1."""

    n: int
    mean: NDArray[np.float64]
    covariance: Matrix


def moments_of(rows: Matrix, n_jobs: int = 1) -> Moments:
    """Return mean and covariance in one pass; bits do not depend on `n_jobs`."""
    n, p = rows.shape
    starts = range(0, n, TILE)
    parts: list[tuple[float, NDArray[np.float64], Matrix]] = [(0.0, np.zeros(p), np.zeros((p, p)))] * len(starts)

    def work(place: int) -> None:
        mean, comoment = np.zeros(p), np.zeros((p, p))
        low = starts[place]
        count = update_moments(np.ascontiguousarray(rows[low : low + TILE]), 0.0, mean, comoment)
        parts[place] = (count, mean, comoment)

    run_all(work, range(len(starts)), n_jobs)
    count, mean, comoment = 0.0, np.zeros(p), np.zeros((p, p))
    for part in parts:
        count = merge_moments(count, mean, comoment, *part)
    return Moments(n, mean, comoment / max(n - 1, 1))


def checked(rows: Matrix, which: str, columns: Sequence[str]) -> Matrix:
    """Return a finite float64 matrix (n, p).

    Raises
    ------
    InputError
        For another shape, or a value that is missing or infinite; the message names the column.
    """
    matrix = np.ascontiguousarray(rows, np.float64)
    if matrix.ndim != 2:
        raise InputError(f"the {which} table has shape {matrix.shape}; give rows x columns")
    if columns and matrix.shape[1] != len(columns):
        raise InputError(f"the {which} table has {matrix.shape[1]} columns, but {len(columns)} names were given")
    finite = np.isfinite(matrix).all(axis=0)
    if not finite.all():
        place = int(np.argmin(finite))
        name = columns[place] if columns else place
        raise InputError(f"column {name!r} of the {which} table has missing or infinite values; leave such rows out")
    return matrix


@dataclass(frozen=True, eq=False)
class Whitened:
    """Both tables in the directions in which the real one varies.

    Attributes
    ----------
    real, synthetic : Moments
        In units of the real standard deviations; constant real columns left out.
    basis : array of shape (p, rank)
        Takes standardised rows to coordinates in which the real covariance is the identity.
    ratio : array of shape (rank, rank)
        The synthetic covariance in these coordinates: its eigenvalues are the variance ratios.
    kept : array of shape (p,)
        Places of the columns that are not constant in the real table.
    scale : array of shape (p,)
        Their real standard deviations.
    note : str
        What was left out.
    """

    real: Moments
    synthetic: Moments
    basis: Matrix
    ratio: Matrix
    kept: NDArray[np.intp]
    scale: NDArray[np.float64]
    note: str

    @property
    def rank(self) -> int:
        """Number of directions in which the real table varies."""
        return int(self.basis.shape[1])


def standardised(moments: Moments, kept: NDArray[np.intp], scale: NDArray[np.float64]) -> Moments:
    """Return the moments of the kept columns in units of `scale`."""
    part = moments.covariance[np.ix_(kept, kept)]
    return Moments(moments.n, moments.mean[kept] / scale, part / np.outer(scale, scale))


def whiten(real: Moments, synthetic: Moments, columns: Sequence[str] = ()) -> Whitened:
    """Whiten the synthetic covariance by the real one, rank first.

    The real covariance is brought to the correlation scale; directions that carry a share of its variance below 1e-8
    are left out, on both sides. So collinear columns do no harm, and the note says how much the new table varies where
    the real one does not.
    """
    deviation = np.sqrt(np.diag(real.covariance))
    size = np.maximum(np.abs(real.mean), 1e-300)
    kept = np.flatnonzero(deviation > 1e-13 * size)
    scale = deviation[kept]
    ours, theirs = standardised(real, kept, scale), standardised(synthetic, kept, scale)
    notes = []
    constant = np.setdiff1d(np.arange(deviation.size), kept)
    if constant.size:
        names = ", ".join(str(columns[place]) if columns else str(place) for place in map(int, constant))
        moving = int(np.count_nonzero(np.diag(synthetic.covariance)[constant] > 1e-26 * size[constant] ** 2))
        notes.append(
            f"constant in the real table: {names}" + (f"; {moving} of them vary in the new one" if moving else "")
        )
    if not kept.size:
        return Whitened(ours, theirs, np.empty((0, 0)), np.empty((0, 0)), kept, scale, "; ".join(notes))
    values, vectors = np.linalg.eigh(ours.covariance)
    live = values > _SHARE * values.sum()
    basis = vectors[:, live] / np.sqrt(values[live])
    if not live.all():
        dead = vectors[:, ~live]
        leak = float(np.trace(dead.T @ theirs.covariance @ dead) / values.sum())
        notes.append(f"rank {int(live.sum())} of {live.size} columns")
        if leak > 10.0 * _SHARE:
            notes.append(f"{leak:.2g} of the real variance lies in directions in which the real table has none")
    ratio = basis.T @ theirs.covariance @ basis
    return Whitened(ours, theirs, basis, 0.5 * (ratio + ratio.T), kept, scale, "; ".join(notes))
