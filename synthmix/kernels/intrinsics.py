"""Machine operations that a loop over single numbers does not become: full-width rows, and prefetch.

A row of a table is short and its width is not known to the compiler, which then spends more on the ends of an inner
loop than on its middle. Here a row is taken in full vectors, the last of which overlaps the one before. Products and
sums are rounded one by one (no fused multiply-add), in the order that the formulas name, so results have the same bits
on every processor and whatever the width of its vectors.
Rows of arrays are named by their number and are not checked; all arrays are C-contiguous.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

VECTOR = 32  # bytes of a vector; on wider machines two of these do as well, for rows wait for memory
LINE = 64  # bytes of a cache line
STREAMED = 16  # bytes that are written past the caches at once: arrays of numpy begin at multiples of these
SQUARE = 4  # rows and columns that are turned at once
_FEW_LINES = 4  # of a row that are asked for without a loop
_BYTE = ir.IntType(8)
_FLAG = ir.IntType(32)


class Rows:
    """The rows of a two-dimensional array inside a function that is being generated."""

    def __init__(self, context: Any, builder: Any, kind: Any, value: Any) -> None:
        self.builder, self.context, self.kind = builder, context, kind
        self.struct = context.make_array(kind)(context, builder, value)
        self.width = cgutils.unpack_tuple(builder, self.struct.shape)[1]  # type: ignore[no-untyped-call]
        self.element = self.struct.data.type.pointee

    def at(self, row: Any) -> Any:
        """Return the address of the first element of a row."""
        place = [row, row.type(0)]
        return cgutils.get_item_pointer(  # type: ignore[no-untyped-call]
            self.context, self.builder, self.kind, self.struct, place, wraparound=False
        )


def lane_kinds(element: Any) -> tuple[Any, Any]:
    """Return the types in which a row of `element` is taken: full vectors, and single numbers."""
    return ir.VectorType(element, VECTOR // _alignment(element)), element


def each_vector(builder: Any, width: Any, element: Any, work: Callable[[Any, Any], None]) -> None:
    """Generate ``work(first column, type to load)`` for a row: full vectors, an overlapping last one, or one by one.

    Doing some columns twice is harmless because they are read from other rows than the one that is written.
    """
    vector, index = lane_kinds(element)[0], width.type
    lanes = vector.count
    whole = builder.and_(width, index(-lanes))
    with cgutils.for_range_slice(builder, index(0), whole, index(lanes)) as (column, _):
        work(column, vector)
    with builder.if_then(builder.icmp_signed("<", whole, width)):
        wide = builder.icmp_signed(">=", width, index(lanes))
        with builder.if_else(wide) as (then, otherwise):
            with then:
                work(builder.sub(width, index(lanes)), vector)
            with otherwise, cgutils.for_range(builder, width) as loop:
                work(loop.index, element)


def load(builder: Any, row: Any, column: Any, kind: Any) -> Any:
    """Read a vector or number of a row, from `column` on."""
    place = builder.bitcast(builder.gep(row, [column]), kind.as_pointer())
    return builder.load(place, align=_alignment(kind))


def store(builder: Any, value: Any, row: Any, column: Any) -> None:
    """Write a vector or number to a row, from `column` on."""
    place = builder.bitcast(builder.gep(row, [column]), value.type.as_pointer())
    builder.store(value, place, align=_alignment(value.type))


def streamed_kind(element: Any) -> Any:
    """Return the vector of `element` that is written past the caches at once."""
    return ir.VectorType(element, STREAMED // _alignment(element))


def store_past(builder: Any, value: Any, row: Any, column: Any) -> None:
    """Write such a vector past the caches, at an address that is a multiple of its size.

    Such writes come about in any order. Other threads see them since the one that wrote takes Python's lock again at
    the end of a kernel, which waits for them on the processors that we know.
    """
    place = builder.bitcast(builder.gep(row, [column]), value.type.as_pointer())
    mark = builder.module.add_metadata([_FLAG(1)])
    builder.store(value, place, align=STREAMED).set_metadata("nontemporal", mark)


def _alignment(kind: Any) -> int:
    element = kind.element if isinstance(kind, ir.VectorType) else kind
    return 8 if isinstance(element, ir.DoubleType) else 4


def spread(builder: Any, number: Any, kind: Any) -> Any:
    """Return `number` in every lane of `kind`, rounded to its precision."""
    element = kind.element if isinstance(kind, ir.VectorType) else kind
    if number.type != element:
        number = builder.fptrunc(number, element)
    if not isinstance(kind, ir.VectorType):
        return number
    empty = ir.Constant(kind, ir.Undefined)
    first = builder.insert_element(empty, number, _FLAG(0))
    return builder.shuffle_vector(first, empty, ir.Constant(ir.VectorType(_FLAG, kind.count), [0] * kind.count))


def prefetch(builder: Any, place: Any, near: int = 3) -> None:
    """Ask for the cache line of an address: into the nearest cache, or with `near` 2 into the second one."""
    address = builder.bitcast(place, _BYTE.as_pointer())
    asked = [address, _FLAG(0), _FLAG(near), _FLAG(1)]  # to read, how near, data
    kind = ir.FunctionType(ir.VoidType(), [argument.type for argument in asked])
    name = f"llvm.prefetch.{address.type.intrinsic_name}"
    builder.call(cgutils.get_or_insert_function(builder.module, kind, name), asked)  # type: ignore[no-untyped-call]


def _blend_row(_typing: Any, out: Any, row: Any, source: Any, base: Any, other: Any, weight: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        target, i, values, j, k, share = arguments
        written, read = (Rows(context, builder, signature.args[a], v) for a, v in ((0, target), (2, values)))
        to, x, y = written.at(i), read.at(j), read.at(k)

        def work(column: Any, kind: Any) -> None:
            first = load(builder, x, column, kind)
            step = builder.fsub(load(builder, y, column, kind), first)
            moved = builder.fadd(first, builder.fmul(spread(builder, share, kind), step))
            store(builder, moved, to, column)

        each_vector(builder, read.width, read.element, work)
        return context.get_dummy_value()

    return types.void(out, row, source, base, other, weight), generate


def _blend_row_past(_typing: Any, out: Any, row: Any, source: Any, base: Any, other: Any, weight: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _, i, _, j, k, share = arguments
        written, read = (Rows(context, builder, signature.args[a], arguments[a]) for a in (0, 2))
        to, x, y = written.at(i), read.at(j), read.at(k)
        kind, index = streamed_kind(read.element), read.width.type
        with cgutils.for_range_slice(builder, index(0), read.width, index(kind.count)) as (column, _):
            first = load(builder, x, column, kind)
            step = builder.fsub(load(builder, y, column, kind), first)
            moved = builder.fadd(first, builder.fmul(spread(builder, share, kind), step))
            store_past(builder, moved, to, column)
        return context.get_dummy_value()

    return types.void(out, row, source, base, other, weight), generate


def _combine_row(
    _typing: Any,
    out: Any,
    row: Any,
    source: Any,
    parents: Any,
    at: Any,
    weights: Any,
    first: Any,
    gap: Any,
    count: Any,
    base: Any,
) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _, i, _, _, place, _, start, stride, k, centre_of = arguments
        written, read = (Rows(context, builder, signature.args[a], arguments[a]) for a in (0, 2))
        plan, law = (context.make_array(signature.args[a])(context, builder, arguments[a]).data for a in (3, 5))

        def number(data: Any, origin: Any, j: Any) -> Any:
            return builder.load(builder.gep(data, [builder.add(origin, builder.mul(stride, j))]))

        to, x = written.at(i), read.at(number(plan, place, centre_of))

        def work(column: Any, kind: Any) -> None:
            centre = load(builder, x, column, kind)
            total = cgutils.alloca_once_value(builder, centre)  # type: ignore[no-untyped-call]
            with cgutils.for_range(builder, k) as loop:
                j = loop.index
                with builder.if_then(builder.icmp_signed("!=", j, centre_of)):
                    step = builder.fsub(load(builder, read.at(number(plan, place, j)), column, kind), centre)
                    part = builder.fmul(spread(builder, number(law, start, j), kind), step)
                    builder.store(builder.fadd(builder.load(total), part), total)
            store(builder, builder.load(total), to, column)

        each_vector(builder, read.width, read.element, work)
        return context.get_dummy_value()

    kind = types.void(out, row, source, parents, at, weights, first, gap, count, base)
    return kind, generate


def _prefetch_row(_typing: Any, array: Any, row: Any) -> Any:
    return _prefetching(array, row, 3)


def _prefetch_later(_typing: Any, array: Any, row: Any) -> Any:
    return _prefetching(array, row, 2)


def _prefetching(array: Any, row: Any, near: int) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        values, i = arguments
        rows = Rows(context, builder, signature.args[0], values)
        lanes = LINE // _alignment(rows.element)
        start, index = rows.at(i), rows.width.type

        def ask(column: Any) -> None:
            prefetch(builder, builder.gep(start, [column]), near)

        for line in range(_FEW_LINES):
            with builder.if_then(builder.icmp_signed(">", rows.width, index(line * lanes))):
                ask(index(line * lanes))
        with cgutils.for_range_slice(builder, index(_FEW_LINES * lanes), rows.width, index(lanes)) as (column, _):
            ask(column)
        return context.get_dummy_value()

    return types.void(array, row), generate


def _copy_past(_typing: Any, out: Any, row: Any, column: Any, source: Any, k: Any, count: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        target, i, j, values, first, numbers = arguments
        written, read = (Rows(context, builder, signature.args[a], v) for a, v in ((0, target), (3, values)))
        to, start = builder.gep(written.at(i), [j]), read.at(first)
        kind, index = streamed_kind(read.element), read.width.type
        size, lanes = _alignment(kind), kind.count

        def one(place: Any) -> None:
            store(builder, load(builder, start, place, read.element), to, place)

        off = builder.udiv(builder.and_(builder.ptrtoint(to, index), index(STREAMED - 1)), index(size))
        ahead = builder.and_(builder.sub(index(lanes), off), index(lanes - 1))  # numbers before the first such address
        ahead = builder.select(builder.icmp_signed("<", ahead, numbers), ahead, numbers)
        end = builder.add(ahead, builder.and_(builder.sub(numbers, ahead), index(-lanes)))
        with cgutils.for_range(builder, ahead) as loop:
            one(loop.index)
        with cgutils.for_range_slice(builder, ahead, end, index(lanes)) as (place, _):
            store_past(builder, load(builder, start, place, kind), to, place)
        with cgutils.for_range_slice(builder, end, numbers, index(1)) as (place, _):
            one(place)
        return context.get_dummy_value()

    return types.void(out, row, column, source, k, count), generate


def _turn_square(_typing: Any, out: Any, i: Any, j: Any, source: Any, k: Any, c: Any) -> Any:
    """Lower a call of :func:`turn_square` to loads, two rounds of shuffles, and stores of whole vectors."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        written, read = (Rows(context, builder, signature.args[a], arguments[a]) for a in (0, 3))
        _, row, column, _, first, start = arguments
        kind = ir.VectorType(read.element, SQUARE)

        def row_of(rows: Rows, begin: Any, number: int) -> Any:
            return rows.at(builder.add(begin, begin.type(number)))

        lines = [load(builder, row_of(read, first, number), start, kind) for number in range(SQUARE)]
        for _ in range(2):  # each round interleaves line k with line k + 2, as cards are shuffled
            pairs = [(lines[number], lines[number + 2]) for number in range(2)]
            orders = [ir.Constant(ir.VectorType(_FLAG, SQUARE), order) for order in ([0, 4, 1, 5], [2, 6, 3, 7])]
            lines = [builder.shuffle_vector(*pair, order) for pair in pairs for order in orders]
        for number, line in enumerate(lines):
            store(builder, _as_element(builder, line, written.element), row_of(written, row, number), column)
        return context.get_dummy_value()

    return types.void(out, i, j, source, k, c), generate


