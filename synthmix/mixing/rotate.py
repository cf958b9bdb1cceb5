"""Rotation of groups of rows: by groups, for ranges that cover much of a pass, and row by row for short ones.

Both walks use the same groups, rotations and arithmetic and give the same bits; the first computes each rotation once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels import records
from synthmix.kernels.donors import best_donors, random_donors
from synthmix.kernels.groups import groups_at, mix_any_groups, mix_usual_groups, next_groups, place_donors
from synthmix.kernels.records import BATCH
from synthmix.kernels.rotation import any_rotations, usual_rotations
from synthmix.kernels.windows import positions_of
from synthmix.mixing.blocks import Places

_ROOM = 2**15  # entries of the rotations that are held at once: they stay in the cache


def rotations(step: records.PassArrays, strength: float, k: int, units: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the rotations of the groups of k rows that `units` name, whole batches of them."""
    q = np.empty(units.size * k * k)
    named, batches = units + step.first_row, units.size // BATCH
    if k < 3:  # two rows can only be swapped: nothing but the identity is offered
        q.reshape(batches, k, k, BATCH)[:] = np.eye(k)[:, :, np.newaxis]
    elif strength >= 1.0 and k <= records.USUAL:
        usual_rotations(step.seed, named, batches, k, q)
    else:
        any_rotations(step.seed, named, batches, k, strength, q)
    return q


def mix_by_groups(
    step: records.PassArrays,
    strength: float,
    source: NDArray[Any],
    slots: tuple[int, int],
    start: int,
    out: NDArray[Any],
    donors: NDArray[np.int64],
) -> None:
    """Mix the groups whose first slot lies in a range; write the rows at positions ``start, start + 1, ...`` to `out`.

    Donors are written where `donors` is not empty.
    """
    for k in step.group_sizes:
        room = max(_ROOM // (k * k * BATCH), 1) * BATCH
        units, members = np.zeros(room, np.int64), np.zeros(room * k, np.int64)
        targets, cursor = np.empty(room * k, np.int64), np.zeros(2, np.int64)
        usual = 3 <= k <= records.USUAL
        mix: Callable[..., None] = mix_usual_groups if usual else mix_any_groups
        while True:
            filled = int(
                next_groups(step.order, step.starts, step.shifts, step.group_size, k, *slots, cursor, units, members)
            )
            if filled == 0:
                break
            used = -(-filled // BATCH) * BATCH
            positions_of(
                members[: used * k], step.n, step.turn, step.keys, start, start + out.shape[0], targets[: used * k]
            )
            q = rotations(step, strength, k, units[:used])
            mix(source, k, filled, members, targets, q, out)
            if donors.size:
                chosen = _donors(step, k, filled, units, q)
                place_donors(k, filled, members, targets, chosen, donors)


def _donors(
    step: records.PassArrays, k: int, filled: int, units: NDArray[np.int64], q: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the number of the member that each row takes its discrete columns from, in batches."""
    chosen = np.zeros(q.size // k, np.int64)
    if step.donor == records.LARGEST:
        best_donors(q, k, filled, chosen)
    else:
        random_donors(q, k, filled, step.seed, units + step.first_row, chosen)
    return chosen


def plan_groups(
    step: records.PassArrays, strength: float, lie: Places, *, donors: bool
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return parents and weights (width, m) and donors (m,) of rows that lie somewhere in a pass.

    Parents are the members of the row's group in order; unused places hold the first with weight 0. Rows of groups of
    one or two are copies: their own row comes first, with weight 1. Without `donors` the last array is empty.
    """
    m, sizes = lie.cell.size, step.group_sizes
    units, own, count = np.empty(m, np.int64), np.empty(m, np.int64), np.empty(m, np.int64)
    parents, weights = np.zeros((max(sizes), m), np.int64), np.zeros((max(sizes), m))
    chosen = np.empty(m if donors else 0, np.int64)
    groups_at(step.order, step.starts, step.shifts, step.group_size, lie.cell, lie.place, units, own, count, parents)
    for k in sizes:
        rows = np.flatnonzero(count == k)
        if not rows.size:
            continue
        number = np.arange(rows.size)
        named = np.zeros(-(-rows.size // BATCH) * BATCH, np.int64)
        named[: rows.size] = units[rows]
        q = rotations(step, strength, k, named)
        weights[:k, rows] = q.reshape(-1, k, k, BATCH)[number // BATCH, own[rows], :, number % BATCH].T
        if donors:
            given = _donors(step, k, rows.size, named, q).reshape(-1, k, BATCH)
            chosen[rows] = parents[given[number // BATCH, own[rows], number % BATCH], rows]
        parents[k:, rows] = parents[0, rows]
        if k < 3:
            parents[:, rows] = parents[own[rows], rows]
            weights[:, rows] = 0.0
            weights[0, rows] = 1.0
    return parents, weights, chosen
