"""A hash of 32-bit words."""

from __future__ import annotations

import numpy as np

from synthmix.kernels.compile import spliced

_MASK = np.uint64(0xFFFFFFFF)
_MIX_1 = np.uint64(0x85EBCA6B)
_MIX_2 = np.uint64(0xC2B2AE35)
_SHIFT_16 = np.uint64(16)
_SHIFT_13 = np.uint64(13)


@spliced
def mix32(value: np.uint64) -> np.uint64:
    """Scramble a 32-bit word (the finaliser of MurmurHash3, a bijection of 32-bit words)."""
    one = value ^ (value >> _SHIFT_16)
    two = (one * _MIX_1) & _MASK
    three = two ^ (two >> _SHIFT_13)
    four = (three * _MIX_2) & _MASK
    return four ^ (four >> _SHIFT_16)
