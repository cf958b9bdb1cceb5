"""Machine code for groups of 3 to 6 rows, the usual ones, without loops over the rows of a group.

The rotation of a group is a few hundred operations on a few dozen numbers. In loops over small arrays most of the time
goes into the loops; written out they stay in the registers of the processor, and a vector holds eight groups.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from synthmix.kernels.formulas import TO_UNIT, rotation
from synthmix.kernels.intrinsics import Rows, each_vector, lane_kinds, load, spread, store
from synthmix.kernels.records import BATCH

LANES = 8  # groups; on narrower machines they are two or four vectors
_DOUBLES = ir.VectorType(ir.DoubleType(), LANES)
_WORDS = ir.VectorType(ir.IntType(32), LANES)
_LONGS = ir.VectorType(ir.IntType(64), LANES)


def _constant(number: float) -> Any:
    return ir.Constant(_DOUBLES, [number] * LANES)


class _Lanes:
    """Eight numbers in a vector; arithmetic on it generates the instructions that do it."""

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder, self.value = builder, value

    def _with(self, operation: str, other: Any, *, swapped: bool = False) -> _Lanes:
        mine, its = self.value, other.value if isinstance(other, _Lanes) else _constant(float(other))
        first, second = (its, mine) if swapped else (mine, its)
        return _Lanes(self.builder, getattr(self.builder, operation)(first, second))

    def __add__(self, other: Any) -> _Lanes:
        return self._with("fadd", other)

    def __sub__(self, other: Any) -> _Lanes:
        return self._with("fsub", other)

    def __rsub__(self, other: Any) -> _Lanes:
        return self._with("fsub", other, swapped=True)

    def __mul__(self, other: Any) -> _Lanes:
        return self._with("fmul", other)

    __rmul__ = __mul__

    def __rtruediv__(self, other: Any) -> _Lanes:
        return self._with("fdiv", other, swapped=True)


class _Numbers:
    """The operations of :class:`synthmix.kernels.formulas.Numbers` on lanes."""

    def __init__(self, builder: Any) -> None:
        self.builder = builder

    def uniform(self, word: Any) -> _Lanes:
        wide = self.builder.zext(word, _LONGS)  # AVX2 converts signed words only: put the word into a mantissa
        exponent = ir.Constant(_LONGS, [0x4330000000000000] * LANES)
        number = self.builder.bitcast(self.builder.or_(wide, exponent), _DOUBLES)
        return (_Lanes(self.builder, number) - 4503599627370496.0 + 0.5) * TO_UNIT

    def sqrt(self, x: _Lanes) -> _Lanes:
        kind = ir.FunctionType(_DOUBLES, [_DOUBLES])
        root = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
            self.builder.module, kind, f"llvm.sqrt.v{LANES}f64"
        )
        return _Lanes(self.builder, self.builder.call(root, [x.value]))

    def smaller(self, x: _Lanes, y: _Lanes) -> _Lanes:
        less = self.builder.fcmp_ordered("<", x.value, y.value)
        return _Lanes(self.builder, self.builder.select(less, x.value, y.value))

    def larger(self, x: _Lanes, y: _Lanes) -> _Lanes:
        less = self.builder.fcmp_ordered("<", x.value, y.value)
        return _Lanes(self.builder, self.builder.select(less, y.value, x.value))

    def sign(self, word: Any) -> _Lanes:
        one = ir.Constant(_WORDS, [1] * LANES)
        odd = self.builder.icmp_unsigned("==", self.builder.and_(word, one), one)
        return _Lanes(self.builder, self.builder.select(odd, _constant(1.0), _constant(-1.0)))


class _Flat:
    """A batch of numbers in a flat array: number j of group g stands at ``BATCH * j + g``."""

    def __init__(self, context: Any, builder: Any, kind: Any, value: Any) -> None:
        self.builder, self.data = builder, context.make_array(kind)(context, builder, value).data

    def at(self, j: int, group: Any, kind: Any = None) -> Any:
        """Return the address of number j of a group, as one of `kind`."""
        place = self.builder.gep(self.data, [self.builder.add(group, group.type(BATCH * j))])
        return place if kind is None else self.builder.bitcast(place, kind.as_pointer())


def words_needed(k: int) -> int:
    """Return how many 32-bit words the rotation of k rows takes."""
    return 1 + sum(s + s % 2 - 1 for s in range(2, k))


def _rotation_of(k: int) -> Any:
    """Return an intrinsic ``(words, g, q, at)`` that makes the rotations of LANES groups.

    Their words begin at ``words[g]`` and their matrices at ``q[at]``; what belongs to one is BATCH apart.
    """

    def rotate(_typing: Any, words: Any, g: Any, q: Any, at: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            drawn, matrix = (_Flat(context, builder, signature.args[a], arguments[a]) for a in (0, 2))
            numbers = [builder.load(drawn.at(j, arguments[1], _WORDS), align=4) for j in range(words_needed(k))]
            for place, entry in enumerate(chain(*rotation(_Numbers(builder), numbers, k))):
                builder.store(entry.value, matrix.at(place, arguments[3], _DOUBLES), align=8)
            return context.get_dummy_value()

        return types.void(words, g, q, at), generate

    return intrinsic(rotate)


def _mixture_of(k: int) -> Any:
    """Return an intrinsic ``(out, targets, source, members, g, q, at, spare)`` that mixes the rows of a group.

    Its members and targets begin at ``members[g]`` and ``targets[g]``, its matrix at ``q[at]``; what follows is BATCH
    apart. Row i is x_0 + the sum over j > 0 of q[i, j] (x_j - x_0), added in order. Targets below 0 go to the spare
    row.
    """

    def mix(
        _typing: Any, out: Any, targets: Any, source: Any, members: Any, g: Any, q: Any, at: Any, spare: Any
    ) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            written, read, rest = (Rows(context, builder, signature.args[a], arguments[a]) for a in (0, 2, 7))
            places, rows, matrix = (_Flat(context, builder, signature.args[a], arguments[a]) for a in (1, 3, 5))
            group = arguments[4]
            x = [read.at(builder.load(rows.at(j, group))) for j in range(k)]
            to = []
            for i in range(k):
                target = builder.load(places.at(i, group))
                inside = builder.icmp_signed(">=", target, target.type(0))
                kept = builder.select(inside, target, target.type(0))
                to.append(builder.select(inside, written.at(kept), rest.at(target.type(0))))
            weights = [builder.load(matrix.at(place, arguments[6])) for place in range(k * k)]
            in_lanes = {kind: [spread(builder, w, kind) for w in weights] for kind in lane_kinds(read.element)}

            def work(column: Any, kind: Any) -> None:
                first = load(builder, x[0], column, kind)
                steps = [builder.fsub(load(builder, row, column, kind), first) for row in x[1:]]
                for i in range(k):
                    total = first
                    for j, step in enumerate(steps, 1):
                        total = builder.fadd(total, builder.fmul(in_lanes[kind][k * i + j], step))
                    store(builder, total, to[i], column)

            each_vector(builder, read.width, read.element, work)
            return context.get_dummy_value()

        return types.void(out, targets, source, members, g, q, at, spare), generate

    return intrinsic(mix)


rotate_3, rotate_4, rotate_5, rotate_6 = (_rotation_of(k) for k in range(3, 7))
mix_3, mix_4, mix_5, mix_6 = (_mixture_of(k) for k in range(3, 7))