def _as_element(builder: Any, vector: Any, element: Any) -> Any:
    """Return a vector in single or double precision."""
    kind = ir.VectorType(element, vector.type.count)
    if vector.type == kind:
        return vector
    return builder.fptrunc(vector, kind) if isinstance(element, ir.FloatType) else builder.fpext(vector, kind)


_LANES = 8  # partial sums of a dot product: two to four vector registers, and the same bits on every machine


def _dot(_typing: Any, weights: Any, array: Any, row: Any) -> Any:
    """Lower a call of :func:`dot` to a loop over blocks of eight columns."""
    value = ir.DoubleType() if array.dtype == types.float64 else ir.FloatType()
    block = ir.VectorType(value, _LANES)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        factors = context.make_array(signature.args[0])(context, builder, arguments[0])
        struct = context.make_array(signature.args[1])(context, builder, arguments[1])
        index = arguments[2].type
        start = cgutils.get_item_pointer(  # type: ignore[no-untyped-call]
            context, builder, signature.args[1], struct, [arguments[2], index(0)], wraparound=False
        )
        nothing = ir.Constant(block, [0.0] * _LANES)
        total = cgutils.alloca_once_value(builder, nothing)  # type: ignore[no-untyped-call]
        blocks = builder.udiv(builder.extract_value(struct.shape, 1), index(_LANES))
        with cgutils.for_range(builder, blocks) as loop:
            place = builder.mul(loop.index, index(_LANES))
            pair = [builder.bitcast(builder.gep(at, [place]), block.as_pointer()) for at in (factors.data, start)]
            a, b = [builder.load(at, align=value.get_abi_size(context.target_data)) for at in pair]
            builder.store(builder.fadd(builder.load(total), builder.fmul(a, b)), total)
        return _add_lanes(builder, builder.load(total))

    return array.dtype(weights, array, row), generate


