"""Bad tables, columns, values and options: the message names the column, shows the value and says what to do."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synthmix.errors import InputError, OptionError
from synthmix.table import encode_table

GOOD = pd.DataFrame({"age": [1, 2, 3], "city": ["a", "b", "a"]})


def frame(values, dtype=None):
    return pd.DataFrame({"ok": np.arange(len(values)), "bad": pd.Series(values, dtype=dtype)})


def objects(*values):
    return frame(list(values), object)


BAD_TABLES = [
    (pd.DataFrame(), "no columns; give at least one"),
    (pd.DataFrame({"a": pd.Series([], dtype=float)}), "empty: it has 0 rows; mixing needs at least 2"),
    (pd.DataFrame({"a": [1.0]}), "has 1 row; mixing needs at least 2"),
    (pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]), "'a' occurs 2 times; rename"),
    (pd.DataFrame([[1, 2], [3, 4]], columns=["1", 1]), "'1' occurs 2 times; rename"),
    (pd.DataFrame([[1, 2], [3, 4]], columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")])), "2 levels; make one"),
    (pd.DataFrame([[1], [2]], columns=[dt.date(2020, 1, 1)]), "label .*2020.* has type date; rename it to text"),
    (frame([1.0, np.inf, 2.0]), "'bad' holds inf in row 1; mark it as missing"),
    (frame([1.0, 2.0, -np.inf]), "'bad' holds -inf in row 2"),
    (frame([1.0, None, np.inf], "Float64"), "'bad' holds inf in row 2"),
    (frame([1.0, 1e200, 2.0]), r"'bad' holds 1e\+200 in row 1, whose square overflows; rescale"),
    (frame([1, 2**53 + 1, 3]), r"'bad' holds 9007199254740993 in row 1, beyond 2\*\*53.*columns=\{'bad': 'key'\}"),
    (frame([1, 2, 3], complex), "'bad' has dtype complex128.*real and an imaginary column"),
    (frame(pd.arrays.SparseArray([0.0, 1.0, 0.0])), "'bad' has dtype Sparse.*to_dense"),
    (frame(pd.interval_range(0, 3)), r"'bad' has dtype interval.*astype\('category'\)"),
    (
        objects(1, "two", 3.5),
        r"'bad' .*types int \(1 in row 0\), str \('two' in row 1\), float \(3.5 in row 2\); make all",
    ),
    (objects(None, [1, 2], [3]), r"'bad' .*type list \(\[1, 2\] in row 1\)"),
    (objects({"a": 1}, {"a": 2}), r"'bad' .*type dict \(\{'a': 1\} in row 0\)"),
    (objects({1, 2}, {3}), r"'bad' .*type set"),
    (objects("x" * 90, 1), r"'bad' .*str \('x{36}\.\.\. in row 0\)"),
    (objects(1 + 2j, 3j), r"'bad' .*type complex .*imaginary column"),
    (objects(b"a", b"b"), r"'bad' .*type bytes"),
    (objects(1, 2.5), r"'bad' .*int \(1 in row 0\), float \(2.5 in row 1\); use pandas.to_numeric"),
    (objects(pd.Timestamp("2020"), pd.Timestamp("2021")), r"'bad' .*type Timestamp .*pandas.to_datetime"),
    (objects(10**30, 1), r"'bad' .*type int .*Arrow cannot hold.*; use \.astype\(str\) if .*identifiers, else"),
    (objects(2**70, None), r"'bad' .*type int .*Arrow cannot hold.*; use \.astype\(str\) if .*identifiers, else"),
    (objects("a\ud800", "b"), r"'bad' .*type str .*Arrow cannot hold.*; use \.str\.encode\('utf-8', 'replace'\)"),
    (frame(["a\ud800", "b"], "string[python]"), r"'bad' of dtype string .*; use \.str\.encode\('utf-8', 'replace'\)"),
    (pd.Series([1, 2]), r"pandas.Series is not accepted.*to_frame\(\)"),
    ({"a": [1, 2]}, "type dict is not accepted: give a pandas.DataFrame, a polars.DataFrame"),
    (None, "type NoneType is not accepted"),
]


INFINITE = pd.Series([0.5, 1.5, np.inf, 0.5])
INFINITIES = {
    "float64": INFINITE,
    "negative": -INFINITE,
    "constant": pd.Series([np.inf] * 4),
    "gaps": INFINITE.where(INFINITE != 1.5),
    "float32": INFINITE.astype("float32"),
    "Float64": INFINITE.astype("Float64"),
    "arrow": INFINITE.astype("double[pyarrow]"),
    "object": INFINITE.astype(object),
    "category": INFINITE.astype("category"),
    "first category": INFINITE.astype("category").cat.reorder_categories([np.inf, 0.5, 1.5]),
}


@pytest.mark.parametrize("kind", [None, "categorical", "real", "key", "boolean"])
@pytest.mark.parametrize("name", INFINITIES)
def test_infinite_values_are_refused_whatever_the_column_is(name, kind):
    values = INFINITIES[name]
    columns = None if kind is None else {"v": kind}
    row = int(np.flatnonzero(np.isinf(values.to_numpy(dtype=float, na_value=np.nan)))[0])
    with pytest.raises(InputError, match=rf"'v' holds -?inf in row {row}; mark it as missing or drop the row"):
        encode_table(pd.DataFrame({"v": values, "x": range(4)}), columns=columns)


def test_infinite_values_of_other_frames_and_of_samples_are_refused():
    pl = pytest.importorskip("polars")
    table = pa.table({"v": INFINITE.to_numpy(), "x": range(4)})
    for other in (table, pl.from_arrow(table), np.column_stack([INFINITE, INFINITE])):
        with pytest.raises(InputError, match="holds inf in row 2; mark it as missing"):
            encode_table(other)
    fine = pd.DataFrame({"v": [0.5, 1.5, 2.5, 0.5], "x": range(4)})
    with pytest.raises(InputError, match="'v' holds inf in row 2; mark it as missing"):
        encode_table(fine).encoder.table_to_values(fine.assign(v=INFINITE))


def test_a_level_that_is_infinite_and_never_occurs_does_no_harm():
    values = pd.Categorical([0.5, 1.5, 0.5], categories=[0.5, 1.5, np.inf])
    assert encode_table(pd.DataFrame({"v": values})).encoder.n_levels == (3,)


@pytest.mark.parametrize(("table", "words"), BAD_TABLES)
def test_bad_tables(table, words):
    with pytest.raises(InputError, match=words):
        encode_table(table)


def test_too_fine_and_too_long_a_time_column():
    times = pd.Series(
        [pd.Timestamp("1900-01-01"), pd.Timestamp("2020-01-01 00:00:00.000000001")], dtype="datetime64[ns]"
    )
    with pytest.raises(InputError, match=r"'bad' spans \d+ nanoseconds.*round it to a coarser unit.*dt.round"):
        encode_table(frame(times))
    encode_table(frame(times.dt.round("us")))


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"encoding": "norml"}, OptionError, "encoding='norml' is unknown; did you mean 'normal'"),
        ({"grid": "fine"}, OptionError, "grid='fine' is unknown; choose from 'auto', 'source', 'full'"),
        ({"discrete": "donors"}, OptionError, "discrete='donors'.*'donor'"),
        ({"keys": "keep"}, OptionError, "keys='keep'.*'fresh', 'drop'"),
        (
            {"columns": {"age": "number"}},
            OptionError,
            "columns={'age': 'number'} is no kind of column; choose from 'real'",
        ),
        ({"columns": {"age": "categorial"}}, OptionError, "did you mean 'categorical'"),
        ({"columns": {"agee": "real"}}, InputError, "names 'agee', which the table does not have; did you mean 'age'"),
        ({"columns": ["age"]}, OptionError, r"columns=\['age'\] is no mapping; give a dictionary"),
        ({"columns": {"city": "real"}}, InputError, "'city' of dtype .* cannot be 'real'; .*pandas.to_numeric"),
        ({"columns": {"city": "datetime"}}, InputError, "'city'.*cannot be 'datetime'; only text in ISO 8601"),
        ({"columns": {"age": "boolean"}}, InputError, "'age'.*3 distinct values cannot be 'boolean'.*'categorical'"),
        ({"columns": {"age": "timedelta"}}, InputError, "'age'.*cannot be 'timedelta'; leave it out"),
    ],
)
def test_bad_options(options, error, words):
    encode_table(GOOD)
    with pytest.raises(error, match=words):
        encode_table(GOOD, **options)


def test_integer_declared_for_fractions():
    with pytest.raises(InputError, match=r"'bad' holds 1.5 in row 1, so it cannot be 'integer'; call it 'real'"):
        encode_table(frame([1.0, 1.5]), columns={"bad": "integer"})


def test_large_integers_may_be_codes_or_keys():
    table = frame([2**60, 2**60 + 1, 2**60])
    encoded = encode_table(table, columns={"bad": "categorical"})
    back = encoded.encoder.decode(encoded.latent, np.isnan(encoded.latent), encoded.codes, start=0, seed=0)
    assert back["bad"].tolist() == table["bad"].tolist()
    keys = encode_table(table, columns={"bad": "key"})
    back = keys.encoder.decode(keys.latent, np.isnan(keys.latent), keys.codes, start=0, seed=0)
    assert back["bad"].tolist() == [2**60 + 2, 2**60 + 3, 2**60 + 4]


def test_unknown_column_of_levels():
    encoder = encode_table(GOOD).encoder
    with pytest.raises(InputError, match="there is no column 'town'; choose from 'age', 'city'"):
        encoder.levels("town")
    with pytest.raises(InputError, match="there is no column 'cty'; did you mean 'city'"):
        encoder.levels("cty")
