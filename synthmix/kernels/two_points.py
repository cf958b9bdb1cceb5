"""The shortest way for the plainest plan: a row and one other of the only cell, for a whole range of rows in one call.

What is done is what :mod:`synthmix.mixing.blocks` does with the same kernels; here the calls between them cost nothing,
and a block is small enough for the first-level cache.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import kernel
from synthmix.kernels.decode import to_columns
from synthmix.kernels.laws import shares
from synthmix.kernels.mix import CACHED, SOON, larger_first, mix_pairs
from synthmix.kernels.partners import draw_places, step_over
from synthmix.kernels.philox import ROW, fill_words
from synthmix.kernels.windows import rows_at

BLOCK = 512


@kernel
def mix_two_points(
    seed: np.uint64,
    first_row: int,
    turn: int,
    keys: NDArray[np.uint32],
    distance: int,
    u: NDArray[np.float64],
    q: NDArray[np.float64],
    guide: NDArray[np.int32],
    last: int,
    source: NDArray[np.float64],
    start: int,
    past: bool,
    out: NDArray[np.float64],
) -> None:
    """Mix positions ``start, start + 1, ...`` of a pass over one cell into `out`.

    The first parent is the row that a position stands for. The second one is `distance` rows further, or for distance 0
    any other row. (u, q, guide, last) is the law of the first weight as :func:`synthmix.kernels.laws.shares` takes it;
    `past` is that of :func:`synthmix.kernels.mix.mix_pairs`.
    """
    n = source.shape[0]
    parents, weights = np.empty(2 * BLOCK, np.int64), np.empty(2 * BLOCK)
    words, size = np.empty((4, BLOCK), np.uint32), np.full(BLOCK, n)
    running = 2 if distance > 0 else 1
    soon = np.empty(running if source.size * source.itemsize > CACHED else 0, np.int64)
    for low in range(0, out.shape[0], BLOCK):
        m = min(BLOCK, out.shape[0] - low)
        if m < BLOCK:
            words = np.empty((4, m), np.uint32)
        rows, others = parents[:m], parents[m : 2 * m]
        rows_at(start + low, n, turn, keys, rows)
        fill_words(seed, first_row + start + low, ROW, np.uint64(0), words)
        if distance > 0:
            for i in range(m):
                moved = rows[i] + distance
                others[i] = moved - n if moved >= n else moved
        else:
            draw_places(seed, first_row + start + low, 1, words[1], size[:m], 1, others)
            step_over(size[:m], rows, others)
        shares(words[2], words[3], u, q, guide, last, weights[:m])
        for i in range(m):
            weights[m + i] = 1.0 - weights[i]
        larger_first(source, parents[: 2 * m], weights[: 2 * m])
        for j in range(soon.size):
            soon[j] = (start + low + SOON + turn + j * distance) % n
        mix_pairs(source, parents[: 2 * m], weights[: 2 * m], soon, past, out[low : low + m])


@kernel
def mix_two_points_by_columns(
    seed: np.uint64,
    first_row: int,
    turn: int,
    keys: NDArray[np.uint32],
    distance: int,
    u: NDArray[np.float64],
    q: NDArray[np.float64],
    guide: NDArray[np.int32],
    last: int,
    source: NDArray[np.float64],
    start: int,
    stop: int,
    at: int,
    past: bool,
    columns: NDArray[np.float64],
) -> None:
    """Mix positions from `start` to `stop` into ``columns[:, at : at + stop - start]``, a few rows at a time.

    Rows are turned into columns while the second cache holds them; `past` is that of
    :func:`synthmix.kernels.decode.to_columns`.
    """
    rows, through = np.empty((2 * BLOCK, source.shape[1]), source.dtype), False
    for low in range(start, stop, 2 * BLOCK):
        part = rows[: min(2 * BLOCK, stop - low)]
        mix_two_points(seed, first_row, turn, keys, distance, u, q, guide, last, source, low, through, part)
        to_columns(part, at + low - start, past, columns)
