"""Dtypes that few tables have, columns with one value and gaps, and time zones."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synthmix.errors import InputError
from synthmix.table import encode_table


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "one time": pd.to_datetime(["2020-01-01 10:00", None, None]),
            "one real": [1.0, np.nan, 1.0],
            "one int": pd.array([5, None, 5], dtype="Int8"),
            "one span": pd.to_timedelta([None, None, "1s"]),
            "one period": pd.PeriodIndex(["2020-01", None, "2020-01"], freq="M"),
            "arrow text": pd.Series(["a", None, "b"], dtype=pd.ArrowDtype(pa.string())),
            "arrow category": pd.Series(["a", None, "b"], dtype=pd.ArrowDtype(pa.dictionary(pa.int8(), pa.string()))),
            "arrow decimal": pd.Series([1, None, 2], dtype=pd.ArrowDtype(pa.decimal128(5, 2))),
            "arrow date": pd.Series([dt.date(2020, 1, 1), None, dt.date(2020, 1, 5)], dtype=pd.ArrowDtype(pa.date32())),
            "object time": pd.Series([dt.time(1, 2, 3), None, dt.time(5, 6)], dtype=object),
            "float16": np.array([1.5, 2, 3], np.float16),
            "bool category": pd.Categorical([True, False, True]),
            "float category": pd.Categorical([1.5, None, 2.5]),
            "time category": pd.Categorical(pd.to_datetime(["2020", "2021", "2020"]).tz_localize("UTC")),
        }
    )


@pytest.mark.parametrize(("encoding", "discrete"), [("raw", "donor"), ("normal", "donor"), ("normal", "scores")])
def test_rare_dtypes_come_back(frame, identity, reloaded, encoding, discrete):
    encoded, back = identity(frame, encoding=encoding, discrete=discrete, grid="source")
    pd.testing.assert_frame_equal(back, frame, check_exact=True)
    values, codes = encoded.encoder.table_to_values(back)
    assert np.array_equal(values, encoded.encoder.source_values(encoded.latent), equal_nan=True)
    assert np.array_equal(codes, encoded.codes)
    again = reloaded(encoded.encoder)
    missing = np.isnan(encoded.latent)
    pd.testing.assert_frame_equal(again.decode(encoded.latent, missing, encoded.codes, start=0, seed=1), frame)
    with pytest.raises(AssertionError):
        pd.testing.assert_frame_equal(back, frame.iloc[::-1].reset_index(drop=True), check_exact=True)


@pytest.mark.parametrize(
    "zone", [dt.UTC, dt.timezone(dt.timedelta(hours=5, minutes=30)), zoneinfo.ZoneInfo("Asia/Tokyo"), "Europe/Paris"]
)
def test_time_zones_come_back(identity, reloaded, zone):
    times = (
        pd.to_datetime(["2020-01-01 00:00", "2020-07-01 00:00", "2020-10-25 00:30"]).tz_localize("UTC").tz_convert(zone)
    )
    frame = pd.DataFrame({"t": times, "x": [1.0, 2.0, 4.0]})
    encoded, back = identity(frame, encoding="raw")
    pd.testing.assert_frame_equal(back, frame)
    again = reloaded(encoded.encoder)
    missing = np.isnan(encoded.latent)
    pd.testing.assert_frame_equal(again.decode(encoded.latent, missing, encoded.codes, start=0, seed=1), frame)


def test_a_zone_without_a_name_is_refused():
    class Moon(dt.tzinfo):
        def utcoffset(self, _):
            return dt.timedelta(minutes=7)

        def dst(self, _):
            return dt.timedelta(0)

        def tzname(self, _):
            return "moon"

    times = pd.to_datetime(["2020-01-01", "2020-07-01"]).tz_localize("UTC").tz_convert(Moon())
    with pytest.raises(InputError, match=r"'t' has the time zone .*tz_convert with a named zone"):
        encode_table(pd.DataFrame({"t": times, "x": [1.0, 2.0]}))


def test_subclasses_of_frames_are_frames():
    class Table(pd.DataFrame):
        pass

    encoded = encode_table(Table({"a": [1.0, 2.0, 5.0]}))
    back = encoded.encoder.decode(np.zeros((1, 1)), np.zeros((1, 1), bool), np.empty((1, 0), np.int32), start=0, seed=0)
    assert type(back) is pd.DataFrame
    assert back["a"][0] == 2.0
