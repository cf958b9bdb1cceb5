"""Tables whose privacy is known, audited as a whole."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from audit.privacy_worlds import mixed, on_grid, population, tables_of, verdicts

import synthmix
from synthmix.audit.privacy import privacy_findings
from synthmix.audit.privacy.form import NO_HOLDOUT
from synthmix.errors import InputError, OptionError
from synthmix.weights import Dirichlet

pytestmark = pytest.mark.xdist_group("known privacy")  # of tables that are attacked once
ROWS, HELD = 600, 2100
COPIES = [("duplicates", "all columns"), ("duplicates", "tolerance"), ("replicated_uniques", "")]
RATES = [("membership", "distance, FPR 0.01"), ("membership", "density, FPR 0.01")]
EXPOSED, LATTICE, TRIPLES = ("parent_exposure", "excess"), ("lattice", ""), ("collinear_triples", "rows")


@cache
def train() -> pd.DataFrame:
    return population(ROWS, 1)


@cache
def holdout() -> pd.DataFrame:
    return population(HELD, 2)


@cache
def judged(name: str) -> dict[tuple[str, str], str]:
    tables = {
        "copy": train,
        "shuffled copy": lambda: train().sample(frac=1.0, random_state=7),
        "other people": lambda: population(ROWS, 3),
        "two parents": lambda: mixed(train(), ROWS, 4),
        "two parents, rounded": lambda: on_grid(mixed(train(), ROWS, 4)),
        "five parents, rounded": lambda: on_grid(mixed(train(), ROWS, 4, parents=5, shape=2.0)),
    }
    level = "quick" if name.startswith("two") else "full"  # lines and lattices are there at any level
    return verdicts(tables_of(train(), tables[name](), holdout()), level=level)


@pytest.mark.parametrize("name", ["copy", "shuffled copy"])
def test_a_copy_fails_everywhere(name):
    found = judged(name)
    assert {found[key] for key in [*COPIES, *RATES, EXPOSED]} == {"fail"}
    assert found["dcr_share", ""] == found["nndr", ""] == "warn"
    assert found["singling_out", "univariate"] == found["linkability", "k=10"] == "fail"


def test_other_people_pass():
    found = judged("other people")
    assert {found[key] for key in [*COPIES, EXPOSED, LATTICE, TRIPLES]} == {"pass"}
    assert "fail" not in found.values()
    assert "warn" not in found.values()


def test_two_parents_in_full_precision_are_caught_and_rounding_removes_the_lattice():
    found, rounded = judged("two parents"), judged("two parents, rounded")
    assert found[EXPOSED] == found[LATTICE] == "fail"
    assert rounded[LATTICE] == "pass"
    assert rounded[EXPOSED] != "pass"  # wide columns still tell some parents, to who knows the candidates


def test_five_parents_and_rounding_defeat_reconstruction():
    found = judged("five parents, rounded")
    assert {found[key] for key in (EXPOSED, LATTICE, TRIPLES)} == {"pass"}
    assert found[RATES[0]] in ("pass", "inconclusive")  # few people cannot certify .02


def test_a_share_of_memorised_rows_is_found():
    made = population(ROWS, 3)
    made.iloc[:60] = train().iloc[:60]
    found = verdicts(tables_of(train(), made, holdout()), level="quick")
    assert found["duplicates", "all columns"] == "fail"


def test_without_a_holdout_nothing_is_guessed():
    found = privacy_findings(tables_of(train(), train()), level="full", sensitive=("income",), quasi=("age", "group"))
    silent = {(one.metric, one.variant) for one in found if one.note == NO_HOLDOUT}
    names = {metric for metric, _ in silent}
    assert names >= {"dcr_share", "nndr", "membership", "membership_auc", "attribute", "singling_out", "linkability"}
    assert silent >= {("duplicates", "all columns"), ("duplicates", "tolerance"), ("duplicates", "quasi-identifiers")}
    plain = {(one.metric, one.variant): one.value for one in found}
    assert plain["duplicates", "all columns, share"] == 1.0  # what needs none is there
    assert plain["parent_exposure", "share"] == 1.0
    assert np.isnan(plain["parent_exposure", "excess"])


def test_threads_and_the_order_of_rows_change_nothing_and_seeds_do():
    few, secret = train().head(200), {"sensitive": ("group",)}
    made = pd.concat([few.head(50), mixed(few, 150, 4)], ignore_index=True)
    tables = tables_of(few, made, holdout())
    shuffled = tables_of(*(one.sample(frac=1.0, random_state=7) for one in (few, made, holdout())))
    first = privacy_findings(tables, seed=3, **secret)
    assert repr(privacy_findings(shuffled, seed=3, threads=2, **secret)) == repr(first)
    assert repr(privacy_findings(tables, seed=4, **secret)) != repr(first)


def test_what_is_not_a_column_is_named():
    tables = tables_of(train(), train(), holdout())
    with pytest.raises(InputError, match=r"sensitive names 'incom'.*income"):
        privacy_findings(tables, sensitive=("incom",))
    with pytest.raises(InputError, match="quasi names 'zip'"):
        privacy_findings(tables, quasi=("zip",))
    with pytest.raises(InputError, match="classes='age' is a numeric column"):
        privacy_findings(tables, classes="age")
    with pytest.raises(InputError, match="released names 'group'"):
        privacy_findings(tables, released={"group": 1.0})
    with pytest.raises(OptionError, match="give a step"):
        privacy_findings(tables, released={"age": -1.0})


ODD = {
    "one row": (1, 1, 1),
    "few rows": (30, 25, 20),
    "no holdout rows to spare": (60, 60, 45),
}


@pytest.mark.parametrize("sizes", ODD.values(), ids=ODD)
def test_small_tables_give_notes(sizes):
    tables = tables_of(*(population(rows, seed) for seed, rows in enumerate(sizes)))
    assert privacy_findings(tables, level="full", sensitive=("group", "age"), classes="group")


def test_columns_with_gaps_constants_and_categories_only():
    one = train().head(100).assign(empty=np.nan, same=1.0)
    gaps = one.assign(age=one["age"].where(one.index % 3 > 0))
    held = population(100, 5).assign(empty=np.nan, same=1.0)
    found = privacy_findings(tables_of(gaps, gaps, held), level="full", sensitive=("age", "same"))
    assert {one.metric: one.value for one in found if one.variant == "all columns, share"} == {"duplicates": 1.0}
    words = one[["group"]]
    found = privacy_findings(tables_of(words, words, held[["group"]]), level="full", sensitive=("group",))
    assert all(np.isnan(one.value) for one in found if one.metric in ("parent_exposure", "lattice", "attribute"))


def test_the_plan_knows_heavy_weights():
    numbers = train().drop(columns="group")
    heavy = synthmix.MixupSynthesizer("uniform", "random", "raw", random_state=0).fit(numbers)
    light = synthmix.MixupSynthesizer(Dirichlet(5, 2.0), "random", "raw", random_state=0).fit(numbers)
    shares = []
    for generator in (heavy, light):
        tables = tables_of(numbers, generator.sample(ROWS), population(ROWS, 2).drop(columns="group"))
        found = privacy_findings(tables, generator=generator, level="quick")
        shares.append({one.metric: one for one in found})
    weights = np.abs(heavy.plan(0, ROWS).weights)
    assert shares[0]["max_weight"].value == (weights.max(axis=1) > 0.9).mean()
    assert 0.14 < shares[0]["max_weight"].value < 0.26  # 0.2 of the rows of a uniform weight
    assert shares[1]["max_weight"].value < 0.02
    use = shares[0]["max_parent_use"]
    assert use.null_center == pytest.approx(2 / ROWS)
    assert use.value >= use.null_center
    assert shares[0]["parent_exposure"].value == 1.0  # the synthesizer's own rows, variant "share" comes last
