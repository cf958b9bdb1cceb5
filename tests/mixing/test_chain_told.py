"""Numbers that other columns tell are drawn from real rows of their origin's range, as far as leaves stay small."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

import synthmix
from synthmix import MixupSynthesizer
from synthmix.errors import ModelFileError, OptionError
from synthmix.mixing.chain import screen as screens
from synthmix.mixing.chain import told
from synthmix.mixing.chain.executor import ChainExecutor
from synthmix.mixing.chain.halves import halves, rows_of_half
from synthmix.mixing.chain.ranges import RANGE_ROWS
from synthmix.mixing.chain.screen import Screen
from synthmix.mixing.chain.stratified import StratifiedExecutor
from synthmix.mixing.chain.told import missed_by_others
from synthmix.model_file import read_model, write_model
from synthmix.pairing import Chained

ROWS = 1200


def _table(rows: int = ROWS) -> pd.DataFrame:
    """Return places along a shore, of which each coordinate nearly tells the other one, and what is told by nothing."""
    random = np.random.Generator(np.random.Philox(0))
    along, noise = random.uniform(0.0, 9.0, rows), random.normal(size=(3, rows))
    return pd.DataFrame(
        {
            "east": along + 0.05 * noise[0],
            "size": np.exp(noise[1]),
            "north": 3.0 * np.cos(along / 3.0) + 0.05 * noise[2],
            "kind": np.array(list("uvw"))[random.integers(0, 3, rows)],
        }
    )


def _fit(table: pd.DataFrame, target: str | None = None, **options: object) -> MixupSynthesizer:
    return MixupSynthesizer(pairing=Chained(**options), random_state=3).fit(table, target=target)  # type: ignore[arg-type]


def _chain(synthesizer: MixupSynthesizer) -> ChainExecutor:
    executor = synthesizer._executor
    assert isinstance(executor, ChainExecutor)
    return executor


def _ranges(values: pd.Series, most: int = 8) -> NDArray[np.int64]:
    """Return the range of each value by ranks, written out: no two values are equal."""
    most = min(most, len(values) // 2 // RANGE_ROWS)
    ends = np.round(len(values) * np.arange(1, most) / most)
    return (values.rank().to_numpy()[:, np.newaxis] > ends).sum(axis=1)


def _missed_by_one(column: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return what the nearest rows of a half miss of the other half's scores, from one other column that tells it."""
    (real, seen), *_ = halves(len(column), 2)
    both = np.concatenate([real, seen])
    scores = norm.ppf((rankdata(column[both]) - 0.5) / both.size)
    nearest = np.abs(other[seen][:, np.newaxis] - other[real]).argmin(axis=1)
    own, told = scores[real.size :], scores[: real.size][nearest]
    return float(1.0 - own.var() + ((own - told) ** 2).mean())


def test_what_is_missed_is_what_lies_between_rows_that_are_alike() -> None:
    """A column that is a function of another one: as small as for nearest rows; of noise: more than all of it."""
    random = np.random.Generator(np.random.Philox(1))
    a, b = random.normal(size=(2, ROWS))
    missed = missed_by_others(np.stack([a, np.exp(a), b], axis=1), np.empty((ROWS, 0), np.int32), [0, 1, 2])
    assert _missed_by_one(np.exp(a), a) < 0.01
    assert missed[:2].max() < 0.02
    assert missed[2] > 1.0