def _add_lanes(builder: Any, lanes: Any) -> Any:
    """Add the elements of a vector: halves onto each other, until one number is left."""
    word = ir.IntType(32)
    while lanes.type.count > 1:
        half = lanes.type.count // 2
        masks = [ir.Constant(ir.VectorType(word, half), list(range(k, k + half))) for k in (0, half)]
        low, high = [builder.shuffle_vector(lanes, lanes, mask) for mask in masks]
        lanes = builder.fadd(low, high)
    return builder.extract_element(lanes, word(0))


# blend_row(out, row, source, base, other, weight): out[row] = x + weight * (y - x), rows x = base and y = other.
blend_row: Callable[..., None] = intrinsic(_blend_row)

# blend_row_past: the same, past the caches, for rows of whole vectors of STREAMED bytes that begin at such addresses.
blend_row_past: Callable[..., None] = intrinsic(_blend_row_past)

# combine_row(out, row, source, parents, at, weights, first, gap, count, base): out[row] = x + the sum over j != base of
# w_j (source[p_j] - x), added in the order of j < count, with x = source[p_base]. Parents and weights are flat arrays:
# p_j = parents[at + gap j] and w_j = weights[first + gap j].
combine_row: Callable[..., None] = intrinsic(_combine_row)

# prefetch_row(array, row): ask for the cache lines of an existing row; nothing is read and nothing waits.
prefetch_row: Callable[..., None] = intrinsic(_prefetch_row)

# prefetch_later(array, row): the same, but only into the second cache, for rows that are used much later.
prefetch_later: Callable[..., None] = intrinsic(_prefetch_later)

# copy_past(out, row, column, source, k, count): copy `count` numbers of memory from source[k, 0] on to out[row, column]
# and what follows, past the caches; both arrays have one type.
copy_past: Callable[..., None] = intrinsic(_copy_past)

# turn_square(out, i, j, source, k, c): out[i + a, j + b] = source[k + b, c + a] for a, b < SQUARE.
turn_square: Callable[..., None] = intrinsic(_turn_square)

# dot(weights, array, row): sum of ``weights[c] * array[row, c]`` over all whole blocks of eight columns; both arrays
# are C-contiguous and of one float type. LLVM does not take several partial sums of a plain loop into one register.
dot: Callable[..., float] = intrinsic(_dot)
