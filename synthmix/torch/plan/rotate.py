"""Rotation of groups of rows on a device, row by row: the twin of ``synthmix.mixing.rotate.plan_groups``."""

from __future__ import annotations

import torch
from torch import Tensor

from synthmix.kernels.records import LARGEST
from synthmix.torch.plan.donors import best_donors, random_donors
from synthmix.torch.plan.groups import Groups, groups_at, of_each
from synthmix.torch.plan.rotations import rotation_rows, rotations
from synthmix.torch.plan.tables import Layout, Located, Passes


def plan_groups(
    layout: Layout, passes: Passes, lie: Located, strength: float, *, donors: bool = True
) -> tuple[Tensor, Tensor, Tensor]:
    """Return parents, weights and donors of rows of a grouped law.

    Parameters
    ----------
    layout, passes : Layout, Passes
        Tables of the passes that the rows belong to.
    lie : Located
        Where the m rows lie; any rows, in any order.
    strength : float
        That of :class:`synthmix.weights.Rotation`.
    donors : bool
        Whether donors are asked for. They take more operations than the rotation, far more where they are drawn by
        squared weights.

    Returns
    -------
    parents : Tensor of int64, shape (width, m)
        Kept rows; width is the size of the largest group. Parents are the members of the row's group in order; unused
        places hold the first with weight 0. Rows of groups of one or two are copies: all places hold the row itself,
        the first with weight 1.
    weights : Tensor of float64, shape (width, m)
        On the device of `lie`, with the bits of the kernels where operations are evaluated one by one.
    donors : Tensor of int64, shape (m,), or (0,) without `donors`
        The kept row that gives each row its discrete columns.

    Notes
    -----
    Each row computes the rotation of its whole group, once for each size of groups that occurs (two where k does not
    divide the cells), so that shapes depend on no data: some 8 width**2 m bytes are held.
    """
    group = groups_at(layout, passes, lie)
    mine = of_each(group.members, group.own)
    parents = torch.where(group.held < 3, mine, group.members)
    weights = torch.zeros_like(parents, dtype=torch.float64)
    weights[0] = 1.0
    chosen = mine
    for k in layout.group_sizes:
        if k < 3:  # two rows can only be swapped: they are copied
            continue
        here, own = group.held == k, group.own.clamp(max=k - 1)
        if donors:
            q = rotations(layout.seed, group.named, k, strength)
            row = q.gather(0, own.expand(1, k, -1))[0]
            given = of_each(_permutations(layout, group, q), own)
            chosen = torch.where(here, of_each(group.members, given), chosen)
        else:
            row = rotation_rows(layout.seed, group.named, own, k, strength)
        weights = torch.cat([torch.where(here, row, weights[:k]), torch.where(here, 0.0, weights[k:])])
    return parents, weights, chosen if donors else chosen[:0]


def _permutations(layout: Layout, group: Groups, q: Tensor) -> Tensor:
    """Return the number of the member that each row of each group takes its discrete columns from, (k, m)."""
    return best_donors(q) if layout.donor == LARGEST else random_donors(q, layout.seed, group.named)
