"""A target cuts the table into strata, each of which has a chain of its own (theorem T21)."""

from __future__ import annotations

import pickle
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

import synthmix
from synthmix import MixupSynthesizer
from synthmix.errors import OptionError
from synthmix.mixing.chain import screen as screens
from synthmix.mixing.chain.strata import pooled, strata_by
from synthmix.mixing.chain.stratified import StratifiedExecutor, _places, strata_of
from synthmix.model_file import read_model, write_model
from synthmix.pairing import Chained
from synthmix.table import encode_table

NUMBERS = ["x", "z", "w"]


def _table(sizes: tuple[int, ...] = (400, 200), seed: int = 0) -> pd.DataFrame:
    """Classes a, b, ... of these sizes, which differ in means, covariances and levels; rows in random order."""
    rng = np.random.default_rng(seed)
    parts = []
    for number, size in enumerate(sizes):
        mixing = rng.normal(size=(3, 3)) + np.eye(3)
        part = pd.DataFrame(rng.gamma(2.0, size=(size, 3)) @ mixing + 2.0 * number, columns=NUMBERS)
        part["g"] = rng.choice(list("uv"), size, p=[0.3 + 0.4 * (number % 2), 0.7 - 0.4 * (number % 2)])
        part["y"] = "abcdefgh"[number]
        parts.append(part)
    return pd.concat(parts).sample(frac=1.0, random_state=seed).reset_index(drop=True)


def _fit(table: pd.DataFrame, target: str | None = "y", **options: object) -> MixupSynthesizer:
    pairing = options.pop("pairing", Chained(leaf=4))
    return MixupSynthesizer(pairing=pairing, random_state=3, **options).fit(table, target=target)  # type: ignore[arg-type]


def _labels(table: pd.DataFrame, target: str | None, most: int | None = 4) -> NDArray[np.int64]:
    columns = {"y": "categorical"} if table["y"].dtype == object else None
    encoded = encode_table(
        table, columns=columns, encoding="normal", grid="source", discrete="donor", keys="drop", seed=0
    )
    return strata_by(encoded, target, most)


def test_classes_are_strata_and_rare_ones_are_one() -> None:
    """Of 100 rows a class stands by itself; fewer go together, with the next smallest class where they are too few."""
    assert sorted(Counter(_labels(_table((300, 100, 99, 20)), "y", None)).items()) == [(0, 300), (1, 100), (2, 119)]
    together = _table((300, 160, 40, 30))
    labels = _labels(together, "y", None)
    assert sorted(Counter(labels).values()) == [230, 300]
    assert set(together["y"][labels == labels[together["y"] == "c"][0]]) == {"b", "c", "d"}
    assert set(_labels(_table((90, 80, 40)), "y", None)) == {0}
    assert set(_labels(_table((100, 70, 60)), "y", None)) == {0}  # most rows are of small classes
    assert set(_labels(_table((130, 70, 60)), "y", None)) == {0, 1}


@pytest.mark.parametrize(("rows", "ranges"), [(799, 1), (800, 2), (1300, 3), (5000, 4)])
def test_a_number_is_cut_into_ranges_of_at_least_400_rows(rows: int, ranges: int) -> None:
    table = pd.DataFrame({"y": np.random.default_rng(0).gamma(1.0, size=rows), "x": np.arange(rows) % 7})
    labels = _labels(table, "y")
    sizes = np.bincount(labels)
    assert sizes.size == ranges
    assert sizes.max() - sizes.min() <= 1
    if ranges > 1:
        edges = table["y"].groupby(labels).agg(["min", "max"])
        assert (edges["max"].to_numpy()[:-1] < edges["min"].to_numpy()[1:]).all()


def test_equal_numbers_stay_together_and_gaps_are_a_class() -> None:
    """Cuts would be after 615, 1230 and 1845 rows; the last value has too few rows for a range of its own."""
    y = np.repeat([0.0, 1.0, 2.0, 3.0, np.nan], [1500, 60, 540, 360, 200])
    labels = _labels(pd.DataFrame({"y": y, "x": np.arange(y.size) % 5}), "y")
    of_value = {
        str(value): set(labels[(y == value) | (np.isnan(y) & np.isnan(value))]) for value in (0, 1, 2, 3, np.nan)
    }
    assert all(len(found) == 1 for found in of_value.values())
    assert of_value["1"] == of_value["2"] == of_value["3"] != of_value["0"]
    assert of_value["nan"].isdisjoint(set().union(*(of_value[value] for value in "0123")))


@pytest.mark.parametrize(("target", "most"), [(None, 4), ("y", 1), ("constant", 4), ("x", None)])
def test_without_anything_to_cut_by_a_table_is_whole(target: str | None, most: int) -> None:
    table = _table().assign(constant=1.0)
    assert set(_labels(table, target, most)) == {0}
    named = _fit(table, target, pairing=Chained(leaf=4, strata=most, ranges=1)).sample(600)
    pd.testing.assert_frame_equal(named, _fit(table, None).sample(600))


