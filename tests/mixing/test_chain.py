"""Chained mixing: rows against a naive walk, what is kept against algebra, and the rules of rows."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from synthmix import MixupSynthesizer, load
from synthmix.errors import OptionError
from synthmix.kernels.draws import words_of
from synthmix.kernels.philox import FOREST
from synthmix.mixing.chain.block import leaf_sums, seed_of
from synthmix.mixing.chain.executor import ChainExecutor
from synthmix.mixing.chain.lineage import ChainedPlan
from synthmix.pairing import Chained
from synthmix.weights import Beta, EpBeta, Sphere


def _table(n: int = 400, seed: int = 0) -> pd.DataFrame:
    random = np.random.Generator(np.random.Philox(seed))
    x = random.normal(size=n)
    level = np.where(x + random.normal(size=n) > 0, "high", "low")
    y = np.where(level == "high", 2.0, -1.0) * x + random.normal(size=n) / 3
    return pd.DataFrame(
        {
            "x": x,
            "level": level,
            "y": np.where(random.random(n) < 0.2, np.nan, y),
            "many": random.integers(0, 6, n).astype(str),
            "z": np.round(y + random.gamma(2.0, size=n), 1),
        }
    )


def _fit(table: Any = None, **options: Any) -> MixupSynthesizer:
    pairing = options.pop("pairing", Chained(restore=False))  # test_chain_restore.py has what is given back
    return MixupSynthesizer(pairing=pairing, random_state=3, **options).fit(_table() if table is None else table)


def _chain(synthesizer: MixupSynthesizer) -> ChainExecutor:
    executor = synthesizer._executor
    assert isinstance(executor, ChainExecutor)
    return executor


def _walk(chain: ChainExecutor, column: int, codes: NDArray[np.int32], row: int) -> NDArray[np.int32]:
    """Return the rows of the leaf that one row comes to in its tree, step by step."""
    forest, levels = chain.chain().trees[column], chain.chain().features.columns.levels
    word = words_of(int(seed_of(chain.source.seed, column)), row, 1, FOREST, 0)[0, 0]
    nodes, node = forest.nodes, int(forest.roots[int(word) * forest.roots.size >> 32])
    while nodes.column[node] >= 0:
        by = nodes.column[node]
        goes = (
            nodes.member[node, codes[by] >> 5] >> (codes[by] & 31) & 1 if levels[by] else codes[by] <= nodes.cut[node]
        )
        node = int(nodes.left[node]) + (0 if goes else 1)
    return forest.order[nodes.low[node] : nodes.high[node]]


def _with_grades(n: int = 400) -> pd.DataFrame:
    """Return the table with a number in front that has levels, and gaps: whole years, say."""
    table = _table(n)
    grade = np.clip(np.round(2.0 * table["x"] + np.arange(n) % 3), -4, 6)
    return table.assign(grade=np.where(np.arange(n) % 17 == 0, np.nan, grade))[["grade", *table.columns]]


def _atoms(values: NDArray[np.float64], share: float) -> NDArray[np.bool_]:
    """Return where a value is one that at least `share` of its column's values are, or its column has levels."""
    found = np.zeros(values.shape, bool)
    for j, column in enumerate(values.T):
        known = column[~np.isnan(column)]
        often = np.array([(known == value).sum() for value in known])
        if (often >= 4).mean() >= 0.95:
            often[:] = known.size
        found[~np.isnan(column), j] = (often > 1) & (often >= share * known.size) & (share < 1.0)
    return found


