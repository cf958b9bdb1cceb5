"""Empirical quantiles at normal scores, eight cells at once.

A score z stands at the place ``n ndtr(z) - 1/2`` among the n sorted values, counted from 0, and a place between two
values is interpolated: this is the empirical quantile of Hazen (1914) at the probability ndtr(z). So the score
``ndtri((rank - 1/2) / n)`` of a value leads back to the value, and the part of the normal law that belongs to each
value is 1 / n. Beside a value that occurs more than once it is the nearer of the two values: a point mass keeps its
probability, and no value appears between it and its neighbour.

``ndtr`` is read off a table of cubic polynomials that stays in the cache; its error is below 1e-11. A place that is an
integer but for that error is that integer. The search that a quantile usually needs is not there, and neither is a
branch to guess.

A block of cells is taken through three steps, each a loop of its own: the cell of the table of ndtr, the place, the
value. What one step finds is where the next one reads, and an address that comes from memory costs less than one that
is taken out of a vector. Where there are more values than a cache holds they can be asked for as soon as places are
known: memory has the whole block to answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from synthmix.kernels.intrinsics import prefetch, spread

LANES = 8  # cells of a vector; on narrower machines it is two or four vectors
CELLS = 128  # cells of the table of ndtr in one standard deviation
DEVIATIONS = 8  # how far it reaches; beyond, ndtr(-z) is below 1e-15
SNAP = 1e-6
BLOCK = 128  # cells that are taken through a step before the next one begins
ERROR = 1e-11
_DOUBLE, _INDEX, _FLAG = ir.DoubleType(), ir.IntType(64), ir.IntType(32)
_VECTOR, _WORDS = ir.VectorType(_DOUBLE, LANES), ir.VectorType(_FLAG, LANES)
_PAIR = ir.VectorType(_DOUBLE, 2)
_FOUR_NUMBERS = 2  # binary digits of a polynomial's four coefficients


def _all(number: float) -> Any:
    return ir.Constant(_VECTOR, [number] * LANES)


def _call(builder: Any, name: str, value: Any) -> Any:
    kind = ir.FunctionType(_VECTOR, [_VECTOR])
    function = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
        builder.module, kind, f"llvm.{name}.v{LANES}f64"
    )
    return builder.call(function, [value])


def _lesser(builder: Any, x: Any, limit: Any) -> Any:
    """Return the smaller of two vectors, `limit` where x is NaN."""
    return builder.select(builder.fcmp_ordered("<", x, limit), x, limit)


def _joined(builder: Any, parts: list[Any]) -> Any:
    """Return short vectors one after the other as a long one."""
    while len(parts) > 1:
        order = list(range(2 * parts[0].type.count))
        mask = ir.Constant(ir.VectorType(_FLAG, len(order)), order)
        parts = [builder.shuffle_vector(*parts[k : k + 2], mask) for k in range(0, len(parts), 2)]
    return parts[0]


def _two_numbers(builder: Any, rows: list[Any], place: int) -> tuple[Any, Any]:
    """Return two vectors: for every lane the numbers `place` and ``place + 1`` of its row.

    Pairs are put together as they are read, so that no number has to move far inside a vector later.
    """
    pairs = [
        builder.load(builder.bitcast(builder.gep(row, [_INDEX(place)]), _PAIR.as_pointer()), align=8) for row in rows
    ]
    even, odd = _joined(builder, pairs[::2]), _joined(builder, pairs[1::2])
    orders = ([k + part for lane in range(0, LANES, 2) for k in (lane, LANES + lane)] for part in (0, 1))
    first, second = (builder.shuffle_vector(even, odd, ir.Constant(_WORDS, order)) for order in orders)
    return first, second


class _Block:
    """The cells of a block, and what is known of them between two steps."""

    def __init__(self, builder: Any, scores: Any, start: Any, parts: Any, cells: Any) -> None:
        self.builder, self.start = builder, start
        self.scores, self.parts, self.cells = scores, parts, cells

    def _at(self, data: Any, i: Any, kind: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(data, [i]), kind.as_pointer())

    def each(self) -> Any:
        """Return a loop over the vectors of the block."""
        return cgutils.for_range_slice(self.builder, _INDEX(0), _INDEX(BLOCK), _INDEX(LANES))

    def score(self, i: Any) -> Any:
        return self.builder.load(self._at(self.scores, self.builder.add(self.start, i), _VECTOR), align=8)

    def part(self, i: Any) -> Any:
        return self.builder.load(self._at(self.parts, i, _VECTOR), align=8)

    def keep(self, i: Any, number: Any, whole: Any) -> None:
        """Keep numbers as a whole number, which is where the next step reads, and the rest."""
        self.builder.store(self.builder.fptosi(whole, _WORDS), self._at(self.cells, i, _WORDS), align=4)
        self.builder.store(self.builder.fsub(number, whole), self._at(self.parts, i, _VECTOR), align=8)

    def rows(self, i: Any, data: Any, first: Any, digits: int = 0) -> list[Any]:
        """Return the address that each lane reads at: ``data[first + (whole << digits)]``."""
        builder, rows = self.builder, []
        for lane in range(LANES):
            whole = builder.load(builder.gep(self.cells, [builder.add(i, _INDEX(lane))]))
            step = builder.shl(builder.zext(whole, _INDEX), _INDEX(digits))
            rows.append(builder.gep(data, [builder.add(first, step)]))
        return rows

    def finish(self, i: Any, value: Any) -> None:
        """Put values in the place of scores; NaN stays NaN."""
        score = self.score(i)
        known = self.builder.fcmp_ordered("==", score, score)
        cell = self._at(self.scores, self.builder.add(self.start, i), _VECTOR)
        self.builder.store(self.builder.select(known, value, _all(float("nan"))), cell, align=8)


def _find_cell(builder: Any, block: _Block, i: Any) -> None:
    """Find the cell of the table of ndtr, and the part of it before the score; somewhere for NaN."""
    size = _lesser(builder, _call(builder, "fabs", block.score(i)), _all(DEVIATIONS - 1.0 / CELLS))
    scaled = builder.fmul(size, _all(float(CELLS)))
    block.keep(i, scaled, _call(builder, "floor", scaled))


def _find_place(builder: Any, block: _Block, i: Any, n: Any, snap: Any, table: Any) -> None:
    """Find where the score points among n sorted values, in [0, n - 1]: the value before, at most n - 2, and a rest."""
    polynomials = block.rows(i, table, _INDEX(0), _FOUR_NUMBERS)
    (c0, c1), (c2, c3) = (_two_numbers(builder, polynomials, place) for place in (0, 2))
    f, tail = block.part(i), c3
    for coefficient in (c2, c1, c0):
        tail = builder.fadd(builder.fmul(tail, f), coefficient)
    below = builder.fcmp_ordered("<", block.score(i), _all(0.0))
    share = builder.select(below, tail, builder.fsub(_all(1.0), tail))
    place = builder.fsub(builder.fmul(n, share), _all(0.5))
    nearest = _call(builder, "rint", place)
    off = _call(builder, "fabs", builder.fsub(place, nearest))
    place = builder.select(builder.fcmp_ordered("<=", off, snap), nearest, place)
    place = builder.select(builder.fcmp_ordered(">", place, _all(0.0)), place, _all(0.0))
    place = _lesser(builder, place, builder.fsub(n, _all(1.0)))
    block.keep(i, place, _lesser(builder, _call(builder, "floor", place), builder.fsub(n, _all(2.0))))


def _between(builder: Any, share: Any, x: Any, y: Any) -> Any:
    """Return ``(1 - share) x + share y``, which stays between its ends, and is finite where y - x would not be."""
    rest = builder.fsub(_all(1.0), share)
    return builder.fadd(builder.fmul(rest, x), builder.fmul(share, y))


def _beside_ties(builder: Any, share: Any, four: list[Any], widest: Any) -> Any:
    """Return the same for the middle two of four values; the nearer one where a gap of theirs is at most `widest`."""
    w, x, y, z = four
    gap = builder.fsub(y, x)
    for one, other in ((w, x), (y, z)):  # beyond the first and the last value there is NaN, which is no gap
        gap = _lesser(builder, builder.fsub(other, one), gap)
    tied = builder.fcmp_ordered("<=", gap, widest)
    nearer = builder.select(builder.fcmp_ordered("<", share, _all(0.5)), x, y)
    return builder.select(tied, nearer, _between(builder, share, x, y))


def _read_values(builder: Any, block: _Block, values: Any, first: Any, ties: Any, never: Any) -> None:
    """Replace scores by values; those beside a pair are read only where values are equal, or nothing is between."""
    widest = spread(builder, builder.select(never, _DOUBLE(math.inf), _DOUBLE(0.0)), _VECTOR)
    with builder.if_else(builder.or_(ties, never)) as (careful, plain):
        with careful, block.each() as (i, _):
            rows = block.rows(i, values, builder.sub(first, _INDEX(1)))
            four = [*_two_numbers(builder, rows, 0), *_two_numbers(builder, rows, 2)]
            block.finish(i, _beside_ties(builder, block.part(i), four, widest))
        with plain, block.each() as (i, _):
            pair = _two_numbers(builder, block.rows(i, values, first), 0)
            block.finish(i, _between(builder, block.part(i), *pair))


def _quantiles(
    _typing: Any,
    z: Any,
    start: Any,
    table: Any,
    values: Any,
    first: Any,
    n: Any,
    ties: Any,
    never: Any,
    far: Any,
    parts: Any,
    cells: Any,
) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        scores, ndtr, ordered, rest, whole = (
            context.make_array(signature.args[a])(context, builder, arguments[a]).data for a in (0, 2, 3, 9, 10)
        )
        begin, count = arguments[4:6]
        tied, apart, late = (builder.icmp_signed("!=", flag, flag.type(0)) for flag in arguments[6:9])
        total = builder.sitofp(count, _DOUBLE)
        relative = builder.fmul(total, _DOUBLE(ERROR))
        larger = builder.fcmp_ordered(">", relative, _DOUBLE(SNAP))
        snap = spread(builder, builder.select(larger, relative, _DOUBLE(SNAP)), _VECTOR)
        size = spread(builder, total, _VECTOR)
        block = _Block(builder, scores, arguments[1], rest, whole)
        with block.each() as (i, _):
            _find_cell(builder, block, i)
        with block.each() as (i, _):
            _find_place(builder, block, i, size, snap, ndtr)
            with builder.if_then(late):
                for row in block.rows(i, ordered, begin):
                    prefetch(builder, row)
        _read_values(builder, block, ordered, begin, tied, apart)
        return context.get_dummy_value()

    return types.void(z, start, table, values, first, n, ties, never, far, parts, cells), generate


# quantiles(z, start, table, values, first, n, ties, never, far, parts, cells): replace BLOCK cells from z[start] on by
# the empirical quantiles of the sorted values[first : first + n], n >= 2, beside which stand a NaN before and after.
# NaN stays NaN. Where `ties` is not 0 some of the values may be equal; where `never` is not 0 nothing is interpolated;
# where `far` is not 0 values are asked for as soon as their places are known. `table` is that of
# `synthmix.table.mixed`; `parts` and `cells` (int32) are scratch for BLOCK numbers each.
quantiles: Callable[..., None] = intrinsic(_quantiles)
