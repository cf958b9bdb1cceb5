"""Levels of a discrete column of a chain: laws of leaves that are raked to frequencies, and draws that owe no level."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.chain_cells import LOOKED_AT, MOST_USES, least_used
from synthmix.kernels.compile import at, inlined, kernel
from synthmix.kernels.partners import settle

STEPS = 50
CLOSE = 0.5  # rows by which expected numbers may miss those that are wanted
FARTHEST = 2.0  # factor of a level, or its inverse, at most


class Runs(NamedTuple):
    """Rows of the leaves of a column's trees, in each leaf level by level: runs of one level."""

    first: NDArray[np.int64]  # (nodes,): the runs of a leaf are those from first to end
    end: NDArray[np.int64]
    level: NDArray[np.int32]  # (runs,)
    low: NDArray[np.int64]  # (runs + 1,): the rows of a run are those from low to the next low
    rows: NDArray[np.int32]  # ascending in each run


@inlined
def _place_of(row: int, rows: NDArray[np.int32], low: int, high: int) -> int:
    """Return where a row stands among ``rows[low:high]``, which ascend."""
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if rows[middle] < row else (low, middle)
    return low


@inlined
def _others(low: int, high: int, level: int, own: int) -> int:
    """Return how many rows of a run of a level may be parents where the origin is one that has the level `own`."""
    return high - low - (1 if level == own else 0)


@inlined
def _improved(
    settled: NDArray[np.float64],
    expected: NDArray[np.float64],
    wanted: NDArray[np.float64],
    factors: NDArray[np.float64],
    better: NDArray[np.float64],
) -> float:
    """Write better factors, and return by how much numbers are off of levels whose factor can still be improved."""
    worst = 0.0
    for level in range(wanted.size):
        better[level] = factors[level]
        if expected[level] > settled[level]:
            factor = (wanted[level] - settled[level]) / (expected[level] - settled[level])
            better[level] = min(max(factors[level] * factor, 1.0 / FARTHEST), FARTHEST)
        if better[level] != factors[level]:
            worst = max(worst, abs(expected[level] - wanted[level]))
    return worst


@kernel
def rake_levels(
    runs: Runs,
    leaf: NDArray[np.int64],
    own: NDArray[np.int64],
    wanted: NDArray[np.float64],
    factors: NDArray[np.float64],
    expected: NDArray[np.float64],
) -> None:
    """Find factors of levels (L,) with which rows in `leaf` (m,) have the `wanted` numbers of each in expectation.

    A row has a level with a probability in proportion to the number of rows of its leaf that have it times its factor;
    one of level `own`, -1 for none, is left out. Factors between 1 / FARTHEST and FARTHEST are improved by turns (the
    raking of Deming and Stephan 1940) until the expected numbers are CLOSE, but for those of levels whose factor is as
    far as it may be, and `expected` is what they are then. Rows that have no choice are counted once.
    """
    most = 0
    for i in range(leaf.size):
        most += runs.end[leaf[i]] - runs.first[leaf[i]]
    levels, rows, ends = np.empty(most, np.int64), np.empty(most), np.empty(leaf.size, np.int64)
    settled, better, chances = np.zeros(wanted.size), np.empty(wanted.size), np.empty(most)
    entries = choosing = 0
    for i in range(leaf.size):
        begin = entries
        for run in range(runs.first[leaf[i]], runs.end[leaf[i]]):
            levels[entries] = runs.level[run]
            rows[entries] = _others(runs.low[run], runs.low[run + 1], runs.level[run], own[i])
            entries += 1 if rows[entries] > 0.0 else 0
        if entries == begin + 1:
            entries = begin
            settled[levels[begin]] += 1.0
        else:
            ends[choosing] = entries
            choosing += 1
    for level in range(wanted.size):
        factors[level] = 1.0
    for step in range(STEPS):
        for level in range(wanted.size):
            expected[level] = settled[level]
        begin = 0
        for i in range(choosing):
            total = 0.0
            for entry in range(begin, ends[i]):
                chances[entry] = rows[entry] * factors[levels[entry]]
                total += chances[entry]
            share = 1.0 / total
            for entry in range(begin, ends[i]):
                expected[levels[entry]] += chances[entry] * share
            begin = ends[i]
        worst = _improved(settled, expected, wanted, factors, better)
        if worst <= CLOSE or step == STEPS - 1:
            break
        for level in range(wanted.size):
            factors[level] = better[level]


@kernel
def deal_levels(
    sequence: NDArray[np.int64],
    runs: Runs,
    leaf: NDArray[np.int64],
    own: NDArray[np.int64],
    origins: NDArray[np.int64],
    factors: NDArray[np.float64],
    owed: NDArray[np.float64],
    seed: np.uint64,
    first: int,
    words: NDArray[np.uint32],
    uses: NDArray[np.uint8],
    parents: NDArray[np.int64],
) -> None:
    """Fill `parents` (m,): rows one after another get that level of their leaf which is owed most, from a row of it.

    What is owed of a level (L,) grows by its probability in the leaf, as :func:`rake_levels` has it, and falls by one
    where it is given. Of a few rows of the level in turn, the first of which is drawn by a word of the row, the one
    that was a parent least often by `uses` is taken, but not the origin: as ``draw_parents`` of `chain_cells` does.
    Should a word not do, others are drawn for the number ``first + i``.
    """
    last_bits = uses.size - 1
    for nth in range(sequence.size):
        i = at(sequence[nth])
        node, total, chosen = at(leaf[i]), 0.0, -1
        for run in range(runs.first[node], runs.end[node]):
            level = runs.level[run]
            total += _others(runs.low[run], runs.low[run + 1], level, own[i]) * factors[level]
        for run in range(runs.first[node], runs.end[node]):
            level = runs.level[run]
            rows = _others(runs.low[run], runs.low[run + 1], level, own[i])
            owed[level] += rows * factors[level] / total
            if rows > 0 and (chosen < 0 or owed[level] > owed[runs.level[chosen]]):
                chosen = run
        level, begin = runs.level[chosen], runs.low[chosen]
        owed[level] -= 1.0
        rows = runs.low[chosen + 1] - begin
        left_out = _place_of(origins[i], runs.rows, begin, begin + rows) - begin if level == own[i] else rows
        others = rows - (1 if left_out < rows else 0)
        turn = settle(np.uint64(words[i]), np.uint64(others), seed, first + int(i), 0)
        row = runs.rows[begin + least_used(runs.rows, begin, turn, others, left_out, LOOKED_AT, uses)]
        parents[i] = row
        often = int(uses[at(row & last_bits)])
        uses[at(row & last_bits)] = min(often + 1, MOST_USES)
