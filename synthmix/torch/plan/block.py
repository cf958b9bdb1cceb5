"""The plan of any rows on a device: parents, weights and donors, as :meth:`synthmix.mixing.execute.Executor.plan`."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from synthmix.kernels import records
from synthmix.torch.plan.donors import largest_donors, squared_donors
from synthmix.torch.plan.laws import Law, draw_weights
from synthmix.torch.plan.order import locate
from synthmix.torch.plan.partners import places
from synthmix.torch.plan.rotate import plan_groups
from synthmix.torch.plan.tables import Layout, Located, Passes, members
from synthmix.torch.plan.words import ROW, draw


class Planned(NamedTuple):
    """Which source rows make some rows, and how.

    Attributes
    ----------
    parents : Tensor of int64, shape (k, m)
        Source rows in the order in which the source keeps them; unused places repeat the first parent with weight 0.
    weights : Tensor of float64, shape (k, m)
    base : Tensor of int64, shape (m,)
        Which of the parents the others are added to as differences: that of the largest weight, for groups the first.
    donors : Tensor of int64, shape (m,)
        The source row that gives discrete columns and the pattern of missing values; shape (0,) where nobody asks.
    """

    parents: Tensor
    weights: Tensor
    base: Tensor
    donors: Tensor


def plan_rows(layout: Layout, passes: Passes, law: Law, rows: Tensor, *, donors: bool = True) -> Planned:
    """Return the plan of the rows with the numbers `rows` (m,), in any order; `passes` must cover them all."""
    lie = locate(layout, passes, rows)
    if layout.scheme == records.GROUPS:
        parents, weights, given = plan_groups(layout, passes, lie, law.params[0], donors=donors)
        return Planned(parents, weights, torch.zeros_like(rows), given)
    parents, weights = _single_rows(layout, passes, law, lie)
    if not donors:
        given = parents[0, :0]
    elif layout.donor == records.LARGEST:
        given = largest_donors(parents, weights)
    else:
        given = squared_donors(parents, weights, layout.seed, rows)
    return Planned(parents, weights, weights.argmax(dim=0), given)


def _single_rows(layout: Layout, passes: Passes, law: Law, lie: Located) -> tuple[Tensor, Tensor]:
    """Return parents and weights (k, m) for laws of single rows: the twin of ``mixing.blocks.plan_block``."""
    words = draw(layout.seed, lie.number, ROW, 0)
    own = torch.stack(places(layout, passes, lie, words))
    weights = torch.stack(draw_weights(law, layout.seed, lie.number, words))
    if layout.smallest < layout.k:  # rows of cells with fewer rows than parents are copied
        lonely = lie.size < layout.k
        first = torch.arange(layout.k, device=lonely.device)[:, None] == 0
        own = torch.where(lonely, lie.place, own)
        weights = torch.where(lonely, first.to(weights.dtype), weights)
    return members(layout, passes, lie, own), weights
