"""Compile everything once, so that nobody waits for it later."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.joint.budget import Budget
from synthmix.drift.joint.coverage import coverage
from synthmix.drift.joint.fused import joint_test
from synthmix.drift.joint.neighbour_test import neighbour_test
from synthmix.drift.joint.rch import holdout_test
from synthmix.drift.joint.sliced import sliced_wasserstein
from synthmix.kernels.compile import CACHE
from synthmix.pairing import Chained, Cyclic, Nearest, Random, WithinClass
from synthmix.synthesizer import MixupSynthesizer
from synthmix.weights import Custom, Hybrid, Rotation, Sphere

_ROWS = 120
_MORE = 1_000  # rows of a tree whose first nodes are large
_MANY = 150_000  # rows of a tree that two threads split


def warmup() -> float:
    """Compile every kernel and keep the machine code on disk; return the seconds that it took.

    The first call of a kernel compiles it, which takes seconds for a method that was never used before, and up to half
    a minute on a slow machine. Numba keeps the result beside the package, or in the folder ``NUMBA_CACHE_DIR``, for all
    later processes; so run this once after an installation, or while an image is built. With ``SYNTHMIX_CACHE=0``
    nothing is kept.

    Returns
    -------
    float
        Seconds; well below ten when everything was compiled before.
    """
    start = time.perf_counter()
    random = np.random.Generator(np.random.Philox(0))
    numbers, many = random.gamma(2.0, size=(_ROWS, 6)), random.gamma(2.0, size=(_MANY, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tiny tables look like keys
        for options in _arrays():
            table = numbers.astype(np.float32) if options.get("dtype") == "float32" else numbers
            _use(MixupSynthesizer(random_state=0, **options).fit(table))
        gaps = np.where(numbers > 4.0, np.nan, numbers)
        for table in (gaps, _mixed(numbers)[["real", "whole"]]):
            _use(MixupSynthesizer("uniform", "random", "raw", dtype="float32", random_state=0).fit(table))
        for options in _tables():
            _use(MixupSynthesizer(random_state=0, **options).fit(_mixed(numbers), target="label"))
        _use(MixupSynthesizer(pairing=Chained(leaf=50, slopes=True), random_state=0).fit(many[:_MORE]))
        _use(MixupSynthesizer("uniform", "nearest", "raw", random_state=0, n_jobs=2).fit(many))
        _compare(numbers[:40], numbers[40:90], numbers[90:])
        _use_drift(numbers)
        _use_network(numbers)
    return time.perf_counter() - start


def keeps() -> bool:
    """Return whether compiled kernels are kept on disk."""
    return CACHE


def _use(synthesizer: MixupSynthesizer) -> None:
    synthesizer.certificate(synthesizer.sample(2 * _ROWS))
    synthesizer.sample_rows(3, 9)  # rows of groups one by one
    synthesizer.plan(0, 5)


def _compare(real: NDArray[np.float64], synthetic: NDArray[np.float64], holdout: NDArray[np.float64]) -> None:
    """Compare whole rows in every way that has kernels of its own."""
    budget = Budget(permutations=9)
    joint_test(real, synthetic, budget=budget)
    holdout_test(real, synthetic, holdout, budget=budget)
    coverage(real, synthetic, budget=budget)
    sliced_wasserstein(real, synthetic, budget=budget)
    neighbour_test(np.tile(real, 2), np.tile(synthetic, 2), budget=budget)  # more columns than a tree takes


def _use_drift(numbers: NDArray[np.float64]) -> None:
    """Compare two halves of a table by every metric that has a kernel of its own."""
    from synthmix.drift.marginal.counts import count_tests
    from synthmix.drift.marginal.levels import level_counts_of
    from synthmix.drift.marginal.ranks import ks, rank_tests
    from synthmix.drift.marginal.shape import l_shape
    from synthmix.drift.marginal.wasserstein import w1
    from synthmix.drift.moments.association import MixedTable, association
    from synthmix.drift.moments.equality import second_moment_test
    from synthmix.drift.moments.spectrum import var_ratio_range

    real, new = numbers[::2], numbers[1::2]
    tied = np.round(real[:, 0]), np.round(new[:, 0])
    w1(*tied)
    l_shape(*tied)
    ks(*tied, n_perm=1)
    rank_tests(*tied, n_perm=1)
    codes = [side.astype(np.int32) for side in tied]
    count_tests(level_counts_of(codes[0], codes[1]), n_perm=1)
    var_ratio_range(real, new)
    second_moment_test(real, new, n_perm=1)
    association(MixedTable(real), MixedTable(new))


def _use_network(numbers: NDArray[np.float64]) -> None:
    """Decode rows by a layer of a trained map, and draw a level of each."""
    from synthmix.kernels.dense import dense, pick_levels

    rows, columns = numbers.shape
    given = np.empty_like(numbers)
    dense(numbers, np.eye(columns), np.zeros(columns), True, given)  # noqa: FBT003 - kernels take no keywords
    pick_levels(given, np.zeros(rows), np.empty(rows, np.int32))


def _arrays() -> list[dict[str, Any]]:
    """Return options that together take every path of a table of numbers."""
    raw: list[dict[str, Any]] = [{"weights": weights, "encoding": "raw"} for weights in ("uniform", "rotation")]
    raw += [{"weights": Sphere(4), "encoding": "raw"}, {"weights": Rotation(8), "encoding": "raw"}]
    single = [{**options, "dtype": "float32"} for options in raw]
    return [
        *({**options, "pairing": "random"} for options in raw + single),
        {"weights": "uniform", "pairing": Cyclic(), "encoding": "raw"},
        {"weights": "dirichlet", "pairing": Random("iid"), "encoding": "raw"},
        {"weights": Hybrid(), "pairing": Random("distinct")},
        {"weights": Custom(weights=np.array([[0.5, 0.5, 0.0], [1.2, -0.1, -0.1]]))},
        {"weights": Rotation(5, 0.25), "pairing": Nearest(leaf=30)},
    ]


def _tables() -> list[dict[str, Any]]:
    """Return options that together take every path of a mixed table."""
    return [
        {},
        {"donor": "squared", "encoding": "raw", "grid": "source"},
        {"weights": "epbeta", "donor": "squared", "pairing": WithinClass(pairing=Cyclic())},
        {"discrete": "scores"},
        {"pairing": "nearest"},
    ]


def _mixed(numbers: NDArray[np.float64]) -> Any:
    """Return a table with gaps, whole numbers, times and levels."""
    import pandas as pd

    place = np.arange(_ROWS)
    return pd.DataFrame(
        {
            "real": numbers[:, 0],
            "gaps": np.where(place % 9 == 0, np.nan, numbers[:, 1]),
            "rare": np.where(place < 2, np.nan, numbers[:, 2]),
            "whole": place % 17,
            "decimal": np.round(numbers[:, 3], 2),
            "time": pd.Timestamp("2024-01-01") + pd.to_timedelta(place * 37 % 1000, unit="h"),
            "label": np.where(place % 3 == 0, "a", "b"),
        }
    )
