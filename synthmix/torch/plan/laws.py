"""Draw weights from a law given as data, on a device: the twin of :mod:`synthmix.kernels.laws` and ``mixing.blocks``.

Products and sums are those of the kernels, one after the other, so weights have the bits of the kernels wherever
operations are evaluated one by one; what a compiler may change is the last place.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synthmix.kernels import records
from synthmix.torch.plan.bounded import bounded, looks
from synthmix.torch.plan.sphere import sphere_weights
from synthmix.torch.plan.tables import upload
from synthmix.torch.plan.words import WEIGHTS, Words, draw, to_unit

_CHOICE = 0x7FFFFFFF  # draw number of the hybrid's choice


class Quantiles(NamedTuple):
    """A piecewise linear quantile function: knots (u, q), and width and rise of the segment after each but the last.

    Where nothing is between two equal u, width is 1 and rise 0.
    """

    u: Tensor
    q: Tensor
    width: Tensor
    rise: Tensor
    plain: bool  # the uniform law itself


class Law(NamedTuple):
    """A weights law on a device (the fields are documented in :class:`synthmix.weights.LawData`)."""

    code: int
    k: int
    params: tuple[float, ...]
    quantiles: tuple[Quantiles, ...]
    rows: Tensor


def law_on(arrays: records.LawArrays, device: torch.device) -> Law:
    """Return a law on a device."""
    tables = quantiles_on(arrays.u, arrays.q, arrays.offsets, device)
    params = tuple(float(value) for value in arrays.params)
    return Law(arrays.code, arrays.k, params, tables, upload(arrays.rows, device))


def quantiles_on(
    u: NDArray[np.float64], q: NDArray[np.float64], offsets: NDArray[np.int64], device: torch.device
) -> tuple[Quantiles, ...]:
    """Return the quantile functions of a law on a device: the knots of one lie between two offsets."""
    tables = []
    for low, high in pairwise(offsets):
        knots, values = u[low:high], q[low:high]
        width, rise = np.diff(knots), np.diff(values)
        empty = width <= 0.0
        parts = knots, values[:-1], np.where(empty, 1.0, width), np.where(empty, 0.0, rise)
        plain = bool(knots[-2] == 0.0 and values[-2] == 0.0 and values[-1] == 1.0)
        starts, levels, widths, rises = (upload(part, device) for part in parts)
        tables.append(Quantiles(starts, levels, widths, rises, plain))
    return tuple(tables)


def shares(table: Quantiles, high: Tensor, low: Tensor) -> Tensor:
    """Return draws of a law on the line from two words each, float64 of the shape of the words."""
    return quantile(table, to_unit(high, low))


def quantile(table: Quantiles, x: Tensor) -> Tensor:
    """Return a quantile function at `x` in [0, 1], float64 of any shape."""
    if table.plain:
        return x
    j = (torch.searchsorted(table.u, x.contiguous(), right=True) - 1).clamp(max=table.q.shape[0] - 1)
    return table.q[j] + (x - table.u[j]) / table.width[j] * table.rise[j]


def draw_weights(law: Law, seed: int, rows: Tensor, words: Words) -> list[Tensor]:
    """Return the k weights of each row, float64 (m,) each; words 2 and 3 of `words` are its first uniform number."""
    if law.code == records.TWO_POINT:
        return _two_points(law, words)
    if law.code == records.STICK:
        return _stick(law, seed, rows, words)
    if law.code == records.ROWS:
        size = law.rows.shape[0]
        most = torch.full_like(rows, size)
        chosen = bounded(seed, rows, WEIGHTS, torch.zeros_like(rows), most, size, look=looks(rows))
        return [law.rows[:, j][chosen] for j in range(law.k)]
    if law.code == records.HYBRID:
        several = sphere_weights(seed, rows, law.k, law.params[1]).unbind(0)
        choice = draw(seed, rows, WEIGHTS, _CHOICE)
        two = _two_points(law, words)
        two += [torch.zeros_like(two[0])] * (law.k - 2)
        chosen = to_unit(choice[0], choice[1]) < law.params[0]
        return [torch.where(chosen, a, b) for a, b in zip(two, several, strict=True)]
    return list(sphere_weights(seed, rows, law.k, law.params[0]).unbind(0))


def _two_points(law: Law, words: Words) -> list[Tensor]:
    first = shares(law.quantiles[0], words[2], words[3])
    return [first, 1.0 - first]


def _stick(law: Law, seed: int, rows: Tensor, words: Words) -> list[Tensor]:
    """Break a stick: parent j takes a share of what the parents before it left."""
    weights: list[Tensor] = []
    rest = torch.ones(rows.shape, dtype=torch.float64, device=rows.device)
    later: tuple[Tensor, ...] = ()
    for j in range(law.k - 1):
        if j % 2 == 1:
            later = draw(seed, rows, WEIGHTS, j // 2)
        at = 2 * ((j - 1) % 2)
        high, low = (words[2], words[3]) if j == 0 else (later[at], later[at + 1])
        share = shares(law.quantiles[j], high, low)
        weights.append(rest * share)
        rest = rest * (1.0 - share)
    return [*weights, rest]
