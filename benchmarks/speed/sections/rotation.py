"""Group rotation of raw numbers in groups of five, with random and with near groups."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.speed import numpy_mixing, ours
from benchmarks.speed.checks import mixes
from benchmarks.speed.sections import limits, two_point
from benchmarks.speed.settings import Settings
from benchmarks.speed.tables import SEED
from benchmarks.speed.timing import Call, Case, race
from synthmix.weights import Rotation

K = 5


def ours_fresh(X: NDArray[np.floating], rows: int, pairing: str) -> Call:
    """Return a call that makes a new array."""
    return partial(ours.fit(X, Rotation(K), pairing).sample, rows)


def ours_out(X: NDArray[np.floating], rows: int, pairing: str) -> Call:
    """Return a call that fills an array that is already in memory."""
    return ours.into(ours.fit(X, Rotation(K), pairing), rows, np.ones((rows, X.shape[1])))


def in_numpy(X: NDArray[np.floating], rows: int) -> Call:
    """Return a call of numpy with groups and matrices drawn beforehand."""
    rng = np.random.default_rng(SEED)
    passes = [rng.permutation(X.shape[0]) for _ in range(-(-rows // X.shape[0]))]
    Q = numpy_mixing.rotations(K, rows // K, X.dtype.name)
    return partial(numpy_mixing.rotate, X, np.concatenate(passes)[:rows], Q)


def measure(settings: Settings) -> dict[str, Any]:
    """Time rotation beside filling and beside naive two-point mixing. Near groups grow one tree for each pass."""
    sizes = settings.sizes
    X, rows = limits.source(sizes, "float64"), sizes.rows_out
    check = mixes(X, rows, 1.0)
    listed = [
        *limits.cases(X, rows),
        two_point.numpy_cases(X, rows)[0],
        Case("numpy rotation, groups and matrices given", partial(in_numpy, X, rows), rows, check),
        Case("synthmix rotation random out=", partial(ours_out, X, rows, "random"), rows, check),
        Case("synthmix rotation random fresh", partial(ours_fresh, X, rows, "random"), rows, check),
    ]
    near = [
        Case("synthmix rotation nearest fresh, trees included", partial(ours_fresh, X, rows, "nearest"), rows, check)
    ]
    passes = -(-rows // X.shape[0])
    return {"cases": race(listed, settings.rounds) + race(near, settings.slow_rounds), "passes": passes}
