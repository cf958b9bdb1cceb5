"""From the rule to a table: mix, decode, build."""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import OptionError
from synthmix.kernels.decode import to_rows
from synthmix.mixing.chain.chains import Chains
from synthmix.mixing.execute import Executor, is_large, run_ranges, share_passes
from synthmix.table import TableEncoder

_PIECE = 2**22  # numbers that are held by columns on the way to an array of rows, at most, for each thread


def emit(
    executor: Executor | Chains, encoder: TableEncoder, start: int, stop: int, threads: int, out: Any = None
) -> Any:
    """Return synthetic rows [start, stop) as a table of the source's type, in `out` where that is given."""
    source, shape = executor.source, (stop - start, encoder.n_features_in)
    if not encoder.is_array:
        if out is not None:
            raise OptionError(
                "out= needs a source that is an array of floats in which every column varies; leave it out"
            )
        return emit_table(executor, encoder, start, stop, threads, start)
    single = source.latent.dtype == np.float32
    dtype = np.dtype(np.float32) if single else encoder.array_dtype
    rows = np.empty(shape, dtype) if out is None else _checked(out, shape, dtype)
    if encoder.plain_array and not source.has_missing and isinstance(executor, Executor):
        executor.mix(start, stop, threads, rows, donors=False)
        return rows if out is None else out

    past = is_large(rows)

    def work(_number: int, low: int, high: int, share: int) -> None:
        columns, _ = _columns(executor, encoder, low, high, share, low)
        _write(columns, low - start, rows, share, past=past)

    most, n = max(_PIECE // max(shape[1], 1), 1), source.n_rows
    whole = n <= most  # else threads would each make the pass that their parts of it need
    pieces = _pieces(start, stop, n, max(most // threads, n) if whole else most)
    share_passes(work, pieces, threads, many=2 * threads if whole else sys.maxsize)
    return rows if out is None else out


def emit_table(
    executor: Executor | Chains, encoder: TableEncoder, start: int, stop: int, threads: int, number: int
) -> Any:
    """Return rows [start, stop) as a table whose first row has the number `number`, the counter of its roundings."""
    columns, codes = _columns(executor, encoder, start, stop, threads, number)
    return encoder.table(columns, codes, start=number, threads=threads)


def _pieces(start: int, stop: int, n: int, most: int) -> list[tuple[int, int, int]]:
    """Return (number, first row, end) of ranges of at most so many rows, which are cut where passes of n rows end.

    Groups of a pass are found anew for every part of it that is asked for. Longer passes are cut anywhere.
    """
    size = most - most % n if most >= n else most
    edges = [start, *range((start // size + 1) * size, stop, size), stop]
    return [(number, low, high) for number, (low, high) in enumerate(pairwise(edges)) if low < high]


def _write(columns: NDArray[np.float64], at: int, rows: NDArray[Any], threads: int, *, past: bool) -> None:
    """Write columns (p, m) to rows `at`, ``at + 1``, ..."""
    run_ranges(lambda a, b: to_rows(columns, a, b, at, past, rows), columns.shape[1], threads)


def _columns(
    executor: Executor | Chains, encoder: TableEncoder, start: int, stop: int, threads: int, number: int
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return decoded columns (p, m) and codes (q, m) of rows [start, stop)."""
    columns, codes = executor.made(start, stop, threads)
    return encoder.back(columns, codes, number, executor.source.seed, threads)


def _checked(out: Any, shape: tuple[int, int], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return `out` if rows can be written to it."""
    plain = isinstance(out, np.ndarray) and not isinstance(out, np.ma.MaskedArray)
    if not (plain and out.shape == shape and out.dtype == dtype and out.flags.carray):
        found = f"{out.dtype} of shape {out.shape}" if isinstance(out, np.ndarray) else type(out).__name__
        raise OptionError(
            f"out is {found}; give a writeable C-contiguous array, numpy.empty({shape}, dtype={dtype.name!r})"
        )
    return np.asarray(out)
