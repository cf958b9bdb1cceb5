"""Another table of the same columns, perhaps after a trip through a file, as the same numbers and codes."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synthmix.errors import InputError
from synthmix.table import encode_table


@pytest.fixture
def frame():
    rng = np.random.default_rng(3)
    n = 40
    hole = rng.random(n) < 0.2
    seconds = pd.to_timedelta(rng.integers(0, 10**6, n), unit="s")
    table = pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "count": pd.array(rng.integers(0, 9, n), dtype="Int64"),
            "flag": pd.array(rng.random(n) < 0.5, dtype="boolean"),
            "size": pd.Categorical.from_codes(rng.integers(0, 3, n), [10, 5, 7], ordered=True),
            "word": rng.choice(["a", "b", "True"], n),
            "cut": pd.cut(rng.normal(size=n), 3),
            "when": pd.Timestamp("2020-01-01") + seconds,
            "zoned": pd.Timestamp("2020-01-01", tz="Europe/Paris") + seconds,
            "span": seconds,
            "text": (pd.Timestamp("2020-01-01") + seconds).strftime("%Y-%m-%dT%H:%M:%S"),
        }
    )
    table.loc[hole, ["x", "count", "flag", "size", "word", "when", "span"]] = None
    return table


def test_through_a_csv_file(frame):
    encoded = encode_table(frame, encoding="raw", columns={"count": "categorical"})
    text = frame.to_csv(index=False)
    values, codes = encoded.encoder.table_to_values(pd.read_csv(io.StringIO(text)))
    np.testing.assert_allclose(values, encoded.latent, rtol=1e-13)  # pandas 2 parses floats to an ulp
    assert np.array_equal(codes, encoded.codes)
    moved, other = encoded.encoder.table_to_values(pd.read_csv(io.StringIO(text)).iloc[::-1])  # negative control
    assert not np.array_equal(moved, encoded.latent, equal_nan=True)
    assert not np.array_equal(other, encoded.codes)


def test_other_frame_types_units_and_orders(frame):
    encoded = encode_table(frame.drop(columns="cut"), encoding="raw")
    other = frame.drop(columns="cut").iloc[:, ::-1].copy()
    other["when"] = other["when"].astype("datetime64[ns]")
    other["zoned"] = other["zoned"].dt.tz_convert("UTC").astype("datetime64[s, UTC]")
    other["count"] = other["count"].astype("float32")
    for table in (other, pa.Table.from_pandas(other, preserve_index=False)):
        values, codes = encoded.encoder.table_to_values(table)
        np.testing.assert_allclose(values, encoded.latent, rtol=1e-15, atol=1e-15)
        assert np.array_equal(codes, encoded.codes)


def test_numbers_beside_their_clock():
    frame = pd.DataFrame({"d": pd.to_datetime(["2020-01-01", "2020-01-11"]).as_unit("s"), "x": [1.0, 2.0]})
    encoder = encode_table(frame, encoding="raw").encoder
    later = pd.DataFrame({"d": pd.to_datetime(["2020-01-02 12:00:00.5", None]).as_unit("ms"), "x": [0.0, 1.0]})
    values, _ = encoder.table_to_values(later)
    assert values[0, 0] == pytest.approx(1.5 + 0.5 / 86_400, rel=1e-15)
    assert np.isnan(values[1, 0])


def test_short_and_empty_tables(frame):
    encoded = encode_table(frame)
    for size in (0, 1):
        values, codes = encoded.encoder.table_to_values(frame.iloc[:size])
        assert values.shape == (size, len(encoded.encoder.latent_names))
        assert codes.shape == (size, len(encoded.encoder.code_names))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.drop(columns="word"), "lacks the column 'word'"),
        (lambda t: t.rename(columns={"word": "wird"}), "lacks the column 'word'; did you mean 'wird'"),
        (lambda t: t.assign(more=1), "unknown column 'more'"),
        (
            lambda t: t.assign(word=["c", *t["word"][1:]]),
            "'word' holds 'c' in row 0, a level that the source never has",
        ),
        (lambda t: t.assign(zoned=1.0), "'zoned' has dtype float64, but the source holds times"),
        (lambda t: t.assign(zoned="soon"), "'zoned' holds text that is no datetime"),
        (lambda t: t.assign(x="one"), "'x' has dtype .*, but the source holds numbers"),
        (lambda t: t.assign(x=np.inf), "'x' holds inf in row 0"),
        (lambda t: t.assign(cut=None), "'cut' is missing in row 0, but the source has no missing value"),
    ],
)
def test_tables_that_do_not_match(frame, change, words):
    encoder = encode_table(frame).encoder
    encoder.table_to_values(frame)
    with pytest.raises(InputError, match=words):
        encoder.table_to_values(change(frame))
