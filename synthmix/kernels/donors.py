"""Which parent a synthetic row takes its discrete columns from.

For single rows the donor is one parent. For a rotated group the donors of the k rows are a permutation of the
k members, so that every category count of the group stays as it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel, spliced
from synthmix.kernels.philox import DONOR, uniform
from synthmix.kernels.records import BATCH

_SNAP = 1e-9


@kernel
def squared_donors(
    parents: NDArray[np.int64],
    weights: NDArray[np.float64],
    seed: np.uint64,
    first: int,
    donors: NDArray[np.int64],
) -> None:
    """Fill `donors` (m,) with parent j of each row with probability w_j**2 / sum w**2; plans are (k, m)."""
    k = parents.shape[0]
    for i in range(donors.size):
        total = 0.0
        for j in range(k):
            total += weights[j, i] * weights[j, i]
        threshold = uniform(seed, np.uint64(first + i), DONOR, np.uint64(0)) * total
        chosen, running = 0, weights[0, i] * weights[0, i]
        while chosen < k - 1 and threshold >= running:
            chosen += 1
            running += weights[chosen, i] * weights[chosen, i]
        donors[i] = parents[chosen, i]


@spliced
def _start(q: NDArray[np.float64], k: int, prices: NDArray[np.float64], links: NDArray[np.int64]) -> None:
    """Let every row ask for its largest entry, and give it the column where no row before it has that one."""
    prices[:, : k + 1] = 0.0
    links[:, : k + 1] = 0
    for i in range(1, k + 1):
        best = 1
        for j in range(2, k + 1):
            if q[i - 1, j - 1] > q[i - 1, best - 1]:
                best = j
        prices[0, i] = -q[i - 1, best - 1]
        if links[0, best] == 0:
            links[0, best] = i
            links[1, i] = 1  # for now: this row has a column


@spliced
def assign(
    q: NDArray[np.float64],
    k: int,
    prices: NDArray[np.float64],
    links: NDArray[np.int64],
    donor: NDArray[np.int64],
) -> None:
    """Fill ``donor[:k]`` with the permutation that maximises sum_i q[i, donor[i]] (shortest augmenting paths).

    `prices` (3, k + 1) and `links` (4, k + 1) are scratch: row prices, column prices and slacks; the row of each
    column, whether a row has a column from the start, the column before it on the path, and whether it is done. Rows
    and columns count from 1, 0 = none.
    """
    _start(q, k, prices, links)
    for i in range(1, k + 1):
        if links[1, i] == 1:
            continue
        links[0, 0] = i
        for j in range(k + 1):
            prices[2, j] = np.inf
            links[3, j] = 0
        column = 0
        while links[0, column] != 0:
            links[3, column] = 1
            row, step, nearest = links[0, column], np.inf, 0
            for j in range(1, k + 1):
                if links[3, j] == 0:
                    reduced = -q[row - 1, j - 1] - prices[0, row] - prices[1, j]
                    if reduced < prices[2, j]:
                        prices[2, j] = reduced
                        links[2, j] = column
                    if prices[2, j] < step:
                        step = prices[2, j]
                        nearest = j
            for j in range(k + 1):
                if links[3, j] == 1:
                    prices[0, links[0, j]] += step
                    prices[1, j] -= step
                else:
                    prices[2, j] -= step
            column = nearest
        while column != 0:
            links[0, column] = links[0, links[2, column]]
            column = links[2, column]
    for j in range(1, k + 1):
        donor[links[0, j] - 1] = j - 1


@inlined
def _fractional(line: NDArray[np.float64], k: int, other_than: int) -> int:
    """Return the place of a fractional entry of a row or column, other than `other_than`; -1 if none."""
    for j in range(k):
        if j != other_than and 0.0 < line[j] < 1.0:
            return j
    return -1


@inlined
def _snap(value: float) -> float:
    if value < _SNAP:
        return 0.0
    return 1.0 if value > 1.0 - _SNAP else value


@inlined
def _find_cycle(
    p: NDArray[np.float64], k: int, start: int, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> tuple[int, int]:
    """Walk row -> column -> row along fractional entries from row `start` until a row or a column repeats.

    Returns the first and the past-the-last place of the cycle in `rows` and `columns`. First = -1 means that a
    fractional entry was met which is alone in its row or column, as the rounding error of the sums can leave
    behind; its place is then the second number.
    """
    row_seen = np.full(k, -1, np.int64)
    column_seen = np.full(k, -1, np.int64)
    length, row, column = 0, start, -1
    while True:
        if row_seen[row] >= 0:
            return row_seen[row], length
        row_seen[row] = length
        previous = column
        column = _fractional(p[row], k, column)
        if column < 0:
            rows[length], columns[length] = row, previous
            return -1, length
        rows[length], columns[length] = row, column
        length += 1
        if column_seen[column] >= 0:
            return column_seen[column], length
        column_seen[column] = length
        previous = row
        row = _fractional(p[:, column], k, row)
        if row < 0:
            rows[length], columns[length] = previous, column
            return -1, length
        rows[length], columns[length] = row, column
        length += 1


@inlined
def round_doubly_stochastic(p: NDArray[np.float64], k: int, seed: np.uint64, unit: np.uint64) -> None:
    """Round ``p[:k, :k]`` to a permutation matrix with expectation p.

    Dependent rounding along cycles of fractional entries (Gandhi, Khuller, Parthasarathy and Srinivasan,
    JACM 2006). Each turn makes at least one entry whole and keeps all row and column sums.
    """
    rows = np.empty(2 * k + 2, np.int64)
    columns = np.empty(2 * k + 2, np.int64)
    for i in range(k):
        for j in range(k):
            p[i, j] = _snap(p[i, j])
    number = np.uint64(0)
    while True:
        start = -1
        for i in range(k):
            if _fractional(p[i], k, -1) >= 0:
                start = i
                break
        if start < 0:
            return
        first, length = _find_cycle(p, k, start, rows, columns)
        if first < 0:
            i, j = rows[length], columns[length]  # what rounding error of the sums left of a row or a column
            p[i, j] = np.round(p[i, j])
            continue
        up, down = 1.0, 1.0
        for e in range(first, length):
            value = p[rows[e], columns[e]]
            if (e - first) % 2 == 0:
                up, down = min(up, 1.0 - value), min(down, value)
            else:
                up, down = min(up, value), min(down, 1.0 - value)
        step = up if uniform(seed, unit, DONOR, number) * (up + down) < down else -down
        number += np.uint64(1)
        for e in range(first, length):
            sign = 1.0 if (e - first) % 2 == 0 else -1.0
            p[rows[e], columns[e]] = _snap(p[rows[e], columns[e]] + sign * step)


@kernel
def best_donors(q: NDArray[np.float64], k: int, filled: int, chosen: NDArray[np.int64]) -> None:
    """Fill `chosen` with the permutation of largest total weight of each of `filled` groups.

    `q` holds batches of k x k rotations, `chosen` batches of k members (:mod:`synthmix.kernels.groups`).
    """
    matrix, donor = np.empty((k, k)), np.empty(k, np.int64)
    prices, links = np.empty((3, k + 1)), np.empty((4, k + 1), np.int64)
    for number in range(filled):
        b, g = number // BATCH, number % BATCH
        for i in range(k):
            for j in range(k):
                matrix[i, j] = q[BATCH * k * (k * b + i) + BATCH * j + g]
        assign(matrix, k, prices, links, donor)
        for i in range(k):
            chosen[BATCH * (k * b + i) + g] = donor[i]


@kernel
def random_donors(
    q: NDArray[np.float64],
    k: int,
    filled: int,
    seed: np.uint64,
    units: NDArray[np.int64],
    chosen: NDArray[np.int64],
) -> None:
    """Fill `chosen` with a random permutation of each group, in which row i has donor j with probability q[i, j]**2."""
    matrix, donor = np.empty((k, k)), np.empty(k, np.int64)
    prices, links = np.empty((3, k + 1)), np.empty((4, k + 1), np.int64)
    for number in range(filled):
        b, g = number // BATCH, number % BATCH
        for i in range(k):
            for j in range(k):
                entry = q[BATCH * k * (k * b + i) + BATCH * j + g]
                matrix[i, j] = entry * entry
        round_doubly_stochastic(matrix, k, seed, np.uint64(units[number]))
        # Reads the permutation off, and mends a row or column that rounding error left without a one.
        assign(matrix, k, prices, links, donor)
        for i in range(k):
            chosen[BATCH * (k * b + i) + g] = donor[i]
