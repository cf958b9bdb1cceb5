"""What changes from pass to pass over the table, made on the host and held on a device for a few passes at once.

All of it comes from :meth:`synthmix.mixing.execute.Executor.pass_arrays`, so nothing is computed twice and nothing can
differ. Rows of many passes are then planned together: a row looks up the pass that it belongs to.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synthmix.kernels import records
from synthmix.kernels.windows import WINDOW, rows_at
from synthmix.mixing.execute import Executor

_KEPT = 2  # neighbouring ranges of rows ask for the same passes
_HORIZON = 64  # passes that are made at once where they are small: rows are mostly asked for in their order
_HORIZON_BYTES = 2**20


class Layout(NamedTuple):
    """What all passes share, as plain numbers: a compiled plan is specialised on them."""

    seed: int
    n: int  # source rows, and rows of a pass
    k: int  # parents, or rows of a group
    scheme: int
    donor: int
    whole: bool  # the table is one cell: a row is its own place
    local: bool  # order, cell and place differ from pass to pass
    turned: bool  # shifts are there
    smallest: int  # rows of the smallest cell
    largest: int
    group_sizes: tuple[int, ...]  # sizes of groups that occur, in every pass


class Passes(NamedTuple):
    """The tables of P passes that follow each other; unused places at the end are zero.

    With one cell over the whole table `order`, `cell` and `place` are empty. They have one row where all passes share
    it, else P rows.
    """

    first: Tensor  # () int64: number of the first of these passes
    turn: Tensor  # (P,) int64
    keys: Tensor  # (P, 2) int64: words of 32 bits
    last: Tensor  # (P, 256) int64: where the points of the last, shorter window go inside it
    starts: Tensor  # (cells + 1,) int64: sizes of cells are the same in every pass
    order: Tensor  # (1 or P, n) int32
    cell: Tensor  # (1 or P, n) int32
    place: Tensor  # (1 or P, n) int32
    shifts: Tensor  # (P, cells, streams) int64, or (P, 0, 0)


class Located(NamedTuple):
    """Where the source rows lie that output rows stand for, int64 of shape (m,) each."""

    number: Tensor  # the output rows, without end
    p: Tensor  # which of the stacked passes
    base: Tensor  # number of the pass's first row: units of cells and groups are counted from it
    cell: Tensor
    low: Tensor  # starts[cell]
    size: Tensor  # rows of the cell
    place: Tensor  # place in the cell


def layout_of(executor: Executor) -> Layout:
    """Return what all passes of a fitted source share."""
    source, step = executor.source, executor.pass_arrays(0)
    sizes = np.diff(step.starts)
    return Layout(
        seed=source.seed,
        n=source.n_rows,
        k=source.law.k,
        scheme=step.scheme,
        donor=step.donor,
        whole=step.order.size == 0,
        local=step.order.size > 0 and source.pairing.local,
        turned=step.shifts.shape[0] > 0,
        smallest=int(sizes.min()),
        largest=int(sizes.max()),
        group_sizes=step.group_sizes,
    )


class PassTables:
    """Uploads the tables of the passes that a range of rows touches, and keeps the latest.

    Parameters
    ----------
    executor : Executor
    device : torch.device
    span : int
        Rows that are asked for at once. It decides how many passes are stacked: always the same number, unless more
        rows are asked for.
    """

    def __init__(self, executor: Executor, device: torch.device, span: int) -> None:
        self._executor, self._device = executor, device
        self._kept: OrderedDict[tuple[int, int], Passes] = OrderedDict()
        self.layout = layout_of(executor)
        step = executor.pass_arrays(0)
        self._starts = upload(step.starts, device)
        self.span = span
        self._shared = None if self.layout.local else self._uploaded([step])
        needed = max(span - 2, 0) // self.layout.n + 2
        self._ahead = 0
        if not self.layout.local:
            self._ahead = min(_HORIZON, _HORIZON_BYTES // (8 * (3 + WINDOW + step.shifts.size)))
        self._count = needed + self._ahead

    def cover(self, start: int, stop: int) -> Passes:
        """Return the tables of the passes of rows [start, stop)."""
        n = self.layout.n
        asked = start // n, max(stop - 1, start) // n
        for (first, last), passes in self._kept.items():
            if first <= asked[0] and asked[1] <= last:
                return passes
        made = asked[0], asked[1] + self._ahead
        passes = self._made(*made)
        self._kept[made] = passes
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return passes

    def _made(self, first: int, last: int) -> Passes:
        """Stack passes `first` to `last` on the host, and copy them to the device without waiting for it."""
        count = max(self._count, last + 1 - first)
        steps = [self._executor.pass_arrays(number) for number in range(first, last + 1)]
        streams = steps[0].shifts.shape
        small = np.zeros((count, 3 + WINDOW + math.prod(streams)), np.int64)
        for row, step in zip(small, steps, strict=False):
            row[0], row[1:3], row[3 : 3 + WINDOW] = step.turn, step.keys, _last_window(step)
            row[3 + WINDOW :] = step.shifts.ravel()
        # One copy to the device for all that is small: copies cost by their number, not by their size.
        packed = upload(np.append(small.ravel(), first), self._device)
        table = packed[:-1].view(small.shape)
        shifts = table[:, 3 + WINDOW :].reshape(count, *streams).contiguous()
        order, cell, place = self._shared or self._uploaded(steps, count)
        return Passes(
            first=packed[-1],
            turn=table[:, 0].contiguous(),
            keys=table[:, 1:3].contiguous(),
            last=table[:, 3 : 3 + WINDOW].contiguous(),
            starts=self._starts,
            order=order,
            cell=cell,
            place=place,
            shifts=shifts,
        )

    def _uploaded(self, steps: list[records.PassArrays], count: int = 1) -> tuple[Tensor, Tensor, Tensor]:
        """Return order, cell and place of passes; unused places at the end are zero."""
        held = 0 if self.layout.whole else self.layout.n
        stacked = np.zeros((3, count, held), np.int32)
        for p, step in enumerate(steps):
            stacked[:, p] = step.order, step.cell, step.place
        order, cell, place = upload(stacked, self._device).unbind(0)
        return order, cell, place


def _last_window(step: records.PassArrays) -> NDArray[np.int64]:
    """Return where the points of the last window of a pass go inside it, shape (256,); unused ones are zero."""
    images, rest = np.zeros(WINDOW, np.int64), step.n % WINDOW
    if rest:
        rows_at(step.n - rest, step.n, 0, step.keys, images[:rest])
        images[:rest] -= step.n - rest
    return images


def upload(array: NDArray[Any], device: torch.device) -> Tensor:
    """Return a copy of an array on the device; a graphics processor reads it from locked memory, in its own time."""
    tensor = torch.from_numpy(np.array(array, order="C"))  # a copy: what the executor keeps is never shared
    if device.type == "cuda":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


def members(layout: Layout, passes: Passes, lie: Located, place: Tensor) -> Tensor:
    """Return the source rows at places of the cells of rows; `place` (..., m) holds one for each row.

    Twin of :func:`synthmix.kernels.partners.to_rows`.
    """
    if layout.whole:
        return place
    at = lie.low + place
    if layout.local:
        at = at + lie.p * layout.n
    return passes.order.view(-1)[at].to(torch.int64)
