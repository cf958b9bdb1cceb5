"""Columns of a chain that are copied keep the frequencies of their levels, pass by pass (T20)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from synthmix import MixupSynthesizer
from synthmix.mixing.chain.executor import ChainExecutor
from synthmix.mixing.chain.levels import _together, dealt
from synthmix.mixing.chain.restore import room_between
from synthmix.pairing import Chained

ROWS = 900


def _table(seed: int = 0) -> pd.DataFrame:
    """Return a table whose levels are seldom sure: a rare answer, some grades, and groups that nothing tells."""
    random = np.random.Generator(np.random.Philox(seed))
    x, y = random.normal(size=(2, ROWS))
    return pd.DataFrame(
        {
            "x": x,
            "answer": np.where(x + 2.0 * random.normal(size=ROWS) > 3.2, "yes", "no"),
            "grade": np.digitize(x + random.normal(size=ROWS), [-2.0, -1.0, 0.0, 1.0, 2.0]).astype(str),
            "y": x * y + random.normal(size=ROWS),
            "group": random.integers(0, 12, ROWS).astype(str),
        }
    )


def _fit(table: pd.DataFrame, **options: Any) -> MixupSynthesizer:
    pairing = Chained(**{"leaf": 4, **options})
    return MixupSynthesizer(pairing=pairing, random_state=3).fit(table)


def _chain(synthesizer: MixupSynthesizer) -> ChainExecutor:
    executor = synthesizer._executor
    assert isinstance(executor, ChainExecutor)
    return executor


def _off(table: pd.DataFrame, made: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Return by how many rows each level of a column is off in each pass, shape (passes, levels)."""
    real = table[column].value_counts()
    passes = [made[column][low : low + ROWS] for low in range(0, len(made), ROWS)]
    return np.stack([part.value_counts().reindex(real.index).fillna(0) - real for part in passes])


@pytest.mark.parametrize("options", [{}, {"trees": 1}, {"leaf": 20}, {"start": "nothing"}])
def test_levels_come_about_as_often_as_in_the_table(options: dict[str, Any]) -> None:
    """Over ten passes; drawn freely they are off by the noise of independent draws, and by the trees' own errors."""
    table = _table()
    made = _fit(table, **options).sample(10 * ROWS)
    free = _fit(table, restore=False, **options).sample(10 * ROWS)
    assert (_off(table, made, "answer") == 0).all()  # two levels in one block
    assert np.abs(_off(table, free, "answer")).max() > 5
    for column in ("grade", "group"):
        assert np.abs(_off(table, made, column)).max() <= 2
        assert np.abs(_off(table, free, column)).max() > 10


def _with_amounts() -> pd.DataFrame:
    """Return the table and a number that has levels: most pay nothing, a few far more than others; some are gaps."""
    random, table = np.random.Generator(np.random.Philox(5)), _table()
    paid = np.digitize(table["x"] + random.normal(size=ROWS), [1.0, 1.5, 2.0, 2.5]) * 500.0
    paid[random.permutation(np.flatnonzero(table["x"] > 0))[:9]] = 99_999.0
    return table.assign(paid=np.where(random.random(ROWS) < 0.1, np.nan, paid))


def _paid(synthesizer: MixupSynthesizer, passes: int) -> pd.DataFrame:
    """Return the amounts of some passes before anything is given back to them."""
    chain = _chain(synthesizer)
    columns = np.ascontiguousarray(chain._drawn(0, passes * ROWS, threads=1)[0].columns.T)
    place = synthesizer._encoder.latent_names.index("paid")
    return pd.DataFrame({"paid": synthesizer._encoder.source_values(columns)[:, place]})


def test_numbers_with_levels_are_dealt_like_discrete_columns() -> None:
    """To two rows before a pass is restored, gaps left out; drawn freely they are off by the noise of draws."""
    table = _with_amounts()
    kept, free = (_off(table, _paid(_fit(table, restore=told), 10), "paid") for told in (True, False))
    assert kept.shape == free.shape == (10, 6)
    assert np.abs(kept).max() <= 2
    assert np.abs(free).max() > 10


def test_what_is_dealt_is_seldom_moved_to_another_value() -> None:
    """Of 20 passes: scores move, but no further than to where the next value begins, but for what T18 makes up."""
    table = _with_amounts()
    synthesizer = _fit(table)
    dealt_values = _paid(synthesizer, 20)["paid"].to_numpy()
    made = synthesizer.sample(20 * ROWS)["paid"].to_numpy()
    there = ~np.isnan(made)
    assert 0.0 < (made[there] != dealt_values[there]).mean() < 0.01


