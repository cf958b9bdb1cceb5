"""Empirical quantiles at normal scores, four cells at once.

A score z stands at the place ``n ndtr(z) - 1/2`` among the n sorted values, counted from 0, and a place between two
values is interpolated: this is the empirical quantile of Hazen (1914) at the probability ndtr(z). So the score
``ndtri((rank - 1/2) / n)`` of a value leads back to the value, and the part of the normal law that belongs to each
value is 1 / n. Beside a value that occurs more than once it is the nearer of the two values: a point mass keeps its
probability, and no value appears between it and its neighbour.

``ndtr`` is read off a table of cubic polynomials that stays in the cache; its error is below 1e-11. A place that is an
integer but for that error is that integer. The search that a quantile usually needs is not there, and neither is a
branch to guess. Places are found for a block of cells before the first value is looked at, and where there are more
values than a cache holds they are asked for then: memory has the whole block to answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from synthmix.kernels.intrinsics import prefetch, spread
from synthmix.kernels.unrolled import LANES

CELLS = 128  # cells of the table of ndtr in one standard deviation
DEVIATIONS = 8  # how far it reaches; beyond, ndtr(-z) is below 1e-15
SNAP = 1e-6
BLOCK = 128  # cells whose places are known before their values are read
NEAR = 2**16  # sorted values that a cache holds, and nobody has to ask for early
ERROR = 1e-11
_DOUBLE, _INDEX, _FLAG = ir.DoubleType(), ir.IntType(64), ir.IntType(32)
_VECTOR, _WORDS = ir.VectorType(_DOUBLE, LANES), ir.VectorType(_FLAG, LANES)
_HALF = ir.VectorType(_DOUBLE, LANES // 2)


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


def _lane(builder: Any, at: Any, lane: int) -> Any:
    """Return one of four indices, none of which is negative, as an index of memory."""
    return builder.zext(builder.extract_element(at, _FLAG(lane)), _INDEX)


def _rows_of_four(builder: Any, data: Any, first: Any, at: Any) -> list[Any]:
    """Return four vectors: for every lane the numbers ``data[first + at]``, ``data[first + at + 1]``, ...

    Halves of rows are put together as they are read, so that no number has to cross the middle of a vector later.
    """
    rows = [builder.gep(data, [builder.add(first, _lane(builder, at, lane))]) for lane in range(LANES)]

    def halves(one: int, other: int, place: int) -> Any:
        parts = [
            builder.load(builder.bitcast(builder.gep(rows[row], [_INDEX(place)]), _HALF.as_pointer()), align=8)
            for row in (one, other)
        ]
        return builder.shuffle_vector(*parts, ir.Constant(_WORDS, [0, 1, 2, 3]))

    orders = [ir.Constant(_WORDS, order) for order in ([0, 4, 2, 6], [1, 5, 3, 7])]
    pairs = [(halves(0, 2, place), halves(1, 3, place)) for place in (0, 2)]
    return [builder.shuffle_vector(*pair, order) for pair in pairs for order in orders]


def _places(builder: Any, z: Any, n: Any, snap: Any, table: Any) -> Any:
    """Return where scores point among n sorted values, in [0, n - 1]; somewhere for NaN."""
    size = _lesser(builder, _call(builder, "fabs", z), _all(DEVIATIONS - 1.0 / CELLS))
    scaled = builder.fmul(size, _all(float(CELLS)))
    cell = builder.fptosi(scaled, _WORDS)
    f = builder.fsub(scaled, builder.sitofp(cell, _VECTOR))
    four = builder.shl(cell, ir.Constant(_WORDS, [2] * LANES))
    c0, c1, c2, c3 = _rows_of_four(builder, table, _INDEX(0), four)
    tail = c3
    for coefficient in (c2, c1, c0):
        tail = builder.fadd(builder.fmul(tail, f), coefficient)
    below = builder.fcmp_ordered("<", z, _all(0.0))
    share = builder.select(below, tail, builder.fsub(_all(1.0), tail))
    place = builder.fsub(builder.fmul(n, share), _all(0.5))
    nearest = _call(builder, "rint", place)
    off = _call(builder, "fabs", builder.fsub(place, nearest))
    place = builder.select(builder.fcmp_ordered("<=", off, snap), nearest, place)
    place = builder.select(builder.fcmp_ordered(">", place, _all(0.0)), place, _all(0.0))
    return _lesser(builder, place, builder.fsub(n, _all(1.0)))


def _between(builder: Any, place: Any, n: Any, widest: Any, values: Any, first: Any) -> Any:
    """Return the values at the places; the nearer one where one of the gaps around a place is at most `widest`."""
    last = builder.fsub(n, _all(2.0))
    low = _lesser(builder, _call(builder, "floor", place), last)
    share = builder.fsub(place, low)
    before = builder.sub(first, _INDEX(1))
    w, x, y, z = _rows_of_four(builder, values, before, builder.fptosi(low, _WORDS))
    gap = builder.fsub(y, x)
    for one, other in ((w, x), (y, z)):  # beyond the first and the last value there is NaN, which is no gap
        gap = _lesser(builder, builder.fsub(other, one), gap)
    tied = builder.fcmp_ordered("<=", gap, widest)
    rest = builder.fsub(_all(1.0), share)
    # The two-product form stays between its ends and cannot overflow where the difference would.
    mixed = builder.fadd(builder.fmul(rest, x), builder.fmul(share, y))
    nearer = builder.select(builder.fcmp_ordered("<", share, _all(0.5)), x, y)
    return builder.select(tied, nearer, mixed)


def _ask_for(builder: Any, data: Any, first: Any, place: Any) -> None:
    """Prefetch the values at four places."""
    whole = builder.fptosi(place, _WORDS)
    for lane in range(LANES):
        prefetch(builder, builder.gep(data, [builder.add(first, _lane(builder, whole, lane))]))


def _quantiles(
    _typing: Any, z: Any, start: Any, table: Any, values: Any, first: Any, n: Any, never: Any, room: Any
) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        scores, ndtr, ordered, places = (
            context.make_array(signature.args[a])(context, builder, arguments[a]).data for a in (0, 2, 3, 7)
        )
        total = builder.sitofp(arguments[5], _DOUBLE)
        relative = builder.fmul(total, _DOUBLE(ERROR))
        larger = builder.fcmp_ordered(">", relative, _DOUBLE(SNAP))
        snap = spread(builder, builder.select(larger, relative, _DOUBLE(SNAP)), _VECTOR)
        size = spread(builder, total, _VECTOR)
        flag = builder.icmp_signed("!=", arguments[6], arguments[6].type(0))
        widest = spread(builder, builder.select(flag, _DOUBLE(math.inf), _DOUBLE(0.0)), _VECTOR)
        far = builder.icmp_signed(">", arguments[5], arguments[5].type(NEAR))

        def vector_at(data: Any, place: Any) -> Any:
            return builder.bitcast(builder.gep(data, [place]), _VECTOR.as_pointer())

        with cgutils.for_range_slice(builder, _INDEX(0), _INDEX(BLOCK), _INDEX(LANES)) as (i, _):
            score = builder.load(vector_at(scores, builder.add(arguments[1], i)), align=8)
            place = _places(builder, score, size, snap, ndtr)
            builder.store(place, vector_at(places, i), align=8)
            with builder.if_then(far):
                _ask_for(builder, ordered, arguments[4], place)
        with cgutils.for_range_slice(builder, _INDEX(0), _INDEX(BLOCK), _INDEX(LANES)) as (i, _):
            address = vector_at(scores, builder.add(arguments[1], i))
            score, place = builder.load(address, align=8), builder.load(vector_at(places, i), align=8)
            value = _between(builder, place, size, widest, ordered, arguments[4])
            known = builder.fcmp_ordered("==", score, score)
            builder.store(builder.select(known, value, _all(float("nan"))), address, align=8)
        return context.get_dummy_value()

    return types.void(z, start, table, values, first, n, never, room), generate


# quantiles(z, start, table, values, first, n, never, room): replace BLOCK cells from z[start] on by the empirical
# quantiles of the sorted values[first : first + n], n >= 2, beside which stand a NaN before and after. NaN stays NaN.
# With `never` not 0 values are never interpolated. `table` is that of `synthmix.table.mixed`; `room` is scratch for
# BLOCK numbers.
quantiles: Callable[..., None] = intrinsic(_quantiles)
