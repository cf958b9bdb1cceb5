"""pandas in, the same pandas out: the identity for every kind, dtype, label and marker."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthmix.table import encode_table

# The tables here have keys that nobody declared; that they are told is tested in test_keys_and_constants.py.
pytestmark = pytest.mark.filterwarnings("ignore:column .* looks like a key:synthmix.errors.SynthmixWarning")

NO_PAIRS = [
    ("raw", "donor", "source"),
    ("raw", "donor", "full"),
    ("normal", "donor", "source"),
    ("normal", "scores", "source"),
    ("normal", "scores", "full"),
]


@pytest.mark.parametrize(("encoding", "discrete", "grid"), NO_PAIRS)
def test_the_source_comes_back(mixed, keys, identity, reloaded, encoding, discrete, grid):
    encoded, back = identity(mixed, encoding=encoding, discrete=discrete, grid=grid, seed=3)
    assert list(back.columns) == list(mixed.columns)
    assert isinstance(back.index, pd.RangeIndex)
    wanted, found = mixed.drop(columns=keys), back.drop(columns=keys)
    if grid == "full":
        changed = [name for name in wanted if found[name].dtype != wanted[name].dtype]
        reals = ["int64", "uint8", "float32", "float32 decimals", "Int64", "UInt8"]
        assert changed == [*reals, "object int", "object decimal", "arrow int"]
        assert found["int64"].dtype == "float64"
        assert found["Int64"].dtype == "Float64"
        assert str(found["arrow int"].dtype) == "double[pyarrow]"
        wanted = wanted.astype({name: found[name].dtype for name in changed})
    pd.testing.assert_frame_equal(found, wanted, check_exact=True)
    again = reloaded(encoded.encoder)
    missing = np.isnan(encoded.latent)
    pd.testing.assert_frame_equal(again.decode(encoded.latent, missing, encoded.codes, start=0, seed=11), back)
    # Negative control: another row of the source is another row.
    moved = encoded.encoder.decode(
        np.roll(encoded.latent, 1, axis=0),
        np.roll(missing, 1, axis=0),
        np.roll(encoded.codes, 1, axis=0),
        start=0,
        seed=11,
    )
    with pytest.raises(AssertionError):
        pd.testing.assert_frame_equal(moved.drop(columns=keys), wanted, check_exact=True)


@pytest.mark.parametrize(("encoding", "discrete", "grid"), NO_PAIRS)
def test_reading_the_decoded_table_gives_the_source_numbers(mixed, identity, encoding, discrete, grid):
    encoded, back = identity(mixed, encoding=encoding, discrete=discrete, grid=grid, seed=3)
    values, codes = encoded.encoder.table_to_values(back)
    assert np.array_equal(values, encoded.encoder.source_values(encoded.latent), equal_nan=True)
    assert np.array_equal(codes, encoded.codes)


def test_source_values_are_the_columns_own_numbers(mixed, identity):
    for encoding in ("raw", "normal"):
        encoded, _ = identity(mixed, encoding=encoding, seed=5)
        numbers = dict(zip(encoded.encoder.latent_names, encoded.encoder.source_values(encoded.latent).T, strict=True))
        for name in ("real", "real gaps", "decimals", "int64", "uint8"):
            assert np.array_equal(numbers[name], mixed[name].to_numpy(dtype=float), equal_nan=True)
        days = (mixed["days"] - mixed["days"].min()).dt.days
        assert np.array_equal(numbers["days"], days)
        months = (mixed["period"].astype("int64") - mixed["period"].astype("int64").min()).to_numpy()
        assert np.array_equal(numbers["period"], months)


def test_kinds_and_roles(mixed, identity):
    encoder = identity(mixed)[0].encoder
    found = {info.name: (info.kind, info.role) for info in encoder.columns}
    assert found["real"] == ("real", "continuous")
    assert found["Int64"] == ("integer", "continuous")
    assert found["zoned"] == ("datetime", "continuous")
    assert found["timedelta"] == ("timedelta", "continuous")
    assert found["date text"] == ("datetime", "continuous")
    assert found["boolean"] == ("boolean", "discrete")
    assert found["object text"] == ("string", "discrete")
    assert found["ordered"] == ("categorical", "discrete")
    assert found["constant category"] == ("constant", "constant")
    assert found["id"] == ("key", "key")
    assert encoder.feature_names == tuple(mixed.columns)
    assert encoder.n_features_in == mixed.shape[1]
    units = {info.name: info.unit for info in encoder.columns if info.unit}
    assert units["days"] == "day"
    assert units["zoned"] == "second"
    assert units["nanoseconds"] == "nanosecond"


def test_levels_and_codes(mixed, identity):
    encoder, codes = (encoded := identity(mixed)[0]).encoder, encoded.codes
    assert encoder.levels("category") == ["b", "a", "c", "unused", None]
    assert encoder.levels("ordered") == [3, 1, 2, 9]
    assert encoder.levels("boolean") == [False, True, None]
    assert encoder.levels("real") == []
    for j, (name, size) in enumerate(zip(encoder.code_names, encoder.n_levels, strict=True)):
        assert codes[:, j].max() < size == len(encoder.levels(name))
        missing = mixed[name].isna().to_numpy()
        assert np.array_equal(codes[:, j] == size - 1, missing) or not missing.any()


@pytest.mark.parametrize("columns", [pd.RangeIndex(3), pd.Index([4, 2, 9]), pd.Index(["a", 1, 2.5], dtype=object)])
def test_column_labels_come_back(identity, reloaded, columns):
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(9, 3)), columns=columns.rename("axis"))
    encoded, back = identity(frame)
    pd.testing.assert_index_equal(back.columns, frame.columns, exact=True)
    assert encoded.encoder.feature_names == tuple(str(label) for label in columns)
    again = reloaded(encoded.encoder).decode(encoded.latent, np.isnan(encoded.latent), encoded.codes, start=0, seed=1)
    pd.testing.assert_frame_equal(again, frame, check_exact=True)


@pytest.mark.parametrize("marker", [None, np.nan, pd.NA, pd.NaT])
def test_the_marker_of_missing_objects_comes_back(identity, marker):
    frame = pd.DataFrame({"x": pd.Series(["a", marker, "b", "a"], dtype=object), "y": [1.5, 2.5, 1.0, 0.0]})
    back = identity(frame)[1]
    assert back["x"].dtype == object
    assert back["x"][1] is marker


def test_index_is_left_out_and_source_is_untouched(mixed, identity):
    frame = mixed.set_index(pd.Index(np.arange(len(mixed))[::-1], name="row"))
    before = frame.copy(deep=True)
    back = identity(frame)[1]
    assert back.index.equals(pd.RangeIndex(len(frame)))
    pd.testing.assert_frame_equal(frame, before)


def test_declared_kinds():
    rng = np.random.default_rng(0)
    n = 60
    frame = pd.DataFrame(
        {
            "code": rng.integers(0, 4, n),
            "flag": rng.integers(0, 2, n),
            "ratio": rng.integers(0, 9, n),
            "whole": rng.integers(0, 9, n).astype(float),
            "year": np.arange(n) + 1900,
            "tag": [f"t{i}" for i in range(n)],
            "when": pd.Timestamp("2020") + pd.to_timedelta(rng.integers(0, 9, n), unit="D"),
        }
    )
    words = {
        "code": "categorical",
        "flag": "boolean",
        "ratio": "real",
        "whole": "integer",
        "year": "integer",
        "tag": "string",
        "when": "categorical",
    }
    encoded = encode_table(frame, columns=words, encoding="normal", grid="source")
    found = {info.name: info for info in encoded.encoder.columns}
    assert {name: info.kind for name, info in found.items()} == words
    assert encoded.encoder.code_names == ("code", "flag", "tag", "when")
    assert encoded.encoder.levels("code") == [0, 1, 2, 3]
    assert encoded.encoder.levels("when")[0] == "2020-01-01"
    back = encoded.encoder.decode(encoded.latent, np.isnan(encoded.latent), encoded.codes, start=0, seed=0)
    pd.testing.assert_frame_equal(back, frame.astype({"ratio": float}), check_exact=True)
    assert found["ratio"].step is None
    mixed_rows = encoded.encoder.decode(encoded.latent * 0.9, np.isnan(encoded.latent), encoded.codes, start=0, seed=0)
    assert (mixed_rows["whole"] % 1 == 0).all()
