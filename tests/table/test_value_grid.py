"""Decimals are found and kept, means survive rounding, ranges of dtypes are respected."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernels.kernels_oracle import fill_uniform

from synthmix.kernels.philox import ROUND
from synthmix.table import encode_table
from synthmix.table.decimals import find_decimals


@given(st.integers(0, 12), st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=30))
def test_decimals_are_those_of_the_texts(decimals, whole):
    values = np.array([float(f"{k}e-{decimals}") for k in whole])
    expected = max(len(f"{abs(k):0{decimals + 1}d}"[-decimals or 99 :].rstrip("0")) for k in whole) if decimals else 0
    assert find_decimals(values) == expected


def test_full_precision_and_large_values_have_no_grid():
    rng = np.random.default_rng(0)
    assert find_decimals(rng.normal(size=50)) is None
    assert find_decimals(rng.normal(size=50) * 1e9) is None
    assert find_decimals(np.array([1e300, 0.5])) is None
    assert find_decimals(np.array([2.0**52, 2.0**52 + 1])) is None  # every neighbouring float is an integer here
    assert find_decimals(np.array([2.0**40, 2.0**40 + 1])) == 0
    assert find_decimals(np.array([0.1, 1e-12])) == 12
    assert find_decimals(np.array([0.1, 1e-13])) is None


def test_short_floats_have_the_grid_they_were_written_with():
    written = np.round(np.random.default_rng(1).normal(size=200) * 50, 2).astype("f4").astype(float)
    assert find_decimals(written) is None  # as doubles they are no decimals
    assert find_decimals(written, precision=24) == 2
    assert find_decimals(np.random.default_rng(1).normal(size=200).astype("f4").astype(float), precision=24) is None


@pytest.mark.parametrize("encoding", ["raw", "normal"])
def test_mixed_values_stay_on_the_grid(encoding):
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "cents": np.round(rng.gamma(2, 10, 300), 2),
            "tenths": np.round(rng.normal(size=300) * 9, 1).astype("f4"),
            "count": rng.poisson(9, 300).astype("i2"),
            "real": rng.normal(size=300),
        }
    )
    encoded = encode_table(frame, columns={"count": "integer"}, encoding=encoding, grid="source")
    assert [info.step for info in encoded.encoder.columns] == [0.01, 0.1, 1.0, None]
    assert [info.rounded for info in encoded.encoder.columns] == [True, True, True, False]
    latent = (encoded.latent + np.roll(encoded.latent, 1, axis=0)) / 2
    missing = np.zeros(latent.shape, bool)
    back = encoded.encoder.decode(latent, missing, encoded.codes, start=0, seed=5)
    for name, digits in (("cents", 2), ("count", 0)):
        assert all(float(f"{value:.{digits}f}") == value for value in back[name])
    assert all(np.float32(f"{value:.1f}") == value for value in back["tenths"])
    full = encode_table(
        frame, columns={"count": "integer"}, encoding=encoding, grid="full"
    )  # negative control: without rounding they leave it
    free = full.encoder.decode(latent, missing, full.codes, start=0, seed=5)
    assert not all(float(f"{value:.2f}") == value for value in free["cents"])
    assert not any(info.rounded for info in full.encoder.columns)


def test_auto_is_full_for_raw_and_source_for_normal():
    array = np.arange(12).reshape(6, 2)
    assert encode_table(array, encoding="raw").encoder.grid == "full"
    assert encode_table(array, encoding="normal").encoder.grid == "source"


def test_rounding_keeps_expectations_exactly():
    """Over the row's uniform, each decoded value has the unrounded one as expectation."""
    frame = pd.DataFrame({"x": np.arange(200) % 7, "cents": np.round(np.linspace(-3, 8, 200), 2)})
    encoded = encode_table(frame, encoding="raw", grid="source")
    latent = encoded.latent * 0.37 + 0.111
    missing = np.zeros(latent.shape, bool)
    for seed in (1, 2):
        found = encoded.encoder.decode_values(latent, missing, start=40, seed=seed)
        for j, scale in enumerate((1.0, 100.0)):
            u = np.empty(len(latent))
            fill_uniform(np.uint64(seed), 40, ROUND, np.uint64(j), u)
            low = np.floor(latent[:, j] * scale)
            f = latent[:, j] * scale - low
            assert np.array_equal(found[:, j], (low + (u < f)) / scale)
            assert ((1 - f) * low + f * (low + 1)) / scale == pytest.approx(latent[:, j], rel=1e-13)
            assert not np.array_equal(found[:, j], np.round(latent[:, j] * scale) / scale)


