"""The moments of a weights law inside a cell of finite size, for each pairing scheme."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from synthmix.weights import Rotation, WeightMoments, WeightsLaw, rotation_moments

Array = NDArray[np.float64]
Sizes = NDArray[np.int64]


@dataclass(frozen=True)
class RowLaw:
    """A law, its scheme, and what they do to rows that are drawn from a cell of n_h rows.

    Parameters
    ----------
    law : WeightsLaw
    scheme : {"iid", "distinct", "anchor", "cyclic", "groups"}
    smallest : int
        Rows that a cell needs for mixing; rows of smaller cells are copied.
    """

    law: WeightsLaw
    scheme: str
    smallest: int = 2

    @cached_property
    def moments(self) -> WeightMoments:
        """Moments of the law."""
        return self.law.moments()

    @property
    def p3(self) -> float:
        """E sum w^3."""
        return self.moments.p3

    @property
    def p4(self) -> float:
        """E sum w^4."""
        return self.moments.p4

    @property
    def b(self) -> float:
        """E (sum w^2)^2."""
        return self.moments.B

    @property
    def own_mean(self) -> float:
        """E w_1, the weight of the row's own parent."""
        return float(self.moments.mean[0])

    @property
    def own_square(self) -> float:
        """E w_1^2."""
        return float(self.moments.second[0, 0])

    @cached_property
    def weight_variance(self) -> float:
        """Sum over parents of Var w_k."""
        return float(np.trace(self.moments.second) - (self.moments.mean**2).sum())

    @cached_property
    def square_variance(self) -> float:
        """Sum over parents of Var w_k^2."""
        return float(np.trace(self.moments.squares) - (np.diag(self.moments.second) ** 2).sum())

    @cached_property
    def square_covariance(self) -> float:
        """Sum over pairs of different parents of Cov(w_k^2, w_l^2)."""
        mean = np.diag(self.moments.second)
        return float((self.moments.squares - np.outer(mean, mean)).sum() - self.square_variance)

    @cached_property
    def cubic_covariance(self) -> float:
        """Sum over parents of Cov(w_k, w_k^2)."""
        return float(self.moments.p3 - (self.moments.mean * np.diag(self.moments.second)).sum())

    @cached_property
    def lagged(self) -> float:
        """Sum over pairs of different parents of E w_k^2 w_l^2.

        Distances on a circle differ, and so do their differences but for O(1/n): two source rows that meet in one
        row of a cyclic pass meet in no other.
        """
        return float(self.moments.B - self.p4)

    def copied(self, sizes: Sizes) -> NDArray[np.bool_]:
        """Return where cells are too small to mix."""
        return sizes < self.smallest

    def _of_cells(self, sizes: Sizes, apart: Array | float, independent: Array | float) -> Array:
        """Choose by cell: 1 for copied rows, else `independent` for draws with replacement, `apart` without."""
        chosen = np.broadcast_to(independent if self.scheme == "iid" else apart, sizes.shape)
        return np.where(self.copied(sizes), 1.0, chosen)

    def spread(self, sizes: Sizes) -> Array:
        """Return E d d' / S_h for cells of the given sizes, S_h with divisor n_h."""
        c = self.moments.c
        n = np.maximum(sizes, 2).astype(np.float64)
        return self._of_cells(sizes, (c * n - 1.0) / (n - 1.0), c)

    def own_share(self, sizes: Sizes) -> Array:
        """Return the factor of the first parent's deviation in E(d | first parent)."""
        n = np.maximum(sizes, 2).astype(np.float64)
        return self._of_cells(sizes, self.own_mean - (1.0 - self.own_mean) / (n - 1.0), self.own_mean)

    def higher(self, sizes: Sizes) -> tuple[Array, Array, Array]:
        """Return tau, alpha, beta: E d^3 = tau m3_h, E d^4 = alpha m4_h + beta m2_h^2.

        Draws without replacement from n_h rows have the mixed moments of a finite population (zero-sum
        deviations); the weights enter through the sums over different parents of products of powers.
        """
        n = np.maximum(sizes, 2).astype(np.float64)
        c, b = self.moments.c, self.moments.B
        p3, p4 = self._group_powers(sizes)
        w31, w22, w211 = p3 - p4, b - p4, c - 2.0 * p3 + 2.0 * p4 - b
        w21, w111, w1111 = c - p3, 1.0 - 3.0 * c + 2.0 * p3, 1.0 - 6.0 * c + 8.0 * p3 + 3.0 * b - 6.0 * p4
        # Fewer than three (four) rows have no three (four) different parents: those sums are zero, not 0 / 0.
        two = np.maximum((n - 1.0) * (n - 2.0), 1.0)
        three = np.maximum((n - 1.0) * (n - 2.0) * (n - 3.0), 1.0)
        tau = p3 - 3.0 * w21 / (n - 1.0) + 2.0 * w111 / two
        alpha = p4 - (4.0 * w31 + 3.0 * w22) / (n - 1.0) + 12.0 * w211 / two - 6.0 * w1111 / three
        beta = n * (3.0 * w22 / (n - 1.0) - 6.0 * w211 / two + 3.0 * w1111 / three)
        beta = np.where(self.copied(sizes), 0.0, 3.0 * (b - p4) if self.scheme == "iid" else beta)
        return self._of_cells(sizes, tau, p3), self._of_cells(sizes, alpha, p4), beta

    def _group_powers(self, sizes: Sizes) -> tuple[Array, Array]:
        """Return E p_3 and E p_4 for cells of the given sizes; groups of a cell can be larger than k."""
        p3, p4 = np.full(sizes.shape, self.p3), np.full(sizes.shape, self.p4)
        if not isinstance(self.law, Rotation):
            return p3, p4
        for size in np.unique(sizes):
            n_groups = max(1, int(size) // self.law.k)
            small, extra = divmod(int(size), n_groups)
            share = extra * (small + 1) / size
            low3, low4 = _rotation_powers(small, self.law.strength)
            high3, high4 = _rotation_powers(small + 1, self.law.strength)
            p3[sizes == size] = (1.0 - share) * low3 + share * high3
            p4[sizes == size] = (1.0 - share) * low4 + share * high4
        return p3, p4


def _rotation_powers(k: int, strength: float) -> tuple[float, float]:
    if k < 3:
        return 1.0, 1.0
    moments = rotation_moments(k, strength)
    return moments.p3, moments.p4
