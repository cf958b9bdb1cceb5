"""Moves that change means and covariances as asked, to second order, each value in proportion to its width (T19)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.dense import dense

Array = NDArray[np.float64]
Widths = NDArray[np.float32]

LEAST = 1e-3  # width of a value that its leaf does not let move, in standard deviations
_CLOSE = 1e-8  # of the first remainder, where the search ends
_STEPS = 100
_TIMES = 2  # the equations are solved: for what is asked, and then for what moves add by themselves
_FARTHER = 3.0  # times as far as the smallest map, from where on a step is worth nothing


class Step(NamedTuple):
    """Adds ``width * (shift + (x - centre) @ matrix)`` to a row x."""

    centre: Array  # (d,)
    shift: Array  # (d,)
    matrix: Array  # (d, d), symmetric, row after row in memory

    def move(self, rows: Array, widths: Widths) -> Array:
        """Return what is to be added to rows (m, d)."""
        moves = np.empty(rows.shape)
        dense(np.ascontiguousarray(rows - self.centre), self.matrix, self.shift, False, moves)  # noqa: FBT003 - kernels take no names
        moves *= np.maximum(widths, LEAST)
        return moves


def step_towards(rows: Array, widths: Widths, centre: Array, shift: Array, change: Array, far: float) -> Step | None:
    """Return the step that moves the mean by `shift` and the covariance by `change`; None where it would go too far.

    To second order, or to first order where the step of second order goes too far or leaves more.

    Parameters
    ----------
    rows : ndarray of shape (m, d)
        Some of the rows, or all of them.
    widths : ndarray of float32, shape (m, d)
    centre : ndarray of shape (d,)
        Mean of all rows.
    shift, change : ndarray of shape (d,) and (d, d)
    far : float
        Root of the mean square by which the smallest map moves a row.

    Notes
    -----
    To be called by one thread of BLAS: the last bits of the step are part of the rows.
    """
    operator = _Operator(rows - centre, np.maximum(widths, LEAST).astype(np.float64))
    left = (shift, change)
    guess = operator.roughly_inverted(*left)
    enough = _CLOSE * _product(left, guess)
    found, own = (np.zeros_like(shift), np.zeros_like(change)), np.zeros_like(change)
    best, least = None, np.inf
    for _ in range(_TIMES):
        more = _solved(operator, left, guess, enough)
        found = (found[0] + more[0], found[1] + more[1])
        step = Step(centre, found[0], np.ascontiguousarray(found[1]))
        moves = step.move(rows, widths)
        if not np.sqrt((moves**2).sum(axis=1).mean()) <= _FARTHER * far:  # nor where one of them is not a number
            break
        moves -= moves.mean(axis=0)
        before, own = own, moves.T @ moves / len(moves)  # what moves add by themselves, which nobody asked for
        left = (np.zeros_like(shift), before - own)
        guess = operator.roughly_inverted(*left)
        size = _product(left, guess)
        if not size < least:
            break
        best, least = step, size
    return best


class _Operator:
    """How mean and covariance change with shift and matrix: a symmetric, positive map of the two."""

    def __init__(self, centred: Array, widths: Array) -> None:
        self._rows, self._widths, self._mean = centred, widths, widths.mean(axis=0)
        covariance = centred.T @ centred / len(centred)
        self._root = np.sqrt(self._mean)
        values, self._axes = np.linalg.eigh(covariance / np.outer(self._root, self._root))
        self._sums = np.maximum(values[:, np.newaxis] + values, 1e-10)

    def apply(self, shift: Array, matrix: Array) -> tuple[Array, Array]:
        """Return the changes of mean and covariance."""
        moves = self._widths * (shift + self._rows @ matrix)
        cross = self._rows.T @ moves / len(moves)
        return moves.mean(axis=0), cross + cross.T

    def roughly_inverted(self, shift: Array, change: Array) -> tuple[Array, Array]:
        """Return shift and matrix for given changes as they would be if all widths of a column were alike."""
        scale = np.outer(self._root, self._root)
        inner = self._axes.T @ (change / scale) @ self._axes / self._sums
        return shift / self._mean, (self._axes @ inner @ self._axes.T) / scale


def _solved(
    operator: _Operator, left: tuple[Array, Array], guess: tuple[Array, Array], enough: float
) -> tuple[Array, Array]:
    """Return what gives the changes that are left, but for `enough`, by preconditioned conjugate gradients.

    The first `guess` is what would give them roughly.
    """
    found = (np.zeros_like(left[0]), np.zeros_like(left[1]))
    way, size = guess, _product(left, guess)
    for _ in range(_STEPS):
        if not size > enough:
            break
        image = operator.apply(*way)
        along = _product(way, image)
        if not along > 0.0:
            break
        length = size / along
        found = (found[0] + length * way[0], found[1] + length * way[1])
        left = (left[0] - length * image[0], left[1] - length * image[1])
        guess = operator.roughly_inverted(*left)
        before, size = size, _product(left, guess)
        way = (guess[0] + size / before * way[0], guess[1] + size / before * way[1])
    return found


def _product(one: tuple[Array, Array], other: tuple[Array, Array]) -> float:
    """Return the product in which the operator is symmetric: covariances count both triangles, means count twice."""
    return float(2.0 * one[0] @ other[0] + (one[1] * other[1]).sum())
