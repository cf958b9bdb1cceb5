"""Leaves of random-projection trees: groups of near rows, fresh for every pass over the table.

A cell is split along a random direction until its parts hold about `leaf` rows. Split points depend on sizes
only, so every pass has leaves of the same sizes (s or s + 1). Continuous columns enter standardised; two
different levels of a discrete column are as far apart, on average, as two independent standardised numbers.

``(pass, first slot, level)`` names a node and its random words, so nodes may be split in any order and by any thread.
A node is split from the table (:func:`project_node`) as long as it is large. A smaller one is copied once, and
:func:`grow` takes it down to its leaves.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel
from synthmix.kernels.philox import LEAF, SCATTER, bounded, draw
from synthmix.kernels.projection import (
    copy_rows,
    draw_direction,
    name_of,
    project_copies,
    project_table,
    row_of,
    select,
)

# Columns of a list of nodes.
LOW, HIGH, LEAVES, LEVEL, LEAF_NUMBER = range(5)

_NAME = np.int64(0xFFFFFFFF)
_MASK = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_ONE = np.uint64(1)
_ZERO = np.uint64(0)
# Draw numbers of a shuffle: blocks of four words, and far above them second tries.
_BLOCKS = np.uint64(2)
_AGAIN = np.uint64(1 << 30)


class Forest(NamedTuple):
    """What the trees of one pass are grown on."""

    latent: NDArray[np.float64]
    scale: NDArray[np.float64]
    codes: NDArray[np.int32]
    seed: np.uint64
    first_slot: np.uint64  # number of the pass times number of rows
    names: np.uint64  # key of the names of rows, which are below 2**32


class Copies(NamedTuple):
    """Room for the rows of one node."""

    rows: NDArray[np.int64]
    latent: NDArray[np.float32]  # standardised; columns of zeros make the width a multiple of eight
    codes: NDArray[np.uint32]  # hashed
    direction: NDArray[np.float32]
    drawn: NDArray[np.float64]  # the same direction, as it was drawn
    ones: NDArray[np.float64]


def middle_of(low: int, high: int, leaves: int) -> int:
    """Return where a node is split: its first leaves // 2 leaves lie below."""
    return low + ((high - low) * (leaves // 2) + leaves // 2) // leaves


_middle_of = inlined(middle_of)


@kernel
def name_rows(forest: Forest, order: NDArray[np.int64], keys: NDArray[np.int64]) -> None:
    """Let every key hold the name of its source row."""
    for i in range(order.size):
        keys[i] = np.int64(name_of(np.uint64(order[i]), forest.names))


@kernel
def project_node(forest: Forest, keys: NDArray[np.int64], first_slot: int, level: int, low: int, high: int) -> None:
    """Project the rows of part [low, high) of the node at `first_slot` on the direction of the node."""
    direction = np.empty(forest.scale.size)
    unit = forest.first_slot + np.uint64(first_slot)
    word = draw_direction(forest.seed, unit, level, forest.scale, direction)
    first = np.int64(row_of(np.uint64(keys[first_slot] & _NAME), forest.names))
    project_table(forest.latent, forest.codes, direction, word, forest.names, keys, low, high, first)


@inlined
def _shuffle(
    values: NDArray[np.int64], low: int, high: int, seed: np.uint64, unit: np.uint64, purpose: np.uint64
) -> None:
    """Put ``values[low:high]`` in random order (Fisher and Yates), four draws from a block, without bias."""
    words = _ZERO, _ZERO, _ZERO, _ZERO
    for i in range(high - low - 1, 0, -1):
        if i % 4 == 3 or i == high - low - 1:
            words = draw(seed, unit, purpose, _BLOCKS + np.uint64(i // 4))
        n = np.uint64(i + 1)
        product = words[i % 4] * n
        j = np.int64(product >> _HALF)
        rest = product & _MASK
        if rest < n and rest < ((_ONE << _HALF) - n) % n:  # Lemire's rejection, as in `bounded`
            j = np.int64(bounded(seed, unit, purpose, _AGAIN + np.uint64(i), n))
        values[low + i], values[low + j] = values[low + j], values[low + i]


@inlined
def _copy(forest: Forest, copies: Copies, keys: NDArray[np.int64], low: int, high: int) -> None:
    """Copy the rows of a node in random order; from here on their numbers in that order are their names."""
    for s in range(low, high):
        keys[s] = np.int64(row_of(np.uint64(keys[s] & _NAME), forest.names))
    _shuffle(keys, low, high, forest.seed, forest.first_slot + np.uint64(low), SCATTER)
    for i in range(high - low):
        copies.rows[i] = keys[low + i]
        keys[low + i] = i
    copy_rows(forest.latent, forest.scale, forest.codes, copies.rows, high - low, copies.latent, copies.codes)


@inlined
def _split(
    forest: Forest, copies: Copies, keys: NDArray[np.int64], low: int, high: int, middle: int, level: int
) -> None:
    """Split a node of copied rows."""
    word = draw_direction(forest.seed, forest.first_slot + np.uint64(low), level, copies.ones, copies.drawn)
    for c in range(copies.drawn.size):
        copies.direction[c] = copies.drawn[c]
    project_copies(copies.latent, copies.codes, copies.direction, word, keys, low, high)
    select(keys, low, high, middle)


@kernel
def grow(
    forest: Forest,
    copies: Copies,
    nodes: NDArray[np.int64],
    keys: NDArray[np.int64],
    leaf_starts: NDArray[np.int64],
) -> None:
    """Split nodes down to their leaves, put source rows in the place of keys, and note where each leaf starts."""
    stack = np.empty((128, 3), np.int64)  # what is left to do, to the right: high, leaves, level
    for i in range(nodes.shape[0]):
        low, leaf = nodes[i, LOW], nodes[i, LEAF_NUMBER]
        alone = nodes[i, LEAVES] == 1  # a leaf from the start is not worth a copy, and may be too large for one
        if not alone:
            _copy(forest, copies, keys, low, nodes[i, HIGH])
        stack[0, 0], stack[0, 1], stack[0, 2] = nodes[i, HIGH], nodes[i, LEAVES], nodes[i, LEVEL]
        depth = 1
        while depth > 0:
            high, leaves, level = stack[depth - 1]
            if leaves > 1:
                middle = _middle_of(low, high, leaves)
                _split(forest, copies, keys, low, high, middle, level)
                stack[depth - 1, 1], stack[depth - 1, 2] = leaves - leaves // 2, level + 1
                stack[depth, 0], stack[depth, 1], stack[depth, 2] = middle, leaves // 2, level + 1
                depth += 1
                continue
            for s in range(low, high):
                name = keys[s] & _NAME
                keys[s] = np.int64(row_of(np.uint64(name), forest.names)) if alone else copies.rows[name]
            # The order inside a leaf must not tell projections.
            _shuffle(keys, low, high, forest.seed, forest.first_slot + np.uint64(low), LEAF)
            leaf_starts[leaf] = low
            low, leaf, depth = high, leaf + 1, depth - 1