@pytest.mark.parametrize(
    "pairing",
    [
        Chained(4, restore=False),
        Chained(6, start="nothing", order="reversed", restore=False),
        Chained(6, atom=0.02, restore=False),
        Chained(4, trees=1, restore=False),
        Chained(4, atom=1.0, restore=False),
    ],
)
def test_rows_are_those_of_a_naive_walk(pairing: Chained) -> None:
    """Parents lie in the leaf of the row as it is by then, and cells are their mixture; atoms and gaps are copied."""
    synthesizer = _fit(_with_grades(), pairing=pairing, encoding="raw")
    chain, source = _chain(synthesizer), _chain(synthesizer).source
    plan, (columns, codes) = chain.plan(0, 40), chain.made(0, 40)
    p, place = source.latent.shape[1], np.argsort(source.rows)
    atoms = _atoms(source.observed, pairing.atom)
    np.testing.assert_array_equal(chain.features.atoms.T, atoms)
    grade = synthesizer._encoder.latent_names.index("grade")
    assert atoms[~source.missing[:, grade], grade].all() == (pairing.atom < 1.0)
    assert np.delete(atoms, grade, axis=1).any() == (pairing.atom == 0.02)
    for i in range(40):
        state = chain.chain().features.columns.codes[:, place[plan.origins[i]]].copy()
        for at, column in enumerate(chain.order):
            parents = place[plan.parents[i, at]]
            if column < p and source.missing[place[plan.origins[i]], column]:
                assert np.isnan(columns[column, i])
                assert (plan.parents[i, at] == plan.origins[i]).all()
                continue
            assert np.isin(parents, _walk(chain, column, state, i)).all()
            if column >= p:
                assert codes[column - p, i] == source.codes[parents[0], column - p]
                state[column] = chain.chain().features.columns.codes[column, parents[0]]
                continue
            value = float(plan.weights[i, at] @ np.nan_to_num(source.observed[parents, column]))
            assert not source.missing[parents, column].any()
            if atoms[parents[0], column]:
                assert columns[column, i] == source.observed[parents[0], column]
            else:
                assert not atoms[parents, column].any()
            np.testing.assert_allclose(columns[column, i], value, rtol=1e-9, atol=1e-9)
            state[column] = 1 + (chain.chain().features.edges[column] < columns[column, i]).sum()


def test_the_origin_is_never_a_parent_and_weights_sum_to_one() -> None:
    """Over two passes; each real row is the origin once in a pass."""
    plan = _fit().plan(0, 800)
    assert isinstance(plan, ChainedPlan)
    gap = np.isnan(_table()["y"].to_numpy())[plan.origins]
    own = (plan.parents == plan.origins[:, np.newaxis, np.newaxis]).any(axis=2)
    np.testing.assert_array_equal(own[:, plan.columns.index("y")], gap)
    assert not np.delete(own, plan.columns.index("y"), axis=1).any()
    np.testing.assert_allclose(plan.weights.sum(axis=2), 1.0, atol=1e-12)
    for half in (plan.origins[:400], plan.origins[400:]):
        np.testing.assert_array_equal(np.sort(half), np.arange(400))
    assert (plan.origins[:400] != plan.origins[400:]).any()
    assert plan.columns == ("x", "level", "y", "many", "z")


@pytest.mark.parametrize("encoding", ["raw", "normal"])
def test_the_first_column_is_kept_exactly_in_expectation(encoding: str) -> None:
    """T17: its leaves are visited as often as real rows lie there. Columns later in the chain are the control."""
    random = np.random.Generator(np.random.Philox(5))
    table = random.gamma(1.5, size=(500, 3)) @ np.array([[1.0, 0.5, 0.2], [0.0, 1.0, 0.7], [0.0, 0.0, 1.0]])
    chain = _chain(_fit(table, encoding=encoding, pairing=Chained(trees=1, restore=False)))
    first, second, third = chain.expected(0, 500)
    latent = chain.source.latent
    np.testing.assert_allclose(first.mean, latent[:, 0].mean(), atol=1e-12 * np.abs(latent).max())
    np.testing.assert_allclose(first.variance, latent[:, 0].var(), rtol=1e-10)
    assert abs(third.variance / latent[:, 2].var() - 1.0) > 1e-4
    assert abs(second.mean - latent[:, 1].mean()) > 1e-6


