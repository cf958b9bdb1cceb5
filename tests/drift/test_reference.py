"""Tables are read in the terms of the reference; what differs is said, never dropped."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthmix.drift.reference import Reference
from synthmix.errors import InputError


@pytest.fixture
def real() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    n = 40
    return pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "k": rng.integers(0, 5, n),
            "c": rng.choice(["a", "b", "c"], n),
            "flag": rng.random(n) < 0.5,
            "when": pd.date_range("2024-01-01", periods=n, freq="D"),
            "one": np.ones(n),
        }
    )


def test_kinds_follow_the_values(real):
    reference = Reference.of(real)
    assert reference.names("numeric") == ("x", "k", "when", "one")
    assert reference.names("discrete") == ("c", "flag")
    np.testing.assert_array_equal(reference.sheet.numbers["when"], np.arange(40.0))
    assert next(column.clock.name for column in reference.columns if column.name == "when") == "day"


def test_another_table_is_read_in_the_same_units_and_levels(real):
    reference = Reference.of(real)
    other = real.head(5).astype({"k": "float64", "when": "datetime64[s]"})
    other.loc[2, "c"] = "new"
    other.loc[3, "c"] = None
    other = other.drop(columns="flag").assign(more=1)
    sheet = reference.read(other)
    assert (sheet.n_rows, sheet.absent, sheet.extra) == (5, ("flag",), ("more",))
    assert sheet.changed["k"] == "int64 -> float64"
    np.testing.assert_array_equal(sheet.numbers["when"], np.arange(5.0))
    assert sheet.invented["c"] == ("new",)
    assert sheet.codes["c"][2] == 3
    assert sheet.codes["c"][3] == -1
    np.testing.assert_array_equal(sheet.codes["c"][:2], reference.sheet.codes["c"][:2])


def test_a_boolean_against_numbers_is_read_as_zero_and_one(real):
    sheet = Reference.of(real).read(pd.DataFrame({"k": [True, False, True]}))
    np.testing.assert_array_equal(sheet.numbers["k"], [1.0, 0.0, 1.0])


def test_text_in_a_numeric_column_is_an_error_that_names_it(real):
    with pytest.raises(InputError, match=r"'x'.*the source holds numbers there"):
        Reference.of(real).read(pd.DataFrame({"x": ["a", "b"]}))


def test_no_common_column_is_an_error(real):
    with pytest.raises(InputError, match="no column in common"):
        Reference.of(real).read(pd.DataFrame({"y": [1.0, 2.0]}))


def test_declared_kinds_and_keys(real):
    reference = Reference.of(real.assign(id=np.arange(40)), {"k": "categorical"})
    assert reference.names("key") == ("id",)
    assert "k" in reference.names("discrete")
    with pytest.raises(InputError, match="no_such"):
        Reference.of(real, {"no_such": "real"})