def test_pooled_keeps_what_is_large_enough() -> None:
    assert pooled(np.array([5, 5, 5, 9, 9, 7]), 2).tolist() == [0, 0, 0, 1, 1, 1]
    assert pooled(np.array([5, 5, 5, 9, 9, 7]), 4).tolist() == [0] * 6
    assert pooled(np.array([5, 5, 1, 2]), 2).tolist() == [0, 0, 1, 1]
    assert pooled(np.array([3, 3, 3]), 9).tolist() == [0, 0, 0]


@pytest.mark.parametrize("strata", [0, -1, 2.5, True, "4"])
def test_a_number_of_ranges_that_is_none_is_refused(strata: object) -> None:
    with pytest.raises(OptionError, match=r"Chained\(strata=.*give a positive integer"):
        Chained(strata=strata)  # type: ignore[arg-type]


def _change(made: pd.DataFrame, real: pd.DataFrame) -> float:
    """Return the largest change of means and covariances of the numbers, in standard deviations."""
    sd = real[NUMBERS].std().to_numpy()
    covariance = np.abs((made[NUMBERS].cov() - real[NUMBERS].cov()).to_numpy() / np.outer(sd, sd)).max()
    return float(max(covariance, np.abs((made[NUMBERS].mean() - real[NUMBERS].mean()).to_numpy() / sd).max()))


def test_moments_are_exact_in_the_whole_and_in_each_class() -> None:
    """T21 (1) and (2), and slopes of the indicator; a table in one part and part of a pass are the controls."""
    table = _table((400, 200, 160))
    synthesizer = _fit(table, encoding="raw")
    made = synthesizer.sample(760)
    assert _change(made, table) < 1e-11
    assert made["y"].value_counts().to_dict() == {"a": 400, "b": 200, "c": 160}
    slopes = []
    for rows in (table, made):
        design = np.column_stack([np.ones(760), rows[NUMBERS].to_numpy()])
        slopes.append(np.linalg.lstsq(design, (rows["y"] == "b").to_numpy(float), rcond=None)[0])
    np.testing.assert_allclose(slopes[0], slopes[1], atol=1e-10)
    one_part = _fit(table, encoding="raw", pairing=Chained(leaf=4, strata=1)).sample(760)
    assert _change(one_part, table) < 1e-11
    for name in "abc":
        own = table[table["y"] == name]
        assert _change(made[made["y"] == name], own) < 1e-11
        assert _change(one_part[one_part["y"] == name], own) > 1e-3
    part = synthesizer.sample(700)
    assert max(_change(part[part["y"] == name], table[table["y"] == name]) for name in "abc") > 1e-4


def test_levels_have_the_frequencies_that_they_have_in_each_class() -> None:
    table = _table((400, 200))
    counts = [rows.groupby(["y", "g"]).size() for rows in (table, _fit(table).sample(600))]
    assert np.abs(counts[0] - counts[1]).max() <= 1


def test_rows_are_those_of_each_stratum_alone() -> None:
    """Row i is a row of its stratum, by a chain that knows no other rows, for any batch, threads, copies and files."""
    executor = _fit(_table())._executor
    assert isinstance(executor, StratifiedExecutor)
    assert executor.strata == (400, 200)
    columns, codes = executor.made(0, 1500)
    assert (np.bincount(np.concatenate(executor.rows_of_strata(0, 1500))) == 1).all()
    for chain, rows in zip(executor.chains, executor.rows_of_strata(0, 1500), strict=True):
        alone = chain.made(0, rows.size)
        np.testing.assert_array_equal(columns[:, rows], alone[0])
        np.testing.assert_array_equal(codes[:, rows], alone[1])
    for low, high in ((0, 1), (599, 601), (250, 1333), (1499, 1500), (7, 7)):
        for other in (executor, pickle.loads(pickle.dumps(executor))):
            some = other.made(low, high, 2)
            np.testing.assert_array_equal(some[0], columns[:, low:high])
            np.testing.assert_array_equal(some[1], codes[:, low:high])


def test_a_file_keeps_strata(tmp_path: Path) -> None:
    synthesizer = _fit(_table(), pairing="chained")
    synthesizer.save(tmp_path / "model.synthmix")
    again = synthmix.load(tmp_path / "model.synthmix")
    assert again._executor.strata == again.strata_ == (400, 200)
    pd.testing.assert_frame_equal(again.sample(700), synthesizer.sample(700))


