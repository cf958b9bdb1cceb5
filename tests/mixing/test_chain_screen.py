"""The leaf that is chosen: what is measured, by which rule, and what follows for rows."""

from __future__ import annotations

import json
import warnings
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import synthmix
from synthmix import MixupSynthesizer, Screen, synthesize
from synthmix.audit.privacy.dcr import dcr_share
from synthmix.audit.privacy.ground import Ground
from synthmix.collapse.generators import Mixup
from synthmix.drift.reference import Reference
from synthmix.drift.tables import align
from synthmix.errors import InputError, ModelFileError, OptionError, SynthmixWarning
from synthmix.mixing.chain import halves
from synthmix.mixing.chain import screen as screens
from synthmix.mixing.chain.nearness import share_nearer
from synthmix.pairing import Chained


def _wide(rows: int, columns: int = 24, seed: int = 0) -> pd.DataFrame:
    """Many measurements of three things, which say nearly the same."""
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(rows, 3)) @ rng.normal(size=(3, columns)) + 0.2 * rng.normal(size=(rows, columns))
    return pd.DataFrame(table, columns=[f"x{j}" for j in range(columns)])


def _mixed(rows: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    y = np.where(rng.random(rows) < 0.1, np.nan, x + rng.normal(size=rows))
    return pd.DataFrame({"x": x, "y": y, "g": rng.choice(list("abc"), rows), "z": rng.normal(size=rows)})


def _rows(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    numbers = rng.integers(0, 3, (n, 3)) * 1.0
    numbers[rng.random((n, 3)) < 0.15] = np.nan
    return numbers, rng.integers(0, 3, (n, 2)).astype(np.int32)


def _naive_share(made, first, second) -> tuple[float, int]:
    """The same row by row, from the definition, and how many rows are tied."""
    real = np.concatenate([first[0], second[0]])
    middle, scale = np.nanmean(real, axis=0), np.nanstd(real, axis=0)

    def squared(a: int, table: tuple[np.ndarray, np.ndarray], b: int) -> float:
        total = 0.0
        for c in range(real.shape[1]):
            u, v = made[0][a, c], table[0][b, c]
            gaps = np.isnan(u), np.isnan(v)
            u, v = (0.0 if gap else (w - middle[c]) / scale[c] for w, gap in zip((u, v), gaps, strict=True))
            total += (u - v) ** 2 + 2.0 * (gaps[0] != gaps[1])
        return total + 2.0 * float((made[1][a] != table[1][b]).sum())

    points, ties = 0.0, 0
    for a in range(len(made[0])):
        near = [min(squared(a, table, b) for b in range(len(table[0]))) for table in (first, second)]
        tied = abs(near[0] - near[1]) < 1e-9
        points, ties = points + (0.5 if tied else float(near[0] < near[1])), ties + tied
    return points / len(made[0]), ties


@pytest.mark.parametrize("restore", [True, False])
def test_other_leaves_make_the_rows_that_a_fit_with_them_makes(restore: bool) -> None:
    """Other slopes too."""
    table = _mixed(150)
    pairings = [Chained(leaf=leaf, restore=restore, slopes=leaf == 12) for leaf in (4, 12)]
    small, large = (MixupSynthesizer(pairing=one, random_state=5).fit(table)._executor for one in pairings)
    small.made(0, 10)  # what belongs to its own leaves is there and must not be taken
    made, other = (small.changed(leaf=leaf, ranged=(), slopes=leaf == 12) for leaf in (12, 4))
    assert made.features is small.features
    for rows in ((0, 150), (140, 310)):
        for one, again in zip(made.made(*rows), large.made(*rows), strict=True):
            np.testing.assert_array_equal(one, again)
        for one, again in zip(other.made(*rows), small.made(*rows), strict=True):
            np.testing.assert_array_equal(one, again)
    assert not np.array_equal(made.made(0, 150)[0], small.made(0, 150)[0], equal_nan=True)


@pytest.mark.parametrize("seed", range(6))
def test_the_share_is_the_one_of_a_loop(seed: int) -> None:
    """Whole numbers, gaps and levels: many rows are equally near to both tables."""
    rng = np.random.default_rng(seed)
    made, first, second = (_rows(rng, n) for n in (70, 25, 30))
    found = share_nearer(made, first, second)
    share, ties = _naive_share(made, first, second)
    assert found == pytest.approx(share, abs=1e-12)
    assert 0 < ties < 70
    assert share_nearer(made, second, first) == pytest.approx(1.0 - found, abs=1e-12)


def test_one_value_of_a_million_blinds_nobody() -> None:
    """It makes all other rows nearly equal in its column, whose standard deviation it sets."""
    rng = np.random.default_rng(4)
    first, second = (np.exp(4.0 * rng.normal(size=(500, 2))) for _ in range(2))
    no_levels = np.zeros((500, 0), np.int32)
    assert share_nearer((first, no_levels), (first, no_levels), (second, no_levels)) == 1.0
    table = _wide(400, 12)
    plain = MixupSynthesizer(random_state=0).fit(table).screen_
    table.iloc[7, 0] = 1e6
    outlying = MixupSynthesizer(random_state=0).fit(table).screen_
    assert plain is not None
    assert outlying is not None
    assert outlying.limit > 0.6
    assert min(plain.leaf, outlying.leaf) > 4


def test_copies_and_strangers_are_told() -> None:
    """1 for copies of the first table, 0 for copies of the second, one half where nothing can be said."""
    rng = np.random.default_rng(1)
    first, second = ((rng.normal(size=(400, 3)), np.zeros((400, 0), np.int32)) for _ in range(2))
    assert share_nearer(first, first, second) == 1.0
    assert share_nearer(second, first, second) == 0.0
    constant = np.full((9, 2), 1e300), np.zeros((9, 1), np.int32)
    assert share_nearer(constant, constant, constant) == 0.5


def test_the_smallest_leaf_within_the_limit_is_found() -> None:
    """Every limit, against looking at all of them; and few of them are looked at."""
    leaves = list(screens.LEAVES)
    shares = dict(zip(leaves, np.linspace(0.9, 0.52, len(leaves)), strict=True))
    for limit in (*shares.values(), 0.95, 0.7, 0.5):
        asked: list[int] = []

        def holds(leaf: int, asked: list[int] = asked, limit: float = limit) -> bool:
            asked.append(leaf)
            return bool(shares[leaf] <= limit)

        within = [leaf for leaf in leaves if shares[leaf] <= limit]
        expected = within[0] if within else leaves[-1]
        assert screens._smallest(leaves, holds) == expected
        assert len(asked) == len(set(asked)) <= 2 + 2 * int(np.ceil(np.log2(1 + leaves.index(expected))))


@pytest.mark.parametrize(
    ("n", "width"), [(40, 3), (300, 31), (900, 65), (5000, 12), (10**6, 20), (10**5, 900), (10**6, 1)]
)
def test_halves_share_no_row_and_cost_about_the_same(n: int, width: int) -> None:
    cut = list(halves.halves(n, width))
    for a, b in cut:
        assert a.size == b.size
        assert np.unique(np.concatenate([a, b])).size == 2 * a.size
        assert 0 <= min(a.min(), b.min()) <= max(a.max(), b.max()) < n
    assert len({tuple(a[:20]) for a, _ in cut}) == len(cut)
    rows = cut[0][0].size
    assert rows >= min(100, n // 2)
    assert rows <= 3200
    assert len(cut) * rows * width <= max(halves._CELLS, 100 * width)
    assert len(cut) * width <= max(halves._TREES, width)


def test_a_wide_table_gets_larger_leaves_and_is_left_alone_by_the_audit() -> None:
    """By the audit's own count on rows that no fit has seen; leaves of 4 give most rows away."""
    table = _wide(1200)
    train, holdout = table[:600], table[600:].reset_index(drop=True)
    shares = {}
    for name, pairing in (("screened", None), ("small", Chained(leaf=4))):
        made = MixupSynthesizer(pairing=pairing, random_state=1).fit(train)
        tables = align(Reference.of(train, dict.fromkeys(train, "real")), made.sample(600), holdout)
        pooled = Ground(tables, 0, 1).pooled
        assert pooled is not None
        shares[name] = dcr_share(pooled).value
        if name == "screened":
            assert made.pairing_.leaf > 8
            assert made.screen_ is not None
            assert made.screen_.holds
            assert abs(shares[name] - made.screen_.share) < 0.06
    assert shares["small"] > shares["screened"] + 0.1


def test_a_table_without_danger_keeps_the_smallest_leaf() -> None:
    screen = MixupSynthesizer(random_state=0).fit(_mixed(600)).screen_
    assert screen is not None
    assert screen.leaf == 4
    assert not screen.asked
    assert 0.5 < screen.share <= screen.limit < 1.0


def test_less_is_given_away_the_less_is_asked_for() -> None:
    table = _wide(300, 8)
    screens_ = [MixupSynthesizer(privacy=privacy, random_state=0).fit(table).screen_ for privacy in (1.0, 0.65, 0.57)]
    leaves = [one.leaf for one in screens_ if one is not None]
    assert leaves[0] == 4
    assert sorted(set(leaves)) == leaves
    assert all(one.holds and one.asked for one in screens_ if one is not None)


def test_the_leaf_is_a_property_of_the_table(tmp_path: Path) -> None:
    """Neither seeds nor threads choose another one; a model file keeps it, the certificate and the card say it."""
    table = _wide(240, 12)
    one, other = (MixupSynthesizer(random_state=s, n_jobs=j).fit(table) for s, j in ((1, 1), (2, 2)))
    assert one.screen_ is not None
    assert one.screen_ == other.screen_
    assert one.pairing_ == other.pairing_ == Chained(leaf=one.screen_.leaf, ranged=one.screen_.ranged, slopes=False)
    one.save(tmp_path / "model.synthmix")
    again = synthmix.load(tmp_path / "model.synthmix")
    assert again.screen_ == one.screen_
    assert again.fit(table).screen_ == one.screen_  # what was left open is left open
    assert again.pairing_ == one.pairing_
    pd.testing.assert_frame_equal(again.sample(30), one.sample(30))
    fixed = MixupSynthesizer(pairing=one.pairing_, random_state=1).fit(table)
    assert fixed.screen_ is None
    pd.testing.assert_frame_equal(fixed.sample(300), one.sample(300))  # the screen leaves no other trace
    assert fixed.certificate().facts["screen"] is None
    certificate = again.certificate()
    assert certificate.facts["screen"] == one.screen_.to_dict()
    assert Screen(**certificate.to_dict()["facts"]["screen"]) == one.screen_
    assert str(one.screen_) in str(certificate).replace("\n    ", " ")
    assert str(one.screen_.leaf) in one._repr_html_()


def test_a_share_at_its_limit_is_within_it() -> None:
    """Means of several shares round; whole percents are met often."""
    rounded = 0.1 * 6
    assert rounded > 0.6
    assert Screen(4, rounded, 0.6, asked=True, rows=10, splits=5).holds
    assert screens._Looks.holds(SimpleNamespace(share=lambda *_: rounded, limit=0.6), Chained())  # type: ignore[arg-type]
    assert not Screen(4, 0.6001, 0.6, asked=True, rows=10, splits=5).holds


@pytest.mark.parametrize("privacy", [np.float32(0.75), np.float64(0.75), Fraction(3, 4), np.int64(1), 1])
def test_any_real_number_can_be_asked_for_and_kept(privacy: object, tmp_path: Path) -> None:
    made = MixupSynthesizer(privacy=privacy, random_state=0).fit(_wide(80, 4))
    made.save(tmp_path / "model.synthmix")
    again = synthmix.load(tmp_path / "model.synthmix")
    assert again.privacy == float(privacy)  # type: ignore[arg-type]
    assert again.screen_ == made.screen_
    assert json.loads(made.certificate().to_json())["facts"]["screen"]["limit"] == float(privacy)  # type: ignore[arg-type]
    assert json.loads(json.dumps(Mixup(made).describe()))["privacy"] == float(privacy)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "told",
    [
        {"share": "x"},
        {"share": 1.5},
        {"leaf": 99},
        {"leaf": 4.0},
        {"rows": None},
        {"splits": 0},
        {"asked": 1},
        {"slopes": 0},
        {"more": 1},
    ],
    ids=str,
)
def test_a_screen_that_was_tampered_with_is_damage(told: dict[str, object], tmp_path: Path) -> None:
    made = MixupSynthesizer(random_state=0).fit(_wide(80, 4))
    made._state["screen"] = {**made._state["screen"], **told}
    made.save(tmp_path / "model.synthmix")
    with pytest.raises(ModelFileError):
        synthmix.load(tmp_path / "model.synthmix")


def test_a_table_without_columns_that_vary_is_told_so() -> None:
    with pytest.raises(InputError, match="no column of the table varies"):
        MixupSynthesizer(privacy=0.6).fit(pd.DataFrame({"c": np.ones(100)}))


def test_more_than_can_be_had_is_said() -> None:
    with pytest.warns(SynthmixWarning, match=r"leaves of .* more than 50\.1%, as was asked for; larger leaves") as told:  # noqa: PT031 - both have to point here
        made = MixupSynthesizer(privacy=0.501, random_state=0).fit(_wide(120, 8))
        synthesize(_wide(120, 8), privacy=0.501, random_state=0)
    assert [warning.filename for warning in told] == [__file__] * 2
    assert made.screen_ is not None
    assert not made.screen_.holds


def test_a_table_that_is_too_small_is_not_measured() -> None:
    table = _mixed(39)
    assert MixupSynthesizer(random_state=0).fit(table).screen_ is None
    assert MixupSynthesizer(random_state=0).fit(table).pairing_ == Chained(leaf=4, ranged=(), slopes=False)
    with pytest.raises(InputError, match=r"privacy=0\.6 is measured on halves of at least 20 rows.*has 39 rows"):
        MixupSynthesizer(privacy=0.6).fit(table)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SynthmixWarning)
        assert MixupSynthesizer(random_state=0).fit(_mixed(40)).screen_ is not None


@pytest.mark.parametrize("privacy", [0.5, 0.0, 1.01, float("nan"), "0.6", True])
def test_what_is_no_share_is_refused(privacy: object) -> None:
    with pytest.raises(OptionError, match=r"privacy=.*above 0\.5, which is chance, and at most 1"):
        MixupSynthesizer(privacy=privacy).fit(_mixed(60))


@pytest.mark.parametrize("pairing", ["nearest", Chained(leaf=6)])
def test_a_share_that_chooses_nothing_is_refused(pairing: object) -> None:
    with pytest.raises(OptionError, match=r"privacy=0\.6 chooses the leaf of chained pairing, but"):
        MixupSynthesizer(pairing=pairing, privacy=0.6).fit(_mixed(60))


def test_columns_that_are_kept_stay_kept_in_the_screen() -> None:
    """Then rows are near their origin with any leaf, and so are those of the trees that they are compared with."""
    table = _wide(200, 6)
    kept = MixupSynthesizer(pairing=Chained(keep=("x0", "x1", "x2")), random_state=0).fit(table).screen_
    free = MixupSynthesizer(random_state=0).fit(table).screen_
    assert kept is not None
    assert free is not None
    assert kept.limit > free.limit


@pytest.mark.parametrize(("each", "levels"), [(5, True), (3, False)])
def test_a_half_has_the_levels_of_the_table(monkeypatch: pytest.MonkeyPatch, each: int, levels: bool) -> None:
    """Values of five rows are those of two or three in a half, but are copied there as well; the trees copy none."""
    x = np.random.default_rng(0).permutation(np.arange(600) // each)
    table = pd.DataFrame({"x": x, "y": np.round(x + np.random.default_rng(1).normal(size=600), 2)})
    made, executor_of = [], screens.executor_of
    monkeypatch.setattr(screens, "executor_of", lambda *given: made.append(executor_of(*given)) or made[-1])
    synthesizer = MixupSynthesizer(random_state=0).fit(table)
    at = synthesizer._encoder.latent_names.index("x")
    assert synthesizer._executor.features.graded[at] == levels
    own = [one for one in made if one.source.pairing.atom < 1.0]
    assert 0 < len(own) < len(made)
    assert all(one.features.graded[at] == levels for one in own)
    assert not any(one.features.atoms.any() for one in made if one not in own)
