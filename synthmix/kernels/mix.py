"""Mix parents into synthetic rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel
from synthmix.kernels.permutation import domain_bits, unpermute
from synthmix.kernels.plan import cell_of, group_bounds, plan_rows, prepare_group, spread_group, widest
from synthmix.kernels.records import LawArrays, PassArrays

BLOCK = 512  # rows whose plan is made at once; a unit of work, never part of what a row is


@inlined
def mix_one(
    source: NDArray[np.float64],
    parents: NDArray[np.int64],
    weights: NDArray[np.float64],
    row: int,
    k: int,
    out: NDArray[np.float64],
    target: int,
) -> None:
    """Write sum_k w_k x_k of plan row `row` as ``x_b + sum_k w_k (x_k - x_b)``, b the parent of the largest weight.

    With weights that sum to one this is the same number, but a copied row is a bit-exact copy, equal values
    stay equal, and an offset common to the parents costs no digits.
    """
    best = 0
    for j in range(1, k):
        if weights[row, j] > weights[row, best]:
            best = j
    base = parents[row, best]
    for c in range(source.shape[1]):
        out[target, c] = source[base, c]
    for j in range(k):
        weight, parent = weights[row, j], parents[row, j]
        if j != best and weight != 0.0:
            for c in range(source.shape[1]):
                out[target, c] += weight * (source[parent, c] - source[base, c])


@kernel
def mix_rows(
    step: PassArrays,
    law: LawArrays,
    source: NDArray[np.float64],
    start: int,
    out: NDArray[np.float64],
    donors: NDArray[np.int64],
) -> None:
    """Mix positions ``start, start + 1, ...`` of a pass into `out` (m, p) and `donors` (m,)."""
    width = widest(step.starts, step.scheme, step.group_size, law.k)
    parents, weights = np.empty((BLOCK, width), np.int64), np.empty((BLOCK, width))
    for low in range(0, out.shape[0], BLOCK):
        size = min(BLOCK, out.shape[0] - low)
        plan_rows(step, law, start + low, parents[:size], weights[:size], donors[low : low + size])
        for i in range(size):
            mix_one(source, parents, weights, i, width, out, low + i)


@kernel
def mix_groups(
    step: PassArrays,
    law: LawArrays,
    source: NDArray[np.float64],
    first_slot: int,
    last_slot: int,
    start: int,
    out: NDArray[np.float64],
    donors: NDArray[np.int64],
) -> None:
    """Mix every group that begins in slots [first_slot, last_slot), each rotation computed once.

    Rows whose position lies in ``start .. start + len(out) - 1`` are written, at ``position - start``.
    """
    seed, first_row, n, shuffle, arrange, arranged, order, starts, slot_cell, scheme, group_size, rule = step
    strength = law.params[0]
    width = widest(starts, scheme, group_size, law.k)
    q, scratch = np.empty((width, width)), np.empty((width, width))
    members, donor = np.empty(width, np.int64), np.empty(width, np.int64)
    row_parents, row_weights = np.empty(width, np.int64), np.empty(width)
    parents, weights = np.empty((1, width), np.int64), np.empty((1, width))
    bits = domain_bits(n)
    slot = first_slot
    while slot < last_slot:
        cell = cell_of(slot_cell, slot)
        low = starts[cell]
        size = starts[cell + 1] - low
        first, k = group_bounds(size, group_size, slot - low)
        begin = low + first
        slot = begin + k
        if begin < first_slot:  # belongs to the range of another thread
            continue
        prepare_group(
            seed, first_row, order, arrange, arranged, cell, low, size, first, k, strength, rule,
            q, scratch, members, donor,
        )  # fmt: skip
        for i in range(k):
            target = unpermute(begin + i, n, bits, shuffle, np.uint64(0)) - start
            if 0 <= target < out.shape[0]:
                donors[target] = spread_group(q, members, donor, k, i, row_parents, row_weights)
                for j in range(k):
                    parents[0, j], weights[0, j] = row_parents[j], row_weights[j]
                mix_one(source, parents, weights, 0, k, out, target)


@kernel
def mix_plan(
    source: NDArray[np.float64],
    parents: NDArray[np.int64],
    weights: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Mix a materialised plan: (n, p), (m, k), (m, k) into (m, p)."""
    for i in range(out.shape[0]):
        mix_one(source, parents, weights, i, parents.shape[1], out, i)
