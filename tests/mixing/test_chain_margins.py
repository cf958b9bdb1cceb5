"""What passes of a chain get before their covariances: the margins of the table, and parents by turns (T20)."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.stats import ks_2samp

from synthmix import MixupSynthesizer
from synthmix.mixing.chain import margins, restore
from synthmix.mixing.chain.executor import ChainExecutor
from synthmix.mixing.chain.margins import Margins
from synthmix.pairing import Chained

Array = NDArray[np.float64]
RANDOM = np.random.default_rng(3)


def _ks(one: Array, other: Array) -> float:
    """Return the largest difference of two distribution functions."""
    return float(ks_2samp(one, other, method="asymp").statistic)


def _moved(table: Array, made: Array, farthest: float = np.inf) -> Array:
    """Return the columns (p, n) of a pass after its margins were given back."""
    found = Margins(table, dict.fromkeys(range(table.shape[1]), 7))
    columns = made.copy()
    found.move(found.of(columns), columns, np.full(columns.shape, farthest), 0)
    return columns


@pytest.mark.parametrize("n", [12, 100, 1025])
def test_a_column_gets_the_distribution_of_the_table_and_none_of_its_values(n: int) -> None:
    """T20, with gaps in as many rows of either; eleven values are left alone."""
    table, made = RANDOM.normal(size=(n + 5, 2)), RANDOM.gamma(2.0, size=(2, n + 5))
    table[:5, 0], made[0, -5:], table[: n - 6, 1], made[1, : n - 6] = np.nan, np.nan, np.nan, np.nan
    columns = _moved(table, made)
    real, rows = np.sort(table[5:, 0]), np.sort(columns[0, :n])
    halfway = (real[1:] + real[:-1]) / 2
    np.testing.assert_array_equal(np.searchsorted(rows, halfway[1:-1], "right"), np.arange(2, n - 1))
    assert not np.isin(rows, real).any()
    np.testing.assert_allclose(rows[[0, -1]], halfway[[0, -1]])
    np.testing.assert_array_equal(np.argsort(columns[0, :n]), np.argsort(made[0, :n]))
    np.testing.assert_array_equal(np.isnan(columns), np.isnan(made))
    np.testing.assert_array_equal(columns[1], made[1])


def test_a_lone_column_of_few_values_is_no_copy() -> None:
    """Nothing moves it after its margins but a mean and a variance."""
    x = RANDOM.normal(size=(300, 1))
    made = _fit(x).sample(600)
    assert np.isin(np.asarray(made), x).mean() < 0.01


@pytest.mark.parametrize("n", [1026, 3000, 20_000])
def test_distributions_agree_but_for_the_steps_between_quantiles(n: int) -> None:
    """T20 (1)."""
    table, made = RANDOM.normal(size=(n, 1)), RANDOM.gamma(2.0, size=(1, n))
    columns = _moved(table, made)
    assert _ks(columns[0], table[:, 0]) <= 1 / 1024 + 2 / n
    assert _ks(made[0], table[:, 0]) > 0.1


def test_values_move_no_farther_than_their_leaves_let_them() -> None:
    table, made = RANDOM.normal(size=(500, 1)), RANDOM.gamma(2.0, size=(1, 500))
    near, far = _moved(table, made, 0.25), _moved(table, made)
    np.testing.assert_array_equal(near, np.clip(far, made - 0.25, made + 0.25))
    assert (near != far).any()


def _fit(table: Any, **options: Any) -> MixupSynthesizer:
    return MixupSynthesizer(pairing=Chained(**options), random_state=3).fit(table)


def _distance(synthesizer: MixupSynthesizer) -> float:
    """Return the mean Kolmogorov-Smirnov distance of columns from the table's, in scores, over six passes."""
    executor = synthesizer._executor
    assert isinstance(executor, ChainExecutor)
    latent = executor.source.latent.T
    passes = [executor.made(low, low + latent.shape[1])[0] for low in range(0, 6 * latent.shape[1], latent.shape[1])]
    return float(np.mean([_ks(*pair) for columns in passes for pair in zip(columns, latent, strict=True)]))


