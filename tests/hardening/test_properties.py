"""What holds for every table, on those that hypothesis thinks of; ``benchmarks.hardening`` looks at many more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.hardening import properties
from benchmarks.hardening.run import check
from benchmarks.hardening.tables import FINE, World, options, world, worlds
from synthmix import MixupSynthesizer

EXAMPLES = 40
KINDS = ("real", "decimals", "Int64", "ordered", "time", "text")


@settings(max_examples=EXAMPLES)
@given(worlds(), options(), st.integers(0, 10**6))
def test_every_property_holds_for_every_table(table, chosen, cut):
    check(table, chosen, cut)


@pytest.mark.parametrize("kind", sorted(FINE))
def test_every_kind_of_column_is_mixed_beside_a_plain_one(kind):
    seen = check(world(("real", kind), 30, 5, 0.2, "plain"), {"grid": "source", "random_state": 1}, 3)
    assert seen["mixed"] == 1


# --- each property is known to fail on what is wrong ---


@pytest.fixture(scope="module")
def mixed():
    """A table, its options, a synthesizer and a sample."""
    table = world(KINDS, 30, 2, 0.2, "plain")
    chosen = {"grid": "source", "random_state": 3}
    synthesizer = properties.fitted(table, chosen)
    return table, chosen, synthesizer, synthesizer.sample(60)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda sample: sample[sample.columns[::-1]],
        lambda sample: sample.assign(**{"Int64 2": sample["Int64 2"].astype("Float64")}),
        lambda sample: sample.set_index(sample.index + 1),
        lambda sample: sample.assign(**{"ordered 3": sample["ordered 3"].cat.remove_categories(["unused"])}),
    ],
    ids=["order", "dtype", "index", "categories"],
)
def test_another_form_is_seen(mixed, wrong):
    table, chosen, _, sample = mixed
    with pytest.raises(AssertionError):
        properties.same_form(table, wrong(sample), chosen)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("real 0", 99.0, "range"),
        ("decimals 1", 0.123, "grid"),
        ("text 5", "new", "a level of nobody"),
    ],
)
def test_a_value_that_cannot_be_is_seen(mixed, column, value, said):
    table, chosen, synthesizer, sample = mixed
    wrong = sample.copy()
    wrong.loc[7, column] = value
    with pytest.raises(AssertionError, match=said):
        properties.admissible(table, synthesizer, wrong, chosen)


def test_a_gap_that_cannot_be_is_seen(mixed):
    _, chosen, _, _ = mixed
    table = world(("real", "decimals"), 30, 2, 0.0, "plain")
    synthesizer = properties.fitted(table, chosen)
    wrong = synthesizer.sample(30)
    wrong.loc[3, "real 0"] = np.nan
    with pytest.raises(AssertionError, match="a gap where the source has none"):
        properties.admissible(table, synthesizer, wrong, chosen)


def test_rows_that_depend_on_the_range_are_seen(mixed):
    _, _, synthesizer, sample = mixed
    wrong = sample.copy()
    wrong["real 0"] = sample["real 0"] * (1.0 + 2.0**-52)
    for compare in (lambda: properties.pure_rows(synthesizer, wrong, 1234), lambda: saved(synthesizer, wrong)):
        with pytest.raises(AssertionError):
            compare()


def saved(synthesizer, sample):
    properties.saved_and_loaded(synthesizer, sample)


def test_a_certificate_that_claims_too_much_is_seen(mixed, monkeypatch):
    table, _, synthesizer, sample = mixed
    true = synthesizer.certificate(sample)
    assert any(statement.status != "exact" and (statement.error or 0.0) > 1e-3 for statement in true.statements)
    bold = replace(true, statements=tuple(replace(one, status="exact") for one in true.statements))
    monkeypatch.setattr(MixupSynthesizer, "certificate", lambda *_: bold)
    with pytest.raises(AssertionError, match="called exact"):
        properties.honest(table, synthesizer, sample)


def test_a_covariance_that_moves_is_seen():
    table = world(("real", "shifted", "heavy"), 30, 2, 0.0, "plain")
    assert properties.rotation_preserves(table, 5)
    with pytest.raises(AssertionError, match="moved"):
        properties.rotation_preserves(table, 5, "epbeta")


def test_another_frame_is_seen(mixed, monkeypatch):
    table, chosen, _, sample = mixed
    assert properties.same_frames(table, chosen)
    monkeypatch.setattr(MixupSynthesizer, "sample", lambda *_: sample)
    with pytest.raises(AssertionError):
        properties.same_frames(table, chosen)


def test_a_table_that_is_taken_but_cannot_be_mixed_is_seen():
    fine = world(("real", "heavy"), 30, 2, 0.0, "plain")
    with pytest.raises(AssertionError, match="cannot be mixed was taken"):
        properties.fitted(World(fine.table, ("infinite", "heavy"), "plain"), {"random_state": 1})
    for refused in (world(("real",), n, 1, 0.0, "plain") for n in (0, 1)):
        assert refused.must_be_refused
        assert properties.fitted(refused, {"random_state": 1}) is None