def test_a_file_from_before_strata_makes_the_rows_of_then(tmp_path: Path) -> None:
    table = _table()
    _fit(table).save(tmp_path / "new.synthmix")
    described, arrays = read_model(tmp_path / "new.synthmix")
    del described["state"]["pairing"]["strata"]
    write_model(tmp_path / "old.synthmix", described, {**arrays, "labels": np.zeros(600, np.int64)})
    old = synthmix.load(tmp_path / "old.synthmix")
    assert old.strata_ == (600,)
    assert old.pairing_ == Chained(leaf=4, strata=1, ranged=(), slopes=False)
    pd.testing.assert_frame_equal(old.sample(600), _fit(table, pairing=Chained(leaf=4, strata=1)).sample(600))


def test_strata_hold_the_rows_of_their_classes() -> None:
    """Parents and origins are of the row's own class, and every real row is the origin of one row of each pass."""
    table = _table()
    synthesizer = _fit(table)
    made, plan, y = synthesizer.sample(1200), synthesizer.plan(0, 1200), table["y"].to_numpy()
    assert (y[plan.origins] == made["y"]).all()
    assert (y[plan.parents] == made["y"].to_numpy()[:, np.newaxis, np.newaxis]).all()
    for pass_ in (plan.origins[:600], plan.origins[600:]):
        assert np.array_equal(np.sort(pass_), np.arange(600))
    part = synthesizer.plan(100, 700)
    np.testing.assert_array_equal(part.parents, plan.parents[100:700])
    np.testing.assert_array_equal(part.weights, plan.weights[100:700])
    assert part.columns == plan.columns


def test_rows_follow_from_plan_and_values() -> None:
    """Where nothing is restored a number is the weighted sum of its parents, column by column."""
    table = _table()
    synthesizer = _fit(table, encoding="raw", pairing=Chained(leaf=4, restore=False))
    made, plan = synthesizer.sample(900), synthesizer.plan(0, 900)
    for name in NUMBERS:
        at = plan.columns.index(name)
        expected = (table[name].to_numpy()[plan.parents[:, at]] * plan.weights[:, at]).sum(axis=1)
        np.testing.assert_allclose(made[name], expected, rtol=1e-10, atol=1e-10)
    for name in "gy":
        at = plan.columns.index(name)
        assert (made[name] == table[name].to_numpy()[plan.parents[:, at, 0]]).all()


def test_every_arrangement_of_strata_is_as_likely() -> None:
    """T21 (3): of 5 places 2 belong to the second stratum; chi-square of ten arrangements, 9 degrees, p = 1e-4.

    Over seeds and over passes.
    """
    for draws in (((seed, 0) for seed in range(2000)), ((7, number) for number in range(2000))):
        found = Counter(tuple(_places(seed, number, (3, 2))[1].tolist()) for seed, number in draws)
        assert len(found) == 10
        assert sum((count - 200.0) ** 2 / 200.0 for count in found.values()) < 33.7


def test_places_do_not_depend_on_the_order_of_real_rows() -> None:
    table = _table()
    other = table.sort_values("y").reset_index(drop=True)
    assert (_fit(table).sample(600)["y"] == _fit(other).sample(600)["y"]).all()


def test_a_column_may_have_no_value_in_a_stratum() -> None:
    """Its gaps stay gaps; a column that does not vary there stays as it is, and is still said to be exact."""
    table = _table()
    table.loc[table["y"] == "b", "x"] = np.nan
    table.loc[table["y"] == "b", "w"] = 7.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        synthesizer = _fit(table)
        made = synthesizer.sample(600)
    assert (made["x"].isna() == (made["y"] == "b")).all()
    assert (made.loc[made["y"] == "b", "w"] == 7.0).all()
    assert made.loc[made["y"] == "a", "w"].nunique() > 100
    at = [synthesizer._encoder.latent_names.index(name) for name in "xw"]
    assert (synthesizer._executor.chains[1].restoration.scale[at] == 1.0).all()  # no rounding is taken for a spread
    back = synthesizer._executor.given_back()
    assert back.joint.all()
    assert not back.single.any()
    assert not back.few.any()


def test_what_is_expected_of_strata_is_summed() -> None:
    """Means and errors that theory gives for a chain that restores nothing, against those of its strata."""
    executor = _fit(_table(), pairing=Chained(leaf=4, restore=False))._executor
    for one in executor.expected(0, 600):
        parts = [
            found
            for chain, rows in zip(executor.chains, executor.rows_of_strata(0, 600), strict=True)
            for found in chain.expected(0, rows.size)
            if found.column == one.column
        ]
        assert one.count == 600
        assert one.mean == pytest.approx(sum(part.mean * part.count for part in parts) / 600)
        assert one.error == pytest.approx(np.sqrt(sum((part.error * part.count) ** 2 for part in parts)) / 600)


