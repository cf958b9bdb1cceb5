"""Dates and date-times that arrive as ISO text are mixed as times and written in the same form."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthmix.table import encode_table

FORMS = {
    "date": ("D", "%Y-%m-%d"),
    "minute": ("m", "%Y-%m-%d %H:%M"),
    "space": ("s", "%Y-%m-%d %H:%M:%S"),
    "T": ("s", "%Y-%m-%dT%H:%M:%S"),
    "zulu": ("s", "%Y-%m-%dT%H:%M:%SZ"),
    "micro": ("us", "%Y-%m-%d %H:%M:%S.%f"),
}


def texts(unit, form, n=50):
    steps = pd.to_timedelta(np.random.default_rng(0).integers(0, 10**4, n) * np.timedelta64(1, unit))
    return pd.Series((pd.Timestamp("1999-12-30") + steps).strftime(form), dtype="str")


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("encoding", ["raw", "normal"])
def test_a_form_is_read_mixed_and_written(name, encoding):
    column = texts(*FORMS[name])
    column[3] = None
    frame = pd.DataFrame({"t": column, "x": np.arange(50) % 7})
    encoded = encode_table(frame, encoding=encoding)
    info = encoded.encoder.columns[0]
    assert (info.kind, info.role) == ("datetime", "continuous")
    missing = np.isnan(encoded.latent)
    back = encoded.encoder.decode(encoded.latent, missing, encoded.codes, start=0, seed=0)
    pd.testing.assert_series_equal(back["t"], column.rename("t"))
    mixed = np.nan_to_num(encoded.latent) * 0.5
    found = encoded.encoder.decode(mixed, missing, encoded.codes, start=0, seed=0)["t"]
    assert found.dropna().map(len).eq(len(column[0])).all()
    assert not found.equals(column)
    parsed, given = (pd.to_datetime(t.dropna(), format=FORMS[name][1]) for t in (found, column))
    assert parsed.between(given.min(), given.max()).all()


@pytest.mark.parametrize(
    "values",
    [
        ["2020-01-01", "2020-1-2"],
        ["2020-01-01", "2020-02-30"],
        ["2020-01-01", "2020-01-01 10:00"],
        ["2020-01-01T10:00:00", "2020-01-01T10:00:00+01:00"],
        ["2020-01-01T10:00:00", "2020-01-01T10+01:00"],
        ["01/02/2020", "03/02/2020"],
        ["2020", "2021"],
        ["2020-01-01", "someday"],
        ["", "2020-01-01"],
    ],
)
def test_other_texts_stay_texts(values):
    frame = pd.DataFrame({"t": values, "x": [1.0, 2.0]})
    assert encode_table(frame).encoder.columns[0].role == "discrete"


def test_the_user_may_keep_them_as_levels():
    frame = pd.DataFrame({"t": texts("D", "%Y-%m-%d"), "x": np.arange(50) % 7})
    assert encode_table(frame, columns={"t": "categorical"}).encoder.code_names == ("t",)


def test_years_stay_within_four_digits():
    frame = pd.DataFrame({"t": ["0001-01-02", "9999-12-30", "2000-01-01"], "x": [1.0, 2.0, 4.0]})
    encoded = encode_table(frame, encoding="raw")
    latent = np.array([[-1e9, 0.0], [1e9, 0.0]])
    back = encoded.encoder.decode(latent, np.zeros((2, 2), bool), np.empty((2, 0), np.int32), start=0, seed=0)
    assert back["t"].tolist() == ["0001-01-01", "9999-12-31"]
