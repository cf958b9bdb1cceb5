"""Normal scores: random keys for tied ranks on the way in, empirical quantiles on the way out.

A column of n observed values becomes ``z = ndtri((rank - 1/2) / n)``. Coming back, the scores of ranks and those
half-way between two ranks, ``ndtri(k / (2 n))`` for k = 1, ..., 2 n - 1, are the knots of a piecewise linear map to
the ranks 1, 1.5, 2, ...; a value between two ranks is read off the sorted values. So a score of the source leads back
to its value, and the part of the normal law that belongs to each value is exactly 1 / n.
Everything here is a loop over single rows, so any range of rows gives the same bits as the whole.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel
from synthmix.kernels.philox import TIES, uniform

_SQRT_HALF = math.sqrt(0.5)
# ndtr(ndtri(p)) misses p by about 1e-16, so a source row's position misses its index by about 1e-16 n.
_SNAP = 1e-6


@kernel
def tie_keys(seed: np.uint64, rows: NDArray[np.int64], number: np.uint64, out: NDArray[np.float64]) -> None:
    """Fill `out` with the uniforms that order tied values; the unit is the row, the draw is the column."""
    for i in range(rows.size):
        out[i] = uniform(seed, np.uint64(rows[i]), TIES, number)


@inlined
def position(z: float, n: int) -> float:
    """Return where score `z` points among n sorted values, in [0, n - 1]; NaN stays NaN."""
    pos = n * (0.5 * math.erfc(-z * _SQRT_HALF)) - 0.5
    nearest = np.rint(pos)
    if abs(pos - nearest) <= _SNAP:
        pos = nearest
    if pos < 0.0:
        return 0.0
    if pos > n - 1.0:
        return n - 1.0
    return pos


@inlined
def is_tied(ordered: NDArray[np.float64], i: int) -> bool:
    """Say whether sorted value `i` occurs more than once: it is a point mass of the column."""
    before = i > 0 and ordered[i - 1] == ordered[i]
    after = i < ordered.size - 1 and ordered[i + 1] == ordered[i]
    return before or after


@kernel
def fill_guide(knots: NDArray[np.float64], scale: float, guide: NDArray[np.int32]) -> None:
    """Fill `guide` with the last knot that lies in an earlier cell of width 1 / scale, 0 where there is none.

    The search for a score starts there, and takes about one step, for cells are as many as knots.
    """
    cell = 0
    for k in range(knots.size):
        own = np.int64((knots[k] - knots[0]) * scale)
        while cell <= own and cell < guide.size:
            guide[cell] = max(k - 1, 0)
            cell += 1
    while cell < guide.size:
        guide[cell] = knots.size - 1
        cell += 1


@kernel
def decode_quantiles(
    z: NDArray[np.float64],
    knots: NDArray[np.float64],
    scale: float,
    guide: NDArray[np.int32],
    ordered: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Fill `out` with the empirical quantiles of `ordered` (n,) at the scores `z`; NaN stays NaN.

    `knots` (2 n - 1,) are the scores of ranks (even places) and of half-way points (odd places). Between two values
    that occur once each the quantile is linear in the score on either side of the half-way point. Beside a point mass
    it is the nearer of the two values, so that a point mass keeps its probability and no value appears between it
    and its neighbour.
    """
    last = knots.size - 1
    for i in range(z.size):
        score = z[i]
        if np.isnan(score):
            out[i] = np.nan
        elif score <= knots[0]:
            out[i] = ordered[0]
        elif score >= knots[last]:
            out[i] = ordered[last // 2]
        else:
            k = np.int64(guide[np.int64((score - knots[0]) * scale)])
            while knots[k + 1] <= score:
                k += 1
            low = int(k // 2)
            share = 0.5 * (score - knots[k]) / (knots[k + 1] - knots[k]) + 0.5 * (k % 2)
            if share == 0.0:
                out[i] = ordered[low]
            elif is_tied(ordered, low) or is_tied(ordered, low + 1):
                out[i] = ordered[low] if share < 0.5 else ordered[low + 1]
            else:
                # The two-product form stays between its ends and cannot overflow where the difference would.
                out[i] = (1.0 - share) * ordered[low] + share * ordered[low + 1]


@kernel
def decode_levels(
    z: NDArray[np.float64], ends: NDArray[np.int64], levels: NDArray[np.int32], out: NDArray[np.int32]
) -> None:
    """Fill `out` with the level that holds the nearest rank; block j of ranks ends before ``ends[j]``.

    ``ends`` are cumulative counts of the levels in score order and ``levels[j]`` is the code of block j.
    """
    n = int(ends[-1])
    for i in range(z.size):
        rank = int(np.floor(position(z[i], n) + 0.5))
        low = 0
        high = ends.size - 1
        while low < high:
            middle = (low + high) // 2
            if rank < ends[middle]:
                high = middle
            else:
                low = middle + 1
        out[i] = levels[low]
