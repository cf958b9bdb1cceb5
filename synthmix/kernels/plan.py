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
from synthmix.kernels.permutation import permute, permute_all, right_bits
from synthmix.kernels.philox import PARENTS, bounded, draw
from synthmix.kernels.records import ANCHOR, CYCLIC, GROUPS, IID, LawArrays, PassArrays
from synthmix.kernels.rotation import fill_rotation

_MASK = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


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
        at = permute(place, size, right_bits(size), arrange, np.uint64(cell))
    row: int = order[low + at]
    return row


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
def _draw_places(
    seed: np.uint64,
    start: int,
    number: np.uint64,
    size: NDArray[np.int64],
    without: int,
    places: NDArray[np.int64],
) -> None:
    """Fill `places` with uniform integers in [0, size - without), as :func:`bounded` draws them, 0 where none are.

    The first word of a counter block decides for all but a few rows in a billion; a loop without branches takes
    several rows at once, a second one draws those rows again in full.
    """
    doubtful = 0
    for i in range(places.size):
        n = np.uint64(max(size[i] - without, 1))
        product = draw(seed, np.uint64(start + i), PARENTS, number)[0] * n
        places[i] = np.int64(product >> _HALF)
        doubtful += 1 if (product & _MASK) < n else 0
    if doubtful > 0:
        for i in range(places.size):
            places[i] = np.int64(
                bounded(seed, np.uint64(start + i), PARENTS, number, np.uint64(max(size[i] - without, 1)))
            )


@kernel
def _iid_parents(
    seed: np.uint64,
    start: int,
    order: NDArray[np.int64],
    low: NDArray[np.int64],
    size: NDArray[np.int64],
    parents: NDArray[np.int64],
) -> None:
    places = np.empty(size.size, np.int64)
    for j in range(parents.shape[1]):
        _draw_places(seed, start, np.uint64(j), size, 0, places)
        for i in range(size.size):
            parents[i, j] = order[low[i] + places[i]]


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
    m, k = parents.shape
    first, second = np.empty(m, np.int64), np.empty(m, np.int64)
    if anchored:
        first[:] = place
    else:
        _draw_places(seed, start, np.uint64(0), size, 0, first)
    _draw_places(seed, start, np.uint64(1), size, 1, second)
    last = order.size - 1  # a cell of one row has no other; what is read for it is never used
    for i in range(m):
        parents[i, 0] = order[low[i] + first[i]]
        # One of the other places: those from the first one on move up by one.
        parents[i, 1] = order[min(low[i] + second[i] + (1 if second[i] >= first[i] else 0), last)]
    for j in range(2, k):
        _later_parent(seed, start, order, low, size, j, parents)


@kernel
def _later_parent(
    seed: np.uint64,
    start: int,
    order: NDArray[np.int64],
    low: NDArray[np.int64],
    size: NDArray[np.int64],
    j: int,
    parents: NDArray[np.int64],
) -> None:
    """Draw parent j until it differs from those before it; attempt t has draw number j + 2**16 t."""
    for i in range(parents.shape[0]):
        number = np.uint64(j)
        fresh = size[i] <= j
        while not fresh:
            drawn = bounded(seed, np.uint64(start + i), PARENTS, number, np.uint64(size[i]))
            number += np.uint64(0x10000)
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
    one_cell: bool,
    cell: NDArray[np.int64],
    low: NDArray[np.int64],
    size: NDArray[np.int64],
    place: NDArray[np.int64],
    parents: NDArray[np.int64],
) -> None:
    """Fill `parents` with the row at each place of the cell's cycle, and those that follow it."""
    at = np.empty(place.size, np.int64)
    for j in range(parents.shape[1]):
        for i in range(place.size):
            at[i] = (place[i] + j) % size[i]
        if one_cell and not arranged:
            permute_all(at, size[0], arrange, np.uint64(0))
        elif not arranged:
            for i in range(place.size):
                at[i] = permute(at[i], size[i], right_bits(size[i]), arrange, np.uint64(cell[i]))
        for i in range(place.size):
            parents[i, j] = order[low[i] + at[i]]


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
    prices: NDArray[np.float64],
    links: NDArray[np.int64],
    donor: NDArray[np.int64],
) -> None:
    """Fill members, rotation and donors of the group at places ``first .. first + k - 1`` of a cell."""
    unit = np.uint64(first_row + low + first)
    for j in range(k):
        members[j] = member(order, arrange, arranged, cell, low, size, first + j)
    fill_rotation(q, scratch, k, strength, seed, unit)
    group_donors(q, scratch, k, rule, seed, unit, prices, links, donor)


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
    starts, slot_cell = step.starts, step.slot_cell
    for i in range(place.size):
        place[i] = start + i
    permute_all(place, step.n, step.shuffle, np.uint64(0))
    if starts.size == 2:
        cell[:] = 0
        low[:] = 0
        size[:] = step.n
        return
    for i in range(cell.size):
        cell[i] = slot_cell[place[i]]
        low[i] = starts[cell[i]]
        size[i] = starts[cell[i] + 1] - low[i]
        place[i] -= low[i]


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
    prices, links = np.empty((3, width + 1)), np.empty((3, width + 1), np.int64)
    for i in range(parents.shape[0]):
        first, count = group_bounds(size[i], group_size, place[i])
        prepare_group(
            seed, first_row, order, arrange, arranged, cell[i], low[i], size[i], first, count, strength, rule,
            q, scratch, members, prices, links, donor,
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
        _iid_parents(step.seed, first, order, low, size, parents)
    elif step.scheme == CYCLIC:
        one_cell = step.starts.size == 2
        _cyclic_parents(order, step.arrange, step.arranged, one_cell, cell, low, size, place, parents)
    else:
        _distinct_parents(step.seed, first, order, low, size, place, step.scheme == ANCHOR, parents)
    weights_of_rows(law, step.seed, first, weights)
    for i in range(m):
        if size[i] < law.k:
            parents[i, :] = order[low[i] + place[i]]
            weights[i, 0], weights[i, 1:] = 1.0, 0.0
    donors_of_rows(parents, weights, step.donor, step.seed, first, donors)
