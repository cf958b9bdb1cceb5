"""Linear maps from one covariance to another that move rows as little as can be (theorem T18)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.mixing.chain.blas import one_blas_thread

Array = NDArray[np.float64]

_NOTHING = 1e-12  # share of the largest eigenvalue below which a direction counts as empty


def transport(made: Array, target: Array) -> Array:
    """Return the symmetric T with ``T @ made @ T = target``: of all maps with that, the one that moves rows least.

    Directions in which `made` has no spread stay without one.
    """
    if not made.any():
        return np.eye(made.shape[0])
    values, vectors = np.linalg.eigh(made)
    there = values > _NOTHING * max(float(values.max()), np.finfo(np.float64).tiny)
    values, vectors = values[there], vectors[:, there]
    root, inverse = (vectors * np.sqrt(values)) @ vectors.T, (vectors / np.sqrt(values)) @ vectors.T
    inner, axes = np.linalg.eigh(root @ target @ root)
    noise = 4.0 * inner.size * np.finfo(np.float64).eps * max(float(inner.max()), 0.0)
    inner = np.where(inner > noise, inner, 0.0)  # the root of a rounding error is no small number
    symmetric: Array = inverse @ ((axes * np.sqrt(inner)) @ axes.T) @ inverse
    return (symmetric + symmetric.T) / 2


def transport_beside(made: Array, target: Array, held: int) -> Array:
    """Return the matrix (d, d - held) that maps rows of covariance `made` to the columns after the `held` first ones.

    Together with the held columns, whose covariance is that of the target already, the result has covariance
    `target`. What the held columns predict of the others is exchanged, and ``transport`` moves the rest.
    """
    with one_blas_thread():
        slope_made, rest_made = _regression(made, held)
        slope_target, rest_target = _regression(target, held)
        symmetric = transport(rest_made, rest_target)
        return np.ascontiguousarray(np.concatenate([slope_target - slope_made @ symmetric, symmetric]))


def _regression(covariance: Array, held: int) -> tuple[Array, Array]:
    """Return slopes on the held columns, (held, d), and the covariance of what they leave, (d, d)."""
    cross, own = covariance[:held, held:], covariance[held:, held:]
    slope = np.linalg.pinv(covariance[:held, :held], rcond=_NOTHING, hermitian=True) @ cross if held else cross
    return slope, own - cross.T @ slope
