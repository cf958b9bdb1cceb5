"""Random permutations with given expectation on a device: the twin of ``kernels.donors.round_doubly_stochastic``.

A matrix is a graph: rows and columns are its nodes, and an entry between 0 and 1 joins its row with its column. Node i
is row i, node k + j is column j.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from synthmix.torch.plan.words import DONOR, draw, to_unit

_SNAP = 1e-9


class _Walk(NamedTuple):
    """Walks along fractional entries, each from node to node until one comes again."""

    entries: Tensor  # (2 k, m): k row + column of the entries that were passed
    first: Tensor  # (m,): the cycle is entries first .. length - 1; -1 where there is none
    length: Tensor
    lone: Tensor  # (m,): an entry that is alone in its row or column, as rounding errors of sums leave; -1 for none


def round_doubly_stochastic(p: Tensor, seed: int, named: Tensor) -> Tensor:
    """Round matrices with rows and columns of sum one to permutation matrices with these expectations.

    Dependent rounding along cycles of fractional entries (Gandhi, Khuller, Parthasarathy and Srinivasan, JACM 2006).
    Each turn makes at least one entry whole, so that k**2 turns do for all matrices: operations grow with k**3.

    Parameters
    ----------
    p : Tensor of float64, shape (k, k, m)
    seed : int
        Key of the plan.
    named : Tensor of int64, shape (m,)
        Names of the groups.
    """
    k, _, m = p.shape
    flat = _snap(p).reshape(k * k, m)
    numbers = torch.arange(k * k, device=p.device).unsqueeze(1)
    a, b, _, _ = draw(seed, named.expand(k * k, m), DONOR, numbers)
    uniforms = to_unit(a, b)
    number = torch.zeros_like(named).unsqueeze(0)
    for _ in range(k * k):
        walk = _walk(flat, k)
        flat = _turn(flat, walk, uniforms.gather(0, number)[0])
        number = (number + (walk.first >= 0)).clamp(max=k * k - 1)  # after the last turn nobody reads it
    return flat.reshape(k, k, m)


def _snap(p: Tensor) -> Tensor:
    return torch.where(p < _SNAP, 0.0, torch.where(p > 1.0 - _SNAP, 1.0, p))


def _turn(flat: Tensor, walk: _Walk, uniform: Tensor) -> Tensor:
    """Move along the cycles, by a step whose expectation is zero; make lone entries whole."""
    e = torch.arange(walk.entries.shape[0], device=flat.device).unsqueeze(1)
    inside = (walk.first >= 0) & (e >= walk.first) & (e < walk.length)
    even = (e - walk.first) % 2 == 0
    value = flat.gather(0, walk.entries)
    up = _least(torch.where(inside, torch.where(even, 1.0 - value, value), 1.0))
    down = _least(torch.where(inside, torch.where(even, value, 1.0 - value), 1.0))
    step = torch.where(uniform * (up + down) < down, up, -down)
    moved = torch.where(inside, torch.where(even, step, -step), 0.0)
    flat = _snap(flat.scatter_add(0, walk.entries, moved))  # entries of a cycle differ from each other
    place = torch.arange(flat.shape[0], device=flat.device).unsqueeze(1)
    return torch.where(place == walk.lone, torch.round(flat), flat)


def _least(terms: Tensor) -> Tensor:
    """Return the minimum along the first axis: much faster than a reduction across short columns."""
    least = terms[0]
    for term in terms[1:]:
        least = torch.minimum(least, term)
    return least


def _neighbours(flat: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return the first and the second neighbour of each node, (2 k, m); 2 k stands for none."""
    p = flat.reshape(k, k, -1)
    joined = (p > 0.0) & (p < 1.0)
    rows = torch.arange(k, device=flat.device).reshape(k, 1, 1)
    first, second = [], []
    for other in (torch.where(joined.transpose(0, 1), rows + k, 2 * k), torch.where(joined, rows, 2 * k)):
        nearest = _least(other)
        first.append(nearest)
        second.append(_least(torch.where(other == nearest, 2 * k, other)))
    return torch.cat(first), torch.cat(second)


def _walk(flat: Tensor, k: int) -> _Walk:
    """Walk from the first row with a fractional entry, always to the first node but the one it comes from."""
    first_of, second_of = _neighbours(flat, k)
    rows = torch.arange(k, device=flat.device).unsqueeze(1)
    node = _least(torch.where(first_of[:k] < 2 * k, rows, k)).unsqueeze(0)
    running = node < k
    node = torch.where(running, node, 0)
    came = torch.full_like(node, -1)
    seen, entries = torch.full_like(first_of, -1), []
    first, length, lone = (torch.full_like(node, -1) for _ in range(3))
    for e in range(2 * k + 1):
        again = seen.gather(0, node)
        closed = running & (again >= 0)
        first, length = torch.where(closed, again, first), torch.where(closed, e, length)
        running = running & ~closed
        if e == 2 * k:  # by now all nodes have been seen
            break
        seen = seen.scatter(0, node, torch.where(running, e, again))
        following = first_of.gather(0, node)
        following = torch.where(following == came, second_of.gather(0, node), following)
        stuck = running & (following == 2 * k)
        lone = torch.where(stuck, _entry(node, came, k, e), lone)
        running = running & ~stuck
        entries.append(torch.where(running, _entry(node, following, k, e), 0))
        came, node = torch.where(running, node, came), torch.where(running, following, node)
    return _Walk(torch.cat(entries), first[0], length[0], lone[0])


def _entry(node: Tensor, other: Tensor, k: int, e: int) -> Tensor:
    """Return ``k row + column`` of the entry between two nodes; at even steps the first one is a row."""
    row, column = (node, other) if e % 2 == 0 else (other, node)
    return k * row + (column - k)
