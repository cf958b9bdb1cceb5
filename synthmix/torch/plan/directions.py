"""Uniform directions on a device: the twin of :mod:`synthmix.kernels.directions`.

Sums are written as the additions of the kernels, one after the other: ``torch.sum`` promises no order. Where torch
evaluates operations one by one, on a CPU or a GPU, the results have the bits of the kernels; a compiler that
contracts products and sums may change the last place.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from synthmix.kernels import formulas
from synthmix.kernels.formulas import TO_UNIT, circle
from synthmix.torch.plan.root import root
from synthmix.torch.plan.words import draw

_FEW = 4  # cuts that are sorted by straight code, which a compiler joins to the rest


class TensorNumbers:
    """The operations of :class:`synthmix.kernels.formulas.Numbers` on tensors; words are held in int64."""

    def uniform(self, word: Tensor) -> Tensor:
        """Return (word + 1/2) / 2**32 in float64."""
        return (word.to(torch.float64) + 0.5) * TO_UNIT

    def sqrt(self, x: Tensor) -> Tensor:
        """Return the square root."""
        return root(x)

    def smaller(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the smaller of two numbers."""
        return torch.minimum(x, y)

    def larger(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the larger of two numbers."""
        return torch.maximum(x, y)

    def sign(self, word: Tensor) -> Tensor:
        """Return 1 where the lowest bit of the word is set, else -1."""
        return (2 * (word & 1) - 1).to(torch.float64)


NUMBERS = TensorNumbers()


def words_of_direction(s: int) -> int:
    """Return how many 32-bit words a direction in s dimensions takes."""
    return 1 if s == 1 else s + s % 2 - 1


def batch_words(seed: int, units: Tensor, purpose: int, count: int) -> Tensor:
    """Return the first `count` words of each of the `units` (m,), four from each draw: int64, (count, m)."""
    blocks = torch.arange((count + 3) // 4, device=units.device).unsqueeze(1)
    words = draw(seed, units.expand(blocks.shape[0], -1), purpose, blocks)
    return torch.stack(words, dim=1).flatten(0, 1)[:count]


def sum_in_order(terms: Sequence[Tensor] | Tensor) -> Tensor:
    """Return the sum of the terms, added one after the other."""
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def fill_directions(words: Tensor, s: int) -> Tensor:
    """Return uniform points of the unit sphere in s dimensions, float64 (s, m), from words (s + s % 2 - 1, m).

    The construction is that of :func:`synthmix.kernels.formulas.direction`, for all coordinates at once.
    """
    if s == 1:
        return NUMBERS.sign(words[:1])
    pairs = (s + 1) // 2
    turns = NUMBERS.uniform(words)
    cosine, sine = circle(turns[pairs - 1 :])
    x = torch.stack([cosine, sine], dim=1)
    if pairs > 1:
        cuts = _sorted(turns[: pairs - 1])
        one = torch.ones_like(cuts[:1])
        x = root(torch.cat([cuts[:1], cuts[1:] - cuts[:-1], one - cuts[-1:]])).unsqueeze(1) * x
    x = x.flatten(0, 1)[:s]
    return x * (1.0 / root(sum_in_order(x * x)))


def _sorted(cuts: Tensor) -> Tensor:
    """Return `cuts` (c, m) in ascending order along the first axis."""
    if cuts.shape[0] > _FEW:
        return torch.sort(cuts, dim=0).values
    rows = list(cuts)
    for a in range(1, len(rows)):
        for b in range(a):  # insert: the larger of two moves up
            rows[b], rows[a] = torch.minimum(rows[b], rows[a]), torch.maximum(rows[b], rows[a])
    return torch.stack(rows)


def lift(x: Tensor) -> Tensor:
    """Return H'x, (s + 1, ...) for x (s, ...): the vectors of sum zero whose coordinates in the Helmert basis are x."""
    return torch.stack(formulas.lift(list(x)))
