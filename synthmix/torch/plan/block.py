"""The plan of any rows on a device: parents, weights and donors, as :meth:`synthmix.mixing.execute.Executor.plan`."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from synthmix.kernels import records
from synthmix.torch.plan.laws import Law, draw_weights
from synthmix.torch.plan.order import locate
from synthmix.torch.plan.partners import places
from synthmix.torch.plan.tables import Layout, Passes, members
from synthmix.torch.plan.words import DONOR, ROW, draw, to_unit


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
        The source row that gives discrete columns and the pattern of missing values.
    """

    parents: Tensor
    weights: Tensor
    base: Tensor
    donors: Tensor


def plan_rows(layout: Layout, passes: Passes, law: Law, rows: Tensor) -> Planned:
    """Return the plan of the rows with the numbers `rows` (m,), in any order; `passes` must cover them all."""
    lie = locate(layout, passes, rows)
    words = draw(layout.seed, rows, ROW, 0)
    own = places(layout, passes, lie, words)
    weights = draw_weights(law, layout.seed, rows, words)
    if layout.smallest < layout.k:  # rows of cells with fewer rows than parents are copied
        lonely = lie.size < layout.k
        own = [torch.where(lonely, lie.place, place) for place in own]
        weights = [torch.where(lonely, float(j == 0), weight) for j, weight in enumerate(weights)]
    parents = [members(layout, passes, lie, place) for place in own]
    stacked = torch.stack(weights)
    base = stacked.argmax(dim=0)
    if layout.donor == records.LARGEST:
        donor = base
    else:
        donor = _squared_donors(weights, layout.seed, rows)
    return Planned(torch.stack(parents), stacked, base, _take(parents, donor))


def _take(choices: list[Tensor], number: Tensor) -> Tensor:
    """Return ``choices[number[i]][i]`` for each i."""
    taken = choices[0]
    for j, choice in enumerate(choices[1:], start=1):
        taken = torch.where(number == j, choice, taken)
    return taken


def _squared_donors(weights: list[Tensor], seed: int, rows: Tensor) -> Tensor:
    """Return the number of the parent that gives a row its codes: j with probability w_j**2 / sum w**2.

    Twin of :func:`synthmix.kernels.donors.squared_donors`.
    """
    squares = [weight * weight for weight in weights]
    total = torch.zeros_like(squares[0])
    for square in squares:
        total = total + square
    words = draw(seed, rows, DONOR, 0)
    threshold = to_unit(words[0], words[1]) * total
    chosen, running = torch.zeros_like(rows), squares[0]
    for square in squares[1:]:
        # Sums grow, so what is at or above this one is at or above all before it.
        chosen = chosen + (threshold >= running)
        running = running + square
    return chosen
