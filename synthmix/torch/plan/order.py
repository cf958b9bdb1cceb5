"""The order of the rows of a pass on a device: the twin of :mod:`synthmix.kernels.windows` and of ``blocks.locate``."""

from __future__ import annotations

import torch
from torch import Tensor

from synthmix.kernels.windows import WINDOW
from synthmix.torch.plan.tables import Layout, Located, Passes

_MASK = 0xFFFFFFFF
_BYTE = 255


def _scrambled(word: Tensor) -> Tensor:
    """Scramble 32-bit words (the finaliser of MurmurHash3)."""
    word = ((word ^ (word >> 16)) * 0x85EBCA6B) & _MASK
    word = ((word ^ (word >> 13)) * 0xC2B2AE35) & _MASK
    return word ^ (word >> 16)


def _round(point: Tensor, key: Tensor) -> Tensor:
    moved = (point * (key | 1) + (key >> 8)) & _BYTE
    return moved ^ (moved >> 4)


def source_rows(layout: Layout, passes: Passes, p: Tensor, t: Tensor) -> Tensor:
    """Return the source row that position `t` of stacked pass `p` stands for, int64 of shape (m,)."""
    n, rest = layout.n, layout.n % WINDOW
    window, point = t >> 8, t & _BYTE
    first, second = (_scrambled(window ^ passes.keys[:, i][p]) for i in range(2))
    point = _round(_round(_round(point, first), first >> 16), second)
    rows = (t - (t & _BYTE)) + point
    if rest:
        inside = t - (n - rest)
        last = passes.last.view(-1)[p * WINDOW + inside.clamp(min=0)]
        rows = torch.where(inside >= 0, last + (n - rest), rows)
    moved = rows + passes.turn[p]
    return torch.where(moved >= n, moved - n, moved)


def locate(layout: Layout, passes: Passes, number: Tensor) -> Located:
    """Return where the source rows of output rows `number` (m,) lie; `passes` must cover all of these."""
    n = layout.n
    over = torch.div(number, n, rounding_mode="floor")
    base = over * n
    p = over - passes.first
    rows = source_rows(layout, passes, p, number - base)
    if layout.whole:
        nothing = torch.zeros_like(rows)
        return Located(number, p, base, nothing, nothing, torch.full_like(rows, n), rows)
    at = rows + p * n if layout.local else rows
    cell = passes.cell.view(-1)[at].to(torch.int64)
    low = passes.starts[cell]
    return Located(number, p, base, cell, low, passes.starts[cell + 1] - low, passes.place.view(-1)[at].to(torch.int64))
