"""Leaves of random-projection trees: groups of near rows, fresh for every pass over the table.

A cell is split along a random direction until its parts hold about `leaf` rows. Split points depend on sizes
only, so every pass has leaves of the same sizes (s or s + 1). Continuous columns enter standardised; two
different levels of a discrete column are as far apart, on average, as two independent standardised numbers.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel
from synthmix.kernels.permutation import mix32, permute, right_bits
from synthmix.kernels.philox import LEAF, TREE, bounded, draw, normal_pair

_MASK = np.uint64(0xFFFFFFFF)
_GOLDEN = np.uint64(0x9E3779B9)
_CODE = np.uint64(0x85EBCA6B)
_TO_SIGNED = math.sqrt(12.0) / 4294967296.0  # a uniform 32-bit word to unit variance around zero
_CENTRE = math.sqrt(3.0)
_LEVEL = np.uint64(24)  # draw numbers below 2**24 are columns, the bits above them the level of the node


@inlined
def _level_weight(key: np.uint64, column: int, code: np.int32) -> float:
    word = mix32((key + np.uint64(column) * _GOLDEN) & _MASK)
    word = mix32((word + np.uint64(code) * _CODE + _GOLDEN) & _MASK)
    return float(word) * _TO_SIGNED - _CENTRE


@inlined
def _select(values: NDArray[np.float64], rows: NDArray[np.int64], low: int, high: int, k: int) -> None:
    """Sort ``values[low:high]`` (and rows with it) so far that places below k hold the smaller values."""
    left, right = low, high - 1
    while left < right:
        # Median of three as pivot; Hoare's partition stops at equal keys, so ties stay balanced.
        middle = (left + right) // 2
        a, b, c = values[left], values[middle], values[right]
        pivot = max(min(a, b), min(max(a, b), c))
        i, j = left, right
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                rows[i], rows[j] = rows[j], rows[i]
                i += 1
                j -= 1
        if k - 1 <= j:
            right = j
        elif k - 1 >= i:
            left = i
        else:
            return


@inlined
def _project(
    latent: NDArray[np.float64],
    scale: NDArray[np.float64],
    codes: NDArray[np.int32],
    direction: NDArray[np.float64],
    rows: NDArray[np.int64],
    values: NDArray[np.float64],
    low: int,
    high: int,
    seed: np.uint64,
    node: np.uint64,
    level: int,
) -> None:
    p = latent.shape[1]
    base = np.uint64(level) << _LEVEL  # one row may begin a node on every level
    for c in range(0, p, 2):
        a, b = normal_pair(seed, node, TREE, base + np.uint64(c + 1))
        direction[c] = a * scale[c]
        if c + 1 < p:
            direction[c + 1] = b * scale[c + 1]
    key = draw(seed, node, TREE, base)[0]
    for i in range(low, high):
        row = rows[i]
        total = 0.0
        for c in range(p):
            total += direction[c] * latent[row, c]
        for c in range(codes.shape[1]):
            total += _level_weight(key, c, codes[row, c])
        values[i] = total


@inlined
def leaves_of(size: int, leaf: int) -> int:
    """Return the number of leaves of a cell."""
    return max(1, size // leaf)


@kernel
def count_leaves(starts: NDArray[np.int64], leaf: int) -> int:
    """Return the number of leaves of all cells."""
    total = 0
    for c in range(starts.size - 1):
        total += leaves_of(starts[c + 1] - starts[c], leaf)
    return total


@kernel
def grow_cells(
    latent: NDArray[np.float64],
    scale: NDArray[np.float64],
    codes: NDArray[np.int32],
    order: NDArray[np.int64],
    starts: NDArray[np.int64],
    first_cell: int,
    last_cell: int,
    leaf: int,
    seed: np.uint64,
    number: int,
    keys: NDArray[np.uint64],
    out: NDArray[np.int64],
    leaf_starts: NDArray[np.int64],
    first_leaf: int,
) -> None:
    """Split cells [first_cell, last_cell) into leaves: source rows into `out`, their bounds into `leaf_starts`.

    `number` is the number of the pass; ``(pass, first slot, level)`` names a node, so the result does not
    depend on which thread works on which cell.
    """
    n = order.size
    values = np.empty(n)
    direction = np.empty(latent.shape[1] + 1)
    stack_low = np.empty(128, np.int64)
    stack_high = np.empty(128, np.int64)
    stack_leaves = np.empty(128, np.int64)
    stack_level = np.empty(128, np.int64)
    next_leaf = first_leaf
    for cell in range(first_cell, last_cell):
        begin, end = starts[cell], starts[cell + 1]
        size = end - begin
        bits = right_bits(size)
        for i in range(size):  # a random start breaks ties of the projections at random
            out[begin + i] = order[begin + permute(i, size, bits, keys, np.uint64(cell))]
        stack_low[0], stack_high[0], stack_leaves[0], stack_level[0] = begin, end, leaves_of(size, leaf), 0
        depth = 1
        while depth > 0:
            depth -= 1
            low, high = stack_low[depth], stack_high[depth]
            leaves, level = stack_leaves[depth], stack_level[depth]
            node = np.uint64(number) * np.uint64(n) + np.uint64(low)
            if leaves == 1:
                for i in range(high - low - 1, 0, -1):  # the order inside a leaf must not tell projections
                    j = np.int64(bounded(seed, node, LEAF, np.uint64(i), np.uint64(i + 1)))
                    out[low + i], out[low + j] = out[low + j], out[low + i]
                leaf_starts[next_leaf] = low
                next_leaf += 1
                continue
            left_leaves = leaves // 2
            middle = low + ((high - low) * left_leaves + leaves // 2) // leaves
            _project(latent, scale, codes, direction, out, values, low, high, seed, node, level)
            _select(values, out, low, high, middle)
            stack_low[depth], stack_high[depth] = middle, high
            stack_leaves[depth] = leaves - left_leaves
            stack_low[depth + 1], stack_high[depth + 1] = low, middle
            stack_leaves[depth + 1] = left_leaves
            stack_level[depth], stack_level[depth + 1] = level + 1, level + 1
            depth += 2