def test_convex_weights_shrink_only_what_is_inside_leaves() -> None:
    """T17 with c = E sum w^2 below 1: the expected variance loses (1 - c) of the within-leaf part."""
    random = np.random.Generator(np.random.Philox(6))
    table = random.normal(size=(300, 2))
    table[:, 1] += table[:, 0]
    law = Beta(1.0)
    chain = _chain(_fit(table, encoding="raw", weights=law, pairing=Chained(trees=1, restore=False)))
    expected = chain.expected(0, 300)[0]
    tree, c = chain.chain().trees[0], law.moments().c
    leaves = np.flatnonzero(tree.nodes.column < 0)
    inside = 0.0
    for leaf in leaves:
        values = chain.source.latent[tree.order[tree.nodes.low[leaf] : tree.nodes.high[leaf]], 0]
        inside += sum(float(np.delete(values, i).var()) for i in range(values.size)) / 300
    np.testing.assert_allclose(expected.variance, table[:, 0].var() - (1.0 - c) * inside, rtol=1e-10)


def test_atoms_keep_their_share_and_what_lies_between_is_not_filled() -> None:
    """A column of zeros and large numbers: nothing is made between them. Mixed without atoms it is the control."""
    random = np.random.Generator(np.random.Philox(9))
    x = random.normal(size=3000)
    amount = np.where(x + random.normal(size=3000) > 0.8, 50.0 + 20.0 * random.gamma(2.0, size=3000), 0.0)
    table = np.stack([x, amount], axis=1)
    rows = _fit(table, encoding="raw").sample(6000)[:, 1]
    assert abs((rows == 0.0).mean() - (amount == 0.0).mean()) < 4.5 * np.sqrt(0.25 / 3000)
    assert ((rows != 0.0) & (rows < 20.0)).mean() < 0.004  # weights below zero reach a little beyond
    mixed = _fit(table, encoding="raw", pairing=Chained(atom=1.0, restore=False)).sample(6000)[:, 1]
    assert ((mixed != 0.0) & (mixed < 20.0)).mean() > 0.02