def test_strata_are_sources_of_their_own() -> None:
    source = _fit(_table())._executor.source
    parts = list(strata_of(source))
    assert [part.n_rows for part in parts] == [400, 200]
    assert len({part.seed for part in parts} | {source.seed}) == 3
    assert np.array_equal(np.sort(np.concatenate([part.rows for part in parts])), np.arange(600))
    for part in parts:
        assert part.plan.cells.sizes.tolist() == [part.n_rows]
        np.testing.assert_array_equal(part.observed, source.in_table_order(source.observed)[part.rows])


def test_a_few_values_of_a_stratum_are_not_given_away() -> None:
    """A value that nobody else in its class has would come back as it is: then nothing is cut.

    Ten values, or none, do no harm.
    """
    table = _table()
    well = np.flatnonzero(table["y"] == "b")
    for values, parts in ((0, 2), (1, 1), (9, 1), (10, 2)):
        other = table.assign(x=table["x"].where((table["y"] == "a") | table.index.isin(well[:values])))
        assert set(_labels(other, "y", None)) == set(range(parts))
    lone = table.assign(x=table["x"].where((table["y"] == "a") | (table.index == well[0])))
    assert not np.isin(lone.loc[well[0], "x"], _fit(lone, encoding="raw").sample(1800)["x"])


def test_what_the_screen_cannot_measure_is_not_cut() -> None:
    """Of 30 columns a half has 1,600 rows: classes of 150 have 27 of them in the mean, classes of 300 have 53."""
    rng = np.random.default_rng(0)
    for size, classes, parts in ((150, 60, 1), (300, 30, 30)):
        table = pd.DataFrame(rng.normal(size=(9000, 29)), columns=[f"x{j}" for j in range(29)])
        table["y"] = np.repeat([f"c{k:02}" for k in range(classes)], size)
        assert np.unique(_labels(table, "y", None)).size == parts
        assert np.unique(_labels(table.assign(y=rng.normal(size=9000)), "y", 99)).size == 9000 // 400


def test_strata_share_trees_and_what_is_kept() -> None:
    """A table of 9,000 rows has 5 trees for each column, whatever it is cut into, and 64 passes are kept in all."""
    executor = _fit(_table((6000, 3000)))._executor
    for chain in executor.chains:
        assert {forest.roots.size for forest in chain.chain().trees.values()} == {5}
        assert chain._moves._passes == 32
    whole = _fit(_table((6000, 3000)), None)._executor
    assert {forest.roots.size for forest in whole.chain().trees.values()} == {5}
    assert whole._moves._passes == 64


def test_the_screen_cuts_halves_as_the_table_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of a half are made stratum by stratum; those of the trees that they are compared with are not."""
    made, executor_of = [], screens.executor_of
    monkeypatch.setattr(screens, "executor_of", lambda *given: made.append(executor_of(*given)) or made[-1])
    synthesizer = _fit(_table((400, 200)), pairing="chained")
    assert synthesizer.screen_ is not None
    trees = [one for one in made if one.pairing.start == "nothing"]
    own = [one for one in made if one.pairing.start == "row"]
    assert trees
    assert own
    assert all(len(one.strata) == 1 for one in trees)
    assert all(len(one.strata) == 2 for one in own)


def test_levels_of_numbers_and_followers_are_those_of_the_whole_table() -> None:
    """Values of five rows have levels, though a stratum holds two or three of each; so a code goes with its label."""
    rng = np.random.default_rng(0)
    table = _table((400, 200)).assign(k=rng.permutation(np.arange(600) // 5) * 1.0, code=rng.integers(0, 9, 600))
    table["label"] = table["code"].map(lambda code: f"level {code % 4}")
    table["code"] = "c" + table["code"].astype(str)
    table["d"] = np.where(table["y"] == "b", "p", rng.choice(list("pq"), 600))  # follows from anything in one class
    synthesizer = _fit(table)
    at = synthesizer._encoder.latent_names.index("k")
    assert all(chain.features.graded[at] for chain in synthesizer._executor.chains)
    made = synthesizer.sample(600)
    assert (made["label"] == "level " + (made["code"].str[1:].astype(int) % 4).astype(str)).all()
    leads = {str(chain.followers) for chain in synthesizer._executor.chains}
    assert len(leads) == 1


def test_a_class_that_is_a_number_stays_what_it_is() -> None:
    """Scores of equal values differ and are moved: in a stratum of one value they are one."""
    table = _table((500, 450))
    table["y"] = (table["y"] == "b").astype(int)
    synthesizer = _fit(table)
    made = synthesizer.sample(950)
    assert synthesizer._executor.strata == (500, 450)
    assert made["y"].value_counts().to_dict() == {0: 500, 1: 450}
    for number, rows in enumerate(synthesizer._executor.rows_of_strata(0, 950)):
        assert (made["y"].to_numpy()[rows] == number).all()
