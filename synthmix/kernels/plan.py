"""Which source rows make a synthetic row, with which weights, and which of them gives the discrete columns.

Everything is a pure function of the pass and the row number. There are two walks over the same definition: by
rows, for any range, and by groups, which computes each rotation once and is used for ranges that cover much of
a pass. Both end in the same arithmetic and give the same bits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel, spliced
from synthmix.kernels.donors import donors_of_rows, group_donors
from synthmix.kernels.laws import weights_of_rows
from synthmix.kernels.permutation import domain_bits, permute
from synthmix.kernels.philox import PARENTS, bounded
from synthmix.kernels.records import ANCHOR, CYCLIC, GROUPS, IID, LawArrays, PassArrays
from synthmix.kernels.rotation import fill_rotation


@spliced
def member(
    order: NDArray[np.int64],
    arrange: NDArray[np.uint64],
    arranged: bool,
    cell: int,
    low: int,
    size: int,
    place: int,
) -> int:
    """Return the source row at `place` of a cell after the pass's own arrangement of that cell."""
    at = place
    if not arranged:
        at = permute(place, size, domain_bits(size), arrange, np.uint64(cell))
    row: int = order[low + at]
    return row


@spliced
def cell_of(slot_cell: NDArray[np.int32], slot: int) -> int:
    """Return the cell of a slot."""
    cell: int = np.int64(0)  # type: ignore[assignment]  # Numba integers stand for Python ones
    if slot_cell.size > 0:
        cell = np.int64(slot_cell[slot])  # type: ignore[assignment]
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


@kernel
def _iid_parents(
    seed: np.uint64,
    start: int,
    order: NDArray[np.int64],
    low: NDArray[np.int64],
    size: NDArray[np.int64],
    place: NDArray[np.int64],
    parents: NDArray[np.int64],
) -> None:
    k = parents.shape[1]
    for i in range(parents.shape[0]):
        if size[i] < k:
            parents[i, :] = order[low[i] + place[i]]
            continue
        for j in range(k):
            drawn = bounded(seed, np.uint64(start + i), PARENTS, np.uint64(j), np.uint64(size[i]))
            parents[i, j] = order[low[i] + np.int64(drawn)]


@kernel
def _distinct_parents(
    seed: np.uint64,
    start: int,
    order: NDArray[np.int64],
    low: NDArray[np.int64],
    size: NDArray[np.int64],
    place: NDArray[np.int64],
    anchored: bool,
    parents: NDArray[np.int64],
) -> None:
    """Different rows of the cell; the first is the row's own where `anchored`."""
    for i in range(parents.shape[0]):
        if size[i] < parents.shape[1]:
            parents[i, :] = order[low[i] + place[i]]
            continue
        number = np.uint64(0)
        first = 0
        if anchored:
            parents[i, 0] = order[low[i] + place[i]]
            first = 1
        for j in range(first, parents.shape[1]):
            fresh = False
            while not fresh:
                drawn = bounded(seed, np.uint64(start + i), PARENTS, number, np.uint64(size[i]))
                number += np.uint64(1)
                parents[i, j] = order[low[i] + np.int64(drawn)]
                fresh = True
                for other in range(j):
                    if parents[i, other] == parents[i, j]:
                        fresh = False


@kernel
def _cyclic_parents(
    order: NDArray[np.int64],
    arrange: NDArray[np.uint64],
    arranged: bool,
    cell: NDArray[np.int64],
    low: NDArray[np.int64],
    size: NDArray[np.int64],
    place: NDArray[np.int64],
    parents: NDArray[np.int64],
) -> None:
    for i in range(parents.shape[0]):
        if size[i] < parents.shape[1]:
            parents[i, :] = order[low[i] + place[i]]
            continue
        for j in range(parents.shape[1]):
            parents[i, j] = member(order, arrange, arranged, cell[i], low[i], size[i], (place[i] + j) % size[i])


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
    seed: np.uint64,
    first_row: int,
    order: NDArray[np.int64],
    arrange: NDArray[np.uint64],
    arranged: bool,
    cell: int,
    low: int,
    size: int,
    first: int,
    k: int,
    strength: float,
    rule: int,
    q: NDArray[np.float64],
    scratch: NDArray[np.float64],
    members: NDArray[np.int64],
    donor: NDArray[np.int64],
) -> None:
    """Fill members, rotation and donors of the group at places ``first .. first + k - 1`` of a cell."""
    unit = np.uint64(first_row + low + first)
    for j in range(k):
        members[j] = member(order, arrange, arranged, cell, low, size, first + j)
    fill_rotation(q, scratch, k, strength, seed, unit)
    group_donors(q, scratch, k, rule, seed, unit, donor)


