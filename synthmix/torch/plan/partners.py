"""Which places of its cell a row is mixed from, on a device: the twin of :mod:`synthmix.kernels.partners`."""

from __future__ import annotations

import torch
from torch import Tensor

from synthmix.kernels import records
from synthmix.torch.plan.bounded import bounded, first_that_fits, looks, tries_for
from synthmix.torch.plan.tables import Layout, Located, Passes
from synthmix.torch.plan.words import ROW, Words, draw

_MASK = 0xFFFFFFFF
_HALF = 32
_AGAIN = 0x40000000  # draw numbers of words that were refused
_ATTEMPT = 0x10000  # draw numbers of further attempts at a different parent


def draw_places(layout: Layout, lie: Located, number: int, word: Tensor, without: int) -> Tensor:
    """Return uniform integers in [0, size - without), 0 where there are none, from one word for each row."""
    n = (lie.size - without).clamp(min=1)
    product = word * n
    drawn, low = product >> _HALF, product & _MASK
    refused = low < ((1 << _HALF) - n) % n
    again = torch.full_like(n, number + _AGAIN)
    if looks(word):
        left = refused.nonzero()[:, 0]
        if left.numel():
            unit = lie.number[left]
            drawn[left] = bounded(layout.seed, unit, ROW, again[left], n[left], layout.largest, look=True)
        return drawn
    settled = bounded(layout.seed, lie.number, ROW, again, n, layout.largest, look=False)
    return torch.where(refused, settled, drawn)


def step_over(size: Tensor, taken: Tensor, drawn: Tensor) -> Tensor:
    """Turn draws among the other places into places: those from the taken one on move up by one."""
    return torch.minimum(drawn + (drawn >= taken), size - 1)


def draw_later(layout: Layout, lie: Located, j: int, before: list[Tensor]) -> Tensor:
    """Return parent j, drawn until it differs from those before it; 0 in cells of at most j rows."""
    device, look = lie.size.device, looks(lie.size)
    enough = lie.size > j
    size = torch.where(enough, lie.size, 1)

    def attempt(index: Tensor | None, t: Tensor) -> tuple[Tensor, Tensor]:
        def of(x: Tensor) -> Tensor:
            return x[:, None] if index is None else x[index, None]

        drawn = bounded(layout.seed, of(lie.number), ROW, j + _ATTEMPT * t, of(size), layout.largest, look=look)
        fresh = ~of(enough)
        fits = torch.ones_like(fresh)
        for other in before:
            fits = fits & (of(other) != drawn)
        return drawn, fits | fresh

    refused = j / max(layout.smallest, j + 1)  # cells of more than j rows have at least so many
    return torch.where(enough, first_that_fits(attempt, size.shape[0], tries_for(refused), device, look=look), 0)


def run_along(layout: Layout, passes: Passes, lie: Located) -> list[Tensor]:
    """Return the row's own place and those at the distances of its cell."""
    cells, streams = passes.shifts.shape[1:]
    at = (lie.p * cells + lie.cell) * streams
    moved = [lie.place + passes.shifts.view(-1)[at + j] for j in range(layout.k)]
    return [torch.where(place >= lie.size, place - lie.size, place) for place in moved]


def places(layout: Layout, passes: Passes, lie: Located, words: Words) -> list[Tensor]:
    """Return the places of the k parents of each row, (m,) each; `words` is the row's first block."""
    seed, k = layout.seed, layout.k
    if layout.scheme == records.CYCLIC:
        return run_along(layout, passes, lie)
    if layout.scheme == records.IID:
        own = list(words[:2])
        for block in range((max(k - 2, 0) + 3) // 4):
            own += draw(seed, lie.number, ROW, block + 1)
        return [draw_places(layout, lie, j, own[j], 0) for j in range(k)]
    first = lie.place
    if layout.scheme != records.ANCHOR:
        first = draw_places(layout, lie, 0, words[0], 0)
    second = step_over(lie.size, first, draw_places(layout, lie, 1, words[1], 1))
    parents = [first, second]
    for j in range(2, k):
        parents.append(draw_later(layout, lie, j, parents))
    return parents
