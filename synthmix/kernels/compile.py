"""The one place that decides how synthmix compiles its loops.

Every compiled function of the package goes through :func:`kernel`. The decisions and their reasons:

- ``nogil=True`` and never ``parallel=True``. A kernel is serial and works on a range of rows; threads are
  Python threads that call the same kernel on disjoint ranges (:mod:`synthmix.mixing.execute`). One compiled
  version serves one thread, many threads, Dask workers and torch loaders, no threading layer can abort the
  process, and serial and parallel bits are equal because they come from the same machine code.
- ``fastmath=False``. Reordered sums and vanished NaN checks are no price for a library that states proofs.
- ``error_model="numpy"``. Division follows IEEE 754 and leaves no Python exception branch in the loop.
- No signatures. Nothing compiles at import; callers hand over C-contiguous ``float64`` and ``int64``.
- ``cache=True``, unless ``SYNTHMIX_CACHE=0``. Numba keys a cached function by its own file only. Developers
  who edit a callee in another file use ``make test``, which gives each state of the kernels its own cache.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import numba
from llvmlite import ir
from numba.core import cgutils
from numba.extending import intrinsic

F = TypeVar("F", bound=Callable[..., Any])

CACHE = os.environ.get("SYNTHMIX_CACHE", "1") != "0"


def kernel(function: F) -> F:
    """Compile `function` on first use; ``function.py_func`` stays the plain Python twin."""
    compiled: F = numba.njit(function, nogil=True, error_model="numpy", fastmath=False, cache=CACHE)
    return compiled


def inlined(function: F) -> F:
    """Compile a small helper that is only ever called from kernels.

    It is never cached on its own: its machine code lives inside the kernels that call it. Calls that pass arrays
    count references, which in a loop over rows can cost ten times the work; so loops over a block of rows live
    inside kernels, and helpers that are called for each row take numbers, or are :func:`spliced`.
    """
    compiled: F = numba.njit(function, nogil=True, error_model="numpy", fastmath=False)
    return compiled


def spliced(function: F) -> F:
    """Splice a very small helper that takes arrays into its caller before compilation: no call, no references.

    Every use is compiled anew, so this is for a few lines in the innermost loops only.
    """
    compiled: F = numba.njit(function, nogil=True, error_model="numpy", fastmath=False, inline="always")
    return compiled


def _prefetch(_typing: Any, array: Any, row: Any, column: Any) -> Any:
    """Lower a call of :func:`prefetch` to the instruction of that name."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        values, i, j = arguments
        kind = signature.args[0]
        struct = context.make_array(kind)(context, builder, values)
        place = cgutils.get_item_pointer(  # type: ignore[no-untyped-call]
            context, builder, kind, struct, [i, j], wraparound=False
        )
        flag = ir.IntType(32)
        address = builder.bitcast(place, ir.IntType(8).as_pointer())
        declared = ir.FunctionType(ir.VoidType(), [address.type, flag, flag, flag])
        name = f"llvm.prefetch.{address.type.intrinsic_name}"
        function = cgutils.get_or_insert_function(builder.module, declared, name)  # type: ignore[no-untyped-call]
        builder.call(function, [address, flag(0), flag(3), flag(1)])  # to read, keep it near, data
        return context.get_dummy_value()

    return numba.types.void(array, row, column), generate


# prefetch(array, row, column): ask for the cache line of an existing element; nothing is read and nothing waits.
prefetch: Callable[..., None] = intrinsic(_prefetch)


_LANES = 8  # partial sums of a dot product: two to four vector registers, and the same bits on every machine


def _dot(_typing: Any, weights: Any, array: Any, row: Any) -> Any:
    """Lower a call of :func:`dot` to a loop over blocks of eight columns."""
    value = ir.DoubleType() if array.dtype == numba.types.float64 else ir.FloatType()
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


# dot(weights, array, row): sum of ``weights[c] * array[row, c]`` over all whole blocks of eight columns; both arrays
# are C-contiguous and of one float type. LLVM does not take several partial sums of a plain loop into one register.
dot: Callable[..., float] = intrinsic(_dot)
