"""Whole numbers without bias, and tries that go on until one fits, without asking the device how many it takes.

A kernel draws again while a draw is refused. On a device that would mean to wait for an answer after each try. Here all
tries that could ever be needed are made together: so many that the chance that none fits is below 2**-64 for a row,
which is less than that of an undetected memory error. Compiled, they are one loop in registers. On the CPU, where
nothing waits, only rows that were refused try again, without an end.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from synthmix.torch.plan.words import Words, draw

_HALF = 32
_MASK = 0xFFFFFFFF
_NEXT = 0x80000000  # draw numbers of blocks after the first
_BITS = 72.0  # tries all fail below 2**-72, so that all that a row draws fail below 2**-64
_ROOM = 2**22  # tries that are held at once

Try = Callable[[Tensor | None, Tensor], tuple[Tensor, Tensor]]


def tries_for(refused: float) -> int:
    """Return how many independent tries, each refused with probability below `refused`, all fail below 2**-64."""
    return 1 if refused <= 0.0 else max(1, math.ceil(_BITS / -math.log2(refused)))


def looks(tensor: Tensor) -> bool:
    """Return whether to look which rows need another try: nothing waits for an answer of the CPU."""
    return tensor.device.type == "cpu" and not torch.compiler.is_compiling()


def first_that_fits(attempt: Try, rows: int, tries: int, device: torch.device, *, look: bool) -> Tensor:
    """Return the value of the first try of each row that fits, shape (rows,).

    Parameters
    ----------
    attempt : callable
        ``attempt(index, t)`` returns the values of tries `t` of rows `index` and whether they fit, all of shape (r, c):
        `index` (r,) names rows, None all of them, and `t` has shape (r, 1), (1, c) or (1, 1).
    rows, tries : int
        How many rows there are, and how many tries are made where nobody looks.
    device : torch.device
    look : bool
        Whether to look which rows were refused, and to try again until none is.
    """
    if look or tries == 1:
        start = torch.zeros((1, 1), dtype=torch.int64, device=device)
        found, fits = (part[:, 0] for part in attempt(None, start))
        left = (~fits).nonzero()[:, 0] if look else fits[:0]
        while left.numel():
            start = start + 1
            again, fits = (part[:, 0] for part in attempt(left, start))
            found[left] = again
            left = left[~fits]
        return found
    number = torch.arange(tries, device=device)[None]
    room = rows if torch.compiler.is_compiling() else max(_ROOM // tries, 1)
    parts = []
    for low in range(0, rows, room):
        index = None if room >= rows else torch.arange(low, min(low + room, rows), device=device)
        _, fits = attempt(index, number)
        first = torch.where(fits, number, tries - 1).amin(dim=1, keepdim=True)
        parts.append(attempt(index, first)[0][:, 0])
    return torch.cat(parts) if len(parts) > 1 else parts[0]


def bounded(seed: int, unit: Tensor, purpose: int, number: Tensor, n: Tensor, largest: int, *, look: bool) -> Tensor:
    """Return integers in [0, n), the twin of :func:`synthmix.kernels.philox.bounded`.

    Parameters
    ----------
    seed, purpose : int
    unit, number, n : Tensor of int64
        Of shapes that broadcast.
    largest : int
        An upper bound of `n`, which decides how many words can be needed.
    look : bool
        Whether to look which draws were refused, and to try again until none is.
    """
    threshold = ((1 << _HALF) - n) % n
    value, fits = _settle(draw(seed, unit, purpose, number), n, threshold)
    if not look:
        for extra in range(-(-tries_for(largest / 2.0**_HALF) // 4) - 1):
            words = draw(seed, unit, purpose, (number + (_NEXT + extra)) & _MASK)
            again, fresh = _settle(words, n, threshold)
            value, fits = torch.where(fits, value, again), fits | fresh
        return value
    left, extra = (~fits).nonzero(as_tuple=True), 0
    while left[0].numel():
        at, block, over, below = (x.expand(value.shape)[left] for x in (unit, number, n, threshold))
        words = draw(seed, at, purpose, (block + (_NEXT + extra)) & _MASK)
        value[left], fits = _settle(words, over, below)
        left, extra = tuple(axis[~fits] for axis in left), extra + 1
    return value


def _settle(words: Words, n: Tensor, threshold: Tensor) -> tuple[Tensor, Tensor]:
    """Return what the first word that is not refused gives, and whether there is one."""
    value, fits = torch.zeros_like(n), torch.zeros_like(n, dtype=torch.bool)
    for word in words:
        product = word * n
        value, fits = torch.where(fits, value, product >> _HALF), fits | ((product & _MASK) >= threshold)
    return value, fits
