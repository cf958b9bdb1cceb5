"""Mix parents into synthetic rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import kernel, prefetch
from synthmix.kernels.permutation import right_bits, unpermute
from synthmix.kernels.plan import group_bounds, plan_rows, prepare_group, spread_group, widest
from synthmix.kernels.records import LawArrays, PassArrays

AHEAD = 16  # rows whose parents are asked for before they are needed
LINE = 8  # numbers in a cache line
BLOCK = 512  # rows whose plan is made at once; a unit of work, never part of what a row is


@kernel
def mix_block(
    source: NDArray[np.float64],
    parents: NDArray[np.int64],
    weights: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Write sum_k w_k x_k for each row as ``x_b + sum_k w_k (x_k - x_b)``, b the parent of the largest weight.

    With weights that sum to one this is the same number, but a copied row is a bit-exact copy, equal values
    stay equal, and an offset common to the parents costs no digits.
    """
    k, p = parents.shape[1], source.shape[1]
    for i in range(out.shape[0]):
        if i + AHEAD < out.shape[0]:
            for j in range(k):
                for c in range(0, p, LINE):
                    prefetch(source, parents[i + AHEAD, j], c)
        best = 0
        for j in range(1, k):
            if weights[i, j] > weights[i, best]:
                best = j
        base = parents[i, best]
        if k == 2:
            other, weight = parents[i, 1 - best], weights[i, 1 - best]
            for c in range(p):
                out[i, c] = source[base, c] + weight * (source[other, c] - source[base, c])
            continue
        for c in range(p):
            out[i, c] = source[base, c]
        for j in range(k):
            weight, parent = weights[i, j], parents[i, j]
            if j != best and weight != 0.0:
                for c in range(p):
                    out[i, c] += weight * (source[parent, c] - source[base, c])


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
        mix_block(source, parents[:size], weights[:size], out[low : low + size])


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
    prices, links = np.empty((3, width + 1)), np.empty((3, width + 1), np.int64)
    parents, weights = np.empty((width, width), np.int64), np.empty((width, width))
    mixed = np.empty((width, source.shape[1]))
    bits = right_bits(n)
    slot = first_slot
    while slot < last_slot:
        cell: int = slot_cell[slot] if slot_cell.size > 0 else 0
        low = starts[cell]
        size = starts[cell + 1] - low
        first, k = group_bounds(size, group_size, slot - low)
        begin = low + first
        slot = begin + k
        if begin < first_slot:  # belongs to the range of another thread
            continue
        prepare_group(
            seed, first_row, order, arrange, arranged, cell, low, size, first, k, strength, rule,
            q, scratch, members, prices, links, donor,
        )  # fmt: skip
        for i in range(k):
            donor[i] = spread_group(q, members, donor, k, i, parents[i], weights[i])
        mix_block(source, parents[:k, :k], weights[:k, :k], mixed[:k])
        for i in range(k):
            target = unpermute(begin + i, n, bits, shuffle, np.uint64(0)) - start
            if 0 <= target < out.shape[0]:
                donors[target] = donor[i]
                for c in range(source.shape[1]):
                    out[target, c] = mixed[i, c]
