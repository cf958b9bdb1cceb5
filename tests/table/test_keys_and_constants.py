"""Keys are made anew and never equal a source key; constants are repeated; both are reported."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synthmix import MixupSynthesizer, synthesize
from synthmix.errors import InputError, SynthmixWarning
from synthmix.table import encode_table

N = 40
TOLD = pytest.mark.filterwarnings("ignore:column .* looks like a key:synthmix.errors.SynthmixWarning")


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "id": rng.permutation(N).astype("int32") + 100,
            "email": [f"user{i}@example.org" for i in range(N)],
            "x": rng.normal(size=N),
        }
    )


def sample(encoded, start=0, size=60):
    rows = np.arange(size) % encoded.n_rows
    return encoded.encoder.decode(
        encoded.latent[rows], np.isnan(encoded.latent[rows]), encoded.codes[rows], start=start, seed=1
    )


def roles(encoded):
    return {info.name: info.role for info in encoded.encoder.columns}


def warnings_of(table, **options):
    """Return the texts of all warnings that encoding gives, and the files they point to."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        encode_table(table, **options)
    assert all(issubclass(warning.category, SynthmixWarning) for warning in caught)
    return [str(warning.message) for warning in caught], {warning.filename for warning in caught}


@pytest.mark.parametrize("keys", ["fresh", "drop"])
def test_a_key_that_nobody_declared_is_told_once_for_each_column(frame, keys):
    texts, files = warnings_of(frame, keys=keys)
    assert len(texts) == 2
    assert texts[0].startswith("column 'id' looks like a key (40 consecutive integers, each once): its values are made")
    assert texts[1].startswith("column 'email' looks like a key (40 distinct texts in 40 rows): its values are made")
    assert "columns={'id': 'categorical'} keeps them" in texts[0]
    assert files == {__file__}
    assert warnings_of(frame, columns={"id": "key", "email": "key"}) == ([], set())
    assert warnings_of(frame, columns={"id": "categorical", "email": "string"}) == ([], set())
    assert warnings_of(frame[["x"]]) == ([], set())


def test_the_warning_points_to_the_line_that_fits(frame):
    declared = {"email": "key"}
    for call in (
        lambda: MixupSynthesizer(columns=declared, random_state=1).fit(frame),
        lambda: synthesize(frame, 5, columns=declared, random_state=1),
    ):
        with pytest.warns(SynthmixWarning, match="'id' looks like a key") as caught:
            call()
        assert [warning.filename for warning in caught] == [__file__]


def test_categories_of_their_own_are_told_because_they_are_copied(frame):
    table = frame[["email", "x"]].astype({"email": "category"})
    texts, files = warnings_of(table)
    assert len(texts) == 1
    assert texts[0].startswith("column 'email': almost every row has a category of its own (40 in 40 rows)")
    assert "copied" in texts[0]
    assert "convert it to text" in texts[0]
    assert files == {__file__}
    assert warnings_of(table, columns={"email": "categorical"}) == ([], set())
    few = table.assign(email=pd.Categorical(["a", "b"] * 20))
    assert warnings_of(few) == ([], set())


@TOLD
def test_notes_do_not_say_twice_that_a_column_is_key_like(frame):
    printed = str(MixupSynthesizer(random_state=1).fit(frame).certificate())
    assert "column 'id' is key-like: 40 consecutive integers" in printed
    assert "key-like: key-like" not in printed


@TOLD
def test_keys_are_found_reported_and_made_anew(frame):
    encoded = encode_table(frame)
    assert roles(encoded) == {"id": "key", "email": "key", "x": "continuous"}
    notes = {info.name: info.note for info in encoded.encoder.columns}
    assert "40 consecutive integers" in notes["id"]
    assert "40 distinct texts" in notes["email"]
    table = sample(encoded)
    assert table.dtypes.equals(frame.dtypes)
    for name in ("id", "email"):
        assert table[name].is_unique
        assert not table[name].isin(frame[name]).any()
    assert table["id"].tolist() == list(range(140, 200))
    assert table["email"][7] == "email-7"
    pd.testing.assert_frame_equal(
        sample(encoded, start=20, size=30)[["id", "email"]], table[["id", "email"]].iloc[20:50].reset_index(drop=True)
    )
    assert set(sample(encoded, start=60)["id"]).isdisjoint(table["id"])
    copied = encode_table(frame, columns={"id": "integer", "email": "categorical"})  # what the user may ask for
    assert sample(copied)["email"].isin(frame["email"]).all()


@TOLD
def test_no_source_key_is_kept(frame):
    meta, arrays = encode_table(frame).encoder.to_state()
    assert "example.org" not in str(meta)
    assert not any(b"example.org" in array.tobytes() for array in arrays.values())
    held, kept = encode_table(frame, columns={"email": "string"}).encoder.to_state()
    assert any(b"example.org" in array.tobytes() for array in kept.values()), held


@TOLD
def test_a_prefix_that_the_source_uses_is_avoided():
    frame = pd.DataFrame(
        {"k": [f"k-{i}" for i in range(20)] + [f"new-k-{i}" for i in range(20)], "x": np.arange(40) % 3}
    )
    table = sample(encode_table(frame), size=40)
    assert table["k"][3] == "new-new-k-3"
    assert not table["k"].isin(frame["k"]).any()


