"""A block of rows of a chain while they are made: column after column, each cell by one tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.chain_cells import draw_parents, mix_parents, number_places
from synthmix.kernels.draws import words_of_unit
from synthmix.kernels.philox import CHAIN, ROW, fill_words
from synthmix.kernels.windows import rows_at
from synthmix.mixing.blocks import weights_of
from synthmix.mixing.chain.features import Features
from synthmix.mixing.chain.levels import Dealt
from synthmix.mixing.chain.slopes import Slopes
from synthmix.mixing.chain.trees import Forest
from synthmix.mixing.source import Source
from synthmix.mixing.steps import place_in_pass

Rows = NDArray[np.int64]
Uses = NDArray[np.uint8]

_PLACES = 2**16  # of uses, in the second-level cache; rows of larger tables share them, and are seldom met twice


class NodeWidths(NamedTuple):
    """How far a value may be moved that is drawn in each node, shape (nodes,), in standard deviations.

    Mixed values move as far as values spread there. Copied ones do too where the data are mixed as they are; else they
    are scores inside the interval of scores that one value has, and a move is not seen.
    """

    mixed: NDArray[np.float32]
    copied: NDArray[np.float32]


@dataclass(frozen=True)
class Chain:
    """A source, what trees see of it, and the trees of each column; columns are drawn in `order`.

    Discrete columns that follow from another one are copied with it. `values` (p, n) are the latent values of the
    source, column by column, as a column is read at random places. `slopes` are those of continuous columns that are
    mixed about lines. `widths` says, where passes are restored, how far values of a continuous column may be moved, and
    `dealt` holds the copied columns that then keep their frequencies.
    """

    source: Source
    features: Features
    trees: dict[int, Forest]
    order: list[int]
    followers: dict[int, list[int]]
    values: NDArray[np.float64]
    slopes: dict[int, Slopes] = field(default_factory=dict)
    widths: dict[int, NodeWidths] = field(default_factory=dict)
    dealt: dict[int, Dealt] = field(default_factory=dict)


class Drawn(NamedTuple):
    """How one column of a block was drawn."""

    trees: Rows  # (m,)
    leaf: Rows  # (m,)
    parents: Rows  # (k, m), kept rows
    weights: NDArray[np.float64]  # (k, m)


def no_uses(chain: Chain, *, counted: bool) -> Uses:
    """Return how often real rows were parents before the first row is made; one place where nobody counts."""
    columns, n = chain.features.columns.codes.shape
    places = 1 << (min(n, _PLACES) - 1).bit_length() if counted else 1
    return np.zeros((columns, places), np.uint8)


class LeafSums(NamedTuple):
    """Sums of a column, or of what its line leaves of free rows, and of squares, over rows of nodes, (nodes,) each."""

    first: NDArray[np.float64]
    second: NDArray[np.float64]
    free_first: NDArray[np.float64]  # over the rows that can be mixed
    free_second: NDArray[np.float64]


def leaf_sums(chain: Chain, column: int, centre: float = 0.0) -> LeafSums:
    """Return the sums of a continuous column, less `centre`, over the nodes of its own trees."""
    tree, slopes = chain.trees[column], chain.slopes.get(column)
    value = chain.values[column][tree.order] - centre
    if slopes is not None:  # what a line leaves is about nothing already
        value = np.where(chain.features.atoms[column][tree.order], value, slopes.rest)
    totals = [np.concatenate([[0.0], np.cumsum(part)]) for part in (value, value * value)]
    low = tree.nodes.low
    return LeafSums(*(total[low + rows] - total[low] for rows in (tree.rows, tree.free) for total in totals))


def node_widths(chain: Chain, column: int, centre: float, scale: float) -> NodeWidths:
    """Return the widths of a continuous column of mean `centre` and standard deviation `scale`."""
    sums, tree, graded = leaf_sums(chain, column, centre), chain.trees[column], chain.features.graded[column]
    first, second = (sums.first, sums.second) if graded else (sums.free_first, sums.free_second)
    rows = np.maximum(tree.rows if graded else tree.free, 1)
    variance = np.maximum(second / rows - (first / rows) ** 2, 0.0)
    mixed = (np.sqrt(variance) / scale).astype(np.float32)
    return NodeWidths(mixed, mixed if chain.features.plain[column] else np.ones_like(mixed))


class Block:
    """Rows ``first, first + 1, ...`` (m of them) of one pass.

    `uses` has a row for each column: how often earlier blocks took each real row as a parent.
    """

    def __init__(self, chain: Chain, number: int, first: int, m: int, uses: Uses) -> None:
        source = chain.source
        self._chain, self._first, self._uses = chain, first, uses
        self.origins = np.empty(m, np.int64)
        keys, turn = place_in_pass(source, number)
        rows_at(first - number * source.n_rows, source.n_rows, turn, keys, self.origins)
        self._codes = chain.features.columns.rows[self.origins]
        self._latent = np.ascontiguousarray(source.latent[self.origins].T)
        self._levels = np.ascontiguousarray(source.codes[self.origins].T)
        self._missing = np.ascontiguousarray(source.missing[self.origins].T)
        self.widths = np.ones(self._latent.shape if chain.widths else (0, m), np.float32)

    def made(self) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Draw every column anew; return latent columns (p, m), NaN for missing, and codes (q, m).

        Values are missing where they are in the origin.
        """
        for _ in self.drawn():
            pass
        return np.where(self._missing, np.nan, self._latent), self._levels

    def drawn(self) -> Iterator[Drawn]:
        """Draw the columns anew, in order, and yield how."""
        for column in self._chain.order:
            yield self._draw(column)

    def leaf_moments(
        self, column: int, drawn: Drawn, sums: LeafSums
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return E y and E y^2 given the leaf without the origin, for the rows whose value is there."""
        source, tree, leaf = self._chain.source, self._chain.trees[column], drawn.leaf
        slopes = self._chain.slopes.get(column)
        if slopes is None:
            value, told = self._chain.values[column][self.origins], np.zeros(leaf.size)
        else:
            value, told = slopes.rest[tree.place[drawn.trees, self.origins]], slopes.told(self._latent, leaf)
        mean, square, known = _without(
            value, self._own(tree, drawn, tree.rows), sums.first, sums.second, leaf, tree.rows
        )
        own = self._own(tree, drawn, tree.free)
        free_mean, free_square, free = _without(value, own, sums.free_first, sums.free_second, leaf, tree.free)
        share = free / np.maximum(known, 1.0)
        inside = np.maximum(free_square - free_mean**2, 0.0) * share
        mean, square = mean + told * share, square + told * (told + 2.0 * free_mean) * share
        kept = ~self._missing[column]
        return mean[kept], (square + (source.law.moments().c - 1.0) * inside)[kept]

    def _own(self, tree: Forest, drawn: Drawn, rows: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Return where the origin is one of the first `rows` of its row's leaf, which has others."""
        leaf = drawn.leaf
        low = tree.nodes.low[leaf]
        place = tree.place[drawn.trees, self.origins]
        own: NDArray[np.bool_] = (place >= low) & (place < low + rows[leaf]) & (tree.rows[leaf] > 1)
        return own

    def _draw(self, column: int) -> Drawn:
        source, forest = self._chain.source, self._chain.trees[column]
        law, p, seed = source.law_arrays, source.latent.shape[1], seed_of(source.seed, column)
        trees = forest.trees_of(int(seed), self._first, self.origins.size)
        leaf = forest.leaves_of(self._codes, trees, self.origins)
        k = law.k if column < p and not self._chain.features.graded[column] else 1
        words = np.empty((4 * _blocks_of(k), leaf.size), np.uint32)
        for block in range(words.shape[0] // 4):
            fill_words(seed, self._first, ROW, np.uint64(block), words[4 * block : 4 * block + 4])
        if column in self._chain.dealt:
            return self._deal(column, trees, leaf, words[0])
        parents, copied = np.empty((k, leaf.size), np.int64), np.empty(leaf.size, np.bool_)
        uses = self._uses[column]
        draw_parents(forest.leaves, trees, leaf, self.origins, seed, self._first, words, uses, parents, copied)
        if column >= p:
            return self._copy_levels(column, trees, leaf, parents)
        weights = weights_of(law, seed, self._first, words) if k == law.k else np.ones(parents.shape)
        self._mix(column, trees, leaf, parents, weights, copied)
        return Drawn(trees, leaf, parents, weights)

    def _deal(self, column: int, trees: Rows, leaf: Rows, words: NDArray[np.uint32]) -> Drawn:
        """Copy a column from parents whose levels are dealt; values that are missing in the origin stay so."""
        p, seed = self._latent.shape[0], seed_of(self._chain.source.seed, column)
        there = slice(None) if column >= p else np.flatnonzero(~self._missing[column])
        parents = self.origins[np.newaxis].copy()
        parents[0, there] = self._chain.dealt[column].parents(
            trees[there], leaf[there], self.origins[there], seed, self._first, words[there], self._uses[column]
        )
        if column >= p:
            return self._copy_levels(column, trees, leaf, parents)
        weights = np.ones(parents.shape)
        self._mix(column, trees, leaf, parents, weights, np.ones(leaf.size, np.bool_))
        return Drawn(trees, leaf, parents, weights)

    def _copy_levels(self, column: int, trees: Rows, leaf: Rows, parents: Rows) -> Drawn:
        """Copy a discrete column, and those that follow from it, from the parents (1, m)."""
        chain, p = self._chain, self._latent.shape[0]
        for one in (column, *chain.followers.get(column, ())):
            self._levels[one - p] = chain.source.codes[parents[0], one - p]
            self._codes[:, one] = chain.features.columns.codes[one, parents[0]]
        return Drawn(trees, leaf, parents, np.ones(parents.shape))

    def _mix(
        self,
        column: int,
        trees: Rows,
        leaf: Rows,
        parents: Rows,
        weights: NDArray[np.float64],
        copied: NDArray[np.bool_],
    ) -> None:
        """Mix the parents of a continuous column, and find the place of what they make among the real values.

        Where the first parent is `copied` it has all the weight, where the value is missing the origin has.
        """
        chain, mixed, gap = self._chain, self._latent[column], self._missing[column]
        parents[:, gap] = self.origins[gap]
        weights[:, copied | gap] = 0.0
        weights[0, copied | gap] = 1.0
        values, slopes = chain.values[column], chain.slopes.get(column)
        if slopes is None:
            mix_parents(values, parents, weights, mixed)
        else:
            told = np.where(copied, 0.0, slopes.told(self._latent, leaf))
            places = np.maximum(chain.trees[column].place[trees, parents], 0).astype(np.int64)  # trees have no gaps
            slopes.mix(places, weights, told, mixed)
            mixed[gap] = values[self.origins[gap]]
        number_places(chain.features.edges[column], mixed, gap, column, self._codes)
        if chain.widths:
            widths = chain.widths[column]
            self.widths[column] = np.where(copied, widths.copied[leaf], widths.mixed[leaf])


def _without(
    value: NDArray[np.float64],
    own: NDArray[np.bool_],
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    leaf: Rows,
    rows: NDArray[np.int32],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return mean, mean square and number of a leaf's rows, where `own` says so without the row of this `value`."""
    out = np.where(own, value, 0.0)
    left = rows[leaf].astype(np.float64) - own
    at_least_one = np.maximum(left, 1.0)
    return (first[leaf] - out) / at_least_one, (second[leaf] - out**2) / at_least_one, left


def _blocks_of(k: int) -> int:
    """Return how many blocks of words a cell has: the first, and one for every four parents after the second."""
    return 1 + (max(k - 2, 0) + 3) // 4


def seed_of(seed: int, column: int) -> np.uint64:
    """Return the seed of one column."""
    words = words_of_unit(seed, column, CHAIN)
    return np.uint64((int(words[0]) << 32) | int(words[1]))
