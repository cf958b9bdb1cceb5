"""Run a chain over a range of rows.

A row begins as one real row, its origin, and each column in turn is drawn anew: a tree on the other columns, as they
are by then, one of several, leads to a leaf of real rows that are like it, and the weights law mixes parents from
there. The origin is never among its own parents. Row i needs the source, its trees, the seed and i, and nothing else.
Where passes are restored rows are dealt by hands, consecutive rows of a pass that take turns in
having a real row as a parent; row i then needs its hand, and what moves its pass, which follow from the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.threads import run_all
from synthmix.mixing.blocks import BLOCK
from synthmix.mixing.chain.block import Block, Chain, leaf_sums, no_uses, node_widths, seed_of
from synthmix.mixing.chain.chains import Chains, GivenBack
from synthmix.mixing.chain.expected import Expected
from synthmix.mixing.chain.features import Features, features_of
from synthmix.mixing.chain.follow import followers
from synthmix.mixing.chain.halves import rows_of_half
from synthmix.mixing.chain.levels import dealt_columns
from synthmix.mixing.chain.lineage import ChainedPlan
from synthmix.mixing.chain.ranges import RANGE_LEAVES, RANGE_ROWS, ranges_of
from synthmix.mixing.chain.restore import Moves, Piece, Restoration
from synthmix.mixing.chain.slopes import Slopes, nearest_columns, slopes_of
from synthmix.mixing.chain.trees import Forest, Size, grow_forests
from synthmix.mixing.execute import passes_of, share_passes
from synthmix.mixing.kept import Kept
from synthmix.mixing.source import Source
from synthmix.pairing.chained import SMALLEST_LEAF

_KEPT_PASSES = 64  # of what moves their rows, which is small: who trains asks for rows of many passes by turns
_KEPT_CELLS = 2**22  # of hands, for those who ask for single rows; four of them in any case
_CHECKED_PASSES = 4
_HAND = 2**13  # rows: part of the definition of every row


class Hand(NamedTuple):
    """Rows ``first ... end - 1`` of a pass, which are made together."""

    number: int
    first: int
    end: int


Made = tuple[Piece, NDArray[np.int32]]  # of rows before anything is restored, with their codes (q, m)


class OfTable(NamedTuple):
    """What a source that is part of a table has from the whole of it."""

    levels_of: NDArray[np.bool_]  # (p,): which continuous columns have levels
    followers: dict[int, list[int]] | None = None  # which columns follow from others; None where the part says it
    rows: int | None = None  # of all parts, where these share trees and what is kept
    parts: int = 1
    of_half: bool = False  # whether it is a half of the screen, or a part of that


class ChainExecutor(Chains):
    """Makes rows of a fitted source by chained mixing; safe to call from several threads.

    Parameters
    ----------
    source : Source
        With ``Chained`` pairing.
    values : ndarray of shape (n, p)
        Its continuous columns as they are in the table, NaN for missing.
    names : tuple of str
        Its columns, the continuous ones before the discrete ones.
    order : list of int
        Which of them are drawn, in that order; those that follow from another one are drawn with it.
    like : ChainExecutor, optional
        The same with other leaves or ranged columns: what does not depend on these is not made again.
    whole : OfTable, optional
        Where the source is part of a table.
    target : int, optional
        A continuous column that is drawn range by range, besides those that the pairing names.
    """

    def __init__(
        self,
        source: Source,
        values: NDArray[np.float64],
        names: tuple[str, ...],
        order: list[int],
        like: ChainExecutor | None = None,
        whole: OfTable | None = None,
        target: int | None = None,
    ) -> None:
        self.source = source
        p = source.latent.shape[1]
        told = whole and whole.followers if like is None else like.followers
        leads = followers(source.codes, order, p) if told is None else told
        behind = {j for those in leads.values() for j in those}
        self.names: tuple[str, ...] = names
        self.order: list[int] = [j for j in order if j not in behind]
        self.followers: dict[int, list[int]] = leads
        self._values, self._asked, self._whole, self._target = values, order, whole, target
        self._lock = Lock()
        self._chain: Chain | None = None
        self.restoration: Restoration | None = self._restoration() if like is None else like.restoration
        if like is not None:
            self.features = like.features
        parts = 1 if whole is None else whole.parts  # which share what is kept
        cells = min(source.n_rows, _HAND) * len(names) * parts
        self._moves = Kept[Moves](max(_KEPT_PASSES // parts, 4))
        self._kept_hands = Kept[Made](max(_KEPT_CELLS // cells, 4))

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what can be made again."""
        state = {"source": self.source, "values": self._values, "names": self.names, "order": self._asked}
        return {**state, "whole": self._whole, "target": self._target}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]  # unpickling makes the object anew

    def changed(self, *, leaf: int | None, ranged: tuple[str, ...] | None, slopes: bool | None) -> ChainExecutor:
        """Return the same with leaves of so many rows, with these columns `ranged`, with `slopes` or without."""
        source = replace(self.source, pairing=replace(self.pairing, leaf=leaf, ranged=ranged, slopes=slopes))
        return ChainExecutor(source, self._values, self.names, self._asked, self, self._whole, self._target)

    @property
    def strata(self) -> tuple[int, ...]:
        """Return the number of rows: the table is one part."""
        return (self.source.n_rows,)

    @cached_property
    def features(self) -> Features:
        """The source as trees see it."""
        levels_of = None if self._whole is None else self._whole.levels_of
        return features_of(self.source, self._values, self.pairing.atom, levels_of)

    def grow(self, threads: int = 1) -> None:
        """Grow the trees of all columns, unless they are there."""
        self.chain(threads)

    def chain(self, threads: int = 1) -> Chain:
        """Return the source with the trees of each column; the first call grows them."""
        with self._lock:
            if self._chain is None:
                trees = self._grown(threads)
                values, back = np.ascontiguousarray(self.source.latent.T), self.restoration
                slopes = self._sloped(trees, threads)
                chain = Chain(self.source, self.features, trees, self.order, self.followers, values, slopes)
                if back is not None:
                    widths = ((j, node_widths(chain, j, back.centre[j], back.scale[j])) for j in self._continuous)
                    chain.widths.update(widths)
                if self.takes_turns:
                    chain.dealt.update(dealt_columns(self.features, trees, self.order))
                self._chain = chain
            return self._chain

    def _grown(self, threads: int) -> dict[int, Forest]:
        size = Size(*self.pairing.size(self._rows_of_all))
        looked_at = {j: self._looked_at(j) for j in self.order}
        return grow_forests(self.features, looked_at, size, self._seeds, threads, self.ranges)

    def _sloped(self, trees: dict[int, Forest], threads: int) -> dict[int, Slopes]:
        """Return the slopes of the columns that have any."""
        found, latent = dict[int, Slopes](), self.source.latent.astype(np.float64, copy=False)

        def work(one: tuple[int, NDArray[np.int64]]) -> None:
            column, others = one
            found[column] = slopes_of(latent, column, others, trees[column], self.features.atoms[column])

        along = {j: others for j, others in self._along.items() if trees[j].order.size}  # a stratum may have no value
        run_all(work, list(nearest_columns(latent, along).items()), threads)
        return found

    @property
    def sloped(self) -> bool:
        """Whether some column is mixed about lines inside its leaves."""
        return bool(self._along)

    def told_by_lines(self, threads: int = 1) -> float:
        """Return what part lines have of what mixed columns vary by inside leaves, on average over these columns."""
        chain = self.chain(threads)
        shares = [chain.slopes[j].share_told(chain.values[j], chain.trees[j]) for j in sorted(chain.slopes)]
        return float(np.mean(shares)) if shares else 0.0

    @property
    def _along(self) -> dict[int, list[int]]:
        """The continuous columns that each column may have a slope on, for those that are mixed about lines."""
        if not self.pairing.slopes:
            return {}
        p, mixed = self.source.latent.shape[1], [j for j in self._continuous if not self.features.graded[j]]
        found = {j: [other for other in self._looked_at(j) if other < p] for j in mixed}
        return {j: others for j, others in found.items() if others}

    def _looked_at(self, column: int) -> list[int]:
        return self.pairing.looked_at(column, self.order, len(self.names), self.followers)

    @property
    def ranged(self) -> frozenset[str]:
        """Which columns are drawn range by range."""
        return frozenset(self.names[j] for j in self.ranges)

    @property
    def ranges(self) -> dict[int, NDArray[np.int64]]:
        """The range of each kept row (n,) in each column that is drawn range by range; gaps are in the first one.

        There are as many as a half of the screen has rows for, so that what is measured there is what the table gets.
        """
        if not self.pairing.has_ranges:
            return {}
        ranged = [j for j in self._continuous if j == self._target or self.names[j] in (self.pairing.ranged or ())]
        found = {j: self._ranges_of(self._values[:, j]) for j in ranged}
        return {j: labels for j, labels in found.items() if labels.any()}

    def _ranges_of(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        gaps, least = np.isnan(values), max(RANGE_ROWS, RANGE_LEAVES * (self.pairing.leaf or SMALLEST_LEAF))
        most = min(self.pairing.ranges, int(self._rows_of_half * (1.0 - gaps.mean())) // least)
        return np.where(gaps, 0, ranges_of(values, most, least))

    @property
    def _rows_of_half(self) -> int:
        """How many rows a half of the screen has of these, about."""
        n, whole = self.source.n_rows, self._whole
        if whole is not None and whole.of_half:
            return n
        return rows_of_half(self._rows_of_all, len(self.names)) * n // self._rows_of_all

    @property
    def _rows_of_all(self) -> int:
        """How many rows all parts have."""
        return (self._whole and self._whole.rows) or self.source.n_rows

    @property
    def _continuous(self) -> list[int]:
        """The continuous columns that are drawn, in order."""
        return [j for j in self.order if j < self.source.latent.shape[1]]

    @property
    def _seeds(self) -> dict[int, int]:
        """The seed of each column that is drawn."""
        return {j: int(seed_of(self.source.seed, j)) for j in self.order}

    def given_back(self) -> GivenBack | None:
        """Return which columns have what of the table in whole passes, None where nothing is restored."""
        back = self.restoration
        return None if back is None else GivenBack(back.joint, back.single, back.few)

    def _restoration(self) -> Restoration | None:
        """Return what passes are given back, None where nothing is."""
        every = self._seeds
        seeds = {j: every[j] for j in self._continuous}
        if not self.pairing.restore or not seeds:
            return None
        features = self.features
        scored = [j for j in seeds if features.graded[j] and not features.plain[j]]
        return Restoration(self.source, seeds, {j: features.edges[j] for j in scored})

    def made(self, start: int, stop: int, threads: int = 1) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Return latent columns (p, m), NaN where values are missing, and codes (q, m) of rows [start, stop)."""
        piece, codes = self._drawn(start, stop, threads)
        if self.restoration is not None:
            self._restore(self.restoration, piece, start, stop, threads)
        return piece.columns, codes

    def _restore(self, restoration: Restoration, piece: Piece, start: int, stop: int, threads: int) -> None:
        """Move rows [start, stop), in place: threads share passes where there are several, else each pass."""
        n = self.source.n_rows

        def work(number: int, low: int, high: int, share: int) -> None:
            part, known = piece.part(low - start, high - start), self._moves.find(number)
            if known is None and high - low == n:
                self._moves.put(number, restoration.move_pass(part, low, share))
            else:
                restoration.move(known or self._moves_of(restoration, number, share), part, low, share)

        share_passes(work, list(passes_of(start, stop, n)), threads, many=threads)

    def residual(self, start: int, stop: int, threads: int = 1) -> float:
        """Return by how much the first passes of rows [start, stop) miss the covariances that they are given back."""
        if self.restoration is None or stop <= start:
            return 0.0
        n = self.source.n_rows
        numbers = range(start // n, min((stop - 1) // n + 1, start // n + _CHECKED_PASSES))
        return max(self._moves_of(self.restoration, number, threads).residual for number in numbers)

    def _moves_of(self, restoration: Restoration, number: int, threads: int) -> Moves:
        """Return what moves the rows of a pass; it is made where that is not kept."""
        first, n = number * self.source.n_rows, self.source.n_rows

        def make() -> Moves:
            return restoration.move_pass(self._drawn(first, first + n, threads)[0], first, threads)

        return self._moves.get(number, make)

    def _drawn(self, start: int, stop: int, threads: int) -> Made:
        """Return the same before anything is restored, with the widths of what may be moved."""
        columns, widths, codes = self._room(stop - start)
        self.chain(threads)

        def work(hand: Hand) -> None:
            low, high = max(hand.first, start), min(hand.end, stop)
            piece, own = self._hand(hand, keep=(low, high) != (hand.first, hand.end))
            into, chosen = slice(low - start, high - start), slice(low - hand.first, high - hand.first)
            columns[:, into], widths[:, into] = piece.columns[:, chosen], piece.widths[:, chosen]
            codes[:, into] = own[:, chosen]

        run_all(work, self._hands(start, stop), threads)
        return Piece(columns, widths), codes

    def _hand(self, hand: Hand, *, keep: bool) -> Made:
        """Return the rows of a hand, made where they are not kept; who asks for some of them will ask for more."""
        if keep:
            return self._kept_hands.get(hand.first, lambda: self._made(hand))
        return self._kept_hands.find(hand.first) or self._made(hand)

    def _room(self, rows: int) -> tuple[NDArray[np.float64], NDArray[np.float32], NDArray[np.int32]]:
        """Return latent columns, widths and codes to be filled."""
        p, q = self.source.latent.shape[1], self.source.codes.shape[1]
        moved = 0 if self.restoration is None else p
        return np.empty((p, rows)), np.empty((moved, rows), np.float32), np.empty((q, rows), np.int32)

    def _made(self, hand: Hand) -> Made:
        columns, widths, codes = self._room(hand.end - hand.first)
        for block, into in self._blocks(hand):
            columns[:, into], codes[:, into] = block.made()
            widths[:, into] = block.widths
        return Piece(columns, widths), codes

    def _hands(self, start: int, stop: int) -> list[Hand]:
        """Return the hands of rows [start, stop): whole ones where parents are dealt, else no more than these rows."""
        n, found = self.source.n_rows, []
        for number, low, high in passes_of(start, stop, n):
            first, end = number * n, (number + 1) * n
            if not self.takes_turns:
                first, end = low, high
            begin = first + (low - first) // _HAND * _HAND
            found += [Hand(number, c, min(c + _HAND, end)) for c in range(begin, high, _HAND)]
        return found

    def _blocks(self, hand: Hand) -> Iterator[tuple[Block, slice]]:
        """Yield the blocks of a hand and the places of their rows; each is to be drawn before the next one."""
        chain = self.chain()
        uses = no_uses(chain, counted=self.takes_turns)
        for c in range(hand.first, hand.end, BLOCK):
            last = min(c + BLOCK, hand.end)
            yield Block(chain, hand.number, c, last - c, uses), slice(c - hand.first, last - hand.first)

    def plan(self, start: int, stop: int) -> ChainedPlan:
        """Return origins, parents and weights of rows [start, stop), as rows of the table."""
        hands, rows = self._hands(start, stop), self.source.rows
        first, end = (hands[0].first, hands[-1].end) if hands else (start, stop)
        shape = (end - first, len(self.order), self.source.law_arrays.k)
        parents, weights = np.zeros(shape, np.int64), np.zeros(shape)
        origins = np.empty(end - first, np.int64)
        for hand in hands:
            for block, among in self._blocks(hand):
                into = slice(among.start + hand.first - first, among.stop + hand.first - first)
                origins[into] = rows[block.origins]
                for place, drawn in enumerate(block.drawn()):
                    k = drawn.parents.shape[0]
                    parents[into, place] = rows[drawn.parents[0]][:, np.newaxis]
                    parents[into, place, :k] = rows[drawn.parents.T]
                    weights[into, place, :k] = drawn.weights.T
        own = slice(start - first, stop - first)
        places = [place for place, j in enumerate(self.order) for _ in (j, *self.followers.get(j, ()))]
        columns = tuple(self.names[one] for j in self.order for one in (j, *self.followers.get(j, ())))
        return ChainedPlan(start, stop, origins[own], columns, parents[own][:, places], weights[own][:, places])

    def expected(self, start: int, stop: int) -> list[Expected]:
        """Return what theory expects of rows [start, stop), given their leaves, for each continuous column in order.

        Of chains that restore nothing: parents that are dealt depend on earlier rows.
        """
        found = {j: Expected(j) for j in self._continuous}
        sums = {j: leaf_sums(self.chain(), j) for j in found}
        for hand in self._hands(start, stop):
            for block, _ in self._blocks(hand):
                for column, drawn in zip(self.order, block.drawn(), strict=True):
                    if column in found:
                        found[column].add(*block.leaf_moments(column, drawn, sums[column]))
        return list(found.values())
