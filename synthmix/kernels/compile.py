"""The one place that decides how synthmix compiles its loops.

Every compiled function of the package goes through :func:`kernel`; the few operations that are written as machine code
(:mod:`synthmix.kernels.intrinsics`, ``unrolled``, ``quantiles``) live inside kernels. The decisions and their reasons:

- ``nogil=True`` and never ``parallel=True``. A kernel is serial and works on a range of rows; threads are
  Python threads that call the same kernel on disjoint ranges (:mod:`synthmix.kernels.threads`). One compiled
  version serves one thread, many threads, Dask workers and torch loaders, no threading layer can abort the
  process, and serial and parallel bits are equal because they come from the same machine code.
- ``fastmath=False``. Reordered sums and vanished NaN checks are no price for a library that states proofs.
- ``error_model="numpy"``. Division follows IEEE 754 and leaves no Python exception branch in the loop.
- No way in for C programs (``no_cfunc_wrapper``), and none from Python for helpers: such a wrapper is compiled like the
  kernel itself, and they took a sixth of the time of a first call.
- No signatures. Nothing compiles at import; callers hand over C-contiguous ``float64`` and ``int64``.
- Small kernels, put together in Python over blocks of thousands of rows. A kernel that calls others is optimised
  again with all of them inside, level upon level, and contains what a call never needs; small ones are compiled when
  they are first used. ``synthmix warmup`` compiles all of them once.
- ``cache=True``, unless ``SYNTHMIX_CACHE=0``. Numba keys a cached function by its own file only. Developers
  who edit a callee in another file use ``make test``, which gives each state of the kernels its own cache.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core.registry import CPUDispatcher

F = TypeVar("F", bound=Callable[..., Any])

_njit: Any = numba.njit  # its types leave out what numba.core.options names
_OPTIONS = {"nogil": True, "error_model": "numpy", "fastmath": False, "no_cfunc_wrapper": True}
CACHE = os.environ.get("SYNTHMIX_CACHE", "1") != "0"


class _Helper(CPUDispatcher):
    """A compiled function without a wrapper for Python, where its plain twin runs instead."""

    def __call__(self, *values: Any) -> Any:
        return self.py_func(*values)


def kernel(function: F) -> F:
    """Compile `function` on first use; ``function.py_func`` stays the plain Python twin."""
    compiled: F = _njit(function, cache=CACHE, **_OPTIONS)
    return compiled


def inlined(function: F) -> F:
    """Compile a small helper that is only ever called from kernels.

    It is never cached on its own: its machine code lives inside the kernels that call it, and Python, which has no way
    in, runs the plain function. Calls that pass arrays count references, which in a loop over rows can cost ten times
    the work; so loops over a block of rows live inside kernels, and helpers that are called for each row take numbers.
    """
    compiled: Any = _njit(function, no_cpython_wrapper=True, **_OPTIONS)
    if isinstance(compiled, CPUDispatcher):  # not with NUMBA_DISABLE_JIT
        compiled.__class__ = _Helper  # Numba's own would jump into the missing wrapper
    helper: F = compiled
    return helper


def spliced(function: F) -> F:
    """Splice a very small helper into its caller before compilation, so that it becomes part of the caller's loop.

    Every use is compiled anew, so this is for a few lines in the innermost loops only. Arrays that are handed to it in
    a loop with branches still count references; see the machine code before relying on it.
    """
    compiled: F = _njit(function, inline="always", **_OPTIONS)
    return compiled


@spliced
def at(i: int) -> Any:
    """Return an index, which must not be negative, as a number without sign.

    Numba looks at every signed index whether it counts from the end. In loops that read a table by what another table
    says that is a third of the work.
    """
    return np.uint64(i)


@spliced
def number(i: Any) -> int:
    """Return a whole number in the one type that helpers are compiled for.

    Numba compiles a helper anew for a number of 32 bits, and for each constant that a caller writes down.
    """
    return np.int64(i)  # type: ignore[return-value]  # Numba integers stand for Python ones