@pytest.mark.parametrize("shared", [380, 379])
@pytest.mark.parametrize("encoding", ["raw", "normal"])
def test_a_column_whose_values_are_those_of_many_rows_has_levels(encoding: Any, shared: int) -> None:
    """19 of 20 rows have a value that four rows have: copied from one parent each. With one value less it is mixed."""
    years = np.concatenate([np.minimum(np.arange(shared) // 4, 93), 100.5 + np.arange(400 - shared) // 3])
    table = pd.DataFrame({"years": years, "other": years + np.random.default_rng(0).normal(size=400)})
    synthesizer = _fit(table, encoding=encoding)
    chain = _chain(synthesizer)
    at = synthesizer._encoder.latent_names.index("years")
    column, weights = chain.made(0, 800)[0][at], chain.plan(0, 800).weights[:, chain.order.index(at)]
    assert chain.features.graded[at] == (shared == 380)
    assert np.isin(column, chain.source.latent[:, at]).all() == (shared == 380)
    assert ((weights == 1.0).sum(axis=1) == 1).all() == (shared == 380)


def test_gaps_are_no_levels() -> None:
    """A column of two thirds gaps, all of whose values differ, is mixed."""
    table = pd.DataFrame({"x": np.arange(90.0), "y": np.where(np.arange(90) % 3 == 0, np.arange(90.0), np.nan)})
    assert not _chain(_fit(table)).features.graded.any()
    assert not _chain(_fit(table)).features.atoms.any()


def test_levels_move_in_raw_units_as_far_as_they_vary_inside_leaves() -> None:
    """They are what a pass has its means and covariances back by: no width is zero where a leaf has two levels."""
    chain = _chain(_fit(_with_grades(), encoding="raw", pairing=Chained(12)))
    back, tree, source = chain.restoration, chain.chain().trees[0], chain.source
    assert back is not None
    assert chain.features.graded[0]
    widths = chain.chain().widths[0]
    for leaf in np.flatnonzero(tree.nodes.column < 0):
        values = source.latent[tree.order[tree.nodes.low[leaf] : tree.nodes.high[leaf]], 0]
        np.testing.assert_allclose(widths.copied[leaf], values.std() / back.scale[0], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("law", [Sphere(3), EpBeta(), Sphere(6), Beta(1.0)])
def test_columns_have_the_moments_that_their_leaves_predict(law: Any) -> None:
    """Mean of every continuous column over 40 passes, gaps included; 4.5 standard errors."""
    chain = _chain(_fit(_with_grades(), weights=law, encoding="raw", pairing=Chained(atom=0.02, restore=False)))
    columns, _ = chain.made(0, 40 * 400)
    for one in chain.expected(0, 40 * 400):
        column = columns[one.column]
        assert one.count == np.isfinite(column).sum()
        assert abs(np.nanmean(column) - one.mean) < 4.5 * one.error
        assert abs(np.nanvar(column) / one.variance - 1.0) < 0.1
    shifted = chain.expected(0, 40 * 400)[0]
    shifted.first += 10.0 * shifted.error * shifted.count
    assert abs(np.nanmean(columns[shifted.column]) - shifted.mean) > 4.5 * shifted.error


def test_a_column_keeps_its_covariances_between_leaves() -> None:
    """T17: given the others, E[y_j] is the mean of the leaf without the origin. 200 passes, 4.5 standard errors."""
    random = np.random.Generator(np.random.Philox(7))
    x = random.normal(size=200)
    table = np.stack([x, x + random.normal(size=200)], axis=1)
    chain = _chain(_fit(table, pairing=Chained(20, restore=False), encoding="raw"))
    m, mean, sums = 200 * 200, np.empty(200 * 200), leaf_sums(chain.chain(), 1)

    for hand in chain._hands(0, m):
        for block, among in chain._blocks(hand):
            drawn = list(block.drawn())[1]
            mean[hand.first :][among] = block.leaf_moments(1, drawn, sums)[0]
    first, second = chain.made(0, m)[0]
    products = first * (second - mean)
    assert abs(products.mean()) < 4.5 * products.std() / np.sqrt(m)
    crossed = first * (second - mean[::-1])
    assert abs(crossed.mean()) > 20 * products.std() / np.sqrt(m)
    lost = np.cov(table.T)[0, 1] - np.cov(first, second)[0, 1]
    assert 0.0 < lost < 0.25


@pytest.mark.parametrize("options", [{}, {"encoding": "raw"}, {"discrete": "scores"}, {"n_jobs": 2}])
def test_rows_do_not_depend_on_how_they_are_asked_for(options: dict[str, Any]) -> None:
    """Row purity: slices, threads, a file and a pickle give the same rows."""
    synthesizer = _fit(_table(5000), **options)
    whole = synthesizer.sample(11_000)
    pd.testing.assert_frame_equal(
        whole[4090:9999].reset_index(drop=True), synthesizer.sample_rows(4090, 9999), check_exact=True
    )
    again = pickle.loads(pickle.dumps(synthesizer))
    pd.testing.assert_frame_equal(again.sample(11_000), whole, check_exact=True)
    serial = _fit(_table(5000), **{**options, "n_jobs": 1})
    pd.testing.assert_frame_equal(serial.sample(11_000), whole, check_exact=True)
    assert not whole.equals(MixupSynthesizer(pairing="chained", random_state=4).fit(_table(5000)).sample(11_000))


def test_a_model_file_gives_the_same_rows(tmp_path: Path) -> None:
    """Trees are grown again from the saved rows."""
    synthesizer = _fit(pairing=Chained(5, start="nothing", keep=("level",)))
    synthesizer.save(tmp_path / "model")
    pd.testing.assert_frame_equal(load(tmp_path / "model").sample(900), synthesizer.sample(900), check_exact=True)


def test_kept_columns_are_those_of_the_origin() -> None:
    """And the others are drawn given them."""
    table = _table()
    synthesizer = _fit(table, pairing=Chained(keep=("level", "x")))
    plan, rows = synthesizer.plan(0, 400), synthesizer.sample(400)
    assert isinstance(plan, ChainedPlan)
    assert plan.columns == ("y", "many", "z")
    assert (rows["level"].to_numpy() == table["level"].to_numpy()[plan.origins]).all()
    np.testing.assert_allclose(rows["x"], table["x"].to_numpy()[plan.origins], rtol=1e-12)


def test_dependence_of_mixed_types_survives() -> None:
    """The slope of y on x has another sign for each level; whole rows drawn independently are the control."""
    table = _table(3000)
    rows = _fit(table).sample(3000)
    for level, slope in (("high", 2.0), ("low", -1.0)):
        part = rows[rows["level"] == level].dropna()
        assert abs(np.polyfit(part["x"], part["y"], 1)[0] - slope) < 0.2
    assert rows["y"].isna().sum() == table["y"].isna().sum()
    mixed = MixupSynthesizer("uniform", "random", random_state=0).fit(table).sample(3000)
    part = mixed[mixed["level"] == "low"].dropna()
    assert abs(np.polyfit(part["x"], part["y"], 1)[0] + 1.0) > 0.2


def test_equal_columns_stay_nearly_equal() -> None:
    """A copy of a column is the best split there is for it."""
    random = np.random.Generator(np.random.Philox(8))
    x = random.normal(size=2000)
    rows = _fit(np.stack([x, x], axis=1)).sample(2000)
    assert np.corrcoef(rows.T)[0, 1] > 0.999


def test_the_certificate_claims_nothing_exact_without_restoration() -> None:
    """Means have a prediction from the leaves; a covariance is not preserved, and its error is printed."""
    synthesizer = _fit(_table(2000))
    certificate = synthesizer.certificate(synthesizer.sample(2000))
    exact = [statement.name for statement in certificate.statements if statement.status == "exact"]
    assert exact == ["missing values"]
    assert {statement.theorem for statement in certificate.statements} == {"T17", "T7"}
    mean = certificate["mean"]
    assert mean.space == "scores"
    assert mean.realised is not None
    assert mean.predicted is not None
    assert mean.standard_error is not None
    assert abs(mean.realised - mean.predicted) < 4.5 * mean.standard_error
    assert 0.0 < (certificate["covariance"].error or 0.0) < 0.15
    assert "Chained(leaf=4" in str(certificate)
    assert synthesizer.certificate()["covariance"].error is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"weights": "rotation"}, "mix whole groups of rows"),
        ({"encoding": "raw", "dtype": "float32"}, "float32.*chained"),
        ({"pairing": Chained(keep=("nope",))}, "no column 'nope'"),
        ({"pairing": Chained(keep=("x", "level", "y", "many", "z"))}, "keeps every column"),
    ],
)
def test_what_does_not_fit_is_refused(options: dict[str, Any], words: str) -> None:
    """With the option's name and a remedy."""
    with pytest.raises(OptionError, match=words):
        _fit(**options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"leaf": 1}, "leaf=1.*at least 2"),
        ({"leaf": 2.5}, "leaf=2.5"),
        ({"trees": 0}, "trees=0.*at least 1, or None"),
        ({"trees": True}, "trees=True"),
        ({"start": "rows"}, "start='rows'.*did you mean 'row'"),
        ({"order": "random"}, "order='random'"),
        ({"keep": "level"}, "tuple of column names"),
        ({"atom": 0}, "atom=0.*above 0"),
        ({"atom": 5}, "atom=5"),
        ({"restore": "covariance"}, "restore='covariance'.*True or False"),
    ],
)
def test_bad_options_are_told(options: dict[str, Any], words: str) -> None:
    """When the object is made."""
    with pytest.raises(OptionError, match=words):
        Chained(**options)