@TOLD
def test_keys_can_be_dropped(frame):
    encoded = encode_table(frame, keys="drop")
    assert roles(encoded)["email"] == "key"
    table = sample(encoded)
    assert list(table.columns) == ["x"]
    values, _ = encoded.encoder.table_to_values(table)
    assert values.shape == (60, 1)
    encoded.encoder.table_to_values(frame)  # a table that still has the keys is read as well


@TOLD
def test_missing_keys_keep_their_pattern(frame):
    frame["email"] = frame["email"].where(frame["x"] > 0)
    for discrete in ("donor", "scores"):
        encoded = encode_table(frame, discrete=discrete)
        assert roles(encoded)["email"] == "key"
        table = sample(encoded, size=N)
        assert np.array_equal(table["email"].isna(), frame["email"].isna())
        assert encoded.encoder.levels("email") == ["present", None]
    assert encode_table(frame).encoder.code_names == ("email",)
    assert encode_table(frame).encoder.n_levels == (2,)
    assert encode_table(frame, keys="drop").encoder.code_names == ()


@TOLD
def test_what_is_no_key(frame):
    frame["gap"] = np.r_[frame["id"][:-1], 500]  # distinct but not consecutive
    frame["twice"] = frame["email"].where(np.arange(N) % 8 != 0, "someone")  # under 95 % distinct
    found = roles(encode_table(frame))
    assert (found["gap"], found["twice"]) == ("continuous", "discrete")
    short = roles(encode_table(frame[["id", "email", "x"]].iloc[:19]))
    assert (short["id"], short["email"]) == ("continuous", "discrete")
    with pytest.warns(SynthmixWarning, match="almost every row has a category of its own"):
        category = encode_table(frame.astype({"email": "category"})).encoder
    assert category.columns[1].role == "discrete"
    assert "convert it to text" in category.columns[1].note


@TOLD
def test_declared_keys(frame):
    whole = frame.assign(gap=np.r_[frame["id"][:-1], 500].astype(float), word=["a", "b"] * 20)
    encoded = encode_table(whole, columns={"gap": "key", "word": "key"})
    table = sample(encoded, size=5)
    assert table["gap"].tolist() == [501.0, 502.0, 503.0, 504.0, 505.0]
    assert table["word"][0] == "word-0"
    with pytest.raises(InputError, match=r"'x' holds .* in row 0, so it cannot be 'integer'"):
        encode_table(whole, columns={"x": "key"})
    with pytest.raises(InputError, match=r"'c' of dtype category cannot be a 'key'.*convert it to text"):
        encode_table(whole.assign(c=pd.Categorical(["u", "v"] * 20)), columns={"c": "key"})


@TOLD
def test_a_dtype_too_small_for_fresh_keys_says_so():
    frame = pd.DataFrame({"id": np.arange(200, dtype="uint8"), "x": np.arange(200) % 7})
    encoded = encode_table(frame)
    assert sample(encoded, size=56)["id"].max() == 255
    with pytest.raises(InputError, match="'id' of dtype uint8 cannot hold the fresh key 256; convert it to int64"):
        sample(encoded, size=57)


def test_constants_are_repeated_and_not_mixed():
    frame = pd.DataFrame({"k": np.int8(3), "f": 2.5, "t": pd.Timestamp("2020-01-01", tz="UTC"), "x": [0.5, 1.5, 2.0]})
    encoded = encode_table(frame, encoding="raw")
    assert encoded.encoder.latent_names == ("x",)
    assert [info.role for info in encoded.encoder.columns] == ["constant"] * 3 + ["continuous"]
    table = sample(encoded, size=5)
    assert table.dtypes.equals(frame.dtypes)
    assert (table[["k", "f", "t"]] == frame.loc[0, ["k", "f", "t"]]).all(axis=None)
    almost = frame.assign(k=[3, None, 3])  # a gap makes it a column like others
    assert encode_table(almost).encoder.latent_names == ("k", "x")


@pytest.mark.parametrize(
    "dtype", ["float64", "Int64", "string", "object", "datetime64[us]", "category", "double[pyarrow]"]
)
def test_a_column_without_values_warns_and_comes_back_missing(dtype):
    frame = pd.DataFrame({"gap": pd.Series([None] * 4, dtype=dtype), "x": [1.0, 2.0, 3.0, 4.0]})
    with pytest.warns(SynthmixWarning, match="'gap' has no value at all; .* drop it or fill it"):
        encoded = encode_table(frame)
    table = sample(encoded, size=6)
    assert table["gap"].isna().all()
    assert table.dtypes.equals(frame.dtypes)
    assert encoded.encoder.columns[0].role == "constant"
    assert encoded.encoder.levels("gap") == [None]


@TOLD
def test_arrow_keys():
    table = pa.table(
        {"k": pa.array([f"v{i}" for i in range(N)]), "i": pa.array(range(N), pa.int16()), "x": np.arange(N) % 5}
    )
    back = sample(encode_table(table), size=3)
    assert back.schema.equals(table.schema)
    assert back["k"].to_pylist() == ["k-0", "k-1", "k-2"]
    assert back["i"].to_pylist() == [40, 41, 42]
