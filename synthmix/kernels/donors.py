"""Which parent a synthetic row takes its discrete columns from.

For single rows the donor is one parent. For a rotated group the donors of the k rows are a permutation of the
k members, so that every category count of the group stays as it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel
from synthmix.kernels.philox import DONOR, uniform
from synthmix.kernels.records import LARGEST

_SNAP = 1e-9


@kernel
def donors_of_rows(
    parents: NDArray[np.int64],
    weights: NDArray[np.float64],
    rule: int,
    seed: np.uint64,
    start: int,
    donors: NDArray[np.int64],
) -> None:
    """Fill `donors` (m,): the parent of the largest weight, or parent j with probability w_j**2 / sum w**2."""
    k = parents.shape[1]
    for i in range(parents.shape[0]):
        chosen = 0
        if rule == LARGEST:
            for j in range(1, k):
                if weights[i, j] > weights[i, chosen]:
                    chosen = j
        else:
            total = 0.0
            for j in range(k):
                total += weights[i, j] * weights[i, j]
            threshold = uniform(seed, np.uint64(start + i), DONOR, np.uint64(0)) * total
            running = weights[i, 0] * weights[i, 0]
            while chosen < k - 1 and threshold >= running:
                chosen += 1
                running += weights[i, chosen] * weights[i, chosen]
        donors[i] = parents[i, chosen]


@inlined
def assign(
    q: NDArray[np.float64],
    k: int,
    prices: NDArray[np.float64],
    links: NDArray[np.int64],
    donor: NDArray[np.int64],
) -> None:
    """Fill ``donor[:k]`` with the permutation that maximises sum_i q[i, donor[i]] (shortest augmenting paths).

    `prices` (3, k + 1) and `links` (3, k + 1) are scratch: row prices, column prices and slacks; the row of each
    column, the column before it on the path, and whether it is done. Rows and columns count from 1, 0 = none.
    """
    prices[:, : k + 1] = 0.0
    links[:, : k + 1] = 0
    for i in range(1, k + 1):
        links[0, 0] = i
        for j in range(k + 1):
            prices[2, j] = np.inf
            links[2, j] = 0
        column = 0
        while links[0, column] != 0:
            links[2, column] = 1
            row, step, nearest = links[0, column], np.inf, 0
            for j in range(1, k + 1):
                if links[2, j] == 0:
                    reduced = -q[row - 1, j - 1] - prices[0, row] - prices[1, j]
                    if reduced < prices[2, j]:
                        prices[2, j] = reduced
                        links[1, j] = column
                    if prices[2, j] < step:
                        step = prices[2, j]
                        nearest = j
            for j in range(k + 1):
                if links[2, j] == 1:
                    prices[0, links[0, j]] += step
                    prices[1, j] -= step
                else:
                    prices[2, j] -= step
            column = nearest
        while column != 0:
            links[0, column] = links[0, links[1, column]]
            column = links[1, column]
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


@inlined
def group_donors(
    q: NDArray[np.float64],
    p: NDArray[np.float64],
    k: int,
    rule: int,
    seed: np.uint64,
    unit: np.uint64,
    prices: NDArray[np.float64],
    links: NDArray[np.int64],
    donor: NDArray[np.int64],
) -> None:
    """Fill ``donor[:k]`` with a permutation: the best assignment, or P(donor[i] = j) = q[i, j]**2."""
    if rule == LARGEST:
        assign(q, k, prices, links, donor)
        return
    for i in range(k):
        for j in range(k):
            p[i, j] = q[i, j] * q[i, j]
    round_doubly_stochastic(p, k, seed, unit)
    assign(
        p, k, prices, links, donor
    )  # reads the permutation off p, and mends a row or column that rounding error left without a one


@kernel
def donors_of_group(q: NDArray[np.float64], rule: int, seed: np.uint64, unit: np.uint64) -> NDArray[np.int64]:
    """Return the donor permutation of one group with rotation q (k, k)."""
    k = q.shape[0]
    donor = np.empty(k, np.int64)
    prices, links = np.empty((3, k + 1)), np.empty((3, k + 1), np.int64)
    group_donors(q, np.empty((k, k)), k, rule, seed, unit, prices, links, donor)
    return donor
