"""Run the rule over a range of rows.

Output rows are numbered without end; pass e over the table makes rows e * n to (e + 1) * n - 1. Threads are
Python threads that call nogil kernels on disjoint ranges, so results do not depend on their number.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels import records
from synthmix.kernels.decode import blank_missing, take_codes, to_columns
from synthmix.kernels.intrinsics import STREAMED
from synthmix.kernels.mix import CACHED, SOON, larger_first, mix_pairs, mix_several
from synthmix.kernels.threads import run_all
from synthmix.kernels.two_points import mix_two_points, mix_two_points_by_columns
from synthmix.mixing.blocks import BLOCK, donors_of, locate, plan_block, running_from
from synthmix.mixing.kept import Kept
from synthmix.mixing.rotate import mix_by_groups, plan_groups
from synthmix.mixing.source import Source
from synthmix.mixing.steps import make_step
from synthmix.pairing import Cells

_KEPT_PASSES = 2  # neighbouring batches ask for the same pass
_PASSES_FOR_EACH = 4  # passes for each thread from which nobody waits long for the last one
_MINIMAL_SHARE = 4096  # rows below which a thread of its own costs more than it saves
_LARGE = 2**23  # bytes
_NO_ROWS = np.empty(0, np.int64)  # donors that nobody asks for, parents that do not run


class Executor:
    """Makes latent rows of a fitted source; safe to call from several threads."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._kept = Kept[records.PassArrays](_KEPT_PASSES)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what can be made again."""
        return {"source": self.source}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["source"])  # type: ignore[misc]  # unpickling makes the object anew

    def cells(self, number: int, threads: int = 1) -> Cells:
        """Return the cells of pass `number`: leaves for local pairings, else those of the source."""
        source = self.source
        return source.pairing.split(source.plan.cells, source.neighbourhood, source.seed, number, source.law.k, threads)

    def pass_arrays(self, number: int, threads: int = 1) -> records.PassArrays:
        """Return what the kernels need for pass `number`."""
        return self._kept.get(number, lambda: make_step(self.source, self.cells(number, threads), number))

    def mix(
        self, start: int, stop: int, threads: int = 1, out: NDArray[Any] | None = None, *, donors: bool = True
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Return latent rows [start, stop), shape (m, p), and the kept row that gives each its codes, (m,).

        Rows are written to `out` where it is given, a C-contiguous array of the source's dtype. Without `donors` the
        second array is empty.
        """
        shape = (stop - start, self.source.latent.shape[1])
        latent = np.empty(shape, self.source.latent.dtype) if out is None else out
        past = _goes_past_the_caches(latent)
        given = np.empty(stop - start, np.int64) if donors else _NO_ROWS

        def work(number: int, low: int, high: int, share: int) -> None:
            into = slice(low - start, high - start)
            self._mix_pass(number, low, latent[into], given[into] if donors else given, share, past=past)

        self._each_pass(work, start, stop, threads)
        return latent, given

    def mix_columns(
        self, start: int, stop: int, threads: int = 1, *, donors: bool = True
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return the same rows by columns in float64, shape (p, m), and their donors."""
        columns = np.empty((self.source.latent.shape[1], stop - start))
        given = np.empty(stop - start, np.int64) if donors else _NO_ROWS

        def work(number: int, low: int, high: int, share: int) -> None:
            at, into = low - start, slice(low - start, high - start)
            self._mix_pass_by_columns(number, low, high, columns, at, given[into] if donors else given, share)

        self._each_pass(work, start, stop, threads)
        return columns, given

    def made(self, start: int, stop: int, threads: int = 1) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Return latent columns (p, m), NaN where values are missing, and codes (q, m) of rows [start, stop)."""
        source = self.source
        asked = source.has_missing or source.codes.shape[1] > 0
        columns, donors = self.mix_columns(start, stop, threads, donors=asked)
        codes = np.empty((source.codes.shape[1], stop - start), np.int32)

        def copy(a: int, b: int) -> None:
            take_codes(source.codes, donors[a:b], a, codes)
            if source.has_missing:
                blank_missing(source.missing, donors[a:b], a, columns)

        if asked:
            run_ranges(copy, stop - start, threads)
        return columns, codes

    def _each_pass(self, work: Callable[[int, int, int, int], None], start: int, stop: int, threads: int) -> None:
        many = _PASSES_FOR_EACH * threads if self.source.n_rows >= _MINIMAL_SHARE else sys.maxsize
        share_passes(work, list(passes_of(start, stop, self.source.n_rows)), threads, many)

    def _mix_pass(
        self,
        number: int,
        low: int,
        latent: NDArray[Any],
        donors: NDArray[np.int64],
        threads: int,
        *,
        past: bool = False,
    ) -> None:
        """Mix positions from `low` on of one pass; with `past`, pairs of one cell are written past the caches."""
        step, m = self.pass_arrays(number, threads), latent.shape[0]
        first = low - step.first_row
        if _by_groups(step, m):
            strength, source = float(self.source.law_arrays.params[0]), self.source.latent
            run_ranges(
                lambda a, b: mix_by_groups(step, strength, source, (a, b), first, latent, donors), step.n, threads
            )
            return

        def work(a: int, b: int) -> None:
            if _plain_pairs(step, self.source.law_arrays) and not donors.size:
                mix_two_points(*(*self._plan_of_pairs(step), first + a, past, latent[a:b]))
                return
            for c in range(a, b, BLOCK):
                self._mix_block(step, first + c, latent[c : min(c + BLOCK, b)], donors[c : min(c + BLOCK, b)])

        run_ranges(work, m, threads)

    def _plan_of_pairs(self, step: records.PassArrays) -> tuple[Any, ...]:
        """Return what the kernels for pairs of one cell take first: the pass, the distance, the law and the source."""
        law = self.source.law_arrays
        distance = int(step.shifts[0, 1]) if step.scheme == records.CYCLIC else 0
        own = law.u, law.q, law.guide, int(law.offsets[1]) - 2
        return step.seed, step.first_row, step.turn, step.keys, distance, *own, self.source.latent

    def _mix_block(self, step: records.PassArrays, start: int, rows: NDArray[Any], donors: NDArray[np.int64]) -> None:
        """Mix positions ``start, start + 1, ...`` into `rows`, and their donors unless that is empty."""
        parents, weights, given = self._plan_block(step, start, rows.shape[0], donors=donors.size > 0)
        if donors.size:
            donors[:] = given
        plan, k, source = (parents.ravel(), weights.ravel()), parents.shape[0], self.source.latent
        soon = running_from(step, start + SOON, k) if source.nbytes > CACHED else _NO_ROWS
        if k == 2:
            past = False  # a plan that is not plain takes longer than the memory
            larger_first(source, *plan)
            mix_pairs(source, *plan, soon, past, rows)
        else:
            mix_several(source, *plan, k, soon, step.scheme != records.GROUPS, rows)

    def _plan_block(
        self, step: records.PassArrays, start: int, m: int, *, donors: bool
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
        """Return parents and weights (k, m), and donors (m,) if asked for, as kept rows."""
        law = self.source.law_arrays
        if step.scheme == records.GROUPS:
            return plan_groups(step, float(law.params[0]), locate(step, start, m), donors=donors)
        parents, weights = plan_block(step, law, start, m)
        return parents, weights, donors_of(step, start, parents, weights) if donors else _NO_ROWS

    def _mix_pass_by_columns(
        self,
        number: int,
        low: int,
        high: int,
        columns: NDArray[np.float64],
        at: int,
        donors: NDArray[np.int64],
        threads: int,
    ) -> None:
        """Mix positions from `low` to `high` of one pass into ``columns[:, at : at + high - low]``."""
        step, p = self.pass_arrays(number, threads), columns.shape[0]
        kind, first, past = self.source.latent.dtype, low - step.first_row, is_large(columns)
        if _by_groups(step, high - low):
            latent = np.empty((high - low, p), kind)
            self._mix_pass(number, low, latent, donors, threads)
            run_ranges(lambda a, b: to_columns(latent[a:b], at + a, past, columns), high - low, threads)
            return

        def work(a: int, b: int) -> None:
            if _plain_pairs(step, self.source.law_arrays) and not donors.size:
                plan = (*self._plan_of_pairs(step), first + a, first + b, at + a, past, columns)
                mix_two_points_by_columns(*plan)
                return
            rows = np.empty((BLOCK, p), kind)
            for c in range(a, b, BLOCK):
                part = rows[: min(BLOCK, b - c)]
                self._mix_block(step, first + c, part, donors[c : c + part.shape[0]])
                to_columns(part, at + c, past, columns)

        run_ranges(work, high - low, threads)

    def plan(self, start: int, stop: int) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
        """Return parents (m, k), weights (m, k) and donors (m,) of rows [start, stop), as rows of the table."""
        rows, parts = self.source.rows, []
        for number, low, high in passes_of(start, max(stop, start + 1), self.source.n_rows):
            step = self.pass_arrays(number)
            parents, weights, donors = self._plan_block(step, low - step.first_row, high - low, donors=True)
            parts.append((rows[parents.T], weights.T, rows[donors]))
        parents, weights, donors = (np.concatenate(arrays)[: stop - start] for arrays in zip(*parts, strict=True))
        return parents, np.ascontiguousarray(weights), donors


def share_passes(
    work: Callable[[int, int, int, int], None], passes: list[tuple[int, int, int]], threads: int, many: int
) -> None:
    """Call ``work(pass, first row, end, threads)``: threads share passes where there are `many`, else each pass."""
    if len(passes) >= many:
        run_all(lambda one: work(*one, 1), passes, threads)
        return
    for one in passes:
        work(*one, threads)


def passes_of(start: int, stop: int, n: int) -> Iterator[tuple[int, int, int]]:
    """Yield (pass, first row, end) of the passes over n source rows that rows [start, stop) belong to."""
    for number in range(start // n, -(-stop // n)):
        low, high = max(start, number * n), min(stop, (number + 1) * n)
        if low < high:
            yield number, low, high


def is_large(array: NDArray[Any]) -> bool:
    """Return whether an array is too large for the caches, so that it is better written past them."""
    return array.nbytes >= _LARGE


def _goes_past_the_caches(rows: NDArray[Any]) -> bool:
    """Return whether `rows` are large, and lie so that they can be written past the caches one by one."""
    aligned = rows.ctypes.data % STREAMED == 0 and rows.strides[0] % STREAMED == 0
    return bool(aligned and is_large(rows))


def _plain_pairs(step: records.PassArrays, law: records.LawArrays) -> bool:
    """Return whether rows are mixed from two parents of one cell, the first of which is the row's own."""
    own = step.scheme in (records.ANCHOR, records.CYCLIC)
    return law.code == records.TWO_POINT and own and not step.order.size


def _by_groups(step: records.PassArrays, m: int) -> bool:
    """Return whether m rows of a pass are made faster group by group than row by row."""
    return step.scheme == records.GROUPS and m * step.group_size > step.n


def run_ranges(work: Callable[[int, int], None], size: int, threads: int) -> None:
    """Call ``work(a, b)`` on ranges that partition [0, size), in up to `threads` Python threads."""
    shares = max(1, min(threads, size // _MINIMAL_SHARE))
    edges = [size * i // shares for i in range(shares + 1)]
    run_all(lambda part: work(*part), list(pairwise(edges)), threads)