def test_passes_have_the_margins_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two peaks in one column, a skew one and their sum: without margins columns are twice as far off."""
    peaks, skew = RANDOM.normal(size=600) + 4 * RANDOM.integers(0, 2, 600), RANDOM.gamma(1.0, size=600)
    table = np.stack([peaks, skew, peaks + skew], axis=1)
    near = _distance(_fit(table))
    monkeypatch.setattr(margins.Margins, "move", lambda *_: None)
    far = _distance(_fit(table))
    assert near < 0.012
    assert far > 1.5 * near


def test_rows_of_hands_do_not_depend_on_how_they_are_asked_for() -> None:
    """A pass of 9,000 rows has two hands: slices that cut them, one after the other or not, threads, and a pickle."""
    x = RANDOM.normal(size=9000)
    table = pd.DataFrame({"x": x, "y": np.round(x + RANDOM.normal(size=9000), 2), "z": (x > 0).astype(str)})
    synthesizer = _fit(table, trees=2)
    whole = synthesizer.sample(20_000)
    copy = pickle.loads(pickle.dumps(synthesizer))
    for low, high in [(8100, 8300), (0, 3), (8999, 9001), (17_190, 17_193), (100, 19_000), (8190, 8192)]:
        part = whole.iloc[low:high].reset_index(drop=True)
        pd.testing.assert_frame_equal(copy.sample_rows(low, high), part)
    threads = MixupSynthesizer(pairing=Chained(trees=2), random_state=3, n_jobs=2).fit(table)
    pd.testing.assert_frame_equal(threads.sample(20_000), whole)
    plan = copy.plan(8180, 8200)
    np.testing.assert_array_equal(plan.parents, copy.plan(0, 9000).parents[8180:8200])


def test_ties_are_split_by_the_row_in_every_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """Zeros of an amount, too many or too few: which rows cross does not depend on the rows that are asked for."""
    monkeypatch.setattr(restore, "PIECE", 256)
    x = RANDOM.normal(size=900)
    table = np.stack([np.where(x > 0.3, x + 1.0, 0.0), x + RANDOM.normal(size=900)], axis=1)
    synthesizer = MixupSynthesizer(pairing=Chained(trees=2), encoding="raw", random_state=3).fit(table)
    whole = np.asarray(synthesizer.sample(900))
    copy = pickle.loads(pickle.dumps(synthesizer))
    for low, high in [(0, 900), (300, 400), (700, 899), (250, 260)]:
        np.testing.assert_array_equal(np.asarray(copy.sample_rows(low, high)), whole[low:high])


def test_a_hand_is_made_once_for_those_who_ask_for_its_rows_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    synthesizer = _fit(RANDOM.normal(size=(300, 2)))
    synthesizer.sample_rows(5, 6)
    made: list[Any] = []
    real = ChainExecutor._made
    monkeypatch.setattr(ChainExecutor, "_made", lambda self, hand: made.append(hand) or real(self, hand))
    for row in range(20):
        synthesizer.sample_rows(row, row + 1)
    assert not made
    synthesizer.sample_rows(305, 306)
    assert len(made) == 1  # the moves of its pass are found from the same rows


def test_tables_of_levels_alone_take_turns_too() -> None:
    """Nothing of theirs is restored, and levels come as often as they should all the same."""
    a = RANDOM.integers(0, 4, 500)
    table = pd.DataFrame({"a": a.astype(str), "b": ((a + RANDOM.integers(0, 3, 500)) % 4).astype(str)})

    def spread(synthesizer: MixupSynthesizer) -> float:
        return float(np.bincount(synthesizer.plan(0, 500).parents[:, 0, 0], minlength=500).var())

    assert spread(_fit(table, trees=1)) < 0.7 * spread(_fit(table, trees=1, restore=False))
