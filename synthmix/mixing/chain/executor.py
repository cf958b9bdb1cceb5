"""Run a chain over a range of rows.

A row begins as one real row, its origin, and each column in turn is drawn anew: a tree on the other columns, as they
are by then, one of several, leads to a leaf of real rows that are like it, and the weights law mixes parents from
there. The origin is never among its own parents. Row i needs the source, its trees, the seed and i, and nothing else;
where means and covariances are restored also the moments of its pass, which follow from these.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.mixing.blocks import BLOCK
from synthmix.mixing.chain.block import Block, Chain, leaf_sums, node_widths, seed_of
from synthmix.mixing.chain.expected import Expected
from synthmix.mixing.chain.features import Features, features_of
from synthmix.mixing.chain.follow import followers
from synthmix.mixing.chain.lineage import ChainedPlan
from synthmix.mixing.chain.restore import PIECE, Correction, Piece, Restoration
from synthmix.mixing.chain.trees import Forest, Size, grow_forests
from synthmix.mixing.execute import passes_of, run_ranges, share_passes
from synthmix.mixing.kept import Kept
from synthmix.mixing.source import Source
from synthmix.pairing import Chained

_KEPT_PASSES = 64  # of corrections, which are small: who trains asks for rows of many passes by turns
_CHECKED_PASSES = 4


class ChainExecutor:
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
    """

    def __init__(self, source: Source, values: NDArray[np.float64], names: tuple[str, ...], order: list[int]) -> None:
        self.source = source
        p = source.latent.shape[1]
        leads = followers(source.codes, order, p)
        behind = {j for those in leads.values() for j in those}
        self.names: tuple[str, ...] = names
        self.order: list[int] = [j for j in order if j not in behind]
        self.followers: dict[int, list[int]] = leads
        self._values, self._asked = values, order
        self._lock = Lock()
        self._chain: Chain | None = None
        self.restoration: Restoration | None = self._restoration()
        self._corrections = Kept[list[Correction]](_KEPT_PASSES)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what can be made again."""
        return {"source": self.source, "values": self._values, "names": self.names, "order": self._asked}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]  # unpickling makes the object anew

    def chain(self, threads: int = 1) -> Chain:
        """Return the source with the trees of each column; the first call grows them."""
        with self._lock:
            if self._chain is None:
                features = features_of(self.source, self._values, self._pairing.atom)
                trees = self._grown(features, threads)
                values = np.ascontiguousarray(self.source.latent.T)
                chain, back = Chain(self.source, features, trees, self.order, self.followers, values), self.restoration
                if back is not None:
                    drawn = [j for j in self.order if j < self.source.latent.shape[1]]
                    chain.widths.update((j, node_widths(chain, j, back.centre[j], back.scale[j])) for j in drawn)
                self._chain = chain
            return self._chain

    def _grown(self, features: Features, threads: int) -> dict[int, Forest]:
        pairing, columns, source = self._pairing, len(features.targets), self.source
        looked_at = {j: pairing.looked_at(j, self.order, columns, self.followers) for j in self.order}
        seeds = {j: int(seed_of(source.seed, j)) for j in self.order}
        return grow_forests(features, looked_at, Size(*pairing.size(source.n_rows)), seeds, threads)

    @property
    def _pairing(self) -> Chained:
        pairing = self.source.pairing
        assert isinstance(pairing, Chained)  # noqa: S101 - whoever makes this object has looked
        return pairing

    def _restoration(self) -> Restoration | None:
        """Return what passes are given back, None where nothing is."""
        p = self.source.latent.shape[1]
        drawn = [j for j in self.order if j < p]
        return Restoration(self.source, drawn) if self._pairing.restore and drawn else None

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
            part = piece.part(low - start, high - start)
            whole = part if high - low == n else None
            restoration.apply(self._correction(restoration, number, whole, share), part, share)

        share_passes(work, list(passes_of(start, stop, n)), threads, many=threads)

    def residual(self, start: int, stop: int, threads: int = 1) -> float:
        """Return by how much the first passes of rows [start, stop) miss the covariances that they are given back."""
        if self.restoration is None or stop <= start:
            return 0.0
        n = self.source.n_rows
        numbers = range(start // n, min((stop - 1) // n + 1, start // n + _CHECKED_PASSES))
        found = (self._correction(self.restoration, number, None, threads) for number in numbers)
        return max(one.residual for parts in found for one in parts)

    def _correction(self, restoration: Restoration, number: int, whole: Piece | None, threads: int) -> list[Correction]:
        """Return what moves the rows of a pass; `whole` is all of it, where that is at hand."""
        n = self.source.n_rows

        def piece(low: int) -> Piece:
            if whole is not None:
                return whole.part(low, low + PIECE)
            return self._drawn(number * n + low, number * n + min(low + PIECE, n), threads)[0]

        return self._corrections.get(number, lambda: restoration.corrections(lambda: map(piece, range(0, n, PIECE))))

    def _drawn(self, start: int, stop: int, threads: int) -> tuple[Piece, NDArray[np.int32]]:
        """Return the same before anything is restored, with the widths of what may be moved."""
        source, m = self.source, stop - start
        p, q = source.latent.shape[1], source.codes.shape[1]
        columns, codes = np.empty((p, m)), np.empty((q, m), np.int32)
        widths = np.empty((0 if self.restoration is None else p, m), np.float32)

        def keep(block: Block, into: slice) -> None:
            columns[:, into], codes[:, into] = block.made()
            widths[:, into] = block.widths

        self._each_block(keep, start, stop, threads)
        return Piece(columns, widths), codes

    def plan(self, start: int, stop: int) -> ChainedPlan:
        """Return origins, parents and weights of rows [start, stop), as rows of the table."""
        places = [place for place, j in enumerate(self.order) for _ in (j, *self.followers.get(j, ()))]
        shape = (stop - start, len(self.order), self.source.law_arrays.k)
        parents, weights = np.zeros(shape, np.int64), np.zeros(shape)
        origins, rows = np.empty(stop - start, np.int64), self.source.rows

        def keep(block: Block, into: slice) -> None:
            origins[into] = rows[block.origins]
            for place, drawn in enumerate(block.drawn()):
                k = drawn.parents.shape[0]
                parents[into, place] = rows[drawn.parents[0]][:, np.newaxis]
                parents[into, place, :k] = rows[drawn.parents.T]
                weights[into, place, :k] = drawn.weights.T

        self._each_block(keep, start, stop, 1)
        columns = tuple(self.names[one] for j in self.order for one in (j, *self.followers.get(j, ())))
        return ChainedPlan(start, stop, origins, columns, parents[:, places], weights[:, places])

    def expected(self, start: int, stop: int) -> list[Expected]:
        """Return what theory expects of rows [start, stop), given their leaves, for each continuous column in order."""
        found = {j: Expected(j) for j in self.order if j < self.source.latent.shape[1]}
        sums = {j: leaf_sums(self.chain(), j) for j in found}

        def add(block: Block, into: slice) -> None:  # noqa: ARG001 - nothing is kept row by row
            for column, drawn in zip(self.order, block.drawn(), strict=True):
                if column in found:
                    found[column].add(*block.leaf_moments(column, drawn, sums[column]))

        self._each_block(add, start, stop, 1)
        return list(found.values())

    def _each_block(self, work: Callable[[Block, slice], None], start: int, stop: int, threads: int) -> None:
        """Call ``work(block, places)`` for the blocks of rows [start, stop)."""
        chain = self.chain(threads)
        for number, low, high in passes_of(start, stop, self.source.n_rows):

            def run(a: int, b: int, number: int = number, low: int = low) -> None:
                for c in range(low + a, low + b, BLOCK):
                    last = min(c + BLOCK, low + b)
                    work(Block(chain, number, c, last - c), slice(c - start, last - start))

            run_ranges(run, high - low, threads)
