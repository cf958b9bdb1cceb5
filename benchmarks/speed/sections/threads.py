"""One thread against two, in wall time. The rows must be the same bits."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.speed import ours
from benchmarks.speed.checks import mixes, require
from benchmarks.speed.sections import limits
from benchmarks.speed.settings import Settings
from benchmarks.speed.timing import Call, Case, NotAvailableError, race
from synthmix.weights import Rotation

METHODS = {
    "uniform raw": ("uniform", "random", "raw", 2 / 3),
    "rotation raw": (Rotation(5), "random", "raw", 1.0),
    "rotation normal": (Rotation(5), "random", "normal", 1.0),
}


def call(X: NDArray[np.floating], rows: int, method: str, threads: int) -> Call:
    """Return a call on `threads` threads: into an array where that is possible, else fresh."""
    if threads > (os.cpu_count() or 1):
        raise NotAvailableError(f"this machine has fewer than {threads} cores")
    weights, pairing, encoding, _ = METHODS[method]
    synthesizer = ours.fit(X, weights, pairing, encoding, n_jobs=threads)
    if encoding == "raw" and ours.has_out():
        return ours.into(synthesizer, rows, np.ones((rows, X.shape[1])))
    return partial(synthesizer.sample, rows)


def same_bits(X: NDArray[np.floating], rows: int, method: str) -> None:
    """Raise unless one and two threads give the same bits."""
    weights, pairing, encoding, _ = METHODS[method]
    one, two = (ours.fit(X, weights, pairing, encoding, n_jobs=threads).sample(rows) for threads in (1, 2))
    require(np.array_equal(one.view(np.uint64), two.view(np.uint64)), f"{method}: threads change the rows")


def measure(settings: Settings) -> dict[str, Any]:
    """Time each method on one and on two threads."""
    X, rows = limits.source(settings.sizes, "float64"), settings.sizes.rows_out
    listed = []
    for method, (*_, factor) in METHODS.items():
        same_bits(X, rows, method)
        listed += [
            Case(f"{method}, {threads} threads", partial(call, X, rows, method, threads), rows, mixes(X, rows, factor))
            for threads in (1, 2)
        ]
    return {"cases": race(listed, settings.rounds), "equal_bits": True}