def test_several_trees_are_grown_on_rows_of_their_own() -> None:
    """Four fifths of the rows each, leaves of four fifths; one tree has all rows. Each row comes to one of them."""
    table = _table(2000)
    chain = _chain(_fit(table, pairing=Chained(5, trees=6, restore=False)))
    forest, n = chain.chain().trees[0], 2000
    assert forest.roots.size == 6
    had = forest.place >= 0
    assert (np.abs(had.sum(axis=1) - 0.8 * n) < 4.5 * np.sqrt(0.16 * n)).all()
    assert (had[0] != had[1]).any()
    leaves = forest.nodes.column < 0
    assert forest.rows[leaves].min() == 4
    for tree in range(6):
        own = np.flatnonzero(had[tree])
        np.testing.assert_array_equal(forest.order[forest.place[tree, own]], own)
    met = np.bincount(forest.trees_of(1, 0, 60_000), minlength=6)
    assert (np.abs(met - 10_000) < 4.5 * np.sqrt(60_000 * 5 / 36)).all()
    assert (_chain(_fit(table, pairing=Chained(5, trees=1))).chain().trees[0].place >= 0).all()


@pytest.mark.parametrize(("rows", "trees", "leaf"), [(50, 10, 3), (5000, 10, 3), (8000, 6, 3), (25_001, 1, 4)])
def test_large_tables_get_fewer_trees(rows: int, trees: int, leaf: int) -> None:
    """All trees of a column together have 50,000 rows."""
    assert Chained().size(rows)[:2] == (trees, leaf)
    assert Chained(2, trees=3).size(rows) == (3, 2, 0.8)


