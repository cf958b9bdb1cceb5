"""What theory predicts for a fitted source: expected moments of m synthetic rows and their sampling error.

Everything is conditional on the real table and its cells. A row of cell h is y = b_h + d, b_h the offset of the
cell's mean and d a weighted combination of deviations inside the cell. Slots of a pass are shared out to cells
(and, for some schemes, to first parents) evenly, so that a whole pass varies less than independent rows do.
Formulas are stated and proved in docs/theory.md; sampling errors are exact to first order in 1/n and in 1/n_h.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from synthmix.certificate.row_law import RowLaw
from synthmix.kernels.moments import cell_products
from synthmix.pairing import Cells

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class CellTheory:
    """Expected moments of synthetic rows in the space in which they are mixed.

    Parameters
    ----------
    values : ndarray, shape (n, p)
        Source rows; NaN = missing.
    cells : Cells
    law : RowLaw
    start : int
        Number of the first synthetic row.
    """

    values: Matrix
    cells: Cells
    law: RowLaw
    start: int = 0

    @cached_property
    def _parts(self) -> tuple[Matrix, Matrix, Matrix, Matrix]:
        """Return standardised cell offsets and deviations (rows in cell order), counts and scale."""
        x = self.values[self.cells.order]
        observed = ~np.isnan(x)
        number = np.maximum(observed.sum(axis=0), 1)
        x = np.where(observed, x, 0.0)
        centred = np.where(observed, x - x.sum(axis=0) / number, 0.0)
        centred = np.where(observed, centred - centred.sum(axis=0) / number, 0.0)
        scale = np.sqrt((centred**2).sum(axis=0) / number)
        centred /= np.where(scale > 0, scale, 1.0)
        first, sizes = self.cells.starts[:-1], self.cells.sizes
        per_cell = np.maximum(np.add.reduceat(observed.astype(np.float64), first, axis=0), 1.0)
        offset = np.repeat(np.add.reduceat(centred, first, axis=0) / per_cell, sizes, axis=0)
        offset = np.where(observed, offset, 0.0)
        mask = observed.astype(np.float64)
        return offset, centred - offset, np.maximum(mask.T @ mask, 1.0), scale

    @cached_property
    def _row_sizes(self) -> NDArray[np.int64]:
        return np.repeat(self.cells.sizes, self.cells.sizes)

    @cached_property
    def _spread(self) -> Matrix:
        """Factor of each row's within-cell covariance, shape (n, 1)."""
        return self.law.spread(self._row_sizes)[:, None]

    @cached_property
    def source_covariance(self) -> Matrix:
        """Covariance of the source in standardised units, divisor n."""
        offset, deviation, count, _ = self._parts
        return (offset.T @ offset + deviation.T @ deviation) / count

    @cached_property
    def second_moment(self) -> Matrix:
        """E y y' about the source mean, in standardised units."""
        offset, deviation, count, _ = self._parts
        return (offset.T @ offset + deviation.T @ (self._spread * deviation)) / count

    def mean_variance(self, m: int) -> Matrix:
        """Return the covariance matrix of the sample mean of m rows, in standardised units."""
        offset, deviation, count, _ = self._parts
        total = self.second_moment
        if self.law.scheme == "groups":
            full = np.zeros_like(total)
        elif self.law.scheme == "cyclic":
            size = self._row_sizes[:, None]
            share = self.law.weight_variance * size / np.maximum(size - 1.0, 1.0) * ~self.law.copied(size)
            full = deviation.T @ (share * deviation) / count
        else:
            kept = offset.T @ offset / count
            if self.law.scheme == "anchor":
                own = self.law.own_share(self._row_sizes)[:, None]
                kept = kept + deviation.T @ (own**2 * deviation) / count
            full = total - kept
        return self._of_sum(total, full, m) / (m * self._observed)

    def covariance(self, m: int) -> Matrix:
        """Return the expected covariance of m rows (divisor m), in standardised units."""
        return self.second_moment - self.mean_variance(m)

    def covariance_error(self, m: int) -> Matrix:
        """Return the standard errors of the covariance entries of m rows, in standardised units."""
        total = self._within + self._between
        if self.law.scheme == "groups":
            full = np.zeros_like(total)
        elif self.law.scheme == "cyclic":
            full = self._cyclic
        elif self.law.scheme == "anchor":
            full = self._within - self._anchored
        else:
            full = self._within
        return np.sqrt(np.maximum(self._of_sum(total, full, m), 0.0) / (m * self._observed))

    @property
    def _observed(self) -> Matrix:
        """Share of rows in which both columns are observed; moments are averages over those rows."""
        share: Matrix = self._parts[2] / self.values.shape[0]
        return share

    def _of_sum(self, total: Matrix, full: Matrix, m: int) -> Matrix:
        """Variance of a sum of m rows, per row: `total` for one row, `full` for each row of a whole pass.

        Rows of one pass are exchangeable, so their common covariance is (full - total) / (n - 1); rows of different
        passes are uncorrelated. The first row is row `start` of the sample, so the first pass may be a part.
        """
        n = self.values.shape[0]
        first = min(m, n - self.start % n)
        passes, rest = divmod(m - first, n)
        pairs = first * (first - 1.0) + passes * n * (n - 1.0) + rest * (rest - 1.0)
        result: Matrix = total - pairs / (m * max(n - 1.0, 1.0)) * (total - full)
        return result

    @cached_property
    def _products(self) -> tuple[Matrix, Matrix, Matrix, Matrix, Matrix, Matrix]:
        """Return the moment matrices that the sampling errors are made of."""
        offset, deviation, count, _ = self._parts
        cross = offset * deviation
        squares, offsets = deviation**2, offset**2
        diagonal, square = np.empty_like(count), np.empty_like(count)
        cell_products(np.ascontiguousarray(deviation), self.cells.starts, diagonal, square)
        linear = offsets.T @ (self._spread * squares)
        linear = linear + linear.T + 2.0 * cross.T @ (self._spread * cross)
        third = cross.T @ squares
        return (
            linear / count,
            (third + third.T) / count,
            squares.T @ squares / count,
            diagonal / count,
            square / count,
            count,
        )

    @cached_property
    def _within(self) -> Matrix:
        """Var(y_a y_b | cell), averaged over cells."""
        linear, third, fourth, diagonal, square, _ = self._products
        law, spread = self.law, float(self._spread.mean())
        quartic = law.p4 * fourth + (law.b - law.p4) * (diagonal + 2.0 * square) - spread**2 * square
        result: Matrix = linear + 2.0 * law.p3 * third + quartic
        return result

    @cached_property
    def _between(self) -> Matrix:
        """Variance over cells of E(y_a y_b | cell)."""
        offset, deviation, count, _ = self._parts
        square = self._products[4]
        cross, spread = offset * deviation, float(self._spread.mean())
        mean_square = ((offset**2).T @ (offset**2) + 2.0 * cross.T @ (self._spread * cross)) / count
        result: Matrix = np.maximum(mean_square + spread**2 * square - self.second_moment**2, 0.0)
        return result

    @cached_property
    def _anchored(self) -> Matrix:
        """Variance of E(y_a y_b | first parent) inside cells."""
        offset, deviation, count, _ = self._parts
        _, third, fourth, _, square, _ = self._products
        own, own_square = self.law.own_mean, self.law.own_square
        cross = offset * deviation
        linear = (offset**2).T @ (deviation**2)
        linear = (linear + linear.T + 2.0 * cross.T @ cross) / count
        result: Matrix = own**2 * linear + 2.0 * own * own_square * third + own_square**2 * (fourth - square)
        return result

    @cached_property
    def _cyclic(self) -> Matrix:
        """Variance per row of the sum of y_a y_b over a whole cyclic pass."""
        offset, deviation, count, _ = self._parts
        _, third, fourth, diagonal, square, _ = self._products
        law, cross = self.law, offset * deviation
        linear = (offset**2).T @ (deviation**2)
        linear = law.weight_variance * (linear + linear.T + 2.0 * cross.T @ cross) / count
        quartic = law.square_variance * fourth + law.square_covariance * square + law.lagged * (diagonal + square)
        result: Matrix = linear + 2.0 * law.cubic_covariance * third + quartic
        return result

    def shape(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the expected skewness and excess kurtosis of each column, shape (p,) each, for many rows."""
        offset, deviation, count, _ = self._parts
        n = np.diag(count)
        sizes = self.cells.sizes
        tau, alpha, beta = (np.repeat(f, sizes)[:, None] for f in self.law.higher(sizes))
        second = np.add.reduceat(deviation**2, self.cells.starts[:-1], axis=0) / sizes[:, None]
        pooled = np.repeat(second**2, sizes, axis=0)
        m2 = (offset**2 + self._spread * deviation**2).sum(axis=0) / n
        m3 = (offset**3 + 3.0 * offset * self._spread * deviation**2 + tau * deviation**3).sum(axis=0) / n
        m4 = offset**4 + 6.0 * offset**2 * self._spread * deviation**2 + 4.0 * offset * tau * deviation**3
        m4 = (m4 + alpha * deviation**4 + beta * pooled).sum(axis=0) / n
        with np.errstate(invalid="ignore", divide="ignore"):
            return m3 / m2**1.5, m4 / m2**2 - 3.0
