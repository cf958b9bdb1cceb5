"""A keyed permutation of [0, n), evaluated at a point: a Feistel network with cycle walking.

The network permutes the smallest power of two that holds n (at least 2**8, so that small domains still have
halves worth mixing); a value outside [0, n) is sent through again until it falls inside, which is a
bijection of [0, n) and takes fewer than two turns on average for n >= 128. Nothing is stored but eight round
keys. The `tweak` gives every cell of a table its own permutation from the same keys.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel
from synthmix.kernels.philox import draw

ROUNDS = 8
_MINIMAL_BITS = 8
_MASK = np.uint64(0xFFFFFFFF)
_ONE = np.uint64(1)
_MIX_1 = np.uint64(0x85EBCA6B)
_MIX_2 = np.uint64(0xC2B2AE35)
_GOLDEN = np.uint64(0x9E3779B9)
_SHIFT_16 = np.uint64(16)
_SHIFT_13 = np.uint64(13)


@kernel
def round_keys(seed: np.uint64, unit: np.uint64, purpose: np.uint64) -> NDArray[np.uint64]:
    """Return the eight round keys of one pass over the table."""
    keys = np.empty(ROUNDS, np.uint64)
    keys[0], keys[1], keys[2], keys[3] = draw(seed, unit, purpose, np.uint64(0))
    keys[4], keys[5], keys[6], keys[7] = draw(seed, unit, purpose, np.uint64(1))
    return keys


@inlined
def mix32(value: np.uint64) -> np.uint64:
    """Scramble a 32-bit word (the finaliser of MurmurHash3, a bijection of 32-bit words)."""
    value ^= value >> _SHIFT_16
    value = (value * _MIX_1) & _MASK
    value ^= value >> _SHIFT_13
    value = (value * _MIX_2) & _MASK
    return value ^ (value >> _SHIFT_16)


@inlined
def domain_bits(n: int) -> int:
    """Return the number of bits of the power-of-two domain that holds [0, n)."""
    bits = _MINIMAL_BITS
    while (np.uint64(1) << np.uint64(bits)) < np.uint64(n):
        bits += 1
    return bits


@inlined
def _round(half: np.uint64, key: np.uint64, tweak: np.uint64) -> np.uint64:
    return mix32(((half * _GOLDEN) ^ key) + tweak & _MASK)


@inlined
def permute(value: int, n: int, bits: int, keys: NDArray[np.uint64], tweak: np.uint64) -> int:
    """Return the image of `value` under the keyed permutation of [0, n)."""
    low_bits = np.uint64(bits - bits // 2)
    high_bits = np.uint64(bits // 2)
    x = np.uint64(value)
    while True:
        left = x >> low_bits
        right = x & ((_ONE << low_bits) - _ONE)
        # The halves swap widths in every round; after an even number of rounds they are as at the start.
        for r in range(0, ROUNDS, 2):
            left ^= _round(right, keys[r], tweak) & ((_ONE << high_bits) - _ONE)
            right ^= _round(left, keys[r + 1], tweak) & ((_ONE << low_bits) - _ONE)
        x = (left << low_bits) | right
        if x < np.uint64(n):
            return np.int64(x)  # type: ignore[return-value]  # Numba integers stand for Python ones


@inlined
def unpermute(value: int, n: int, bits: int, keys: NDArray[np.uint64], tweak: np.uint64) -> int:
    """Return the point whose image under :func:`permute` is `value`."""
    low_bits = np.uint64(bits - bits // 2)
    high_bits = np.uint64(bits // 2)
    x = np.uint64(value)
    while True:
        left = x >> low_bits
        right = x & ((_ONE << low_bits) - _ONE)
        for r in range(ROUNDS - 2, -1, -2):
            right ^= _round(left, keys[r + 1], tweak) & ((_ONE << low_bits) - _ONE)
            left ^= _round(right, keys[r], tweak) & ((_ONE << high_bits) - _ONE)
        x = (left << low_bits) | right
        if x < np.uint64(n):
            return np.int64(x)  # type: ignore[return-value]  # Numba integers stand for Python ones


@kernel
def permutation(n: int, keys: NDArray[np.uint64], tweak: np.uint64) -> NDArray[np.int64]:
    """Return all n images, in order."""
    bits = domain_bits(n)
    out = np.empty(n, np.int64)
    for i in range(n):
        out[i] = permute(i, n, bits, keys, tweak)
    return out


@kernel
def inverse_permutation(n: int, keys: NDArray[np.uint64], tweak: np.uint64) -> NDArray[np.int64]:
    """Return all n pre-images, in order."""
    bits = domain_bits(n)
    out = np.empty(n, np.int64)
    for i in range(n):
        out[i] = unpermute(i, n, bits, keys, tweak)
    return out
