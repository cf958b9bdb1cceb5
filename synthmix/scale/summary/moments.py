"""Means and co-moments of columns that are seen piece by piece, merged in a fixed order (Chan, Golub and LeVeque)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Moments:
    """Count, means and sums of products of deviations of rows.

    Pieces are summed about their own means and merged by Chan's formula, so that large means cost no digits.

    Attributes
    ----------
    n : int
    mean : ndarray of shape (p,)
    products : ndarray of shape (p, p)
        Sums over rows of products of deviations from the mean.

    References
    ----------
    Chan, Golub and LeVeque (1983), Algorithms for computing the sample variance, The American Statistician 37.
    """

    def __init__(self, p: int) -> None:
        self.n: int = 0
        self.mean = np.zeros(p)
        self.products = np.zeros((p, p))

    def add(self, rows: NDArray[np.float64]) -> None:
        """Add rows of shape (m, p) without missing values."""
        if not rows.shape[0]:
            return
        piece = Moments(rows.shape[1])
        piece.n = rows.shape[0]
        piece.mean = rows.mean(axis=0)
        centred = rows - piece.mean
        piece.products = centred.T @ centred
        self.merge(piece)

    def merge(self, other: Moments) -> None:
        """Take in the moments of more rows."""
        total = self.n + other.n
        if not total:
            return
        apart = other.mean - self.mean
        self.products = self.products + other.products + np.outer(apart, apart) * (self.n * other.n / total)
        self.mean = self.mean + apart * (other.n / total)
        self.n = total

    @property
    def covariance(self) -> NDArray[np.float64]:
        """The covariance with divisor n."""
        covariance: NDArray[np.float64] = self.products / max(self.n, 1)
        return covariance


def relative_error(found: Moments, wanted: Moments) -> float:
    """Return how far two covariances are apart: Frobenius norm of the difference in units of standard deviations.

    Divided by the norm of what is wanted, in these units its correlation matrix; columns that do not vary are left out.
    """
    spread = np.sqrt(np.diag(wanted.covariance))
    varies = spread > 0
    scale = np.outer(spread[varies], spread[varies])
    both = np.ix_(varies, varies)
    gap = (found.covariance - wanted.covariance)[both] / scale
    size = np.linalg.norm(wanted.covariance[both] / scale)
    return float(np.linalg.norm(gap) / size) if size else 0.0