@inlined
def widest(starts: NDArray[np.int64], scheme: int, group_size: int, k: int) -> int:
    """Return the largest number of parents that a row of a pass can have."""
    if scheme != GROUPS:
        return k
    width = 1
    for c in range(starts.size - 1):
        width = max(width, largest_group(starts[c + 1] - starts[c], group_size))
    return width


@kernel
def plan_width(step: PassArrays, law: LawArrays) -> int:
    """Return the number of columns that a plan of this pass needs."""
    return widest(step.starts, step.scheme, step.group_size, law.k)


@kernel
def _locate(
    step: PassArrays,
    start: int,
    cell: NDArray[np.int64],
    low: NDArray[np.int64],
    size: NDArray[np.int64],
    place: NDArray[np.int64],
) -> None:
    """Fill cell, first slot and size of the cell, and place in it, of positions ``start, start + 1, ...``."""
    n, shuffle, starts, slot_cell = step.n, step.shuffle, step.starts, step.slot_cell
    bits = domain_bits(n)
    for i in range(cell.size):
        slot = permute(start + i, n, bits, shuffle, np.uint64(0))
        cell[i] = cell_of(slot_cell, slot)
        low[i] = starts[cell[i]]
        size[i] = starts[cell[i] + 1] - low[i]
        place[i] = slot - low[i]


@kernel
def _grouped_rows(
    step: PassArrays,
    strength: float,
    cell: NDArray[np.int64],
    low: NDArray[np.int64],
    size: NDArray[np.int64],
    place: NDArray[np.int64],
    parents: NDArray[np.int64],
    weights: NDArray[np.float64],
    donors: NDArray[np.int64],
) -> None:
    seed, first_row, _, _, arrange, arranged, order, _, _, _, group_size, rule = step
    width = parents.shape[1]
    q, scratch = np.empty((width, width)), np.empty((width, width))
    members, donor = np.empty(width, np.int64), np.empty(width, np.int64)
    for i in range(parents.shape[0]):
        first, count = group_bounds(size[i], group_size, place[i])
        prepare_group(
            seed, first_row, order, arrange, arranged, cell[i], low[i], size[i], first, count, strength, rule,
            q, scratch, members, donor,
        )  # fmt: skip
        donors[i] = spread_group(q, members, donor, count, place[i] - first, parents[i], weights[i])
        for j in range(count, width):
            parents[i, j], weights[i, j] = parents[i, 0], 0.0


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

    One loop over the rows for each question, so that none branches on the scheme or the law inside. Rows of cells
    with fewer rows than parents are copied. Unused places hold the row's first parent with weight 0.
    """
    m = parents.shape[0]
    cell, low, size, place = np.empty(m, np.int64), np.empty(m, np.int64), np.empty(m, np.int64), np.empty(m, np.int64)
    _locate(step, start, cell, low, size, place)
    if step.scheme == GROUPS:
        _grouped_rows(step, law.params[0], cell, low, size, place, parents, weights, donors)
        return
    first, order = step.first_row + start, step.order
    if step.scheme == IID:
        _iid_parents(step.seed, first, order, low, size, place, parents)
    elif step.scheme == CYCLIC:
        _cyclic_parents(order, step.arrange, step.arranged, cell, low, size, place, parents)
    else:
        _distinct_parents(step.seed, first, order, low, size, place, step.scheme == ANCHOR, parents)
    weights_of_rows(law, step.seed, first, weights)
    for i in range(m):
        if size[i] < law.k:
            weights[i, 0], weights[i, 1:] = 1.0, 0.0
    donors_of_rows(parents, weights, step.donor, step.seed, first, donors)