@pytest.mark.parametrize("levels", [2, 3, 4])
def test_equal_values_have_one_score_so_that_few_values_are_not_told(levels: int) -> None:
    """Of two equal columns of few values, as frequent as each other, each misses one less the variance of its scores.

    A label that is the number in words says as much.
    """
    random = np.random.Generator(np.random.Philox(2))
    grade, noise = np.repeat(np.arange(levels), ROWS // levels), random.normal(size=ROWS)
    values = np.stack([grade, grade, noise], axis=1).astype(float)
    expected = 1.0 - (norm.ppf((np.arange(levels) + 0.5) / levels) ** 2).mean()
    assert (expected > 0.37) == (levels < 4)
    np.testing.assert_allclose(missed_by_others(values, np.empty((ROWS, 0), np.int32), [0, 1]), expected, atol=0.04)
    labels = grade[:, np.newaxis].astype(np.int32)
    np.testing.assert_allclose(missed_by_others(values[:, 1:], labels, [0]), expected, atol=0.04)


def test_leaves_hold_five_rows_of_a_half(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tree of a column says is the mean of its leaf's scores: written out for the rows of the other half."""
    grown, real = [], told.grow_nodes
    monkeypatch.setattr(told, "grow_nodes", lambda *given: grown.append((real(*given), *given)) or grown[-1][0])
    monkeypatch.setattr(told, "halves", lambda *size: list(halves(*size))[:1])
    values = _table()[["east", "size", "north"]].to_numpy()
    missed = missed_by_others(values, np.empty((ROWS, 0), np.int32), [0])
    ((nodes, columns, scores, others, leaf, learnt),) = grown
    sizes = (nodes.high - nodes.low)[nodes.column < 0]
    assert 5 == leaf <= sizes.min() < 8
    assert others == [1, 2]
    assert sorted(learnt) == list(range(ROWS // 2))
    errors = []
    for row in range(ROWS // 2, ROWS):
        node = 0
        while nodes.column[node] >= 0:
            node = nodes.left[node] + (columns.codes[nodes.column[node], row] > nodes.cut[node])
        errors.append(scores[row, 0] - scores[learnt[nodes.low[node] : nodes.high[node]], 0].mean())
    np.testing.assert_allclose(missed, 1.0 - scores[ROWS // 2 :].var() + np.mean(np.square(errors)), rtol=1e-12)


def test_small_tables_are_cut_several_times() -> None:
    """What is missed is the mean over cuts."""
    values, codes = _table(400)[["east", "size", "north"]].to_numpy(), np.zeros((400, 0), np.int32)
    cuts = list(halves(400, 3))
    assert len(cuts) > 2
    each = [told._missed(values, codes, [0, 2], *cut, 1) for cut in cuts]
    assert np.ptp(each, axis=0).min() > 0
    np.testing.assert_allclose(missed_by_others(values, codes, [0, 2]), np.mean(each, axis=0))


def test_values_of_one_half_tell_nothing_of_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A column that has too few values for two ranges in either half is missed."""
    values, ((real, other), *_) = _table()[["east", "size", "north"]].to_numpy(), halves(ROWS, 3)
    monkeypatch.setattr(told, "halves", lambda *_: [(real, other)])
    for rows in (real, other):
        gaps = values.copy()
        gaps[rows[2 * RANGE_ROWS - 1 :], 0] = np.nan
        assert missed_by_others(gaps, np.zeros((ROWS, 0), np.int32), [0]) == 1.0
        gaps[rows[2 * RANGE_ROWS - 1], 0] = 4.5
        assert missed_by_others(gaps, np.zeros((ROWS, 0), np.int32), [0]) < 0.3


def test_rare_levels_do_not_hide_frequent_ones() -> None:
    """A number follows from six levels that come behind three hundred which one row each has."""
    random = np.random.Generator(np.random.Philox(8))
    codes = np.concatenate([np.arange(300), np.repeat(np.arange(300, 306), 250)])[:, np.newaxis].astype(np.int32)
    number = codes[:, 0] + 0.1 * random.normal(size=len(codes))
    number[:300] = random.uniform(300, 306, 300)
    assert missed_by_others(number[:, np.newaxis], codes, [0]) < 0.3


def test_threads_and_other_columns_asked_change_nothing() -> None:
    table = _table()
    values, codes = table[["east", "size", "north"]].to_numpy(), np.zeros((ROWS, 0), np.int32)
    missed = missed_by_others(values, codes, [0, 1, 2])
    np.testing.assert_array_equal(missed_by_others(values, codes, [0, 1, 2], threads=2), missed)
    np.testing.assert_array_equal(missed_by_others(values, codes, [2, 0]), missed[[2, 0]])
    gaps = values.copy()
    gaps[: ROWS - 100, 0] = np.nan  # too few are left in a half
    np.testing.assert_array_equal(missed_by_others(gaps, codes, [0]), 1.0)
    np.testing.assert_array_equal(missed_by_others(values[:, :1], codes, [0]), 1.0)  # nothing else is there
    assert missed_by_others(values, codes, []).size == 0


@pytest.mark.parametrize("encoding", ["normal", "raw"])
def test_numbers_that_others_tell_are_ranged(encoding: str) -> None:
    """Both coordinates are, with the parents of the origin's range in each; what nothing tells is not."""
    table = _table()
    synthesizer = MixupSynthesizer(pairing="chained", encoding=encoding, random_state=3).fit(table)
    assert synthesizer.screen_ is not None
    assert synthesizer.screen_.ranged == synthesizer.pairing_.ranged == ("east", "north")  # type: ignore[union-attr]
    plan = synthesizer.plan(0, 2 * ROWS)
    for column in table:
        parents, origins = plan.parents[:, plan.columns.index(column)], plan.origins[:, np.newaxis]
        ranges = _ranges(table[column].rank(method="first"))
        assert (ranges[parents] == ranges[origins]).all() == (column in {"east", "north"})
    noise = table.assign(north=np.random.Generator(np.random.Philox(5)).permutation(table["north"]))
    assert _fit(noise).screen_.ranged == ()  # type: ignore[union-attr]


def test_a_target_that_is_told_is_ranged_once() -> None:
    chain = _chain(_fit(_table(), "north"))
    assert chain.ranged == {"east", "north"}
    assert chain.pairing.ranged == ("east",)


def test_columns_can_be_named() -> None:
    """Those and the target are ranged, and no others; with a leaf that is given nothing is chosen."""
    table = _table()
    for options, found in (
        ({"ranged": ("size",)}, {"size"}),
        ({"ranged": ["size", "north"], "leaf": 5}, {"size", "north"}),
        ({"ranged": ()}, set()),
        ({"leaf": 5}, set()),
        ({"ranges": 1}, set()),
        ({"start": "nothing"}, set()),
        ({"keep": ("east",)}, {"north"}),
    ):
        synthesizer = _fit(table, **options)  # type: ignore[arg-type]
        assert _chain(synthesizer).ranged == set(synthesizer.pairing_.ranged) == found  # type: ignore[union-attr]
    assert _chain(_fit(table, "north", ranged=("size",), leaf=5)).ranged == {"size", "north"}


@pytest.mark.parametrize(
    ("ranged", "match"),
    [(("est",), "no column 'est'.*'east'"), (("kind",), "'kind' has no ranges"), (("same",), "'same' has no ranges")],
)
@pytest.mark.parametrize("leaf", [None, 5])
def test_columns_that_have_no_ranges_are_refused(ranged: tuple[str, ...], match: str, leaf: int | None) -> None:
    """Levels that are scores too."""
    for discrete in ("donor", "scores"):
        synthesizer = MixupSynthesizer(pairing=Chained(ranged=ranged, leaf=leaf), discrete=discrete, random_state=3)
        with pytest.raises(OptionError, match=match):
            synthesizer.fit(_table().assign(same=1.0))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"ranged": "east"}, "tuple of column names"),
        ({"ranged": (1,)}, "tuple of column names"),
        ({"ranged": ("east",), "ranges": 1}, "with ranges=1 nothing"),
        ({"ranged": ("east",), "start": "nothing"}, 'with start="nothing" nothing'),
        ({"ranged": ("north", "east"), "keep": ("east",)}, "'east' can be one only"),
    ],
)
def test_what_cannot_be_ranged_is_refused_at_once(options: dict[str, object], match: str) -> None:
    with pytest.raises(OptionError, match=match):
        Chained(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("least", "chosen", "leaf"),
    [
        ({3: 12, 2: 4, 1: 4}, 3, 12),  # three times four: just allowed
        ({3: 16, 2: 8, 1: 5}, 2, 8),
        ({3: 16, 2: 16, 1: 5}, 1, 5),
        ({3: 16, 2: 16, 1: 16}, 0, 4),
        ({3: 4, 2: 4, 1: 4}, 3, 4),
        ({0: 8, 3: 16, 2: 8, 1: 8}, 3, 16),
        ({0: 8, 3: 20, 2: 20, 1: 10}, 1, 10),  # sixteen rows at most
        ({0: 20, 3: 24, 2: 20, 1: 20}, 2, 20),  # but where as many are needed in any case
    ],
)
def test_as_many_are_ranged_as_leaves_of_thrice_the_rows_allow(
    monkeypatch: pytest.MonkeyPatch, least: dict[int, int], chosen: int, leaf: int
) -> None:
    """Shares are made up: within the limit from the leaves in `least` on, which depend on how many are ranged."""
    monkeypatch.setattr(screens, "missed_by_others", lambda *_: np.array([0.3, 0.15, 0.31, 0.075]))
    smallest = {0: 4} | least
    monkeypatch.setattr(screens._Looks, "share", lambda _, one: float(one.leaf < smallest[len(one.ranged)]))
    pairing = _fit(_table().assign(up=np.arange(ROWS) % 97)).pairing_
    assert isinstance(pairing, Chained)
    assert pairing.leaf == leaf
    assert pairing.ranged == {0: (), 1: ("up",), 2: ("size", "up"), 3: ("east", "size", "up")}[chosen]


def test_leaves_that_leave_no_ranges_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shares are made up: leaves of 48 rows are needed, of which a half of 300 rows has six, and a range takes four."""
    asked: list[tuple[str, ...]] = []
    share = lambda _, one: asked.append(one.ranged) or float(one.leaf < 48)  # noqa: E731
    monkeypatch.setattr(screens._Looks, "share", share)
    synthesizer = _fit(_table(600))
    assert synthesizer.pairing_ == Chained(leaf=48, ranged=(), slopes=True)
    assert set(asked) == {()}


def test_a_number_of_one_range_is_not_ranged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nearly all rows of it have one value; so it would be drawn as any column, and nothing says that it is ranged."""
    monkeypatch.setattr(screens, "missed_by_others", lambda *given: np.zeros(len(given[2])))
    monkeypatch.setattr(screens._Looks, "share", lambda *_: 0.0)
    table = _table().assign(flat=np.where(np.arange(ROWS) % 20 == 0, np.arange(ROWS), 0.0))
    assert _fit(table).pairing_.ranged == ("east", "size", "north")  # type: ignore[union-attr]


def test_the_screen_names_what_has_ranges() -> None:
    """Of columns that are named some may have none: too few rows, or nearly one value."""
    table = _table().assign(flat=np.where(np.arange(ROWS) % 20 == 0, np.arange(ROWS), 0.0))
    for rows, names in ((ROWS, ("north",)), (200, ())):
        synthesizer = _fit(table.head(rows), ranged=("north", "flat"))
        assert synthesizer.pairing_.ranged == ("north", "flat")  # type: ignore[union-attr]
        assert synthesizer.screen_.ranged == names  # type: ignore[union-attr]
        assert _chain(synthesizer).ranged == {*names}


def test_the_leaf_is_that_of_the_columns_that_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """So what is measured is what the table gets: every look has them, and no others are looked for."""
    asked: list[tuple[str, ...]] = []
    real = screens._Looks.share
    monkeypatch.setattr(screens._Looks, "share", lambda *given: asked.append(given[1].ranged) or real(*given))
    screen = _fit(_table(), ranged=("size",)).screen_
    assert set(asked) == {("size",)}
    assert screen is not None
    assert screen.ranged == ("size",)


def test_nothing_more_is_ranged_where_no_leaf_is_large_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(screens._Looks, "share", lambda _, one: asked.append(one.ranged) or float(one.leaf > 0))
    with pytest.warns(match="larger leaves were not tried"):
        MixupSynthesizer(privacy=0.51, random_state=3).fit(_table(6400))  # halves of 3,200: 256 rows leave ranges
    assert set(asked) == {()}


def test_a_look_at_ranged_columns_makes_the_rows_that_a_fit_with_them_makes() -> None:
    """As many ranges too, though the fit has more rows."""
    table = _table()
    small = _chain(_fit(table, leaf=12, trees=1))
    given = _chain(_fit(table, leaf=5, trees=1, ranged=("north",)))
    changed = small.changed(leaf=5, ranged=("north",), slopes=False)
    for mine, theirs in zip(changed.made(0, ROWS), given.made(0, ROWS), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert changed.ranges.keys() == given.ranges.keys() != small.ranges.keys()


def test_strata_have_the_ranges_that_their_halves_have(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as the rows of a stratum in a half of the screen allow, there and in the table."""
    table = _table(2 * ROWS).assign(kind=np.where(np.arange(2 * ROWS) % 4 == 0, "u", "v"))
    made: list[StratifiedExecutor] = []
    original = screens.executor_of
    monkeypatch.setattr(screens, "executor_of", lambda *given: made.append(original(*given)) or made[-1])
    synthesizer = _fit(table, "kind")
    assert synthesizer.pairing_.ranged == ("east", "north")  # type: ignore[union-attr]
    executor, half = synthesizer._executor, rows_of_half(2 * ROWS, 4)
    assert isinstance(executor, StratifiedExecutor)
    assert executor.strata == (ROWS // 2, 3 * ROWS // 2)
    few = executor.changed(leaf=4, ranged=("east", "north"), slopes=False)
    least = [min(8, half * share // 4 // RANGE_ROWS) for share in (1, 3)]
    assert least == [4, 8]
    for chains in (few, made[-1].changed(leaf=4, ranged=("east", "north"), slopes=False)):
        counts = [{1 + int(labels.max()) for labels in chain.ranges.values()} for chain in chains.chains]  # type: ignore[attr-defined]
        assert counts == [{most} for most in least]


def test_rows_are_pure_and_models_come_back_as_they_were_asked_for(tmp_path: Path) -> None:
    table = _table()
    synthesizer = MixupSynthesizer(random_state=3).fit(table)
    rows = synthesizer.sample(3 * ROWS)
    pd.testing.assert_frame_equal(synthesizer.sample_rows(500, 900), rows[500:900].reset_index(drop=True))
    threaded = MixupSynthesizer(random_state=3, n_jobs=2).fit(table)
    pd.testing.assert_frame_equal(threaded.sample(3 * ROWS), rows)
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(synthesizer)).sample(3 * ROWS), rows)
    synthesizer.save(tmp_path / "new.smx")
    again = synthmix.load(tmp_path / "new.smx")
    assert again.pairing_ == synthesizer.pairing_
    assert again.screen_ == synthesizer.screen_
    pd.testing.assert_frame_equal(again.sample(3 * ROWS), rows)
    other = table.rename(columns={"north": "south"})
    assert again.fit(other).pairing_.ranged == ("east", "south")  # type: ignore[union-attr]
    meta, arrays = read_model(tmp_path / "new.smx")
    for where, names, match in (
        ("pairing", ["up", "north"], "no column 'up'"),
        ("screen", ["size"], "screen in the model file is of another"),
    ):
        changed = {**meta, "state": {**meta["state"], where: {**meta["state"][where], "ranged": names}}}
        write_model(tmp_path / "damaged.smx", changed, arrays)
        with pytest.raises(ModelFileError, match=match):
            synthmix.load(tmp_path / "damaged.smx")


@pytest.mark.parametrize("options", [{}, {"leaf": 5}, {"ranged": ("size",)}, {"leaf": 5, "ranged": ("size",)}])
def test_a_file_says_what_was_left_open(options: dict[str, object], tmp_path: Path) -> None:
    synthesizer = _fit(_table(), **options)
    synthesizer.save(tmp_path / "model.smx")
    assert synthmix.load(tmp_path / "model.smx").pairing == Chained(**options)  # type: ignore[arg-type]


def test_files_of_before_have_no_ranged_columns_and_no_lines(tmp_path: Path) -> None:
    table = _table()
    _fit(table, ranged=()).save(tmp_path / "new.smx")
    meta, arrays = read_model(tmp_path / "new.smx")
    for part in ("pairing", "screen"):
        del meta["state"][part]["ranged"], meta["state"][part]["slopes"]
    del meta["state"]["left_open"]
    write_model(tmp_path / "old.smx", meta, arrays)
    old = synthmix.load(tmp_path / "old.smx")
    assert old.pairing == Chained(ranged=(), slopes=False)
    pd.testing.assert_frame_equal(old.sample(ROWS), _fit(table, ranged=()).sample(ROWS))


def test_a_file_that_leaves_something_else_open_is_damaged(tmp_path: Path) -> None:
    _fit(_table(), leaf=5).save(tmp_path / "model.smx")
    meta, arrays = read_model(tmp_path / "model.smx")
    meta["state"]["left_open"] = ["trees"]
    write_model(tmp_path / "other.smx", meta, arrays)
    with pytest.raises(ModelFileError, match="trees"):
        synthmix.load(tmp_path / "other.smx")


def test_the_screen_says_what_is_ranged() -> None:
    plain = Screen(5, 0.55, 0.56, asked=False, rows=600, splits=1)
    screen = replace(plain, ranged=("east", "north"))
    for names, words in (
        (("east",), "east"),
        (("east", "north"), "east and north"),
        (("east", "north", "up"), "east, north and up"),
        (("east", "north", "up", "down"), "east, north and 2 others"),
    ):
        assert f"leaves of 5 rows, with {words} drawn range by range: 55.0%" in str(replace(plain, ranged=names))
    assert "range" not in str(plain)
    assert Screen(**{**screen.to_dict(), "ranged": ["east", "north"]}) == screen
    for wrong in ((1,), "east", 3):
        with pytest.raises(OptionError, match="screen"):
            replace(plain, ranged=wrong)  # type: ignore[arg-type]


def test_ranges_of_two_columns_keep_their_joint_law_whatever_leaves_say() -> None:
    """Enumerated (T22): x is drawn given y and its own range, then y given x and its own, by wrong laws or right."""
    random = np.random.default_rng(0)
    joint = random.dirichlet(np.ones(9 * 12)).reshape(9, 12)  # x by y
    ranges = np.repeat(np.arange(3), 3), np.repeat(np.arange(4), 3)

    def drawn(law: NDArray[np.float64], own: NDArray[np.int64], right: bool) -> NDArray[np.float64]:
        """Draw the last column anew given the first and the range of the last."""
        after = np.zeros_like(law)
        for part in range(own.max() + 1):
            inside = own == part
            true = joint if law.shape == joint.shape else joint.T
            given = true[:, inside] / true[:, inside].sum(axis=1, keepdims=True)
            wrong = random.dirichlet(np.ones(3), len(law))
            after[:, inside] = law[:, inside].sum(axis=1, keepdims=True) * (given if right else wrong)
        return after

    def by_ranges(law: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.add.reduceat(np.add.reduceat(law, [0, 3, 6], axis=0), [0, 3, 6, 9], axis=1)

    for right in (True, False):
        after = drawn(drawn(joint.T, ranges[0], right).T, ranges[1], right)
        np.testing.assert_allclose(by_ranges(after), by_ranges(joint), atol=1e-15)
        assert np.allclose(after, joint) == right
