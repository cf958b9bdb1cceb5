"""A square root with the bits of IEEE 754 on every device."""

from __future__ import annotations

import torch
from torch import Tensor

_SPLIT = 134217729.0  # 2**27 + 1 cuts a double into two halves whose products are exact (Dekker 1971)


def root(x: Tensor) -> Tensor:
    """Return the correctly rounded square root of float64 numbers that are 0 or between 1e-90 and 1e90.

    On a CPU ``torch.sqrt`` may come from a vector library that is wrong in the last place for one number in 70.
    The exact remainder ``x - s * s`` tells on which side of s the root lies, and whether beyond the middle between s
    and its neighbour there, which then is the answer. On a GPU the root is right as it is, and a compiler there may
    contract products and sums, which the exact remainder would not survive.
    """
    s = torch.sqrt(x)
    if x.device.type != "cpu":
        return s
    c = _SPLIT * s
    high = c - (c - s)
    low = s - high
    square = s * s
    error = ((high * high - square) + 2.0 * (high * low)) + low * low
    remainder = (x - square) - error
    near = torch.nextafter(s, torch.where(remainder > 0.0, 2.0 * s, 0.0))
    step = near - s
    beyond = (remainder - s * step) - 0.25 * (step * step)  # x minus the square of the middle
    return torch.where(beyond * step > 0.0, near, s)