def test_room_of_a_score_ends_where_another_value_begins() -> None:
    edges = np.array([-1.0, 0.0, 2.0])
    scores = np.array([-4.0, -1.0, -0.75, 0.25, 1.5, 2.0, 5.0, np.nan])
    np.testing.assert_array_equal(room_between(edges, scores), [3.0, 0.0, 0.25, 0.25, 0.5, 0.0, 3.0, np.nan])
    np.testing.assert_array_equal(room_between(edges[:0], scores[:2]), [1.0, 1.0])


def test_levels_are_rare_by_the_rows_that_have_a_value() -> None:
    """Of 9,000 rows 900 have one: a block holds them all, so that no level has less than a row of it."""
    codes = np.full(9000, -1, np.int32)
    codes[::10] = np.repeat(np.arange(500), [401] + [1] * 499)
    np.testing.assert_array_equal(_together(codes)[0], codes)
    together, rows = _together(np.arange(9000, dtype=np.int32))
    assert together.max() < 9000 - 1
    np.testing.assert_array_equal(rows, np.bincount(together))


def test_a_lone_value_of_a_half_is_its_own_parent() -> None:
    """A column of gaps and two values of four rows has levels, and a half of the screen may have one row of it."""
    random = np.random.Generator(np.random.Philox(1))
    for seed in range(8):
        a, b = random.normal(size=(2, 600))
        few = np.full(600, np.nan)
        few[random.permutation(600)[:8]] = np.repeat([1.0, 2.0], 4)
        made = MixupSynthesizer(random_state=seed).fit(pd.DataFrame({"a": a, "b": b, "few": few})).sample(600)
        assert made["few"].notna().sum() == 8


def test_a_few_large_amounts_last_over_generations() -> None:
    """Seven, after fifteen generations of each of four chains; moves of scores may change one into another."""
    for seed in range(4):
        table = _with_amounts()
        assert (table["paid"] == 99_999.0).sum() == 7
        for generation in range(15):
            table = (
                MixupSynthesizer(pairing=Chained(leaf=4), random_state=100 * seed + generation).fit(table).sample(ROWS)
            )
        assert 5 <= (table["paid"] == 99_999.0).sum() <= 9


def test_a_rare_answer_is_not_drawn_more_often_than_it_should() -> None:
    """Some 5 % of the rows, of ten tables; what single trees draw freely, of forty, varies five times as much."""
    shares = [(table := _table(seed), (table["answer"] == "yes").mean()) for seed in range(40)]
    free = [(_fit(t, restore=False, trees=1).sample(ROWS)["answer"] == "yes").mean() / share for t, share in shares]
    kept = [(_fit(t, trees=1).sample(ROWS)["answer"] == "yes").mean() / share for t, share in shares[:10]]
    np.testing.assert_allclose(kept, 1.0, atol=0.04)
    assert np.std(free) > 5.0 * np.std(kept)


def test_levels_that_other_columns_decide_stay_with_them() -> None:
    """Where leaves have one level no factor makes another one; the number itself is kept, so that nothing moves it."""
    random = np.random.Generator(np.random.Philox(1))
    x = np.concatenate([random.integers(-9, 0, 600), random.integers(1, 6, 300)])
    table = pd.DataFrame({"x": x, "side": np.where(x > 0, "right", "left"), "y": random.normal(size=ROWS)})
    made = _fit(table, keep=("x",)).sample(4 * ROWS)
    assert ((made["x"] > 0) == (made["side"] == "right")).all()


def test_parents_are_rows_of_the_leaf_that_the_row_comes_to() -> None:
    """By the trees' own rows, and never the origin; followers and gaps in levels travel along."""
    table = _table().assign(again=lambda t: "g" + t["grade"])
    table.loc[::9, "group"] = None
    synthesizer = _fit(table)
    chain = _chain(synthesizer)
    plan, made = synthesizer.plan(0, ROWS), synthesizer.sample(ROWS)
    for column in ("answer", "grade", "again", "group"):
        given = plan.parents[:, plan.columns.index(column), 0]
        assert (given != plan.origins).all()
        pd.testing.assert_series_equal(made[column], table[column].iloc[given].reset_index(drop=True))
    for block, _ in chain._blocks(chain._hands(0, ROWS)[0]):
        for column, drawn in zip(chain.order, block.drawn(), strict=True):
            forest = chain.chain().trees[column]
            if column >= chain.source.latent.shape[1]:
                places, low = forest.place[drawn.trees, drawn.parents[0]], forest.nodes.low[drawn.leaf]
                assert ((places >= low) & (places < forest.nodes.high[drawn.leaf])).all()


