"""Copied columns of a chain, level by level, so that a pass has as many rows of each as it should (theorem T20)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.draws import units_of, words_of
from synthmix.kernels.philox import CHAIN
from synthmix.kernels.raking import Runs, deal_levels, rake_levels
from synthmix.mixing.blocks import BLOCK
from synthmix.mixing.chain.features import Features, by_frequency
from synthmix.mixing.chain.trees import Forest

_OFFSETS = 0x50000000  # draw numbers of what is owed of levels before the first row
_MOST_LEVELS = 64  # of the leaf that a real row is in, on average: looking at each of them takes time
_OWED = 1.0  # rows of a level that raking has not reached and the first draws make up for, at most


@dataclass(frozen=True)
class Dealt:
    """One column of a chain whose values are copied, and the leaves of its trees by level.

    Attributes
    ----------
    codes : ndarray of int32, shape (n,)
        The level of each real row, rare ones as one; -1 where the value is missing.
    counts : ndarray of int64, shape (levels,)
        Rows of each level.
    forest : Forest
    runs : Runs
    """

    codes: NDArray[np.int32]
    counts: NDArray[np.int64]
    forest: Forest
    runs: Runs

    @property
    def levels_of_a_leaf(self) -> float:
        """How many levels the leaf has that a real row is in, on average."""
        rows, leaves = self.forest.rows, self.forest.nodes.column < 0
        return float(np.average((self.runs.end - self.runs.first)[leaves], weights=rows[leaves]))

    def parents(
        self,
        trees: NDArray[np.int64],
        leaf: NDArray[np.int64],
        origins: NDArray[np.int64],
        seed: np.uint64,
        first: int,
        words: NDArray[np.uint32],
        uses: NDArray[np.uint8],
    ) -> NDArray[np.int64]:
        """Return a parent (m,) for each of some rows of a block, whose levels are as frequent as in the table.

        Laws of leaves are raked to the table's frequencies, and rows that lie side by side in a tree get the level that
        is owed most, but not that of their origin, unless that is the only row of the leaf. `words` (m,) choose among
        real rows of a level, `uses` counts how often each was taken; `first` is the number of the block's first row.
        """
        levels = self.counts.size
        place, low = self.forest.place[trees, origins], self.forest.nodes.low[leaf]
        inside = (place >= low) & (place < self.forest.nodes.high[leaf]) & (self.forest.rows[leaf] > 1)
        own = np.where(inside, self.codes[origins], -1).astype(np.int64)
        wanted = self.counts * (leaf.size / self.counts.sum())
        factors, expected = np.empty(levels), np.empty(levels)
        rake_levels(self.runs, leaf, own, wanted, factors, expected)
        owed = np.clip(wanted - expected, -_OWED, _OWED) + _offsets(seed, first, levels)
        parents = np.empty(leaf.size, np.int64)
        sequence = np.argsort(low, kind="stable")
        deal_levels(sequence, self.runs, leaf, own, origins, factors, owed, seed, first, words, uses, parents)
        return parents


def dealt_columns(
    features: Features, forests: Mapping[int, Forest], columns: Iterable[int]
) -> Iterator[tuple[int, Dealt]]:
    """Yield those of the `columns` all of whose values are copied, and whose leaves have few enough levels."""
    for j in columns:
        if j >= features.graded.size or features.graded[j]:
            column = dealt(_levels(features, j), forests[j])
            if column.levels_of_a_leaf <= _MOST_LEVELS:
                yield j, column


def _levels(features: Features, column: int) -> NDArray[np.int32]:
    """Return the level of each real row (n,), the most frequent is 0; -1 where a number is missing."""
    codes: NDArray[np.int32] = features.columns.codes[column]
    if column >= features.graded.size:
        return codes
    known = codes > 0
    levels = np.full(codes.size, -1, np.int32)
    levels[known] = by_frequency(codes[known] - 1)
    return levels


def dealt(codes: NDArray[np.int32], forest: Forest) -> Dealt:
    """Return a column, whose levels are `codes` (n,), by the leaves of its trees."""
    nodes, order = forest.nodes, forest.order
    codes, counts = _together(codes)
    leaves = np.flatnonzero(nodes.column < 0)
    leaves = leaves[np.argsort(nodes.low[leaves], kind="stable")]
    number = np.repeat(np.arange(leaves.size), forest.rows[leaves])
    key = number * counts.size + codes[order]
    by_level = np.argsort(key, kind="stable")
    begins = np.flatnonzero(np.concatenate([[True], np.diff(key[by_level]) > 0]))
    rows = order[by_level]
    low = np.append(begins, rows.size)
    first, end = (np.searchsorted(begins, edge).astype(np.int64) for edge in (nodes.low, nodes.high))
    return Dealt(codes, counts, forest, Runs(first, end, codes[rows[begins]], low, rows))


def _together(codes: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return levels with those as one of which a block should have less than a row, and how many rows each level has.

    Levels come with the most frequent one first. A block that could give a rare one owes a part of a row of it and
    keeps back what its leaves say beyond that, for which blocks that cannot give it do not make up. Where even all of
    these are less than a row, more join them.
    """
    counts = np.bincount(codes[codes >= 0])
    known = counts.sum()
    rows = counts * min(BLOCK, known) / known
    apart = int(np.count_nonzero(rows >= 1.0))
    while 0 < apart < counts.size and rows[apart:].sum() < 1.0:
        apart -= 1
    if apart < counts.size:
        counts = np.append(counts[:apart], counts[apart:].sum())
    return np.minimum(codes, np.int32(apart)), counts.astype(np.int64)


def _offsets(seed: np.uint64, first: int, levels: int) -> NDArray[np.float64]:
    """Return what is owed before the first row: U and -U of the two most frequent levels, U uniform, else nothing.

    So two levels are drawn by systematic sampling with a random start, each with its own probability.
    """
    found = np.zeros(levels)
    if levels > 1:
        words = words_of(int(seed), first, 1, CHAIN, _OFFSETS)
        found[0] = float(units_of(words[0], words[1])[0]) - 0.5
        found[1] = -found[0]
    return found
