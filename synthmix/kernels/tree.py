"""Leaves of random-projection trees: groups of near rows, fresh for every pass over the table.

A cell is split along a random direction until its parts hold about `leaf` rows. Split points depend on sizes
only, so every pass has leaves of the same sizes (s or s + 1). Continuous columns enter standardised; two
different levels of a discrete column are as far apart, on average, as two independent standardised numbers.

``(pass, first slot, level)`` names a node and its random words, so that nodes may be split in any order, by any
number of threads. The rows of a node that fits the cache are copied there once, for all levels below it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel
from synthmix.kernels.philox import LEAF, SCATTER, bounded, draw
from synthmix.kernels.projection import (
    BLOCK,
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
FIELDS = 5

_COPIED_NUMBERS = 1 << 20  # four MiB: a few levels below, what is left of a node fits the second-level cache
_COPIED_ROWS = (128, 1 << 16)
_NAME = np.int64(0xFFFFFFFF)
_MASK = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_ONE = np.uint64(1)
# Draw numbers of SCATTER and LEAF: blocks of four words for a shuffle, then second tries, then the key of the names.
_AGAIN = np.uint64(1 << 30)
_NAMES = np.uint64(1 << 31)


class Forest(NamedTuple):
    """What the trees of one pass are grown on."""

    latent: NDArray[np.float64]
    scale: NDArray[np.float64]
    codes: NDArray[np.int32]
    seed: np.uint64
    first_slot: np.uint64  # number of the pass times number of rows
    names: np.uint64  # key of the names of rows


class Copies(NamedTuple):
    """Room for the rows of one node that fits the cache."""

    rows: NDArray[np.int64]
    latent: NDArray[np.float32]  # standardised; zero columns make the width a multiple of BLOCK
    codes: NDArray[np.uint32]  # hashed
    direction: NDArray[np.float32]
    ones: NDArray[np.float64]


@inlined
def leaves_of(size: int, leaf: int) -> int:
    """Return the number of leaves of a cell."""
    return max(1, size // leaf)


@inlined
def middle_of(low: int, high: int, leaves: int) -> int:
    """Return where a node is split: its first leaves // 2 leaves lie below."""
    return low + ((high - low) * (leaves // 2) + leaves // 2) // leaves


@kernel
def roots(starts: NDArray[np.int64], leaf: int) -> NDArray[np.int64]:
    """Return the list of nodes that are whole cells."""
    nodes = np.zeros((starts.size - 1, FIELDS), np.int64)
    number = 0
    for c in range(starts.size - 1):
        leaves = leaves_of(starts[c + 1] - starts[c], leaf)
        nodes[c, LOW], nodes[c, HIGH], nodes[c, LEAVES], nodes[c, LEAF_NUMBER] = (
            starts[c],
            starts[c + 1],
            leaves,
            number,
        )
        number += leaves
    return nodes


@inlined
def halve(node: NDArray[np.int64], left: NDArray[np.int64], right: NDArray[np.int64]) -> None:
    """Write the two parts of `node`, which may be one of them."""
    low, high, leaves, level, number = node[LOW], node[HIGH], node[LEAVES], node[LEVEL] + 1, node[LEAF_NUMBER]
    middle, half = middle_of(low, high, leaves), leaves // 2
    left[LOW], left[HIGH], left[LEAVES], left[LEVEL], left[LEAF_NUMBER] = low, middle, half, level, number
    right[LOW], right[HIGH], right[LEAVES], right[LEVEL] = middle, high, leaves - half, level
    right[LEAF_NUMBER] = number + half


@kernel
def halved(nodes: NDArray[np.int64], chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the nodes in order, the chosen ones as their two parts."""
    out = np.empty((nodes.shape[0] + chosen.sum(), FIELDS), np.int64)
    place = 0
    for i in range(nodes.shape[0]):
        if chosen[i]:
            halve(nodes[i], out[place], out[place + 1])
            place += 2
        else:
            out[place] = nodes[i]
            place += 1
    return out


@kernel
def names_key(seed: np.uint64, number: int) -> np.uint64:
    """Return the key of the names of rows in pass `number`."""
    return draw(seed, np.uint64(number), SCATTER, _NAMES)[0]


@kernel
def name_rows(forest: Forest, order: NDArray[np.int64], keys: NDArray[np.int64]) -> None:
    """Let every key hold the name of its source row."""
    for i in range(order.size):
        keys[i] = np.int64(name_of(np.uint64(order[i]), forest.names))


@kernel
def project_part(forest: Forest, node: NDArray[np.int64], keys: NDArray[np.int64], low: int, high: int) -> None:
    """Project the rows of part [low, high) of a node on the direction of the node."""
    direction = np.empty(forest.scale.size)
    unit = forest.first_slot + np.uint64(node[LOW])
    word = draw_direction(forest.seed, unit, node[LEVEL], forest.scale, direction)
    first = np.int64(row_of(np.uint64(keys[node[LOW]] & _NAME), forest.names))
    project_table(forest.latent, forest.codes, direction, word, forest.names, keys, low, high, first)


@kernel
def select_middle(node: NDArray[np.int64], keys: NDArray[np.int64]) -> None:
    """Move the smaller projections of a node to its left part."""
    select(keys, node[LOW], node[HIGH], middle_of(node[LOW], node[HIGH], node[LEAVES]))


@inlined
def _shuffle(
    values: NDArray[np.int64], low: int, high: int, seed: np.uint64, unit: np.uint64, purpose: np.uint64
) -> None:
    """Put ``values[low:high]`` in random order (Fisher and Yates), four draws from a block, without bias."""
    words = draw(seed, unit, purpose, np.uint64((high - low - 1) // 4))
    for i in range(high - low - 1, 0, -1):
        if i % 4 == 3:
            words = draw(seed, unit, purpose, np.uint64(i // 4))
        n = np.uint64(i + 1)
        product = words[i % 4] * n
        j = np.int64(product >> _HALF)
        rest = product & _MASK
        if rest < n and rest < ((_ONE << _HALF) - n) % n:  # Lemire's rejection, as in `bounded`
            j = np.int64(bounded(seed, unit, purpose, _AGAIN + np.uint64(i), n))
        values[low + i], values[low + j] = values[low + j], values[low + i]


@kernel
def copied_rows(columns: int, discrete: int) -> int:
    """Return the rows of the largest node that is copied; it and all below it are split by one thread."""
    least, most = _COPIED_ROWS
    return min(max(_COPIED_NUMBERS // (_width(columns) + discrete + 1), least), most)


@inlined
def _width(columns: int) -> int:
    return (columns + BLOCK - 1) // BLOCK * BLOCK


@inlined
def _room(forest: Forest, nodes: NDArray[np.int64]) -> Copies:
    columns, discrete = forest.latent.shape[1], forest.codes.shape[1]
    width, rows = _width(columns), 0
    for i in range(nodes.shape[0]):
        rows = max(rows, nodes[i, HIGH] - nodes[i, LOW])
    rows = min(rows, copied_rows(columns, discrete))
    return Copies(
        np.empty(rows, np.int64),
        np.zeros((rows, width), np.float32),
        np.empty((rows, discrete), np.uint32),
        np.zeros(width, np.float32),
        np.ones(columns),
    )


@inlined
def _copy(forest: Forest, copies: Copies, keys: NDArray[np.int64], low: int, high: int) -> None:
    """Copy the rows of a node in random order; from here on their numbers in that order are their names."""
    rows = copies.rows[: high - low]
    for i in range(high - low):
        rows[i] = np.int64(row_of(np.uint64(keys[low + i] & _NAME), forest.names))
        keys[low + i] = i
    _shuffle(rows, 0, high - low, forest.seed, forest.first_slot + np.uint64(low), SCATTER)
    copy_rows(forest.latent, forest.scale, forest.codes, rows, copies.latent, copies.codes)


@kernel
def grow(forest: Forest, nodes: NDArray[np.int64], keys: NDArray[np.int64], leaf_starts: NDArray[np.int64]) -> None:
    """Split nodes down to their leaves, put source rows in the place of keys, and note where each leaf starts."""
    copies = _room(forest, nodes)
    stack = np.empty((128, FIELDS), np.int64)
    copied = 0  # rows before this slot are copied, or done
    for i in range(nodes.shape[0]):
        stack[0] = nodes[i]
        depth = 1
        while depth > 0:
            depth -= 1
            node = stack[depth]
            low, high, leaves = node[LOW], node[HIGH], node[LEAVES]
            unit = forest.first_slot + np.uint64(low)
            if low >= copied and leaves > 1 and high - low <= copies.rows.size:
                _copy(forest, copies, keys, low, high)
                copied = high
            if leaves == 1:
                for s in range(low, high):
                    name = keys[s] & _NAME
                    keys[s] = copies.rows[name] if low < copied else np.int64(row_of(np.uint64(name), forest.names))
                _shuffle(keys, low, high, forest.seed, unit, LEAF)  # the order must not tell projections
                leaf_starts[node[LEAF_NUMBER]] = low
                continue
            if low < copied:
                word = draw_direction(forest.seed, unit, node[LEVEL], copies.ones, copies.direction)
                project_copies(copies.latent, copies.codes, copies.direction, word, keys, low, high)
            else:
                project_part(forest, node, keys, low, high)
            select_middle(node, keys)
            halve(node, stack[depth + 1], stack[depth])
            depth += 2
