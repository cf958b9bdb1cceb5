"""How time grows with columns, source rows, output rows, group size, leaf size and threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.speed import numpy_mixing, ours
from benchmarks.speed.checks import anything
from benchmarks.speed.machine import available_bytes
from benchmarks.speed.sections import limits, two_point
from benchmarks.speed.settings import Settings
from benchmarks.speed.tables import SEED
from benchmarks.speed.timing import Call, Case, Row, race
from synthmix.pairing import Nearest
from synthmix.weights import Rotation

COPIES_IN, COPIES_OUT = 4, 6  # what fitting and naive numpy may hold at once, in sizes of the source and the output
SHARE = 0.6  # of the memory that is available now
Points = Iterator[tuple[int, list[Case]]]


def measure(settings: Settings) -> dict[str, Any]:
    """Time every family of points; a row says which family it belongs to, where it stands, and its columns."""
    rows = []
    for family, points in FAMILIES.items():
        for x, cases in points(settings):
            rows += [{**row, "family": family, "x": x} for row in race(cases, settings.slow_rounds)]
    return {"cases": rows}


def source(rows: int, columns: int) -> NDArray[np.float64]:
    """Return plain normals: values do not matter for raw mixing."""
    return np.random.default_rng(SEED).standard_normal((rows, columns))


def fits(rows_in: int, rows_out: int, columns: int) -> bool:
    """Return whether a point fits into memory."""
    return 8 * columns * (COPIES_IN * rows_in + COPIES_OUT * rows_out) < SHARE * available_bytes()


def sampler(X: NDArray[np.float64], rows: int, weights: Any, pairing: Any, **options: Any) -> Call:
    """Return a call of synthmix, into an array where this version can."""
    fitted = ours.fit(X, weights, pairing, **options)
    if ours.has_out():
        return ours.into(fitted, rows, np.ones((rows, X.shape[1])))
    return partial(fitted.sample, rows)


def naive(X: NDArray[np.float64], rows: int) -> Call:
    """Return a call of naive numpy, draws made beforehand."""
    return partial(numpy_mixing.naive, X, numpy_mixing.draw(X.shape[0], rows, "float64"))


def chunked(X: NDArray[np.float64], rows: int) -> Call:
    """Return a call of careful numpy, draws made beforehand."""
    return two_point.chunked(X, numpy_mixing.draw(X.shape[0], rows, "float64"))


def contest(rows_in: int, rows_out: int, columns: int) -> list[Case]:
    """Return the limits, numpy and synthmix for one size."""
    X = source(rows_in, columns)
    calls: dict[str, Callable[[], Call]] = {
        "fill": partial(limits.fill, (rows_out, columns), "float64"),
        "gather": partial(limits.gather, X, rows_out),
        "naive numpy": partial(naive, X, rows_out),
        "chunked numpy": partial(chunked, X, rows_out),
        "two-point": partial(sampler, X, rows_out, "uniform", "random"),
        "rotation k=5": partial(sampler, X, rows_out, Rotation(5), "random"),
    }
    return [Case(name, setup, rows_out, anything) for name, setup in calls.items()]


def by_columns(settings: Settings) -> Points:
    """Yield sizes with more and more columns; a unit is a cell."""
    sizes = settings.sizes
    for d in sizes.growth_columns:
        if fits(sizes.rows_in, sizes.rows_out, d):
            cases = contest(sizes.rows_in, sizes.rows_out, d)
            yield d, [Case(case.name, case.setup, case.units * d, case.check, "cell") for case in cases]


def by_rows_in(settings: Settings) -> Points:
    """Yield sizes with more and more source rows."""
    sizes = settings.sizes
    for n in sizes.growth_rows_in:
        if fits(n, sizes.rows_out, sizes.columns):
            yield n, contest(n, sizes.rows_out, sizes.columns)


def by_rows_out(settings: Settings) -> Points:
    """Yield sizes with more and more output rows."""
    sizes = settings.sizes
    for m in sizes.growth_rows_out:
        if fits(sizes.rows_in, m, sizes.columns):
            yield m, contest(sizes.rows_in, m, sizes.columns)


def by_group(settings: Settings) -> Points:
    """Yield rotations in larger and larger groups, with the limits beside them."""
    sizes = settings.sizes
    X, m = source(sizes.rows_in, sizes.columns), sizes.rows_out
    for k in sizes.growth_groups:
        rotated = partial(sampler, X, m, Rotation(k), "random")
        yield k, [*contest(sizes.rows_in, m, sizes.columns)[:2], Case("rotation", rotated, m, anything)]


def by_leaf(settings: Settings) -> Points:
    """Yield near groups in larger and larger leaves: whole passes, one tree each."""
    sizes = settings.sizes
    X, m = source(sizes.rows_in, sizes.columns), 3 * sizes.rows_in  # more passes than are kept from call to call
    for leaf in sizes.growth_leaves:
        near = partial(sampler, X, m, Rotation(5), Nearest(leaf=leaf))
        far = partial(sampler, X, m, Rotation(5), "random")
        yield (
            leaf,
            [
                Case("gather", partial(limits.gather, X, m), m, anything),
                Case("rotation, random groups", far, m, anything),
                Case("rotation, near groups", near, m, anything),
            ],
        )


def by_threads(settings: Settings) -> Points:
    """Yield one thread, two, and so on up to all cores; read the wall times."""
    sizes = settings.sizes
    X, m = source(sizes.rows_in, sizes.columns), sizes.rows_out
    cores = os.cpu_count() or 1
    for threads in sorted({1, *(2**p for p in range(1, 6) if 2**p <= cores), cores}):
        methods: dict[str, tuple[Any, str]] = {
            "two-point": ("uniform", "raw"),
            "rotation k=5": (Rotation(5), "raw"),
        }
        yield (
            threads,
            [
                Case(name, partial(sampler, X, m, weights, "random", n_jobs=threads), m, anything)
                for name, (weights, _) in methods.items()
            ],
        )


FAMILIES: dict[str, Callable[[Settings], Points]] = {
    "columns": by_columns,
    "rows_in": by_rows_in,
    "rows_out": by_rows_out,
    "group": by_group,
    "leaf": by_leaf,
    "threads": by_threads,
}


def points_of(rows: list[Row], family: str) -> dict[str, tuple[list[int], list[float]]]:
    """Return x and ns a unit of each line of a family; threads are read in wall time, all else in CPU time."""
    clock = "wall_ns" if family == "threads" else "cpu_ns"
    lines: dict[str, tuple[list[int], list[float]]] = {}
    for row in rows:
        if row["family"] == family and "not_available" not in row:
            x, y = lines.setdefault(row["case"], ([], []))
            x.append(row["x"])
            y.append(row[clock])
    return lines
