"""Monte Carlo p-values from label permutations of counted levels, in tiles that threads share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import OptionError
from synthmix.kernels.levels import permuted_counts
from synthmix.kernels.threads import run_all

N_PERM = 1999
_TILE = 64  # permutations that one call of a kernel draws at most
_CELLS = 1 << 17  # levels x permutations of a tile
_ROUNDING = 1e-10  # relative: equal statistics of mirrored permutations differ in the last bits
_WORK = 1.5e8  # uniforms that are drawn at most for a column; two or three seconds of one thread

Statistics = Callable[[NDArray[np.int64], NDArray[np.int64], int, int, NDArray[np.float64]], None]


def permutations_cost(totals: NDArray[np.int64], n_perm: int) -> float:
    """Return about how many uniforms' worth of work the permutations are."""
    return n_perm * float(np.where(totals == 1, 1.0, 4.0 + np.sqrt(totals)).sum())


def affordable(totals: NDArray[np.int64], n_perm: int) -> bool:
    """Return whether all permutations are drawn, or an asymptotic law takes their place."""
    return permutations_cost(totals, n_perm) <= _WORK


def permuted(
    statistics: Statistics, totals: NDArray[np.int64], n: int, n_perm: int, random_state: int, n_jobs: int
) -> NDArray[np.float64]:
    """Return the statistics under `n_perm` label permutations, shape (n_perm, 3); bits do not depend on `n_jobs`."""
    from scipy.special import gammaln

    if n_perm < 1:
        raise OptionError(f"n_perm={n_perm}: give at least 1")
    rows = int(totals.sum())
    log_factorial = np.asarray(gammaln(np.arange(1.0, rows + 2.0)), np.float64)
    out = np.empty((n_perm, 3))
    seed = np.uint64(random_state)
    step = max(1, min(_TILE, _CELLS // totals.size))

    def work(first: int) -> None:
        counts = np.empty((min(step, n_perm - first), totals.size), np.int64)
        permuted_counts(totals, n, log_factorial, seed, first, counts)
        statistics(counts, totals, n, rows - n, out[first : first + step])

    run_all(work, range(0, n_perm, step), n_jobs)
    return out


def upper_p(observed: float, drawn: NDArray[np.float64]) -> float:
    """Return ``(b + 1) / (B + 1)``, b the permutations that are at least as large."""
    at_least = int(np.count_nonzero(drawn >= observed - _ROUNDING * max(1.0, abs(observed))))
    return (at_least + 1) / (drawn.size + 1)


def null_of_draws(drawn: NDArray[np.float64]) -> dict[str, Any]:
    """Return mean and central 95 % of a statistic under permutation, as the fields of a finding."""
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {
        "null_kind": "permutation",
        "null_center": float(drawn.mean()),
        "null_low": float(low),
        "null_high": float(high),
        "n_perm": drawn.size,
    }
