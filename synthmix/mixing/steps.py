"""What the kernels need to know about one pass over the table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels import records
from synthmix.kernels.draws import below, words_of_unit
from synthmix.kernels.philox import SHUFFLE
from synthmix.kernels.shifts import draw_distances, draw_turns
from synthmix.mixing.source import DONORS, Source, sizes_of_groups
from synthmix.pairing import Cells


def make_step(source: Source, cells: Cells, number: int) -> records.PassArrays:
    """Return the arrays of pass `number`, whose rows meet inside `cells`."""
    first_row, starts = number * source.n_rows, cells.starts
    keys, turn = place_in_pass(source, number)
    whole = starts.size == 2 and not cells.arranged
    if whole:
        order, cell, place = np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int64)
    else:
        order = cells.order
        cell, place = cells.where() if cells.arranged else source.where
    return records.PassArrays(
        seed=np.uint64(source.seed),
        first_row=first_row,
        n=source.n_rows,
        keys=keys,
        turn=turn,
        order=order,
        starts=starts,
        cell=cell,
        place=place,
        shifts=_shifts(source, cells, first_row),
        scheme=source.scheme,
        group_size=source.law.k,
        donor=DONORS[source.donor],
        group_sizes=sizes_of_groups(cells, source.law.k) if cells.arranged else source.group_sizes,
    )


def place_in_pass(source: Source, number: int) -> tuple[NDArray[np.uint32], int]:
    """Return the keys of the windows of pass `number`, and the place on the circle of source rows where it begins."""
    words = words_of_unit(source.seed, number, SHUFFLE)
    return words[:2].copy(), below(source.n_rows, words[2], words[3])


def _shifts(source: Source, cells: Cells, first_row: int) -> NDArray[np.int64]:
    key, k = np.uint64(source.seed), source.law.k
    n_cells = cells.starts.size - 1
    if source.scheme == records.CYCLIC:
        shifts = np.empty((n_cells, k), np.int64)
        draw_distances(key, first_row, cells.starts, shifts)
        return shifts
    if source.scheme == records.GROUPS and not cells.arranged:
        shifts = np.empty((n_cells, 2 * k), np.int64)
        draw_turns(key, first_row, cells.starts, k, shifts)
        return shifts
    return np.empty((0, 0), np.int64)
