"""What the machine can do: the least that any program pays for a table of this size."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.speed.checks import anything
from benchmarks.speed.settings import Settings, Sizes
from benchmarks.speed.tables import SEED, numeric
from benchmarks.speed.timing import Call, Case, race

DTYPES = ("float64", "float32")


def fill(shape: tuple[int, int], dtype: str) -> Call:
    """Return a call that writes a constant over an array that is already in memory."""
    out = np.ones(shape, dtype)
    return partial(out.fill, 2.0)


def fill_fresh(shape: tuple[int, int], dtype: str) -> Call:
    """Return a call that writes a constant into fresh memory, so that the system must find pages for it."""
    return partial(np.full, shape, 2.0, dtype)


def gather(X: NDArray[np.floating], rows: int) -> Call:
    """Return a call that copies random rows into an array that is already in memory."""
    out = np.ones((rows, X.shape[1]), X.dtype)
    chosen = np.random.default_rng(SEED).integers(X.shape[0], size=rows)
    return partial(np.take, X, chosen, axis=0, out=out, mode="clip")


def cases(X: NDArray[np.floating], rows: int) -> list[Case]:
    """Return the three limits for rows like those of `X`."""
    shape, dtype = (rows, X.shape[1]), X.dtype.name
    return [
        Case(f"fill, {dtype}", partial(fill, shape, dtype), rows, anything),
        Case(f"fill fresh memory, {dtype}", partial(fill_fresh, shape, dtype), rows, anything),
        Case(f"gather random rows, {dtype}", partial(gather, X, rows), rows, anything),
    ]


def source(sizes: Sizes, dtype: str) -> NDArray[np.floating]:
    """Return workload A in `dtype`."""
    return numeric(sizes.rows_in, sizes.columns).astype(dtype, copy=False)


def measure(settings: Settings) -> dict[str, Any]:
    """Time filling and gathering, float64 and float32."""
    sizes = settings.sizes
    listed = [case for dtype in DTYPES for case in cases(source(sizes, dtype), sizes.rows_out)]
    return {"cases": race(listed, settings.rounds)}
