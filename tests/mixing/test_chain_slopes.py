"""Lines inside leaves (T23): rows against lines written out, what is kept against algebra, and who has them."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from synthmix import MixupSynthesizer, load
from synthmix.errors import ModelFileError, OptionError
from synthmix.mixing.chain import screen as screens
from synthmix.mixing.chain.block import Block, Chain, leaf_sums
from synthmix.mixing.chain.executor import ChainExecutor
from synthmix.mixing.chain.slopes import nearest_columns
from synthmix.mixing.chain.stratified import StratifiedExecutor
from synthmix.mixing.chain.trees import Forest
from synthmix.model_file import read_model, write_model
from synthmix.pairing import Chained
from synthmix.weights import Beta, EpBeta, Sphere

Values = NDArray[np.float64]


def _numbers(n: int = 400, columns: int = 4) -> Values:
    """Return columns that go together by straight lines, with as much noise again."""
    random = np.random.Generator(np.random.Philox(11))
    return random.normal(size=(n, 1)) + random.normal(size=(n, columns)) * np.arange(1, columns + 1)


def _mixed(n: int = 600) -> pd.DataFrame:
    """Return numbers with gaps and a column that is zero for many, a class, whole years."""
    random = np.random.Generator(np.random.Philox(12))
    a, b, c = _numbers(n, 3).T
    return pd.DataFrame(
        {
            "a": np.where(random.random(n) < 0.1, np.nan, a),
            "class": np.where(a + random.normal(size=n) > 0, "p", "q"),
            "paid": np.where(b + random.normal(size=n) > 0.5, np.exp(b / 3), 0.0),
            "b": b,
            "years": np.round(20 + 4 * a + random.normal(size=n)).clip(10, 30),
            "c": np.where(random.random(n) < 0.1, np.nan, c + b),
        }
    )


def _fit(table: Any, leaf: int | None = 30, **options: Any) -> MixupSynthesizer:
    chained = {"restore": False, "slopes": True} | options.pop("chained", {})
    return MixupSynthesizer(pairing=Chained(leaf, **chained), random_state=3, **options).fit(table)


def _chain(synthesizer: MixupSynthesizer) -> ChainExecutor:
    executor = synthesizer._executor
    assert isinstance(executor, ChainExecutor)
    return executor


def _block(executor: ChainExecutor) -> Block:
    """Return all rows of the first pass."""
    n = executor.source.n_rows
    return Block(executor.chain(), 0, 0, n, np.zeros((len(executor.names), 1), np.uint8))


def _direction(chain: Chain, column: int, others: list[int], leaf: int) -> Values:
    """Return the ridge regression of the smallest node around a leaf that has four rows for each other column."""
    forest, x = chain.trees[column], chain.source.latent
    low, high = forest.nodes.low, forest.nodes.high
    free = np.array([(~chain.features.atoms[column, forest.order[a:b]]).sum() for a, b in zip(low, high, strict=True)])
    around = np.flatnonzero((low <= low[leaf]) & (high >= high[leaf]))
    wide = around[free[around] >= 4 * len(others)]
    wide = wide if wide.size else around[[(high - low)[around].argmax()]]
    node = wide[(high - low)[wide].argmin()]
    rows = forest.order[low[node] : high[node]]
    rows = rows[~chain.features.atoms[column, rows]]
    away, value = x[rows][:, others] - x[rows][:, others].mean(axis=0), x[rows, column] - x[rows, column].mean()
    products = away.T @ away
    ridge = 0.5 * len(others) / rows.size
    slopes: Values = np.linalg.pinv(products + ridge * np.diag(np.diag(products)), hermitian=True) @ away.T @ value
    return slopes


def _line(along: Values, value: Values) -> tuple[float, float]:
    """Return how steep a line is by least squares, and where it starts; a level one for few rows or a fall."""
    steep, start = np.polyfit(along, value, 1) if along.std() > 1e-9 and value.size >= 8 else (0.0, 0.0)
    return (float(steep), float(start)) if steep > 0.0 else (0.0, float(value.mean()))


def _free(forest: Forest, leaf: int) -> NDArray[np.int32]:
    """Return the rows of a leaf that can be mixed."""
    low = forest.nodes.low[leaf]
    return forest.order[low : low + forest.free[leaf]]


@pytest.mark.parametrize("options", [{}, {"leaf": 10}, {"weights": EpBeta()}, {"chained": {"start": "nothing"}}])
def test_values_are_where_the_line_leads_and_a_mixture_of_what_it_leaves(options: dict[str, Any]) -> None:
    """Each cell again by polyfit over its leaf, along the direction of the node around it."""
    executor = _chain(_fit(_mixed(), encoding="raw", **options))
    chain, block, checked, copied = executor.chain(), _block(executor), 0, 0
    latent, p = executor.source.latent, executor.source.latent.shape[1]
    for column, drawn in zip(chain.order, block.drawn(), strict=True):
        if column not in chain.slopes:
            continue
        others = [j for j in executor._looked_at(column) if j < p]
        for row in range(0, executor.source.n_rows, 7):
            leaf, parents, weights = drawn.leaf[row], drawn.parents[:, row], drawn.weights[:, row]
            found = block._latent[column, row]
            if block._missing[column, row]:
                assert found == latent[block.origins[row], column]
                continue
            if chain.features.atoms[column, parents[0]]:
                assert found == latent[parents[0], column]
                copied += 1
                continue
            rows = _free(chain.trees[column], leaf)
            along = latent[:, others] @ _direction(chain, column, others, leaf)
            steep, start = _line(along[rows], latent[rows, column])
            mine = block._latent[others, row] @ _direction(chain, column, others, leaf)
            told = np.clip(mine, along[rows].min(), along[rows].max())
            wanted = start + steep * told + weights @ (latent[parents, column] - start - steep * along[parents])
            np.testing.assert_allclose(found, wanted, rtol=1e-7, atol=1e-7)
            checked += 1
    assert checked > 150
    assert copied > 10


@pytest.mark.parametrize("law", [Sphere(3), Beta(1.0)])
def test_what_a_column_keeps_and_loses_is_known(law: Any) -> None:
    """T23 for the column that is drawn first, exactly: mean, variance (less 1 - c inside leaves), covariances."""
    executor = _chain(_fit(_numbers(), encoding="raw", weights=law, chained={"trees": 1}))
    chain, block, table = executor.chain(), _block(executor), executor.source.latent
    n = len(table)
    drawn = next(iter(block.drawn()))
    mean, square = block.leaf_moments(0, drawn, leaf_sums(chain, 0))
    x, forest, c = table[block.origins], chain.trees[0], law.moments().c
    inside, lost, level = 0.0, np.zeros(4), np.zeros(4)
    for leaf in np.flatnonzero(forest.nodes.column < 0):
        rows = _free(forest, leaf)
        along = table[rows][:, 1:] @ _direction(chain, 0, [1, 2, 3], leaf)
        steep, start = _line(along, table[rows, 0])
        rest = table[rows, 0] - start - steep * along
        inside += sum(float(np.delete(rest, i).var()) for i in range(rest.size)) / n
        away = table[rows] - table[rows].mean(axis=0)
        lost += away.T @ rest / (rows.size - 1) * rows.size / n
        level += away.T @ away[:, 0] / (rows.size - 1) * rows.size / n
        if steep > 0:
            np.testing.assert_allclose(along @ rest, 0.0, atol=1e-9 * n)
    np.testing.assert_allclose(mean.mean(), table[:, 0].mean(), atol=1e-12)
    np.testing.assert_allclose(square.mean() - mean.mean() ** 2, table[:, 0].var() - (1.0 - c) * inside, rtol=1e-10)
    kept = (mean - mean.mean()) @ (x - x.mean(axis=0)) / n
    real = np.cov(table.T, ddof=0)[0]
    np.testing.assert_allclose(kept[1:], (real - lost)[1:], atol=1e-10)
    assert np.abs(lost[1:]).max() < 0.3 * np.abs(level[1:]).max()


@pytest.mark.parametrize("law", [Sphere(3), EpBeta(), Beta(1.0)])
def test_columns_have_the_moments_that_their_lines_predict(law: Any) -> None:
    """Mean of every continuous column over 40 passes, with gaps and atoms; 4.5 standard errors."""
    executor = _chain(_fit(_mixed(), encoding="raw", weights=law))
    assert sorted(executor.names[j] for j in executor.chain().slopes) == ["a", "b", "c", "paid"]
    columns, _ = executor.made(0, 40 * 600)
    for one in executor.expected(0, 40 * 600):
        column = columns[one.column]
        assert abs(np.nanmean(column) - one.mean) < 4.5 * one.error
        assert abs(np.nanvar(column) / one.variance - 1.0) < 0.1
        assert abs(one.variance / np.nanvar(executor.source.latent[:, one.column]) - 1.0) < 0.3


@pytest.mark.parametrize("law", [Sphere(3), Beta(1.0)])
@pytest.mark.parametrize(("leaf", "trees"), [(6, 1), (12, 5), (30, 1)])
def test_what_is_expected_of_a_row_is_the_mean_over_all_that_it_may_become(law: Any, leaf: int, trees: int) -> None:
    """Enumerated row by row: each first parent that is copied, and mixtures of free rows without the origin."""
    executor = _chain(_fit(_mixed(), leaf, encoding="raw", weights=law, chained={"trees": trees}))
    chain, block, alone = executor.chain(), _block(executor), 0
    latent, c = executor.source.latent, law.moments().c
    for column, drawn in zip(chain.order, block.drawn(), strict=True):
        if column not in chain.slopes:
            continue
        mean, square = block.leaf_moments(column, drawn, leaf_sums(chain, column))
        told = chain.slopes[column].told(block._latent, drawn.leaf)
        forest, kept = chain.trees[column], np.flatnonzero(~block._missing[column])
        for place, row in enumerate(kept):
            low, high = (part[drawn.leaf[row]] for part in (forest.nodes.low, forest.nodes.high))
            places = np.arange(low, high)
            others = places[forest.order[places] != block.origins[row]]
            others = others if others.size else places
            atom = chain.features.atoms[column, forest.order[others]]
            value, rest = latent[forest.order[others], column], chain.slopes[column].rest[others][~atom]
            free = rest.size / others.size
            first, second = value[atom].sum() / others.size, (value[atom] ** 2).sum() / others.size
            if rest.size:
                first += free * (told[row] + rest.mean())
                second += free * ((told[row] + rest.mean()) ** 2 + c * rest.var())
            alone += not rest.size and not chain.features.atoms[column, block.origins[row]]
            np.testing.assert_allclose([mean[place], square[place]], [first, second], rtol=1e-9, atol=1e-9)
    assert alone > 0 or leaf > 6


def test_covariances_are_kept_inside_leaves_too() -> None:
    """Leaves of 100 of 400 rows lose much; lines along the other columns keep nearly all of it."""
    table, kept = _numbers(), []
    real = np.cov(table.T)
    for slopes in (True, False):
        columns, _ = _chain(_fit(table, 100, encoding="raw", chained={"slopes": slopes})).made(0, 100 * 400)
        kept.append(float(np.abs(np.cov(columns) - real)[np.triu_indices(4, 1)].mean()))
    assert kept[0] < 0.08
    assert kept[1] > 0.2


def test_who_gives_a_leaf_gets_no_lines_unless_they_are_asked_for() -> None:
    table = _mixed()
    rows = [_fit(table, 40, chained={"slopes": one}).sample(300) for one in (None, False, True)]
    pd.testing.assert_frame_equal(rows[0], rows[1])
    assert not rows[1].equals(rows[2])
    assert _fit(table, 40, chained={"slopes": None}).pairing_.slopes is False  # type: ignore[attr-defined]
    with pytest.raises(OptionError, match="slopes='yes'"):
        Chained(slopes="yes")  # type: ignore[arg-type]


def test_the_screen_takes_lines_where_leaves_are_large_and_need_not_be_much_larger() -> None:
    """On a table whose numbers go together; not where the leaf is small, nor where rows came too near in all leaves."""
    table = _mixed(2000)
    with_lines, without = (
        MixupSynthesizer(privacy=0.54, pairing=Chained(slopes=slopes), random_state=0).fit(table)
        for slopes in (None, False)
    )
    screen, other = with_lines.screen_, without.screen_
    assert screen is not None
    assert other is not None
    assert screen.slopes
    assert with_lines.pairing_ == Chained(leaf=screen.leaf, ranged=screen.ranged, slopes=True)
    assert 20 <= other.leaf <= screen.leaf <= 3 * other.leaf
    assert screen.holds
    assert "with lines inside" in str(screen)
    assert not other.slopes
    assert "lines" not in str(other)
    small = MixupSynthesizer(random_state=0).fit(table)
    assert small.screen_ is not None
    assert small.screen_.leaf < 20
    assert not small.screen_.slopes


def test_many_columns_that_say_the_same_have_no_lines() -> None:
    """A line along columns of the origin would lead back to its value: no leaf is large enough, so there are none."""
    random = np.random.Generator(np.random.Philox(8))
    table = random.normal(size=(400, 1)) + 0.1 * random.normal(size=(400, 30))
    synthesizer = MixupSynthesizer(privacy=0.6, random_state=0).fit(table)
    assert synthesizer.screen_ is not None
    assert synthesizer.screen_.leaf >= 20
    assert not synthesizer.screen_.slopes


def test_where_no_column_has_lines_nobody_says_so(tmp_path: Path) -> None:
    """One number, a class and whole years, which have levels: large leaves, no lines, also where they are asked for."""
    table = _mixed(2000)[["b", "class", "years"]]
    for slopes, kept in ((None, False), (True, True)):
        synthesizer = MixupSynthesizer(privacy=0.6, pairing=Chained(slopes=slopes, keep=("b",)), random_state=0)
        synthesizer.fit(table)
        assert synthesizer.screen_ is not None
        assert synthesizer.screen_.leaf >= 20
        assert not synthesizer.screen_.slopes
        assert synthesizer.pairing_.slopes is kept  # type: ignore[union-attr]
        synthesizer.save(tmp_path / "model.synthmix")
        again = load(tmp_path / "model.synthmix")
        assert again.pairing == synthesizer.pairing
        pd.testing.assert_frame_equal(again.sample(100), synthesizer.sample(100))


def test_a_screen_of_other_lines_is_damage(tmp_path: Path) -> None:
    MixupSynthesizer(random_state=0).fit(_mixed()).save(tmp_path / "model.synthmix")
    meta, arrays = read_model(tmp_path / "model.synthmix")
    assert meta["state"]["screen"]["slopes"] is False
    meta["state"]["screen"]["slopes"] = True
    write_model(tmp_path / "damaged.synthmix", meta, arrays)
    with pytest.raises(ModelFileError, match="of another pairing"):
        load(tmp_path / "damaged.synthmix")


def test_a_line_goes_along_columns_that_the_tree_may_look_at() -> None:
    """From nothing a row has no other columns yet than those before; a single number has nobody to go with."""
    executor = _chain(_fit(_numbers(), chained={"start": "nothing"}))
    assert {j: slopes.others.tolist() for j, slopes in executor.chain().slopes.items()} == {
        1: [0],
        2: [0, 1],
        3: [0, 1, 2],
    }
    alone = _mixed()[["b", "class"]]
    one, other = (_fit(alone, chained={"slopes": slopes}).sample(100) for slopes in (True, False))
    pd.testing.assert_frame_equal(one, other)


def test_a_line_goes_along_sixteen_columns_at_most() -> None:
    """Those that go with the column most closely, whatever their units."""
    random = np.random.Generator(np.random.Philox(5))
    latent = random.normal(size=(2000, 21))
    close = [2, 3, 5, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]
    latent[:, 0] += latent[:, close] @ np.where(np.arange(16) % 2, 1.0, -1.0)
    latent[:, close] *= 1e-3
    among = {0: [*range(1, 21)], 2: [0, 4], 4: [*range(20)]}
    found = nearest_columns(latent, among)
    assert found[0].tolist() == close
    assert found[2].tolist() == [0, 4]
    latent[:, 4] = 1.0
    assert 4 not in nearest_columns(latent, among)[0]
    assert len(nearest_columns(latent, among)[4]) == 16


def test_a_column_of_atoms_is_led_by_enough_rows_that_are_none() -> None:
    """The node that says which way lines go has four free rows for each other column; nine of ten rows are atoms."""
    random = np.random.Generator(np.random.Philox(6))
    table = np.column_stack([np.where(random.random(1000) < 0.9, 0.0, random.normal(size=1000)), _numbers(1000, 5)])
    executor = _chain(_fit(table, encoding="raw"))
    chain = executor.chain()
    forest, atoms = chain.trees[0], chain.features.atoms[0]
    slopes = chain.slopes[0]
    for leaf in np.flatnonzero(forest.nodes.column < 0):
        direction = _direction(chain, 0, [1, 2, 3, 4, 5], leaf)
        rows = _free(forest, leaf)
        along = executor.source.latent[rows][:, 1:] @ direction
        steep = _line(along, executor.source.latent[rows, 0])[0] if rows.size >= 8 else 0.0
        np.testing.assert_allclose(slopes.lines.slope[leaf], steep * direction, rtol=1e-6, atol=1e-9)
    assert atoms.mean() > 0.8


def test_a_stratum_without_a_value_has_no_lines_there() -> None:
    """All values of a column are missing in one class: certificates and rows are made all the same."""
    table = _mixed().assign(a=lambda t: t["a"].where(t["class"] == "p"))
    pairing = Chained(20, slopes=True, restore=False)
    synthesizer = MixupSynthesizer(pairing=pairing, random_state=3).fit(table, target="class")
    made = synthesizer.sample(600)
    assert synthesizer.certificate(made).statements
    assert made.loc[made["class"] == "q", "a"].isna().all()
    assert made.loc[made["class"] == "p", "a"].notna().any()


@pytest.mark.parametrize("options", [{}, {"encoding": "raw"}, {"chained": {"restore": True}}, {"n_jobs": 2}])
def test_rows_do_not_depend_on_how_they_are_asked_for(options: dict[str, Any], tmp_path: Path) -> None:
    """Row purity: slices, a file and a pickle give the same rows; gaps stay where they are."""
    synthesizer = _fit(_mixed(), **options)
    whole = synthesizer.sample(1500)
    parts = [synthesizer.sample_rows(low, low + 500) for low in (0, 500, 1000)]
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole)
    synthesizer.save(tmp_path / "model.synthmix")
    pd.testing.assert_frame_equal(load(tmp_path / "model.synthmix").sample(1500), whole)
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(synthesizer)).sample(1500), whole)
    assert whole.iloc[:600].isna().sum().equals(_mixed().isna().sum())


def test_restored_passes_have_the_covariance_of_the_table_and_move_no_further_than_lines_leave_room() -> None:
    executor = _chain(_fit(_numbers(), encoding="raw", chained={"restore": True}))
    columns, _ = executor.made(0, 400)
    np.testing.assert_allclose(np.cov(columns), np.cov(_numbers().T), rtol=1e-9)
    chain, back = executor.chain(), executor.restoration
    assert back is not None
    for column, slopes in chain.slopes.items():
        forest = chain.trees[column]
        for leaf in np.flatnonzero(forest.nodes.column < 0):
            low = forest.nodes.low[leaf]
            rest = slopes.rest[low : low + forest.free[leaf]]
            width = chain.widths[column].mixed[leaf]
            np.testing.assert_allclose(width, rest.std() / back.scale[column], rtol=1e-5)
            assert width <= 1.00001 * executor.source.latent[_free(forest, leaf), column].std() / back.scale[column]


@pytest.mark.parametrize("offset", [0.0, 1e7])
def test_widths_do_not_depend_on_where_numbers_lie(offset: float) -> None:
    """In raw units what a line leaves is about nothing, wherever the column is; copied values move as far as mixed."""
    chains = [_chain(_fit(_numbers() + at, encoding="raw", chained={"restore": True})).chain() for at in (0.0, offset)]
    for column in range(4):
        one, other = (chain.widths[column] for chain in chains)
        leaves = chains[0].trees[column].nodes.column < 0
        np.testing.assert_allclose(other.mixed[leaves], one.mixed[leaves], rtol=1e-4)
        np.testing.assert_array_equal(other.copied, other.mixed)


def test_ranges_and_strata_have_lines_of_their_own() -> None:
    """Leaves of a range hold its rows, and lines their rests; so a stratum has lines along its own rows."""
    table = _numbers(2000)
    executor = _chain(_fit(table, 20, encoding="raw", chained={"ranged": ("x0",), "trees": 2}))
    chain, block = executor.chain(), _block(executor)
    (column,) = [j for j in executor.ranges if executor.names[j] == "x0"]
    drawn = {j: one for j, one in zip(chain.order, block.drawn(), strict=True) if j == column}[column]
    forest, rest = chain.trees[column], chain.slopes[column].rest
    assert forest.ranges is not None
    told = chain.slopes[column].told(_block(executor)._latent, drawn.leaf)  # before anything is drawn it is the first
    places = forest.place[drawn.trees, drawn.parents]
    low, high = (part[drawn.leaf] for part in (forest.nodes.low, forest.nodes.high))
    assert ((places >= low) & (places < high)).all()
    np.testing.assert_allclose(block._latent[column], told + (drawn.weights * rest[places]).sum(axis=0), atol=1e-9)
    by_class = MixupSynthesizer(privacy=0.56, random_state=0).fit(_mixed(2000), target="class")
    assert by_class.screen_ is not None
    assert by_class.strata_ != (2000,)
    assert by_class.screen_.slopes
    made = by_class._executor
    assert isinstance(made, StratifiedExecutor)
    assert made.sloped
    small = made.changed(leaf=30, ranged=(), slopes=False)
    assert not small.sloped
    assert small.changed(leaf=30, ranged=(), slopes=True).sloped


@pytest.mark.parametrize(
    ("least", "with_lines", "leaf", "slopes"),
    [
        (20, 60, 64, False),  # three times twenty, and 48 is the largest leaf up to that
        (20, 48, 48, True),
        (16, 16, 16, False),  # small leaves have none
        (24, 24, 24, True),
        (32, 96, 96, True),
    ],
)
def test_lines_need_leaves_of_twenty_rows_and_no_more_than_thrice_as_large_ones(
    monkeypatch: pytest.MonkeyPatch, least: int, with_lines: int, leaf: int, slopes: bool
) -> None:
    """Shares are made up: within the limit from a leaf on, which is another one with lines."""
    share = lambda _, one: float(one.leaf < (with_lines if one.slopes else least))  # noqa: E731
    monkeypatch.setattr(screens._Looks, "share", share)
    monkeypatch.setattr(screens._Looks, "told_by_lines", lambda *_: 0.3)
    pairing = MixupSynthesizer(pairing=Chained(ranged=()), random_state=0).fit(_numbers(1200)).pairing_
    assert pairing == Chained(leaf=leaf if slopes else least, ranged=(), slopes=slopes)


def test_lines_that_tell_little_are_not_worth_larger_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """The screen asks for a share of what mixed columns vary by inside leaves, which is here written out."""
    executor = _chain(_fit(_mixed(), encoding="raw"))
    chain, shares = executor.chain(), []
    for column in (j for j in chain.order if j in chain.slopes):
        values, inside, left = executor.source.latent[:, column], 0.0, 0.0
        forest = chain.trees[column]
        for leaf in np.flatnonzero(forest.nodes.column < 0):
            rows, low = _free(forest, leaf), forest.nodes.low[leaf]
            if rows.size:
                inside += rows.size * values[rows].var()
                left += float((chain.slopes[column].rest[low : low + rows.size] ** 2).sum())
        shares.append(1.0 - left / inside)
    assert executor.told_by_lines() == pytest.approx(np.mean(shares), rel=1e-9)
    assert 0.1 < executor.told_by_lines() < 1.0
    assert executor.changed(leaf=30, ranged=(), slopes=False).told_by_lines() == 0.0
    by_class = MixupSynthesizer(pairing=Chained(30, slopes=True), random_state=3).fit(_mixed(), target="class")
    made = by_class._executor
    assert isinstance(made, StratifiedExecutor)
    parts = [one.told_by_lines() * one.source.n_rows / 600 for one in made.chains]
    assert made.told_by_lines() == pytest.approx(sum(parts), rel=1e-9)
    monkeypatch.setattr(screens._Looks, "share", lambda _, one: float(one.leaf < 24))
    for told, slopes in ((0.3, True), (0.299, False)):
        monkeypatch.setattr(screens._Looks, "told_by_lines", lambda *_, told=told: told)
        pairing = MixupSynthesizer(pairing=Chained(ranged=()), random_state=0).fit(_numbers()).pairing_
        assert pairing == Chained(leaf=24, ranged=(), slopes=slopes)


def test_the_certificate_says_what_lines_keep() -> None:
    statements = {}
    for slopes in (True, False):
        synthesizer = _fit(_mixed(), chained={"slopes": slopes})
        certificate = synthesizer.certificate(synthesizer.sample(600)).statements
        statements[slopes] = {one.name: one for one in certificate if one.space == "scores" or one.name == "marginals"}
    for name, words in (("covariance", "as far as a line"), ("mean", "where its leaf's line leads")):
        assert words in statements[True][name].reason
        assert statements[True][name].theorem == "T23"
        assert words not in statements[False][name].reason
        assert statements[False][name].theorem == "T17"
    assert "moves values about lines" in statements[True]["marginals"].reason
    assert "moves values inside leaves" in statements[False]["marginals"].reason
    rare = _mixed().assign(b=lambda t: t["b"].where(np.arange(600) % 50 > 0))  # twelve gaps in a column
    for slopes, theorem in ((True, "T23"), (False, "T17")):
        with_gaps = _fit(rare, chained={"restore": True, "slopes": slopes})
        lost = [one for one in with_gaps.certificate(with_gaps.sample(600)).statements if "rare gaps" in one.name]
        assert [one.theorem for one in lost] == [theorem]
