"""Which source rows make a synthetic row, with which weights, and which of them gives the discrete columns.

Everything is a pure function of the pass and the row number. There are two walks over the same definition: by
rows, for any range, and by groups, which computes each rotation once and is used for ranges that cover much of
a pass. Both end in the same arithmetic and give the same bits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel
from synthmix.kernels.donors import group_donors, row_donor
from synthmix.kernels.laws import draw_weights
from synthmix.kernels.permutation import domain_bits, permute, unpermute
from synthmix.kernels.philox import PARENTS, bounded
from synthmix.kernels.records import ANCHOR, CYCLIC, GROUPS, IID, LawArrays, PassArrays
from synthmix.kernels.rotation import fill_rotation


@inlined
def member(step: PassArrays, cell: int, low: int, size: int, place: int) -> int:
    """Return the source row at `place` of a cell after the pass's own arrangement of that cell."""
    if not step.arranged:
        place = permute(place, size, domain_bits(size), step.arrange, np.uint64(cell))
    row: int = step.order[low + place]
    return row


@inlined
def cell_of(step: PassArrays, slot: int) -> int:
    """Return the cell of a slot."""
    cell: int = np.int64(0)  # type: ignore[assignment]  # Numba integers stand for Python ones
    if step.slot_cell.size > 0:
        cell = np.int64(step.slot_cell[slot])  # type: ignore[assignment]
    return cell


@inlined
def group_bounds(size: int, group_size: int, place: int) -> tuple[int, int]:
    """Return first place and size of the group that holds `place`, in a cell of `size` rows.

    A cell has max(1, size // group_size) groups; the remaining rows make the first groups larger.
    """
    n_groups = max(1, size // group_size)
    small, extra = size // n_groups, size % n_groups
    if place < extra * (small + 1):
        return place // (small + 1) * (small + 1), small + 1
    return extra * (small + 1) + (place - extra * (small + 1)) // small * small, small


@inlined
def largest_group(size: int, group_size: int) -> int:
    """Return the size of the first, largest group of a cell."""
    n_groups = max(1, size // group_size)
    return (size + n_groups - 1) // n_groups


@inlined
def _distinct_parents(
    step: PassArrays, unit: np.uint64, low: int, size: int, own: int, k: int, parents: NDArray[np.int64]
) -> None:
    """Fill ``parents[:k]`` with different rows of the cell, the first one `own` unless it is negative."""
    number = np.uint64(0)
    first = 0
    if own >= 0:
        parents[0] = step.order[low + own]
        first = 1
    for j in range(first, k):
        while True:
            place = np.int64(bounded(step.seed, unit, PARENTS, number, np.uint64(size)))
            number += np.uint64(1)
            row = step.order[low + place]
            fresh = True
            for i in range(j):
                if parents[i] == row:
                    fresh = False
            if fresh:
                parents[j] = row
                break


@inlined
def parents_of_row(
    step: PassArrays, unit: np.uint64, cell: int, low: int, size: int, place: int, k: int, parents: NDArray[np.int64]
) -> None:
    """Fill ``parents[:k]`` by the pairing scheme; `place` is the row's own place in its cell."""
    if step.scheme == IID:
        for j in range(k):
            drawn = bounded(step.seed, unit, PARENTS, np.uint64(j), np.uint64(size))
            parents[j] = step.order[low + np.int64(drawn)]
    elif step.scheme == CYCLIC:
        for j in range(k):
            parents[j] = member(step, cell, low, size, (place + j) % size)
    else:
        _distinct_parents(step, unit, low, size, place if step.scheme == ANCHOR else -1, k, parents)


@inlined
def spread_group(
    q: NDArray[np.float64],
    members: NDArray[np.int64],
    donor: NDArray[np.int64],
    k: int,
    i: int,
    parents: NDArray[np.int64],
    weights: NDArray[np.float64],
) -> int:
    """Write parents and weights of row i of a group, its own member first; return the donor's source row."""
    for j in range(k):
        other = (i + j) % k
        parents[j] = members[other]
        weights[j] = q[i, other]
    row: int = members[donor[i]]
    return row


@inlined
def prepare_group(
    step: PassArrays,
    law: LawArrays,
    cell: int,
    low: int,
    size: int,
    first: int,
    k: int,
    q: NDArray[np.float64],
    scratch: NDArray[np.float64],
    members: NDArray[np.int64],
    donor: NDArray[np.int64],
) -> None:
    """Fill members, rotation and donors of the group at places ``first .. first + k - 1`` of a cell."""
    unit = np.uint64(step.first_row + low + first)
    for j in range(k):
        members[j] = member(step, cell, low, size, first + j)
    fill_rotation(q, scratch, k, law.params[0], step.seed, unit)
    group_donors(q, scratch, k, step.donor, step.seed, unit, donor)


@inlined
def plan_row(
    step: PassArrays,
    law: LawArrays,
    bits: int,
    position: int,
    q: NDArray[np.float64],
    scratch: NDArray[np.float64],
    members: NDArray[np.int64],
    donor: NDArray[np.int64],
    parents: NDArray[np.int64],
    weights: NDArray[np.float64],
) -> tuple[int, int]:
    """Write parents and weights of output row `position` of the pass; return their number and the donor row."""
    slot = permute(position, step.n, bits, step.shuffle, np.uint64(0))
    cell = cell_of(step, slot)
    low = step.starts[cell]
    size = step.starts[cell + 1] - low
    if step.scheme == GROUPS:
        first, k = group_bounds(size, step.group_size, slot - low)
        prepare_group(step, law, cell, low, size, first, k, q, scratch, members, donor)
        return k, spread_group(q, members, donor, k, slot - low - first, parents, weights)
    if size < step.smallest:
        parents[0] = step.order[slot]
        weights[0] = 1.0
        return 1, parents[0]
    unit = np.uint64(step.first_row + position)
    parents_of_row(step, unit, cell, low, size, slot - low, law.k, parents)
    draw_weights(law, step.seed, unit, weights)
    return law.k, parents[row_donor(weights, law.k, step.donor, step.seed, unit)]


@inlined
def widest(step: PassArrays, law: LawArrays) -> int:
    """Return the largest number of parents that a row of this pass can have."""
    if step.scheme != GROUPS:
        return law.k
    width = 1
    for c in range(step.starts.size - 1):
        width = max(width, largest_group(step.starts[c + 1] - step.starts[c], step.group_size))
    return width


@kernel
def plan_width(step: PassArrays, law: LawArrays) -> int:
    """Return the number of columns that a plan of this pass needs."""
    return widest(step, law)


@kernel
def plan_rows(
    step: PassArrays,
    law: LawArrays,
    start: int,
    parents: NDArray[np.int64],
    weights: NDArray[np.float64],
    donors: NDArray[np.int64],
) -> None:
    """Write the plan of positions ``start, start + 1, ...`` of the pass into (m, k), (m, k) and (m,).

    Unused places hold the row's first parent with weight 0.
    """
    width = widest(step, law)
    q = np.empty((width, width))
    scratch = np.empty((width, width))
    members = np.empty(width, np.int64)
    donor = np.empty(width, np.int64)
    bits = domain_bits(step.n)
    for i in range(parents.shape[0]):
        used, donors[i] = plan_row(step, law, bits, start + i, q, scratch, members, donor, parents[i], weights[i])
        for j in range(used, parents.shape[1]):
            parents[i, j] = parents[i, 0]
            weights[i, j] = 0.0


@inlined
def position_of(step: PassArrays, bits: int, slot: int) -> int:
    """Return the output position of a slot."""
    return unpermute(slot, step.n, bits, step.shuffle, np.uint64(0))
