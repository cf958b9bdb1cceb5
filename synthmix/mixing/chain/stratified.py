"""Chained rows stratum by stratum: each part of the table has trees, turns and restored passes of its own (T21).

Every pass has as many rows of a stratum as the table. Which of its rows these are is drawn for each pass, from the seed
and the numbers alone: the order of rows tells nothing of the order in which real rows were given. Row i is a row of its
stratum whose number follows from i, so that it still needs the source, the seed and i, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.draws import random_keys
from synthmix.kernels.philox import STRATUM
from synthmix.mixing.cells import build_cells
from synthmix.mixing.chain.chains import Chains, GivenBack
from synthmix.mixing.chain.executor import ChainExecutor
from synthmix.mixing.chain.expected import Expected
from synthmix.mixing.chain.lineage import ChainedPlan
from synthmix.mixing.execute import passes_of
from synthmix.mixing.kept import Kept
from synthmix.mixing.source import Source
from synthmix.table.ranks import order_of_words

Places = NDArray[np.int64]
_SEED = 1  # draw number of the seeds of strata
_KEPT_PASSES = 4  # whose arrangement of strata is


class Share(NamedTuple):
    """Those of some rows that belong to one stratum: rows ``low ... high - 1`` of it, and where they stand."""

    chain: ChainExecutor
    low: int
    high: int
    into: Places  # (high - low,), among the rows that are asked for


class StratifiedExecutor(Chains):
    """Makes rows of a source by a chain for each of its strata.

    Parameters
    ----------
    source : Source
        Its cells are the strata.
    chains : sequence of ChainExecutor
        One for each of ``strata_of(source)``, with the same columns in the same order.
    """

    def __init__(self, source: Source, chains: Sequence[ChainExecutor]) -> None:
        self.source, self.chains = source, tuple(chains)
        self._places = Kept[list[Places]](_KEPT_PASSES)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what can be made again."""
        return {"source": self.source, "chains": self.chains}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]  # unpickling makes the object anew

    @property
    def strata(self) -> tuple[int, ...]:
        """Rows of each stratum."""
        return tuple(chain.source.n_rows for chain in self.chains)

    def changed(
        self, *, leaf: int | None, ranged: tuple[str, ...] | None, slopes: bool | None = None
    ) -> StratifiedExecutor:
        """Return the same with leaves of so many rows, with these columns `ranged`, with `slopes` or without."""
        chains = [chain.changed(leaf=leaf, ranged=ranged, slopes=slopes) for chain in self.chains]
        return StratifiedExecutor(replace(self.source, pairing=chains[0].pairing), chains)

    @property
    def ranged(self) -> frozenset[str]:
        """Which columns are drawn range by range in some stratum."""
        return frozenset[str]().union(*(chain.ranged for chain in self.chains))

    @property
    def sloped(self) -> bool:
        """Whether some column is mixed about lines in some stratum."""
        return any(chain.sloped for chain in self.chains)

    def told_by_lines(self, threads: int = 1) -> float:
        """Return what part lines have of what mixed columns vary by inside leaves, on average over rows."""
        return float(np.average([chain.told_by_lines(threads) for chain in self.chains], weights=self.strata))

    def grow(self, threads: int = 1) -> None:
        """Grow the trees of all columns in all strata, unless they are there."""
        for chain in self.chains:
            chain.grow(threads)

    def given_back(self) -> GivenBack | None:
        """Return which columns have what of the table in whole passes, None where nothing is restored.

        What each stratum has, and where values in a stratum are all the same and there, the whole has.
        """
        joint = np.ones(self.source.latent.shape[1], bool)
        some, few = np.zeros_like(joint), np.zeros_like(joint)
        for chain in self.chains:
            part = chain.given_back()
            if part is None:
                return None
            joint &= part.joint | _still(chain.source)
            some |= part.joint | part.single
            few |= part.few
        return GivenBack(joint & some, some & ~joint & ~few, few)

    def made(self, start: int, stop: int, threads: int = 1) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Return latent columns (p, m), NaN where values are missing, and codes (q, m) of rows [start, stop)."""
        columns = np.empty((self.source.latent.shape[1], stop - start))
        codes = np.empty((self.source.codes.shape[1], stop - start), np.int32)
        for share in self._shares(start, stop):
            columns[:, share.into], codes[:, share.into] = share.chain.made(share.low, share.high, threads)
        return columns, codes

    def residual(self, start: int, stop: int, threads: int = 1) -> float:
        """Return by how much the first passes of rows [start, stop) miss the covariances that they are given back."""
        return max((one.chain.residual(one.low, one.high, threads) for one in self._shares(start, stop)), default=0.0)

    def plan(self, start: int, stop: int) -> ChainedPlan:
        """Return origins, parents and weights of rows [start, stop), as rows of the table."""
        columns = self.chains[0].plan(0, 0).columns
        shape = (stop - start, len(columns), self.source.law_arrays.k)
        origins, parents, weights = np.empty(stop - start, np.int64), np.empty(shape, np.int64), np.empty(shape)
        for share in self._shares(start, stop):
            part = share.chain.plan(share.low, share.high)
            origins[share.into], parents[share.into], weights[share.into] = part.origins, part.parents, part.weights
        return ChainedPlan(start, stop, origins, columns, parents, weights)

    def expected(self, start: int, stop: int) -> list[Expected]:
        """Return what theory expects of rows [start, stop), given their leaves, for each continuous column in order."""
        found = {one.column: Expected(one.column) for one in self.chains[0].expected(0, 0)}
        for share in self._shares(start, stop):
            for one in share.chain.expected(share.low, share.high):
                found[one.column].join(one)
        return list(found.values())

    def rows_of_strata(self, start: int, stop: int) -> list[Places]:
        """Return which of the rows [start, stop), counted from 0, belong to each stratum."""
        return [share.into for share in self._all(start, stop)]

    def _shares(self, start: int, stop: int) -> list[Share]:
        """Return the rows of each stratum among rows [start, stop), where there are any."""
        return [share for share in self._all(start, stop) if share.high > share.low]

    def _all(self, start: int, stop: int) -> list[Share]:
        """Return the rows of each stratum among rows [start, stop), pass after pass: few arrangements are kept."""
        n, first = self.source.n_rows, start // self.source.n_rows
        lows = [first * size for size in self.strata]
        found: list[list[Places]] = [[np.empty(0, np.int64)] for _ in self.chains]
        for at, low, high in passes_of(start, stop, n):
            for number, where in enumerate(self._where(at)):
                a, b = np.searchsorted(where, [low - at * n, high - at * n])
                if at == first:
                    lows[number] += int(a)
                found[number].append(where[a:b] + (at * n - start))
        places = [np.concatenate(parts) for parts in found]
        parts = zip(self.chains, lows, places, strict=True)
        return [Share(chain, low, low + into.size, into) for chain, low, into in parts]

    def _where(self, number: int) -> list[Places]:
        """Return the places of the rows of each stratum in pass `number`."""
        return self._places.get(number, lambda: _places(self.source.seed, number, self.strata))


def strata_of(source: Source) -> Iterator[Source]:
    """Yield each stratum of a source, its cells, as a source of its own."""
    order, starts = source.plan.cells.order, source.plan.cells.starts
    for number, (low, high) in enumerate(pairwise(starts)):
        rows = order[low:high]
        nobody = np.zeros(rows.size, np.int64)
        yield replace(
            source,
            rows=source.rows[rows],
            latent=source.latent[rows],
            missing=source.missing[rows],
            codes=source.codes[rows],
            plan=build_cells(nobody, nobody, np.zeros(1, bool), source.smallest, "merge"),
            seed=int(random_keys(source.seed, 1, STRATUM, number, _SEED)[0]),
        )


def _places(seed: int, number: int, sizes: Sequence[int]) -> list[Places]:
    """Return the places in pass `number` of the rows of each stratum, ascending."""
    n = sum(sizes)
    shuffled = order_of_words(random_keys(seed, n, STRATUM, number * n))
    return [np.sort(places) for places in np.split(shuffled, np.cumsum(sizes)[:-1])]


def _still(source: Source) -> NDArray[np.bool_]:
    """Return which columns have one value in all rows of a stratum, or none in any; shape (p,)."""
    same = source.latent.min(axis=0) == source.latent.max(axis=0)
    still: NDArray[np.bool_] = np.where(source.missing.any(axis=0), source.missing.all(axis=0), same)
    return still