def _with_rare(rows: int) -> pd.DataFrame:
    """Return a table with two common levels, and 30 of each of 1, 2, 4, 20 and 60 rows, named by how many they have."""
    random = np.random.Generator(np.random.Philox(3))
    often = np.array([1, 2, 4, 20, 60])
    rare = np.repeat([f"{rows}-{i}" for rows in often for i in range(30)], np.repeat(often, 30))
    level = random.permutation(np.concatenate([rare, random.choice(["0-a", "0-b"], rows - rare.size)]))
    x = np.char.startswith(level, "20") + random.normal(size=rows)
    return pd.DataFrame({"x": x, "level": level, "y": x + random.normal(size=rows)})


@pytest.mark.parametrize("leaf", [4, 20])
def test_rare_levels_of_large_tables_are_neither_lost_nor_won(leaf: int) -> None:
    """Five blocks a pass, which should have .2 to 12 rows of a rare level; classes of them to four standard errors."""
    table = _with_rare(20_000)
    made = _fit(table, leaf=leaf).sample(40_000)
    for rows in (1, 2, 4, 20, 60):
        found = made["level"].str.startswith(f"{rows}-").sum() / 2
        assert abs(found - 30 * rows) < 4.0 * np.sqrt(30 * rows / 2), rows
    assert abs((made["level"] == "0-a").sum() / 2 - (table["level"] == "0-a").sum()) < 20


def test_each_start_gives_rows_their_raked_law_and_stretches_of_a_tree_their_sums() -> None:
    """Means over 600 columns' seeds: of 300 rows the furthest is 5.5 standard errors off in one of 10**5 runs."""
    chain = _chain(_fit(_table(), trees=2))
    column = chain.names.index("answer")
    forest, part = chain.chain().trees[column], chain.chain().dealt[column]
    random = np.random.Generator(np.random.Philox(4))
    origins, trees = random.permutation(ROWS)[:300], random.integers(0, 2, 300)
    rows = np.ascontiguousarray(chain.features.columns.rows[random.permutation(ROWS)[:300]])
    leaf = forest.leaves_of(rows, trees, origins)
    words, uses = random.integers(0, 2**32, 300, dtype=np.uint32), np.zeros(1024, np.uint8)
    possible = [
        np.setdiff1d(forest.order[forest.nodes.low[b] : forest.nodes.high[b]], o)
        for b, o in zip(leaf, origins, strict=True)
    ]
    chance = np.array([[np.sum(part.codes[own] == level) for level in (0, 1)] for own in possible], float)
    wanted, factors = 300 * part.codes.mean(), np.ones(2)
    for _ in range(200):
        law = chance * factors / (chance @ factors)[:, np.newaxis]
        factors[1] *= wanted / law[:, 1].sum()
    drawn = np.stack([part.codes[part.parents(trees, leaf, origins, np.uint64(s), 0, words, uses)] for s in range(600)])
    error = np.sqrt(np.maximum(law[:, 1] * (1.0 - law[:, 1]), 1e-3) / 600)
    assert np.abs((drawn.mean(axis=0) - law[:, 1]) / error).max() < 5.5
    walked = np.cumsum((drawn - law[:, 1])[:, np.argsort(forest.nodes.low[leaf], kind="stable")], axis=1)
    assert np.ptp(walked, axis=1).max() < 1.6  # 1 and what the rounder factors of the kernel make of half a row


def test_runs_hold_the_rows_of_every_leaf_level_by_level() -> None:
    chain = _chain(_fit(_table()))
    column = chain.order[-1]
    codes, forest = chain.features.columns.codes[column], chain.chain().trees[column]
    runs = dealt(codes, forest).runs
    for node in np.flatnonzero(forest.nodes.column < 0):
        own = forest.order[forest.nodes.low[node] : forest.nodes.high[node]]
        found = range(runs.first[node], runs.end[node])
        levels = [int(runs.level[run]) for run in found]
        assert levels == sorted(set(codes[own]))
        for level, run in zip(levels, found, strict=True):
            np.testing.assert_array_equal(
                runs.rows[runs.low[run] : runs.low[run + 1]], np.sort(own[codes[own] == level])
            )


def test_leaves_of_many_levels_are_not_looked_through() -> None:
    """Nothing tells these places apart: a leaf has half of the table, and as many levels as there are."""
    random = np.random.Generator(np.random.Philox(2))
    side, places = random.integers(0, 2, 1000).astype(str), random.integers(0, 64, 1000)
    for levels, looked_at in ((places, True), (np.where(np.arange(1000) == 5, 64, places), False)):
        chain = _chain(_fit(pd.DataFrame({"side": side, "place": levels.astype(str)})))
        chain.made(0, 10)
        assert (chain.order[-1] in chain.chain().dealt) == looked_at
        assert chain.order[0] in chain.chain().dealt