@pytest.mark.parametrize("known", [2, 3, 4])
def test_few_values_are_never_their_own_rows(known: int) -> None:
    """A tree of one row would lead that row to itself: then all rows that have a value grow every tree."""
    table = _table(60)
    table["y"] = np.where(np.arange(60) < known, np.arange(60) * 1.5, np.nan)
    for seed in range(6):
        synthesizer = MixupSynthesizer(pairing=Chained(restore=False), random_state=seed).fit(table)
        plan = synthesizer.plan(0, 20 * 60)
        assert isinstance(plan, ChainedPlan)
        there = ~np.isnan(table["y"].to_numpy())[plan.origins]
        own = (plan.parents[:, plan.columns.index("y")] == plan.origins[:, np.newaxis]).any(axis=1)
        assert there.any()
        assert not own[there].any()


def test_too_many_trees_are_refused() -> None:
    """Places of rows in all trees of a column are 32-bit numbers."""
    with pytest.raises(OptionError, match=r"trees=3000\).*at most trees=2147"):
        Chained(trees=3000).size(1_000_000)


def test_more_trees_put_more_real_rows_behind_a_leaf() -> None:
    """The parents that one origin has in many passes: several trees lead it to more rows than one does."""
    behind = {}
    for trees in (1, 10):
        synthesizer = _fit(pairing=Chained(trees=trees, order="reversed", restore=False))
        plan = synthesizer.plan(0, 40 * 400)
        assert isinstance(plan, ChainedPlan)
        first = plan.parents[:, 0]  # drawn while the other columns are the origin's
        behind[trees] = np.mean([np.unique(first[plan.origins == origin]).size for origin in range(40)])
    assert behind[10] > 2.0 * behind[1]


@pytest.mark.parametrize("rows", [3, 5, 9])
def test_tiny_and_odd_tables(rows: int) -> None:
    """One leaf, one column, no continuous column, a column that is missing but once."""
    tables = [
        pd.DataFrame({"a": np.arange(rows) * 1.5}),
        pd.DataFrame({"a": [*"xyzxyzxyz"][:rows], "b": [*"uuvvuuvvu"][:rows]}),
        pd.DataFrame({"a": [1.5, *[np.nan] * (rows - 1)], "b": np.arange(rows) / 3}),
    ]
    for table in tables:
        out = _fit(table).sample(4 * rows)
        assert len(out) == 4 * rows
        for name in table.select_dtypes(exclude="number"):
            assert set(out[name]) <= set(table[name])
