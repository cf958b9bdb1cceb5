"""Two-point mixing of raw numbers: naive numpy, careful numpy, synthmix."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.speed import numpy_mixing, ours
from benchmarks.speed.checks import mixes, require
from benchmarks.speed.sections import limits
from benchmarks.speed.settings import Settings
from benchmarks.speed.timing import Call, Case, race

VARIANCE = {"uniform": 2 / 3, "epbeta": 1.0}
PAIRINGS = ("random", "cyclic")


def chunked(X: NDArray[np.floating], draws: numpy_mixing.Draws) -> Call:
    """Return a call of careful numpy into an array that is already in memory."""
    out = np.ones((draws.first.size, X.shape[1]), X.dtype)
    scratch = np.ones((numpy_mixing.CHUNK, X.shape[1]), X.dtype)
    return partial(numpy_mixing.chunked, X, draws, out, scratch)


def ours_fresh(X: NDArray[np.floating], rows: int, weights: str, pairing: str) -> Call:
    """Return a call that makes a new array."""
    synthesizer = ours.fit(X, weights, pairing, **ours.dtype_option(X.dtype.name))
    return partial(synthesizer.sample, rows)


def ours_out(X: NDArray[np.floating], rows: int, weights: str, pairing: str) -> Call:
    """Return a call that fills an array that is already in memory."""
    synthesizer = ours.fit(X, weights, pairing, **ours.dtype_option(X.dtype.name))
    return ours.into(synthesizer, rows, np.ones((rows, X.shape[1]), X.dtype))


def numpy_cases(X: NDArray[np.floating], rows: int) -> list[Case]:
    """Return what numpy users write. Draws are made beforehand unless the name says otherwise."""
    draws = numpy_mixing.draw(X.shape[0], rows, X.dtype.name)
    check, dtype = mixes(X, rows, VARIANCE["uniform"]), X.dtype.name
    agree(X, draws)
    return [
        Case(f"naive numpy, {dtype}", lambda: partial(numpy_mixing.naive, X, draws), rows, check),
        Case(
            f"naive numpy with draws, {dtype}",
            lambda: partial(numpy_mixing.naive_with_draws, X, rows),
            rows,
            check,
        ),
        Case(f"chunked numpy in place, {dtype}", partial(chunked, X, draws), rows, check),
    ]


def agree(X: NDArray[np.floating], draws: numpy_mixing.Draws) -> None:
    """Raise unless the plain and the careful formula give the same rows, up to rounding."""
    plain, careful = numpy_mixing.naive(X, draws), chunked(X, draws)()
    size = np.abs(X).max() * np.finfo(X.dtype).eps
    require(np.abs(plain - careful).max() < 8 * size, "plain and careful numpy differ")


def our_cases(X: NDArray[np.floating], rows: int) -> list[Case]:
    """Return synthmix with two laws of weights and two pairings, into `out` and fresh. Draws are always included."""
    return [
        Case(
            f"synthmix {weights} {pairing} {how}, {X.dtype.name}",
            partial(make, X, rows, weights, pairing),
            rows,
            mixes(X, rows, factor),
        )
        for weights, factor in VARIANCE.items()
        for pairing in PAIRINGS
        for how, make in (("out=", ours_out), ("fresh", ours_fresh))
    ]


def measure(settings: Settings) -> dict[str, Any]:
    """Time each dtype as a race of its own, with the limits inside it."""
    sizes, rows = settings.sizes, []
    for dtype in limits.DTYPES:
        X = limits.source(sizes, dtype)
        listed = [
            *limits.cases(X, sizes.rows_out),
            *numpy_cases(X, sizes.rows_out),
            *our_cases(X, sizes.rows_out),
        ]
        rows += race(listed, settings.rounds)
    return {"cases": rows}
