"""Counter-based random numbers on a device: the twin of :mod:`synthmix.kernels.philox`.

torch has no full set of operations on unsigned words, so 32-bit words are held in ``int64``. A product of two words may
pass 2**63; it then wraps, as two's complement does on every device, and masks after the shift take the sign away.
"""

from __future__ import annotations

import torch
from torch import Tensor

from synthmix.kernels import philox as twin

_MASK = 0xFFFFFFFF
_M0, _M1 = 0xD2511F53, 0xCD9E8D57
_W0, _W1 = 0x9E3779B9, 0xBB67AE85
_TO_UNIT = 2.0**-53

# Purposes: the same numbers as the kernels use.
ROW, WEIGHTS, ROTATION, DONOR = (int(getattr(twin, name)) for name in ("ROW", "WEIGHTS", "ROTATION", "DONOR"))

Words = tuple[Tensor, Tensor, Tensor, Tensor]


def philox(c0: Tensor, c1: Tensor, c2: Tensor, c3: Tensor, k0: int, k1: int) -> Words:
    """Return the four 32-bit words (held in int64) of one Philox 4x32-10 block for each counter.

    Parameters
    ----------
    c0, c1, c2, c3 : Tensor of int64
        Words of the counters, in [0, 2**32), of shapes that broadcast.
    k0, k1 : int
        Words of the key.
    """
    for _ in range(10):
        p0, p1 = c0 * _M0, c2 * _M1
        c0 = ((p1 >> 32) & _MASK) ^ c1 ^ k0
        c2 = ((p0 >> 32) & _MASK) ^ c3 ^ k1
        c1, c3 = p1 & _MASK, p0 & _MASK
        k0, k1 = (k0 + _W0) & _MASK, (k1 + _W1) & _MASK
    return c0, c1, c2, c3


def draw(seed: int, unit: Tensor, purpose: int, number: int | Tensor) -> Words:
    """Return block `number` of the words that belong to each `unit` (int64, any shape) and `purpose`."""
    c2 = torch.full_like(unit, purpose)
    c3 = torch.full_like(unit, number) if isinstance(number, int) else number
    return philox(unit & _MASK, (unit >> 32) & _MASK, c2, c3, seed & _MASK, (seed >> 32) & _MASK)


def to_unit(high: Tensor, low: Tensor) -> Tensor:
    """Turn pairs of 32-bit words into float64 in [0, 1) with 53 random bits."""
    whole = ((high >> 5) << 26) | (low >> 6)
    return whole.to(torch.float64) * _TO_UNIT
