"""Statistics of second moments as functions of sums over rows, so that a permutation is one matrix product."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.moments.covariance import Matrix
from synthmix.kernels.second import block_features
from synthmix.kernels.threads import run_all


def feature_count(p: int) -> int:
    """Return how many sums describe rows of p columns."""
    return 3 + 2 * p + p * (p + 1) + p * p


def feature_sums(rows: Matrix, starts: NDArray[np.int64], n_jobs: int = 1) -> Matrix:
    """Return the sums of products of each block of rows, shape (blocks, features)."""
    out = np.empty((starts.size - 1, feature_count(rows.shape[1])))
    run_all(
        lambda low: block_features(rows, starts[low : low + 65], out[low : low + 64]),
        range(0, out.shape[0], 64),
        n_jobs,
    )
    return out


@dataclass(frozen=True, eq=False)
class ProductSums:
    """Sums over the rows of a table, or of many permuted ones, the last axis being features.

    Attributes
    ----------
    sums : array of shape (B, features)
        Of :func:`synthmix.kernels.second.block_features`.
    p : int
        Columns.
    """

    sums: Matrix
    p: int

    @cached_property
    def n(self) -> NDArray[np.float64]:
        """Rows, shape (B, 1)."""
        return self.sums[:, :1]

    @cached_property
    def mean(self) -> Matrix:
        """Means, shape (B, p)."""
        return self.sums[:, 3 : 3 + self.p] / self.n

    @cached_property
    def upper(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Places (i, j), i <= j, of the entries."""
        return np.triu_indices(self.p)

    def _part(self, number: int) -> Matrix:
        q = self.p * (self.p + 1) // 2
        start = 3 + 2 * self.p + number * q
        return self.sums[:, start : start + (q if number < 2 else self.p * self.p)]

    @cached_property
    def products(self) -> Matrix:
        """Covariances with divisor n, shape (B, q)."""
        i, j = self.upper
        return self._part(0) / self.n - self.mean[:, i] * self.mean[:, j]

    @cached_property
    def product_variance(self) -> Matrix:
        """Variances of the products of deviations, with divisor n, shape (B, q)."""
        i, j = self.upper
        a, b = self.mean[:, i], self.mean[:, j]
        cross = self._part(2).reshape(-1, self.p, self.p) / self.n[:, :, None]
        raw = self._part(0) / self.n
        diagonal = np.arange(self.p)
        squares = np.empty_like(self.mean)
        squares[:] = raw[:, self._diagonal][:, diagonal]
        fourth = self._part(1) / self.n - 2.0 * b * cross[:, i, j] - 2.0 * a * cross[:, j, i]
        fourth += b * b * squares[:, i] + a * a * squares[:, j] + 4.0 * a * b * raw - 3.0 * a * a * b * b
        return np.maximum(fourth - self.products**2, 0.0)

    @cached_property
    def _diagonal(self) -> NDArray[np.intp]:
        i, j = self.upper
        return np.flatnonzero(i == j)

    def _inner(self, first: Matrix, second: Matrix) -> NDArray[np.float64]:
        """Return the sum over all entries of two symmetric matrices' products, shape (B,)."""
        twice = np.full(first.shape[1], 2.0)
        twice[self._diagonal] = 1.0
        return np.asarray((first * second) @ twice, np.float64)

    @cached_property
    def trace_of_square(self) -> NDArray[np.float64]:
        """Unbiased for the trace of the squared covariance (Li and Chen 2012), in closed form, shape (B,)."""
        n = self.n[:, 0]
        covariance = self.products * (self.n / (self.n - 1.0))
        square = self._inner(covariance, covariance)
        trace = covariance[:, self._diagonal].sum(axis=1)
        length = self._fourth_length() / (n - 1.0)
        ends = (n - 1.0) * (n - 2.0) * square + trace**2 - n * length
        return np.asarray((n - 1.0) / (n * (n - 2.0) * (n - 3.0)) * ends, np.float64)

    def _fourth_length(self) -> NDArray[np.float64]:
        """Return the sum over rows of ``|x - mean|^4``."""
        n, mean = self.n[:, 0], self.mean
        size = (mean**2).sum(axis=1)
        weighted = self.sums[:, 3 + self.p : 3 + 2 * self.p]
        i, j = self.upper
        form = self._inner(self._part(0), mean[:, i] * mean[:, j])
        total = self.sums[:, 2] - 4.0 * (mean * weighted).sum(axis=1) + 4.0 * form + 2.0 * size * self.sums[:, 1]
        return np.asarray(total - 3.0 * n * size**2, np.float64)


def li_chen_of(first: ProductSums, second: ProductSums) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Li and Chen's T, unbiased for ``tr (S_1 - S_2)^2``, and z, shape (B,) each."""
    n, m = first.n[:, 0], second.n[:, 0]
    ours, theirs = first.products * (first.n / (first.n - 1.0)), second.products * (second.n / (second.n - 1.0))
    a1, a2 = first.trace_of_square, second.trace_of_square
    t = a1 + a2 - 2.0 * first._inner(ours, theirs)  # noqa: SLF001 the same class
    spread = 2.0 * a1 / n + 2.0 * a2 / m
    return t, t / np.where(spread > 0.0, spread, np.inf)


def cai_liu_xia_of(first: ProductSums, second: ProductSums) -> Matrix:
    """Return Cai, Liu and Xia's squared standardised differences of covariances, shape (B, q); 0 without variance."""
    gap = (first.products * (first.n / (first.n - 1.0)) - second.products * (second.n / (second.n - 1.0))) ** 2
    spread = first.product_variance / first.n + second.product_variance / second.n
    return np.asarray(np.where(spread > 0.0, gap / np.where(spread > 0.0, spread, 1.0), 0.0), np.float64)
