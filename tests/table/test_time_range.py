"""Mixed times stay in the years 1 to 9999, which files and Python can write, unless the source goes further itself."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synthmix.table import encode_table
from synthmix.table.times import year_bounds

NEVER = dt.date(9999, 12, 31)
DAYS = [dt.date(2000, 1, 1), NEVER, dt.date(2010, 5, 5), dt.date(1, 1, 1)]
TIMES = [dt.datetime(day.year, day.month, day.day) for day in DAYS]  # noqa: DTZ001
X = [0.5, 1.0, 2.5, 3.0]

TABLES = {
    "object dates": pd.DataFrame({"t": pd.Series(DAYS, dtype=object), "x": X}),
    "pandas s": pd.DataFrame({"t": pd.Series(TIMES, dtype="datetime64[s]"), "x": X}),
    "pandas us": pd.DataFrame({"t": pd.Series(TIMES, dtype="datetime64[us]"), "x": X}),
    "arrow dates in pandas": pd.DataFrame({"t": pd.Series(DAYS, dtype="date32[pyarrow]"), "x": X}),
    "date32": pa.table({"t": pa.array(DAYS, pa.date32()), "x": X}),
    "date64": pa.table({"t": pa.array(DAYS, pa.date64()), "x": X}),
    "timestamp s": pa.table({"t": pa.array(TIMES, pa.timestamp("s")), "x": X}),
    "timestamp us": pa.table({"t": pa.array(TIMES, pa.timestamp("us")), "x": X}),
}


def polars_table(name):
    pl = pytest.importorskip("polars")
    return pl.DataFrame({"t": DAYS if name == "polars Date" else pl.Series(TIMES, dtype=pl.Datetime("ms")), "x": X})


def decoded(encoded, latent):
    missing = np.zeros((len(latent), 2), bool)
    return encoded.encoder.decode(np.array(latent), missing, np.empty((len(latent), 0), np.int32), start=0, seed=0)


def times_of(table):
    column = table["t"]
    return [str(value)[:10] for value in (column.to_list() if hasattr(column, "to_list") else column.to_pylist())]


@pytest.mark.parametrize("grid", ["full", "source"])
@pytest.mark.parametrize("name", [*TABLES, "polars Date", "polars Datetime"])
def test_sums_beyond_the_calendar_end_at_its_ends(name, grid):
    table = polars_table(name) if name.startswith("polars") else TABLES[name]
    encoded = encode_table(table, encoding="raw", grid=grid)
    back = decoded(encoded, [[-4e6, 1.0], [4e6, 1.0], [1e12, 1.0], [3.0, 1.0]])
    assert times_of(back) == ["0001-01-01", "9999-12-31", "9999-12-31", "0001-01-04"]
    assert times_of(decoded(encoded, encoded.latent)) == times_of(table)


def test_the_local_time_of_a_zone_stays_in_the_calendar():
    for zone in ("Pacific/Auckland", "America/Los_Angeles"):
        times = pa.array([np.datetime64("2000-01-01T05", "s"), np.datetime64("2001-01-01T07", "s")])
        table = pa.table({"t": times.cast(pa.timestamp("s", zone)), "x": [1.0, 2.0]})
        back = decoded(encode_table(table, encoding="raw"), [[-1e9, 1.0], [1e9, 1.0]])
        assert [value.year for value in back["t"].to_pylist()] == [1, 9999]


def test_a_source_beyond_the_calendar_keeps_its_own_range():
    far = np.array(["-0100-01-01", "2000-01-01", "20000-01-01"], dtype="datetime64[s]")
    encoded = encode_table(pd.DataFrame({"t": far, "x": [1.0, 2.0, 2.5]}), encoding="raw")
    back = decoded(encoded, [*encoded.latent.tolist(), [-1e7, 1.0], [1e9, 1.0]])
    assert back["t"].to_numpy().tolist() == far[[0, 1, 2, 0, 2]].tolist()


@pytest.mark.parametrize("unit", ["D", "m", "s", "ms", "us"])
def test_the_ends_of_the_calendar(unit):
    low, high = year_bounds(unit)
    texts = [np.datetime_as_string(np.int64(count).view(f"datetime64[{unit}]")) for count in (low, high)]
    beyond = [np.datetime_as_string(np.int64(count).view(f"datetime64[{unit}]")) for count in (low - 1, high + 1)]
    assert [text[:4] for text in texts] == ["0001", "9999"]
    assert [text[:5] for text in beyond] == ["0000-", "10000"]
    assert year_bounds("ns") == (-(2**63) + 1, 2**63 - 1)


def test_the_last_second_of_the_calendar_survives_as_text():
    table = pd.DataFrame({"t": ["2000-01-01 00:00:01", "9999-12-31 23:59:59", "2001-01-01 00:00:00"], "x": X[:3]})
    encoded = encode_table(table, encoding="raw")
    assert decoded(encoded, encoded.latent)["t"].tolist() == table["t"].tolist()
