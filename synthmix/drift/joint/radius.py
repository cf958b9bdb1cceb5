"""How far rows lie from the middle: squared Mahalanobis lengths of pooled normal scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.joint.pool import Floats
from synthmix.kernels.distances import covariance, pivoted_cholesky, whitened_lengths
from synthmix.kernels.threads import run_all
from synthmix.table.ranks import order_of_words, words_of

COLLINEAR = 1e-8  # share of a column's variance that the columns before it leave


def scores_of(values: Floats, reference: Floats) -> Floats:
    """Return ``ndtri(F(value))`` with F the mid-distribution function of the sorted `reference`, a column.

    For values of the reference this is ``ndtri((rank - 1/2) / N)`` with mid-ranks; equal values get equal scores.
    Values beyond both ends get ``1/(4N)`` and ``1 - 1/(4N)``.
    """
    from scipy.special import ndtri

    n = reference.size
    share = (np.searchsorted(reference, values, "left") + np.searchsorted(reference, values, "right")) / (2.0 * n)
    return np.asarray(ndtri(np.clip(share, 0.25 / n, 1.0 - 0.25 / n)), np.float64)


def normal_scores(rows: Floats, reference: Floats, threads: int = 1) -> Floats:
    """Return the normal scores of each column of `rows` among the rows of `reference`."""
    scores = np.empty((rows.shape[1], len(rows)))

    def work(c: int) -> None:
        column = np.ascontiguousarray(rows[:, c])
        scores[c] = own_scores(column) if rows is reference else scores_of(column, np.sort(reference[:, c]))

    run_all(work, range(rows.shape[1]), threads)
    return np.ascontiguousarray(scores.T)


def own_scores(values: Floats) -> Floats:
    """Return :func:`scores_of` the values among themselves, by one sort instead of searches."""
    from scipy.special import ndtri

    order, ends = runs_of(values)
    last = np.flatnonzero(ends) + 1
    first = np.append(0, last[:-1])
    scores = np.empty(values.size)
    scores[order] = np.repeat(np.asarray(ndtri((first + last) / (2.0 * values.size)), np.float64), last - first)
    return scores


class Whitener:
    """Centre and covariance of rows, and squared lengths of other rows by them.

    Columns that those before them determine (repeated, collinear, constant) count once or not at all. All sums run in
    the order of the rows, in one thread, so the bits are those of the lexicographic order.

    Attributes
    ----------
    rank : int
        Degrees of freedom of a length: columns that are left.
    """

    def __init__(self, rows: Floats) -> None:
        self.centre = rows.mean(axis=0)
        scatter = np.empty((rows.shape[1], rows.shape[1]))
        covariance(np.ascontiguousarray(rows - self.centre), scatter)
        scale = np.sqrt(np.diag(scatter))
        self.scale = np.where(scale > 0.0, scale, np.inf)  # a constant column is far from nothing
        shape = scatter / np.outer(self.scale, self.scale)
        self.lower, pivots = np.zeros_like(shape), np.empty(len(shape), np.int64)
        self.rank: int = int(pivoted_cholesky(shape, COLLINEAR, np.diag(shape).copy(), self.lower, pivots))
        self.pivots = pivots[: self.rank]

    def lengths(self, rows: Floats) -> Floats:
        """Return squared lengths, shape (rows,); zeros where nothing varies."""
        out = np.zeros(len(rows))
        if self.rank:
            whitened_lengths(np.ascontiguousarray((rows - self.centre) / self.scale), self.lower, self.pivots, out)
        return out


def pooled_radius(rows: Floats, threads: int = 1) -> Floats:
    """Return the squared radius of each pooled row, by normal scores and covariance of the same rows.

    Pooled, because a covariance that was fitted to one of two tables makes that table look nearer: a test built on it
    rejects always when there are many columns.
    """
    scores = normal_scores(rows, rows, threads)
    return Whitener(scores).lengths(scores)


def runs_of(values: Floats) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return an order that sorts `values`, and where a run of equal ones ends; inside a run it is any order."""
    order = order_of_words(words_of(values))
    ends = np.append(np.diff(values[order]) > 0.0, True)
    return order, ends
