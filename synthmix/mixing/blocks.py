"""The plan of a block of rows: parents and weights by scheme and law, each question answered by one small kernel.

Kernels are kept apart, and put together here rather than in one large kernel, for two reasons: only what a fitted
source needs is compiled, and nothing is compiled twice. A block has thousands of rows, so the calls cost nothing.
Within a block a plan has one row for each parent and one column for each synthetic row.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels import records
from synthmix.kernels.donors import squared_donors
from synthmix.kernels.draws import units_of, words_of
from synthmix.kernels.laws import pick_rows, shares, sphere_weights
from synthmix.kernels.partners import draw_later, draw_places, run_along, step_over, to_rows
from synthmix.kernels.philox import ROW, WEIGHTS, fill_words
from synthmix.kernels.windows import rows_at

BLOCK = 4096  # rows; calls then cost little for each, and a plan of two parents stays in the second-level cache
_CHOICE = 0x7FFFFFFF  # draw number of the hybrid's choice


@dataclass
class Places:
    """Where the source rows lie that a block of positions stands for, shape (m,) each."""

    cell: NDArray[np.int64]
    size: NDArray[np.int64]
    place: NDArray[np.int64]


def locate(step: records.PassArrays, start: int, m: int) -> Places:
    """Return the cells of positions ``start .. start + m - 1``, their sizes and the places in them."""
    rows = np.empty(m, np.int64)
    rows_at(start, step.n, step.turn, step.keys, rows)
    if step.order.size == 0:
        constant = _constant if m <= BLOCK else _constant.__wrapped__  # long ones are not kept
        return Places(constant(0, m), constant(step.n, m), rows)
    cell = step.cell[rows].astype(np.int64)
    return Places(cell, step.starts[cell + 1] - step.starts[cell], step.place[rows])


@lru_cache(maxsize=8)
def _constant(value: int, m: int) -> NDArray[np.int64]:
    """Return m times the same number; nobody writes to it."""
    return np.full(m, value)


def running_from(step: records.PassArrays, start: int, k: int) -> NDArray[np.int64]:
    """Return the rows at `start` of those of k parents that run along with the rows of the pass.

    That is the row itself, and all parents of the cyclic scheme, where the whole table is one cell.
    """
    first = (start + step.turn) % step.n
    if step.order.size or step.scheme not in (records.ANCHOR, records.CYCLIC):
        return np.empty(0, np.int64)
    if step.scheme == records.ANCHOR:
        return np.array([first])
    rows: NDArray[np.int64] = (first + step.shifts[0, :k]) % step.n
    return rows


def plan_block(
    step: records.PassArrays, law: records.LawArrays, start: int, m: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return parents and weights (k, m) of positions ``start .. start + m - 1`` of a pass, for laws of single rows.

    Rows of cells with fewer rows than parents are copied: their first parent has weight 1.
    """
    first, lie = step.first_row + start, locate(step, start, m)
    words = np.empty((4 * _blocks_of_parents(step.scheme, law.k), m), np.uint32)
    for block in range(words.shape[0] // 4):
        fill_words(step.seed, first, ROW, np.uint64(block), words[4 * block : 4 * block + 4])
    parents = _parents(step, first, words, lie, law.k)
    weights = weights_of(law, step.seed, first, words)
    if step.order.size:
        lonely = np.flatnonzero(lie.size < law.k)
        parents[:, lonely] = lie.place[lonely]
        weights[:, lonely] = 0.0
        weights[0, lonely] = 1.0
        to_rows(step.order, step.starts, lie.cell, parents)
    return parents, weights


def _blocks_of_parents(scheme: int, k: int) -> int:
    """Return how many blocks of words a row has: the first, and one for every four parents after the second."""
    return 1 + (max(k - 2, 0) + 3) // 4 if scheme == records.IID else 1


def _parents(step: records.PassArrays, first: int, words: NDArray[np.uint32], lie: Places, k: int) -> NDArray[np.int64]:
    """Return places in cells, (k, m)."""
    parents = np.empty((k, lie.place.size), np.int64)
    if step.scheme == records.CYCLIC:
        run_along(step.shifts, lie.cell, lie.size, lie.place, parents)
        return parents
    if step.scheme == records.IID:
        for j in range(k):
            draw_places(step.seed, first, j, words[j if j < 2 else j + 2], lie.size, 0, parents[j])
        return parents
    if step.scheme == records.ANCHOR:
        parents[0] = lie.place
    else:
        draw_places(step.seed, first, 0, words[0], lie.size, 0, parents[0])
    draw_places(step.seed, first, 1, words[1], lie.size, 1, parents[1])
    step_over(lie.size, parents[0], parents[1])
    for j in range(2, k):
        draw_later(step.seed, first, j, lie.size, parents)
    return parents


def weights_of(law: records.LawArrays, seed: np.uint64, first: int, words: NDArray[np.uint32]) -> NDArray[np.float64]:
    """Return weights (k, m). Words 2 and 3 of a row's first block are its first uniform number."""
    weights = np.empty((law.k, words.shape[1]))
    if law.code == records.TWO_POINT:
        _two_points(law, words, weights)
    elif law.code == records.STICK:
        _stick(law, seed, first, words, weights)
    elif law.code == records.ROWS:
        pick_rows(seed, first, law.rows, weights)
    elif law.code == records.HYBRID:
        sphere_weights(seed, first, law.params[1], weights)
        choice = words_of(int(seed), first, words.shape[1], WEIGHTS, _CHOICE)
        two = np.zeros_like(weights)
        _two_points(law, words, two)
        np.copyto(weights, two, where=units_of(choice[0], choice[1]) < law.params[0])
    else:
        sphere_weights(seed, first, law.params[0], weights)
    return weights


def _two_points(law: records.LawArrays, words: NDArray[np.uint32], weights: NDArray[np.float64]) -> None:
    _shares(law, 0, words[2:4], weights[0])
    np.subtract(1.0, weights[0], out=weights[1])


def _stick(
    law: records.LawArrays, seed: np.uint64, first: int, words: NDArray[np.uint32], weights: NDArray[np.float64]
) -> None:
    """Break a stick: parent j takes a share of what the parents before it left."""
    m = words.shape[1]
    rest, share, later = np.ones(m), np.empty(m), np.empty((4, m), np.uint32)
    for j in range(law.k - 1):
        if j % 2 == 1:
            fill_words(seed, first, WEIGHTS, np.uint64(j // 2), later)
        own = words[2:4] if j == 0 else later[2 * ((j - 1) % 2) :]
        _shares(law, j, own, share)
        np.multiply(rest, share, out=weights[j])
        rest *= 1.0 - share
    weights[-1] = rest


def _shares(law: records.LawArrays, table: int, words: NDArray[np.uint32], out: NDArray[np.float64]) -> None:
    """Fill `out` with draws of one quantile table from the two rows of words."""
    guide = law.guide[table * records.GUIDE : (table + 1) * records.GUIDE]
    shares(words[0], words[1], law.u, law.q, guide, int(law.offsets[table + 1]) - 2, out)


def donors_of(
    step: records.PassArrays, start: int, parents: NDArray[np.int64], weights: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the parent that gives each row its discrete columns: that of the largest weight, or one by w**2."""
    if step.donor == records.LARGEST:
        taken: NDArray[np.int64] = parents[weights.argmax(axis=0), np.arange(parents.shape[1])]
        return taken
    donors = np.empty(parents.shape[1], np.int64)
    squared_donors(parents, weights, step.seed, step.first_row + start, donors)
    return donors
