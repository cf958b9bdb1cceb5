"""What the tests of tables share: one mixed pandas frame, and the two ways through the encoder."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import warnings

import numpy as np
import pandas as pd
import pytest

from synthmix.errors import SynthmixWarning
from synthmix.table import TableEncoder, encode_table

N = 80


def decode_source(encoded, *, threads=1, seed=11):
    return encoded.encoder.decode(
        encoded.latent, np.isnan(encoded.latent), encoded.codes, start=0, seed=seed, threads=threads
    )


@pytest.fixture(scope="session")
def identity():
    """Return a function: encode a table and decode its own rows."""

    def through(table, **options):
        encoded = encode_table(table, **options)
        return encoded, decode_source(encoded)

    return through


@pytest.fixture(scope="session")
def reloaded():
    """Return a function: an encoder through its state, with JSON in between and no object array."""

    def through(encoder):
        meta, arrays = encoder.to_state()
        assert all(isinstance(array, np.ndarray) and array.dtype.kind in "fiub" for array in arrays.values())
        return TableEncoder.from_state(json.loads(json.dumps(meta, allow_nan=False)), arrays)

    return through


@pytest.fixture(scope="session")
def mixed():
    """Return a pandas frame with a column of every kind and dtype, gaps in most of them."""
    return mixed_frame()


def mixed_frame():
    rng = np.random.default_rng(7)
    hole = rng.random(N) < 0.2
    small = rng.integers(0, 40, N)
    words = rng.choice(["x", "yy", "zé", ""], N)
    day = pd.Timestamp("2020-01-01") + pd.to_timedelta(small, unit="D")
    seconds = pd.to_timedelta(rng.integers(0, 10**6, N), unit="s")

    def gaps(values, dtype=None):
        column = pd.Series(values, dtype=dtype).copy()
        column[hole] = None
        return column

    return pd.DataFrame(
        {
            "real": rng.normal(size=N),
            "real gaps": np.where(hole, np.nan, rng.normal(size=N)),
            "decimals": np.round(rng.normal(size=N) * 10, 2),
            "integers gaps": np.where(hole, np.nan, small),
            "int64": small,
            "uint8": (small * 6).astype("u1"),
            "float32": rng.normal(size=N).astype("f4"),
            "float32 decimals": np.round(rng.normal(size=N) * 10, 2).astype("f4"),
            "bool": small % 3 == 0,
            "Int64": gaps(small, "Int64"),
            "UInt8": gaps(small, "UInt8"),
            "Float64": gaps(rng.normal(size=N), "Float64"),
            "boolean": gaps(small % 2 == 0, "boolean"),
            "str": gaps(words, "str"),
            "string": gaps(words, "string"),
            "string python": gaps(words, "string[python]"),
            "object text": gaps(words, object),
            "object bool": gaps(small % 2 == 0, object),
            "object int": gaps(small, object),
            "object date": gaps([dt.date(2020, 1, 1) + dt.timedelta(int(i)) for i in small], object),
            "object decimal": gaps([decimal.Decimal(int(i)) / 4 for i in small], object),
            "category": pd.Categorical.from_codes(small % 4 - 1, ["b", "a", "c", "unused"]),
            "ordered": pd.Categorical.from_codes(small % 3, [3, 1, 2, 9], ordered=True),
            "intervals": pd.cut(rng.normal(size=N), 4),
            "category of days": pd.Categorical(day),
            "days": day,
            "nanoseconds": (pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 10**12, N))).as_unit("ns"),
            "zoned": gaps(pd.Timestamp("2020-01-01", tz="Europe/Paris") + seconds),
            "timedelta": gaps(seconds),
            "period": pd.PeriodIndex.from_ordinals(small + 600, freq="M"),
            "date text": gaps(day.strftime("%Y-%m-%d"), "str"),
            "time text": gaps((day + seconds).strftime("%Y-%m-%d %H:%M:%S"), "str"),
            "arrow int": gaps(small, "int16[pyarrow]"),
            "arrow time": gaps(pd.Timestamp("2020-01-01", tz="UTC") + seconds, "timestamp[s, tz=UTC][pyarrow]"),
            "constant": 7,
            "constant text": "k",
            "constant category": pd.Categorical(["only"] * N, categories=["only", "unused"]),
            "id": np.arange(N) + 5,
            "name": [f"person {i}" for i in range(N)],
            "name gaps": gaps([f"key {i}" for i in range(N)], "str"),
        }
    )


@pytest.fixture(scope="session")
def keys():
    """The key-like columns of the mixed frame."""
    return ["id", "name", "name gaps"]


@pytest.fixture
def quiet():
    """Let the warning about columns without any value pass."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SynthmixWarning)
        yield
