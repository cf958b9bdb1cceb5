"""Small networks row by row: every sum runs in one fixed order, so a row's bits depend on that row alone.

A library's matrix product gives other bits for another number of rows or threads; these loops do not.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import kernel


@kernel
def dense(
    rows: NDArray[np.float64],
    weights: NDArray[np.float64],
    bias: NDArray[np.float64],
    rectify: bool,
    out: NDArray[np.float64],
) -> None:
    """Write ``rows @ weights + bias`` (m, h) to `out`, negative numbers as 0 with `rectify`.

    Zeros in `rows` are stepped over: one-hot blocks and rectified layers are full of them.
    """
    m, n_in = rows.shape
    n_out = bias.size
    for i in range(m):
        for j in range(n_out):
            out[i, j] = bias[j]
        for k in range(n_in):
            value = rows[i, k]
            if value != 0.0:
                for j in range(n_out):
                    out[i, j] += value * weights[k, j]
        if rectify:
            for j in range(n_out):
                out[i, j] = max(out[i, j], 0.0)


@kernel
def pick_levels(logits: NDArray[np.float64], units: NDArray[np.float64], out: NDArray[np.int32]) -> None:
    """Write a level of each row to `out` (m,): the one into whose share of exp(`logits`) (m, levels) `units` falls."""
    m, levels = logits.shape
    share = np.empty(levels)
    for i in range(m):
        top = logits[i, 0]
        for j in range(1, levels):
            top = max(top, logits[i, j])
        total = 0.0
        for j in range(levels):
            share[j] = math.exp(logits[i, j] - top)
            total += share[j]
        left, chosen = units[i] * total, 0
        while chosen < levels - 1 and left >= share[chosen]:
            left -= share[chosen]
            chosen += 1
        out[i] = chosen
