"""Discrete columns of a chain, level by level, so that a pass has as many rows of each as it should (theorem T20)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.draws import units_of, words_of
from synthmix.kernels.philox import CHAIN
from synthmix.kernels.raking import Runs, deal_levels, rake_levels
from synthmix.mixing.chain.trees import Forest

_OFFSETS = 0x50000000  # draw numbers of what is owed of levels before the first row
_MOST_LEVELS = 64  # of the leaf that a real row is in, on average: looking at each of them takes time
_OWED = 1.0  # rows of a level that raking has not reached and the first draws make up for, at most


@dataclass(frozen=True)
class Dealt:
    """One discrete column of a chain: the level of each real row (n,), and the rows of each leaf by level."""

    codes: NDArray[np.int32]
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
        """Return a parent (m,) for the rows ``first, first + 1, ...``, whose levels are as frequent as in the table.

        Laws of leaves are raked to the table's frequencies, and rows that lie side by side in a tree are dealt levels
        in turn. `words` (m,) choose among real rows of a level, `uses` counts how often each was taken.
        """
        n, levels = self.codes.size, int(self.codes.max()) + 1
        place, low = self.forest.place[trees, origins], self.forest.nodes.low[leaf]
        inside = (place >= low) & (place < self.forest.nodes.high[leaf])  # then the leaf has another row
        own = np.where(inside, self.codes[origins], -1).astype(np.int64)
        wanted = np.bincount(self.codes, minlength=levels).astype(np.float64) * (leaf.size / n)
        factors, expected = np.empty(levels), np.empty(levels)
        rake_levels(self.runs, leaf, own, wanted, factors, expected)
        owed = np.clip(wanted - expected, -_OWED, _OWED) + _offsets(seed, first, levels)
        parents = np.empty(leaf.size, np.int64)
        turns = np.argsort(low, kind="stable")
        deal_levels(turns, self.runs, leaf, own, origins, factors, owed, seed, first, words, uses, parents)
        return parents


def dealt_columns(
    codes: NDArray[np.int32], forests: Mapping[int, Forest], columns: Iterable[int]
) -> Iterator[tuple[int, Dealt]]:
    """Yield those of the discrete `columns` whose leaves have few enough levels; `codes` (d, n) are of all columns."""
    for j in columns:
        column = dealt(codes[j], forests[j])
        if column.levels_of_a_leaf <= _MOST_LEVELS:
            yield j, column


def dealt(codes: NDArray[np.int32], forest: Forest) -> Dealt:
    """Return a column, whose levels are `codes` (n,), by the leaves of its trees."""
    nodes, order = forest.nodes, forest.order
    leaves = np.flatnonzero(nodes.column < 0)
    leaves = leaves[np.argsort(nodes.low[leaves], kind="stable")]
    number = np.repeat(np.arange(leaves.size), forest.rows[leaves])
    key = number * (int(codes.max()) + 1) + codes[order]
    by_level = np.argsort(key, kind="stable")
    begins = np.flatnonzero(np.concatenate([[True], np.diff(key[by_level]) > 0]))
    rows = order[by_level]
    low = np.append(begins, rows.size)
    first, end = (np.searchsorted(begins, edge).astype(np.int64) for edge in (nodes.low, nodes.high))
    return Dealt(codes, forest, Runs(first, end, codes[rows[begins]], low, rows))


def _offsets(seed: np.uint64, first: int, levels: int) -> NDArray[np.float64]:
    """Return what is owed before the first row: of two levels as frequent as can be it is random, and as much less.

    So two levels are drawn by systematic sampling with a random start, each with its own probability.
    """
    words = words_of(int(seed), first, 1, CHAIN, _OFFSETS)
    unit = float(units_of(words[0], words[1])[0]) - 0.5
    found = np.zeros(levels)
    found[:1], found[1:2] = (unit if levels > 1 else 0.0), -unit
    return found
