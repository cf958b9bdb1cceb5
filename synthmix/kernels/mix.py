"""Mix parents into synthetic rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel
from synthmix.kernels.donors import largest
from synthmix.kernels.permutation import domain_bits
from synthmix.kernels.plan import (
    cell_of,
    group_bounds,
    plan_row,
    position_of,
    prepare_group,
    spread_group,
    widest,
)
from synthmix.kernels.records import LawArrays, PassArrays


@inlined
def mix_one(
    source: NDArray[np.float64],
    parents: NDArray[np.int64],
    weights: NDArray[np.float64],
    k: int,
    out: NDArray[np.float64],
) -> None:
    """Write sum_k w_k x_k as ``x_b + sum_k w_k (x_k - x_b)``, b the parent of the largest weight.

    With weights that sum to one this is the same number, but a copied row is a bit-exact copy, equal values
    stay equal, and an offset common to the parents costs no digits.
    """
    base = parents[largest(weights, k)]
    for c in range(source.shape[1]):
        origin = source[base, c]
        total = 0.0
        for j in range(k):
            total += weights[j] * (source[parents[j], c] - origin)
        out[c] = origin + total


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
    width = widest(step, law)
    q = np.empty((width, width))
    scratch = np.empty((width, width))
    members = np.empty(width, np.int64)
    donor = np.empty(width, np.int64)
    parents = np.empty(width, np.int64)
    weights = np.empty(width)
    bits = domain_bits(step.n)
    for i in range(out.shape[0]):
        k, donors[i] = plan_row(step, law, bits, start + i, q, scratch, members, donor, parents, weights)
        mix_one(source, parents, weights, k, out[i])


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
    width = widest(step, law)
    q = np.empty((width, width))
    scratch = np.empty((width, width))
    members = np.empty(width, np.int64)
    donor = np.empty(width, np.int64)
    parents = np.empty(width, np.int64)
    weights = np.empty(width)
    bits = domain_bits(step.n)
    slot = first_slot
    while slot < last_slot:
        cell = cell_of(step, slot)
        low = step.starts[cell]
        size = step.starts[cell + 1] - low
        first, k = group_bounds(size, step.group_size, slot - low)
        if low + first < first_slot:  # begins in the range of another thread
            slot = low + first + k
            continue
        prepare_group(step, law, cell, low, size, first, k, q, scratch, members, donor)
        for i in range(k):
            target = position_of(step, bits, low + first + i) - start
            if 0 <= target < out.shape[0]:
                donors[target] = spread_group(q, members, donor, k, i, parents, weights)
                mix_one(source, parents, weights, k, out[target])
        slot = low + first + k


@kernel
def mix_plan(
    source: NDArray[np.float64],
    parents: NDArray[np.int64],
    weights: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Mix a materialised plan: (n, p), (m, k), (m, k) into (m, p)."""
    for i in range(out.shape[0]):
        mix_one(source, parents[i], weights[i], parents.shape[1], out[i])