def test_means_of_many_rows():
    encoded = encode_table(pd.DataFrame({"x": [0, 1, 2, 5], "y": [0, 1, 0, 1]}), encoding="raw", grid="source")
    n = 100_000
    latent = np.full((n, 2), 1.2)
    values = encoded.encoder.decode_values(latent, np.zeros(latent.shape, bool), start=0, seed=3)
    error = math.sqrt(0.16 / n)
    assert np.abs(values.mean(axis=0) - 1.2).max() < 5.5 * error
    assert abs(np.corrcoef(values.T)[0, 1]) < 5.5 / math.sqrt(n)  # columns round independently
    assert abs(np.round(latent).mean() - 1.2) > 100 * error


@pytest.mark.parametrize(
    ("dtype", "low", "high"), [("uint8", 0, 255), ("int16", -(2**15), 2**15 - 1), ("UInt8", 0, 255)]
)
def test_values_beyond_the_dtype_are_clamped(dtype, low, high):
    frame = pd.DataFrame({"x": pd.Series([1, 5, 100], dtype=dtype), "y": pd.Series([1.5, 2, 3], dtype="f4")})
    encoded = encode_table(frame, encoding="raw", grid="source")
    latent = np.array([[-1e9, -1e300], [1e9, 1e300], [7.0, 2.5]])
    back = encoded.encoder.decode(latent, np.zeros((3, 2), bool), encoded.codes, start=0, seed=0)
    assert back["x"].tolist() == [low, high, 7]
    assert back.dtypes.equals(frame.dtypes)
    assert np.isfinite(back["y"]).all()


def test_the_widest_integers_and_times_do_not_wrap():
    frame = pd.DataFrame(
        {"i": [1, 2, 5], "t": pd.to_datetime(["2020-01-01", "2020-01-02", "2020-01-05"]).as_unit("ns")}
    )
    frame["u"] = frame["i"].astype("uint64")
    encoded = encode_table(frame, encoding="raw", grid="source")
    for sign in (-1, 1):
        latent = np.full((2, 3), sign * 1e30)
        back = encoded.encoder.decode(latent, np.zeros((2, 3), bool), encoded.codes[:2], start=0, seed=0)
        assert back.dtypes.equals(frame.dtypes)
        assert (np.sign(back["i"]) == sign).all()
        assert (back["t"] > frame["t"].max()).all() if sign > 0 else (back["t"] < frame["t"].min()).all()
        assert (back["u"] == 0).all() if sign < 0 else (back["u"] > 2**62).all()


def test_times_are_rounded_to_their_own_step_or_storage():
    times = pd.Timestamp("2020-01-01") + pd.to_timedelta([0, 3, 10, 4], unit="D")
    frame = pd.DataFrame({"t": times, "date": times.date})
    for grid, step in (("source", "D"), ("full", "us")):
        encoded = encode_table(frame, encoding="raw", grid=grid)
        latent = encoded.latent * 0.77
        back = encoded.encoder.decode(latent, np.isnan(latent), encoded.codes, start=0, seed=1)
        assert (back["t"] == back["t"].dt.floor(step)).all()
        assert (back["t"] == back["t"].dt.floor("D")).all() == (grid == "source")
        assert back["date"].map(type).eq(type(frame["date"][0])).all()
        exact = times.min() + pd.to_timedelta(latent[:, 0] * 86_400_000_000, unit="us")
        assert (abs(back["t"] - exact) < pd.Timedelta(1, step)).all()
