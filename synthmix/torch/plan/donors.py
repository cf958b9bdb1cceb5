"""Which parent gives a synthetic row its discrete columns, on a device: the twin of :mod:`synthmix.kernels.donors`."""

from __future__ import annotations

import torch
from torch import Tensor, library

from synthmix.torch.plan.assignment import assign
from synthmix.torch.plan.directions import sum_in_order
from synthmix.torch.plan.rounding import round_doubly_stochastic
from synthmix.torch.plan.words import DONOR, draw, to_unit


def largest_donors(parents: Tensor, weights: Tensor) -> Tensor:
    """Return the parent of the largest weight, the first of equal ones, (m,) for plans (k, m)."""
    return parents.gather(0, weights.argmax(dim=0, keepdim=True))[0]


def squared_donors(parents: Tensor, weights: Tensor, seed: int, rows: Tensor) -> Tensor:
    """Return parent j of each of the `rows` (m,) with probability w_j**2 / sum w**2; plans are (k, m)."""
    squares = list(weights * weights)
    a, b, _, _ = draw(seed, rows, DONOR, 0)
    threshold = to_unit(a, b) * sum_in_order(squares)
    chosen, running = torch.zeros_like(rows), torch.zeros_like(squares[0])
    for square in squares[:-1]:
        running = running + square
        chosen = chosen + (threshold >= running)
    return parents.gather(0, chosen.unsqueeze(0))[0]


def best_donors(q: Tensor) -> Tensor:
    """Return the permutation of largest total weight of each group, (k, m) for rotations (k, k, m)."""
    found: Tensor = torch.ops.synthmix.best_donors(q)
    return found


def random_donors(q: Tensor, seed: int, named: Tensor) -> Tensor:
    """Return a random permutation of each group, (k, m): row i has donor j with probability q[i, j]**2."""
    signed = seed - 2**64 if seed >= 2**63 else seed  # operations take signed numbers
    found: Tensor = torch.ops.synthmix.random_donors(q, signed, named)
    return found


def _random(q: Tensor, seed: int, named: Tensor) -> Tensor:
    # The assignment reads the permutation off, and mends what rounding errors left without a one.
    return assign(round_doubly_stochastic(q * q, seed, named))


def _shape(q: Tensor, *_: object) -> Tensor:
    return q.new_empty(q.shape[1:], dtype=torch.int64)


# For a compiler each is one operation: written out they are thousands, which it would look at for minutes and could
# not join, for they gather and scatter.
_OPERATIONS = library.Library("synthmix", "FRAGMENT")  # type: ignore[no-untyped-call]
for _schema, _work in (
    ("best_donors(Tensor q) -> Tensor", assign),
    ("random_donors(Tensor q, int seed, Tensor named) -> Tensor", _random),
):
    _name = _OPERATIONS.define(_schema)  # type: ignore[no-untyped-call]
    _OPERATIONS.impl(_name, _work, "CompositeExplicitAutograd")  # type: ignore[no-untyped-call]
    library.register_fake(f"synthmix::{_name}", _shape, lib=_OPERATIONS)
