"""Regimes: which rows are in a pool, how many, with what ancestors and weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthmix.collapse import (
    Accumulate,
    AccumulateSubsample,
    FixedShare,
    Replace,
    Weighted,
    Window,
    resolve_regime,
)
from synthmix.collapse.regimes import Batch, Real
from synthmix.collapse.regimes.base import FRESH
from synthmix.errors import InputError, OptionError

N = 40


def rows(generation: int) -> Batch:
    """Rows that carry the generation they were made in, and their own number."""
    return Batch(pd.DataFrame({"generation": generation, "row": np.arange(N)}), np.arange(N, dtype=np.int64))


def run(regime, generations: int, unseen: int = 0):
    """Return the pools of generations 0 to the last."""
    origin = rows(0)
    fresh = pd.DataFrame({"generation": -1, "row": np.arange(unseen)})
    state = regime.start(origin)
    pools = [state.pool]
    for g in range(1, generations + 1):
        state = regime.step(state, rows(g), Real(origin, fresh, g, seed=1000 + g))
        pools.append(state.pool)
    return pools


def made_in(pool: Batch) -> dict[int, int]:
    return pool.table["generation"].value_counts().sort_index().to_dict()


def test_replace_keeps_the_last_generation_alone():
    assert [made_in(pool) for pool in run(Replace(), 3)] == [{0: N}, {1: N}, {2: N}, {3: N}]


def test_accumulate_keeps_everything_in_order():
    pools = run(Accumulate(), 3)
    assert made_in(pools[3]) == {0: N, 1: N, 2: N, 3: N}
    assert pools[3].table["generation"].is_monotonic_increasing
    assert (pools[3].ancestors == np.tile(np.arange(N), 4)).all()
    assert pools[3].weights is None


def test_a_subsample_is_n_different_rows_of_all_so_far_and_forgets_nothing():
    pools = run(AccumulateSubsample(), 8)
    for g, pool in enumerate(pools):
        assert len(pool.table) == N
        assert not pool.table.duplicated().any()
        assert (pool.ancestors == pool.table["row"]).all()
        assert set(made_in(pool)) <= set(range(g + 1))
    # Row by row uniform: of the last pool a ninth is real, here within five standard deviations over many seeds.
    origin, total = rows(0), 0
    for seed in range(80):
        state = AccumulateSubsample().start(origin)
        for g in range(1, 9):
            state = AccumulateSubsample().step(state, rows(g), Real(origin, origin.table[:0], g, 10_000 * seed + g))
        total += made_in(state.pool).get(0, 0)
    spread = np.sqrt(80 * N * (1 / 9) * (8 / 9))
    assert abs(total - 80 * N / 9) < 5 * spread


@pytest.mark.parametrize(("share", "size"), [(0.0, 0), (0.2, 8), (0.26, 10), (1.0, N)])
def test_a_share_of_the_original_is_drawn_anew_without_repetition(share, size):
    pools = run(FixedShare(share), 3)
    expected = {key: value for key, value in ((0, size), (3, N - size)) if value}
    assert made_in(pools[3]) == expected
    assert not pools[3].table.duplicated().any()
    if 0 < size < N:
        real = [set(pool.table.loc[pool.table["generation"] == 0, "row"]) for pool in pools[1:]]
        assert real[0] != real[1]
    assert (pools[3].ancestors == pools[3].table["row"]).all()


def test_fresh_rows_are_used_once_and_have_no_ancestor():
    pools = run(FixedShare(0.2, "fresh"), 3, unseen=24)
    assert FixedShare(0.2, "fresh").fresh_rows(N) == 8
    used = [pool.table.loc[pool.table["generation"] == -1, "row"].tolist() for pool in pools[1:]]
    assert used == [list(range(8)), list(range(8, 16)), list(range(16, 24))]
    assert (pools[2].ancestors[:8] == FRESH).all()
    assert (pools[2].ancestors[8:] >= 0).all()


def test_fresh_rows_that_have_run_out_are_an_error():
    with pytest.raises(InputError, match="generation 3 needs fresh real rows 16 to 23, and there are 20"):
        run(FixedShare(0.2, "fresh"), 3, unseen=20)


def test_a_window_counts_generation_0_as_its_zeroth():
    pools = run(Window(2), 4)
    assert [made_in(pool) for pool in pools] == [{0: N}, {0: N, 1: N}, {1: N, 2: N}, {2: N, 3: N}, {3: N, 4: N}]
    pools = run(Window(2, real=True), 3)
    assert [made_in(pool) for pool in pools] == [{0: N}, {0: N, 1: N}, {0: N, 1: N, 2: N}, {0: N, 2: N, 3: N}]
    assert [made_in(pool) for pool in run(Window(1), 2)] == [made_in(pool) for pool in run(Replace(), 2)]


def test_weights_of_real_and_made_rows():
    pool = run(Weighted(0.3), 2, unseen=2 * N)[2]
    assert pool.weights is not None
    assert pool.weights.sum() == pytest.approx(1.0, abs=1e-12)
    real = pool.table["generation"] == -1
    assert real.sum() == N
    assert pool.weights[real].sum() == pytest.approx(0.3)
    assert np.ptp(pool.weights[~real]) == 0.0


@pytest.mark.parametrize(("ratio", "weight"), [(1.0, 0.6180339887), (0.25, 0.3903882), (4.0, 0.8284271247)])
def test_the_golden_weight_is_that_of_the_paper_and_the_best(ratio, weight):
    pool = run(Weighted("golden", ratio=ratio), 1, unseen=4 * N)[1]
    assert pool.weights is not None
    found = pool.weights[pool.table["generation"] == -1].sum()
    assert found == pytest.approx(weight, abs=1e-7)
    grid = np.linspace(0.01, 1.0, 9_901)
    variance = (grid**2 / ratio + (1 - grid) ** 2) / (1 - (1 - grid) ** 2)
    assert grid[variance.argmin()] == pytest.approx(found, abs=2e-4)


@pytest.mark.parametrize(
    "word",
    ["replace", "accumulate", "subsample", "share:0.2", "fresh:0.25", "window:3", "window:3,real", "weighted:golden",
     "weighted:0.5", "weighted:0.5,source=original", "weighted:golden,ratio=0.25"],
)  # fmt: skip
def test_a_word_names_the_regime_that_it_makes(word):
    assert resolve_regime(word).name == word
    assert resolve_regime(resolve_regime(word).name) == resolve_regime(word)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("replaces", "unknown regime 'replaces'; did you mean 'replace'"),
        ("share:1.2", "share=1.2.*from 0 to 1"),
        ("share:-0.1", "share=-0.1"),
        ("share:nan", "share=nan"),
        ("share", "needs a number after the colon"),
        ("fresh:x", "share='x'"),
        ("window:0", "whole number of generations"),
        ("window:2.5", "whole number of generations"),
        ("replace:3", "it takes none"),
        ("share:0.1,share=0.2", "names 'share' twice"),
        ("weighted:0.5,original", "'original' is not OPTION=VALUE; its options are w_real, source, ratio"),
        ("weighted:1.5", "weight from 0 to 1, or 'golden'"),
        ("weighted:golden,sauce=original", "no option 'sauce'; did you mean 'source'"),
        ("weighted:0.5,source=original,ratio=2", "give 1 or less"),
        (Replace, "is a class"),
        (3, "type int"),
    ],
)
def test_what_is_no_regime_is_named(given, message):
    with pytest.raises(OptionError, match=message):
        resolve_regime(given)
