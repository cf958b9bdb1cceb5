"""Groups of rows that are rotated together, on a device: the twin of ``synthmix.kernels.groups.groups_at``."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from synthmix.torch.plan.tables import Layout, Located, Passes, members


class Groups(NamedTuple):
    """The group of each of m rows."""

    named: Tensor  # (m,) int64: name of the group, first row of the pass plus unit
    own: Tensor  # (m,) int64: the row's number in its group
    held: Tensor  # (m,) int64: rows of the group
    members: Tensor  # (width, m) int64: kept rows; past the group's own the first one again


def groups_at(layout: Layout, passes: Passes, lie: Located) -> Groups:
    """Return the groups of rows that lie somewhere in some passes; width is the largest group that occurs.

    A cell of `size` rows has ``size // group_size`` groups, or one, of which the first ``size % groups`` have a row
    more. Member i of group g is the row at place ``i * groups + g``, after the turns of the cell and of stream i.
    """
    width, device = max(layout.group_sizes), lie.size.device
    groups = (lie.size // layout.k).clamp(min=1)
    whole = lie.size // groups
    extra = lie.size - whole * groups
    stream = torch.arange(width, device=device).unsqueeze(1)
    length = torch.where(stream < whole, groups, extra)  # of each stream: the last one holds the larger groups
    turn, shift = _turns(layout, passes, lie, width)

    at = lie.place - turn
    at = torch.where(at < 0, at + lie.size, at)
    own = at // groups
    g = at - own * groups - of_each(shift, own)
    g = torch.where(g < 0, g + of_each(length, own), g)

    there = g + shift
    there = torch.where(there >= length, there - length, there) + stream * groups + turn
    there = torch.where(there >= lie.size, there - lie.size, there)
    count = whole + (g < extra)
    there = torch.where(stream < count, there, there[:1])
    return Groups(lie.base + lie.low + g, own, count, members(layout, passes, lie, there))


def _turns(layout: Layout, passes: Passes, lie: Located, width: int) -> tuple[Tensor, Tensor]:
    """Return the turn of each row's cell, (m,), and of its streams, (width, m): that of the first is none."""
    if not layout.turned:
        nothing = torch.zeros_like(lie.place)
        return nothing, nothing.expand(width, -1)
    turns = passes.shifts[lie.p, lie.cell, :width].T
    return turns[0], torch.cat([torch.zeros_like(turns[:1]), turns[1:]])


def of_each(rows: Tensor, number: Tensor) -> Tensor:
    """Return for each of m places the entry of `rows` (width, m) that stands in row `number` (m,)."""
    return rows.gather(0, number.unsqueeze(0))[0]
