"""A target that is a number is drawn from real rows of its origin's range (theorem T22)."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

import synthmix
from synthmix import MixupSynthesizer
from synthmix.errors import OptionError
from synthmix.mixing.assemble import executor_of
from synthmix.mixing.chain import screen as screens
from synthmix.mixing.chain.executor import ChainExecutor
from synthmix.mixing.chain.ranges import RANGE_ROWS, ranges_of
from synthmix.model_file import read_model, write_model
from synthmix.pairing import Chained

ROWS = 720  # a multiple of the numbers of ranges below


def _table(seed: int = 0, rows: int = ROWS) -> pd.DataFrame:
    """Return numbers and a level, and a number that they tell something about."""
    random = np.random.Generator(np.random.Philox(seed))
    a, b, noise = random.normal(size=(3, rows))
    level = random.integers(0, 3, rows)
    y = np.exp(0.5 * (a * b + level + noise))
    return pd.DataFrame({"a": a, "level": np.array(list("uvw"))[level], "y": y, "b": b})


def _fit(table: pd.DataFrame, target: str | None = "y", seed: int = 3, **options: object) -> MixupSynthesizer:
    pairing = Chained(**{"leaf": 4, **options})  # type: ignore[arg-type]
    return MixupSynthesizer(pairing=pairing, random_state=seed).fit(table, target=target)


def _chain(synthesizer: MixupSynthesizer) -> ChainExecutor:
    executor = synthesizer._executor
    assert isinstance(executor, ChainExecutor)
    return executor


def _own_ranges(values: pd.Series, most: int) -> NDArray[np.int64]:
    """Return the range of each value by ranks, written out: no two values are equal, and halves have the ranges too."""
    most = min(most, len(values) // 2 // RANGE_ROWS)
    ends = np.round(len(values) * np.arange(1, most) / most)
    return (values.rank().to_numpy()[:, np.newaxis] > ends).sum(axis=1)


@pytest.mark.parametrize("options", [{}, {"trees": 1}, {"restore": False}, {"ranges": 3}, {"order": "reversed"}])
def test_parents_of_the_target_are_rows_of_the_range_of_the_origin(options: dict[str, object]) -> None:
    """And those of other columns are not, nor are any where nobody asked for ranges or named a target."""
    table = _table()
    ranges = _own_ranges(table["y"], int(options.get("ranges", 8)))  # type: ignore[call-overload]
    plan = _fit(table, **options).plan(0, 2 * ROWS)
    for column in plan.columns:
        place = plan.columns.index(column)
        inside = ranges[plan.parents[:, place]] == ranges[plan.origins][:, np.newaxis]
        assert inside.all() == (column == "y")
    for other in (_fit(table, **{**options, "ranges": 1}), _fit(table, None, **options)):
        again = other.plan(0, 2 * ROWS)
        inside = ranges[again.parents[:, again.columns.index("y")]] == ranges[again.origins][:, np.newaxis]
        assert not inside.all()


@pytest.mark.parametrize("gaps", [False, True])
def test_trees_of_a_range_hold_its_rows_and_no_others(gaps: bool) -> None:
    """Every tree of the target, each row where `place` says; trees of other columns hold all rows."""
    table = _table()
    if gaps:
        table.loc[::9, "y"] = np.nan
    chain = _chain(_fit(table, trees=2))
    y = chain.names.index("y")
    forest, ranges = chain.chain().trees[y], chain.ranges[y]
    assert forest.roots.shape == (2 * (ranges.max() + 1),)
    assert forest.place.shape == (2, ROWS)
    for number, root in enumerate(forest.roots):
        assert forest.nodes.high[root] > forest.nodes.low[root]
        own = forest.order[forest.nodes.low[root] : forest.nodes.high[root]]
        part, tree = divmod(number, 2)
        assert set(ranges[own]) == {part}
        np.testing.assert_array_equal(forest.order[forest.place[tree, own]], own)
    for column in set(chain.order) - {y}:
        assert chain.chain().trees[column].ranges is None


def test_rows_are_pure_and_models_come_back(tmp_path: Path) -> None:
    """Any slice, two threads, a pickle and a file give the same rows; files of before draw the target as any column."""
    table = _table()
    synthesizer = _fit(table)
    rows = synthesizer.sample(3 * ROWS)
    pd.testing.assert_frame_equal(synthesizer.sample_rows(500, 900), rows[500:900].reset_index(drop=True))
    threaded = MixupSynthesizer(pairing=Chained(leaf=4), random_state=3, n_jobs=2).fit(table, target="y")
    pd.testing.assert_frame_equal(threaded.sample(3 * ROWS), rows)
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(synthesizer)).sample(3 * ROWS), rows)
    synthesizer.save(tmp_path / "new.smx")
    pd.testing.assert_frame_equal(synthmix.load(tmp_path / "new.smx").sample(3 * ROWS), rows)
    meta, arrays = read_model(tmp_path / "new.smx")
    del meta["state"]["pairing"]["ranges"]
    write_model(tmp_path / "old.smx", meta, arrays)
    pd.testing.assert_frame_equal(synthmix.load(tmp_path / "old.smx").sample(ROWS), _fit(table, ranges=1).sample(ROWS))


def test_few_rows_a_start_from_nothing_and_other_targets_have_no_ranges() -> None:
    """Two ranges need halves of 128 rows; a column that is kept is not drawn; levels have classes; strata no ranges."""
    table = _table()
    assert not _chain(_fit(table.head(4 * RANGE_ROWS - 1))).ranges
    (ranges,) = _chain(_fit(table.head(4 * RANGE_ROWS))).ranges.values()
    assert ranges.max() == 1
    assert not _chain(_fit(table, start="nothing")).ranges
    assert not _chain(_fit(table, keep=("y",))).ranges
    assert not _chain(_fit(table, "level", strata=1)).ranges
    pairing = Chained(leaf=4, strata=1)
    scores = MixupSynthesizer(pairing=pairing, discrete="scores", random_state=3).fit(table, target="level")
    assert not _chain(scores).ranges
    for rows in (ROWS, 180):  # a number of two values has classes, large enough for strata or not
        two = table.head(rows).assign(y=lambda t: (t["y"] > 1.5).astype(float))
        assert not _chain(_fit(two, strata=1)).ranges
    cut = _fit(_table(rows=1000), strata=2)._executor
    assert not isinstance(cut, ChainExecutor)
    assert not any(chain.ranges for chain in cut.chains)  # type: ignore[union-attr]


def test_rows_without_the_target_stay_so() -> None:
    """A gap of the origin stays a gap, and the ranges are those of the values that are there."""
    table = _table()
    table.loc[::5, "y"] = np.nan
    synthesizer = _fit(table)
    plan, made = synthesizer.plan(0, ROWS), synthesizer.sample(ROWS)
    gap = table["y"].isna().to_numpy()
    np.testing.assert_array_equal(made["y"].isna(), gap[plan.origins])
    drawn = ~gap[plan.origins]
    most = int((~gap).sum() / 2) // RANGE_ROWS
    ranges = np.where(gap, -1, ranges_of(table["y"].to_numpy(), most, RANGE_ROWS))
    parents = plan.parents[drawn][:, plan.columns.index("y")]
    assert (ranges[parents] == ranges[plan.origins[drawn]][:, np.newaxis]).all()


def test_equal_values_are_in_one_range_which_may_be_theirs_alone() -> None:
    """Here these grades are ranges, so that every row has the grade of its origin, before passes are moved."""
    random = np.random.Generator(np.random.Philox(1))
    table = _table().assign(y=random.permutation(np.repeat([3, 5, 6, 8], [200, 110, 300, 110])))
    plan = _fit(table).plan(0, 2 * ROWS)
    y = table["y"].to_numpy()
    assert (y[plan.parents[:, plan.columns.index("y")]] == y[plan.origins][:, np.newaxis]).all()


def test_the_law_of_a_row_is_kept_where_leaves_have_the_right_laws() -> None:
    """Enumerated: a step that draws y given x and its range leaves the joint law, another law that of ranges (T22)."""
    random = np.random.default_rng(0)
    joint = random.dirichlet(np.ones(5 * 12)).reshape(5, 12)  # x by y
    ranges = np.repeat(np.arange(4), 3)
    for wrong in (False, True):
        after = np.zeros_like(joint)
        for part in range(4):
            own = ranges == part
            law = random.dirichlet(np.ones(3), 5) if wrong else joint[:, own] / joint[:, own].sum(axis=1, keepdims=True)
            after[:, own] = joint[:, own].sum(axis=1, keepdims=True) * law
        by_range = [[both[:, ranges == part].sum(axis=1) for part in range(4)] for both in (joint, after)]
        np.testing.assert_allclose(*by_range, atol=1e-15)
        assert np.allclose(joint, after) != wrong


def test_the_screen_draws_the_halves_in_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours with ranges; the sequential trees that they are compared with know no origin, and have none."""
    made: list[ChainExecutor] = []
    monkeypatch.setattr(screens, "executor_of", lambda *given: made.append(executor_of(*given)) or made[-1])
    whole = _chain(MixupSynthesizer(random_state=3).fit(_table(), target="y"))
    (ranges,) = whole.ranges.values()
    for one in made:
        assert bool(one.ranges) == (one.pairing.start == "row")
        for found in (*one.ranges.values(), *one.changed(leaf=5, ranged=(), slopes=False).ranges.values()):
            assert found.max() == ranges.max() == 4
    assert {one.pairing.start for one in made} == {"nothing", "row"}
    assert len(made[-1].changed(leaf=5, ranged=(), slopes=False).ranges) == 1
    assert (
        made[-1].changed(leaf=100, ranged=(), slopes=False).ranges
        == whole.changed(leaf=100, ranged=(), slopes=False).ranges
        == {}
    )


def test_leaves_of_the_target_have_as_many_rows_as_others() -> None:
    """Ranges hold four leaves at least, whatever their size."""
    for leaf, most in ((4, 4), (20, 3), (40, 1), (90, 0)):
        chain = _chain(_fit(_table(), leaf=leaf, trees=1))
        forest = chain.chain().trees[chain.names.index("y")]
        assert forest.rows[forest.nodes.column < 0].min() >= leaf
        assert max((int(found.max()) for found in chain.ranges.values()), default=0) == most


@pytest.mark.parametrize("ranges", [0, -1, 2.5, True, "8"])
def test_ranges_are_a_positive_integer(ranges: object) -> None:
    with pytest.raises(OptionError, match=r"Chained\(ranges="):
        Chained(ranges=ranges)  # type: ignore[arg-type]
