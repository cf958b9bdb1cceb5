"""A keyed permutation of [0, n), evaluated at a point: a Feistel network on a * 2**k points with cycle walking.

A point is a pair (left, right) with left in [0, a) and right in [0, 2**k), 2**k near the root of n and a as small as
n allows. In turn each half is shifted, modulo its size, by a keyed hash of the other: a bijection, whatever the hash.
A value outside [0, n) is sent through again until it falls inside; from n = 256 on at most one in sqrt(n) needs that
(smaller n have a domain of 256 points, so that the halves are worth mixing). Nothing is stored but eight round keys.
The `tweak` gives every cell of a table its own permutation from the same keys.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel, spliced
from synthmix.kernels.philox import draw

ROUNDS = 8
_MINIMAL_BITS = 4
_MASK = np.uint64(0xFFFFFFFF)
_ONE = np.uint64(1)
_HALF = np.uint64(32)
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


@spliced
def mix32(value: np.uint64) -> np.uint64:
    """Scramble a 32-bit word (the finaliser of MurmurHash3, a bijection of 32-bit words)."""
    one = value ^ (value >> _SHIFT_16)
    two = (one * _MIX_1) & _MASK
    three = two ^ (two >> _SHIFT_13)
    four = (three * _MIX_2) & _MASK
    return four ^ (four >> _SHIFT_16)


@inlined
def right_bits(n: int) -> int:
    """Return k of the domain a * 2**k that holds [0, n)."""
    bits = _MINIMAL_BITS
    while (_ONE << np.uint64(2 * bits + 2)) <= np.uint64(n):
        bits += 1
    return bits


@inlined
def left_size(n: int, bits: int) -> np.uint64:
    """Return a of the domain a * 2**k that holds [0, n), at least 16."""
    size = (np.uint64(n) + (_ONE << np.uint64(bits)) - _ONE) >> np.uint64(bits)
    return max(size, np.uint64(16))


@spliced
def _turn(half: np.uint64, key: np.uint64, tweak: np.uint64, size: np.uint64) -> np.uint64:
    """Return a keyed hash of `half`, spread over [0, size)."""
    return (mix32(((half * _GOLDEN) ^ key) + tweak & _MASK) * size) >> _HALF


@spliced
def once(value: np.uint64, size: np.uint64, bits: np.uint64, keys: NDArray[np.uint64], tweak: np.uint64) -> np.uint64:
    """Send a point of the domain through the network once."""
    width = _ONE << bits
    left, right = value >> bits, value & (width - _ONE)
    for r in range(0, ROUNDS, 2):
        left += _turn(right, keys[r], tweak, size)
        left = left - size if left >= size else left
        right = (right + _turn(left, keys[r + 1], tweak, width)) & (width - _ONE)
    return (left << bits) | right


@inlined
def permute(value: int, n: int, bits: int, keys: NDArray[np.uint64], tweak: np.uint64) -> int:
    """Return the image of `value` under the keyed permutation of [0, n); bits = right_bits(n)."""
    size = left_size(n, bits)
    x = once(np.uint64(value), size, np.uint64(bits), keys, tweak)
    while x >= np.uint64(n):
        x = once(x, size, np.uint64(bits), keys, tweak)
    return np.int64(x)  # type: ignore[return-value]  # Numba integers stand for Python ones


@inlined
def unpermute(value: int, n: int, bits: int, keys: NDArray[np.uint64], tweak: np.uint64) -> int:
    """Return the point whose image under :func:`permute` is `value`."""
    size, width = left_size(n, bits), _ONE << np.uint64(bits)
    x = np.uint64(value)
    while True:
        left, right = x >> np.uint64(bits), x & (width - _ONE)
        for r in range(ROUNDS - 2, -1, -2):
            right = (right - _turn(left, keys[r + 1], tweak, width)) & (width - _ONE)
            left += size - _turn(right, keys[r], tweak, size)
            left = left - size if left >= size else left
        x = (left << np.uint64(bits)) | right
        if x < np.uint64(n):
            return np.int64(x)  # type: ignore[return-value]


@kernel
def permute_all(places: NDArray[np.int64], n: int, keys: NDArray[np.uint64], tweak: np.uint64) -> None:
    """Replace every place in [0, n) by its image."""
    bits = right_bits(n)
    size = left_size(n, bits)
    for i in range(places.size):  # without branches, so that the compiler can take several points at once
        places[i] = np.int64(once(np.uint64(places[i]), size, np.uint64(bits), keys, tweak))
    for i in range(places.size):
        while places[i] >= n:
            places[i] = np.int64(once(np.uint64(places[i]), size, np.uint64(bits), keys, tweak))


@kernel
def permutation(n: int, keys: NDArray[np.uint64], tweak: np.uint64) -> NDArray[np.int64]:
    """Return all n images, in order."""
    out = np.arange(n)
    permute_all(out, n, keys, tweak)
    return out


@kernel
def inverse_permutation(n: int, keys: NDArray[np.uint64], tweak: np.uint64) -> NDArray[np.int64]:
    """Return all n pre-images, in order."""
    bits = right_bits(n)
    out = np.empty(n, np.int64)
    for i in range(n):
        out[i] = unpermute(i, n, bits, keys, tweak)
    return out
