"""Run the rule over a range of rows.

Output rows are numbered without end; pass e over the table makes rows e * n to (e + 1) * n - 1. Threads are
Python threads that call nogil kernels on disjoint ranges, so results do not depend on their number.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels import records
from synthmix.kernels.mix import mix_groups, mix_rows
from synthmix.kernels.permutation import round_keys
from synthmix.kernels.philox import ARRANGE, SHUFFLE
from synthmix.kernels.plan import plan_rows, plan_width
from synthmix.mixing.source import DONORS, Source
from synthmix.pairing import Cells

_KEPT_PASSES = 2  # neighbouring batches ask for the same pass
_MINIMAL_SHARE = 4096  # rows below which a thread of its own costs more than it saves


class Executor:
    """Makes latent rows of a fitted source; safe to call from several threads."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._kept: OrderedDict[int, records.PassArrays] = OrderedDict()
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the lock and what can be made again."""
        return {"source": self.source}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["source"])  # type: ignore[misc]  # unpickling makes the object anew

    def cells(self, number: int) -> Cells:
        """Return the cells of pass `number`: leaves for local pairings, else those of the source."""
        source = self.source
        return source.pairing.split(source.plan.cells, source.neighbourhood, source.seed, number, source.law.k)

    def pass_arrays(self, number: int) -> records.PassArrays:
        """Return what the kernels need for pass `number`."""
        with self._lock:
            if number not in self._kept:
                self._kept[number] = self._prepare(number)
                while len(self._kept) > _KEPT_PASSES:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(number)
            return self._kept[number]

    def _prepare(self, number: int) -> records.PassArrays:
        source = self.source
        cells = self.cells(number)
        key = np.uint64(source.seed)
        one_cell = cells.starts.size == 2
        slot_cell = np.empty(0, np.int32) if one_cell else _cell_of_slots(cells)
        return records.PassArrays(
            seed=key,
            first_row=number * source.n_rows,
            n=source.n_rows,
            shuffle=round_keys(key, np.uint64(number), SHUFFLE),
            arrange=round_keys(key, np.uint64(number), ARRANGE),
            arranged=cells.arranged,
            order=cells.order,
            starts=cells.starts,
            slot_cell=slot_cell,
            scheme=source.scheme,
            group_size=source.law.k,
            donor=DONORS[source.donor],
        )

    def mix(self, start: int, stop: int, threads: int = 1) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return latent rows [start, stop), shape (m, p), and the source row that gives each its codes, (m,)."""
        latent = np.empty((stop - start, self.source.latent.shape[1]))
        donors = np.empty(stop - start, np.int64)
        for number, low, high in self._passes(start, stop):
            into = slice(low - start, high - start)
            self._mix_pass(number, low, latent[into], donors[into], threads)
        return latent, donors

    def _passes(self, start: int, stop: int) -> Iterator[tuple[int, int, int]]:
        n = self.source.n_rows
        for number in range(start // n, -(-stop // n)):
            yield number, max(start, number * n), min(stop, (number + 1) * n)

    def _mix_pass(
        self, number: int, low: int, latent: NDArray[np.float64], donors: NDArray[np.int64], threads: int
    ) -> None:
        step, law = self.pass_arrays(number), self.source.law_arrays
        first, source = low - step.first_row, self.source.latent
        if step.scheme == records.GROUPS and donors.size * step.group_size > step.n:

            def by_groups(a: int, b: int) -> None:
                mix_groups(step, law, source, a, b, first, latent, donors)

            run_ranges(by_groups, step.n, threads)
            return

        def by_rows(a: int, b: int) -> None:
            mix_rows(step, law, source, first + a, latent[a:b], donors[a:b])

        run_ranges(by_rows, donors.size, threads)

    def plan(self, start: int, stop: int) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
        """Return parents (m, k), weights (m, k) and donors (m,) of rows [start, stop)."""
        law = self.source.law_arrays
        width = int(plan_width(self.pass_arrays(start // self.source.n_rows), law))
        parents = np.empty((stop - start, width), np.int64)
        weights = np.empty((stop - start, width))
        donors = np.empty(stop - start, np.int64)
        for number, low, high in self._passes(start, stop):
            step, into = self.pass_arrays(number), slice(low - start, high - start)
            plan_rows(step, law, low - step.first_row, parents[into], weights[into], donors[into])
        return parents, weights, donors


def _cell_of_slots(cells: Cells) -> NDArray[np.int32]:
    return np.repeat(np.arange(cells.starts.size - 1, dtype=np.int32), cells.sizes)


def run_ranges(work: Callable[[int, int], None], size: int, threads: int) -> None:
    """Call ``work(a, b)`` on ranges that partition [0, size), in up to `threads` Python threads."""
    shares = max(1, min(threads, size // _MINIMAL_SHARE))
    if shares == 1:
        work(0, size)
        return
    edges = [size * i // shares for i in range(shares + 1)]
    with ThreadPoolExecutor(shares) as pool:
        for future in [pool.submit(work, a, b) for a, b in pairwise(edges)]:
            future.result()
