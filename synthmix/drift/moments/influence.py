"""Standard errors of functions of a covariance matrix, whatever the law of the rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.moments.covariance import TILE, Matrix
from synthmix.kernels.second import quadratic_forms
from synthmix.kernels.threads import run_all


def form_moments(rows: Matrix, center: NDArray[np.float64], matrices: Matrix, n_jobs: int = 1) -> Matrix:
    """Return mean and variance over rows of ``(x - center)' M_k (x - center)``, shape (K, 2).

    A row moves a function f of the covariance by ``x' M x`` up to a constant, M the derivative of f; so the standard
    error of f is the root of the variance over the number of rows. Bits do not depend on `n_jobs`.
    """
    n = rows.shape[0]
    starts = range(0, n, TILE)
    parts = np.empty((len(starts), matrices.shape[0], 2))

    def work(place: int) -> None:
        low = starts[place]
        quadratic_forms(rows[low : low + TILE], center, matrices, parts[place])

    run_all(work, range(len(starts)), n_jobs)
    total, mean, squares = 0, np.zeros(matrices.shape[0]), np.zeros(matrices.shape[0])
    for place, low in enumerate(starts):
        count = min(TILE, n - low)
        delta = parts[place, :, 0] - mean
        squares += parts[place, :, 1] * count + delta * delta * (total * count / (total + count))
        mean += delta * (count / (total + count))
        total += count
    return np.stack([mean, squares / n], axis=1)
