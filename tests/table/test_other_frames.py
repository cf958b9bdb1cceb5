"""polars, pyarrow and numpy in, the same out."""

from __future__ import annotations

import decimal

import numpy as np
import pyarrow as pa
import pytest

from synthmix.errors import InputError
from synthmix.table import encode_table

N = 60
_RNG = np.random.default_rng(2)
_HOLE = _RNG.random(N) < 0.2
_INTS = _RNG.integers(0, 30, N).tolist()
_WORDS = _RNG.choice(["x", "yy", "zé", "\0q"], N).tolist()


def gaps(values):
    return [None if hole else value for value, hole in zip(values, _HOLE, strict=True)]


def arrow_columns():
    integer = pa.array(gaps(_INTS), pa.int32())
    wide = integer.cast(pa.int64())
    columns = {str(kind): wide.cast(kind) for kind in (pa.int8(), pa.uint16(), pa.int64(), pa.uint64())}
    columns |= {str(kind): wide.cast(kind) for kind in (pa.float32(), pa.float64())}
    columns |= {f"time {unit}": wide.cast(pa.timestamp(unit)) for unit in ("s", "ms", "us", "ns")}
    columns |= {f"span {unit}": wide.cast(pa.duration(unit)) for unit in ("s", "ns")}
    columns["zoned"] = wide.cast(pa.timestamp("us", "Europe/Paris"))
    columns["offset"] = wide.cast(pa.timestamp("ms", "+01:00"))
    columns["date32"] = integer.cast(pa.date32())
    columns["date64"] = columns["date32"].cast(pa.date64())
    columns["clock s"] = integer.cast(pa.time32("s"))
    columns["clock ns"] = wide.cast(pa.time64("ns"))
    halves = pa.array([None if i is None else decimal.Decimal(i) / 2 for i in gaps(_INTS)], pa.decimal128(20, 2))
    columns |= {str(kind): halves.cast(kind) for kind in (pa.decimal128(7, 2), pa.decimal256(40, 3))}
    columns |= {str(kind): pa.array(gaps(_WORDS), kind) for kind in (pa.string(), pa.large_string())}
    columns["bool"] = pa.array(gaps([i % 2 == 0 for i in _INTS]))
    levels = pa.array(["b", "a", "c", "unused"])
    columns["dictionary"] = pa.DictionaryArray.from_arrays(pa.array(gaps([i % 3 for i in _INTS]), pa.int8()), levels)
    columns["ordered"] = pa.DictionaryArray.from_arrays(
        pa.array(gaps([i % 3 for i in _INTS]), pa.int16()), pa.array([10, 5, 7]), ordered=True
    )
    columns["nothing"] = pa.nulls(N)
    columns["nan"] = pa.array([float("nan") if i is None else float(i) for i in gaps(_INTS)])
    columns["key"] = pa.array(gaps([f"k{i}" for i in range(N)]))
    return columns


@pytest.fixture
def arrow_table():
    table = pa.table(arrow_columns()).replace_schema_metadata({"made": "by hand"})
    fields = [field.with_metadata({"unit": "m"}) if field.name == "int8" else field for field in table.schema]
    table = table.cast(pa.schema(fields, metadata=table.schema.metadata))
    return pa.concat_tables([table.slice(0, 20), table.slice(20)])  # two chunks, two dictionaries


def assert_same_arrow(found, wanted):
    assert found.schema.equals(wanted.schema, check_metadata=True)
    for name in wanted.column_names:
        assert found[name].null_count == wanted[name].null_count
        if name == "nan":
            assert np.array_equal(found[name].to_numpy(), wanted[name].to_numpy(), equal_nan=True)
        elif name != "key":
            assert found[name].to_pylist() == wanted[name].to_pylist()


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(("encoding", "discrete"), [("raw", "donor"), ("normal", "donor"), ("normal", "scores")])
def test_arrow_tables_come_back(arrow_table, identity, reloaded, encoding, discrete):
    encoded, back = identity(arrow_table, encoding=encoding, discrete=discrete, grid="source", seed=2)
    assert type(back) is pa.Table
    assert_same_arrow(back, arrow_table)
    back.validate(full=True)
    again = reloaded(encoded.encoder).decode(encoded.latent, np.isnan(encoded.latent), encoded.codes, start=0, seed=4)
    assert_same_arrow(again, arrow_table)
    values, codes = encoded.encoder.table_to_values(back)
    assert np.array_equal(values, encoded.encoder.source_values(encoded.latent), equal_nan=True)
    assert np.array_equal(codes, encoded.codes)
    with pytest.raises(AssertionError):  # negative control
        assert_same_arrow(back.set_column(0, "int8", back["int8"].take(list(range(N))[::-1])), arrow_table)


@pytest.mark.usefixtures("quiet")
def test_full_grid_gives_doubles_and_drops_a_contradicting_note(arrow_table, identity):
    noted = arrow_table.replace_schema_metadata({"made": "by hand", "pandas": "{}"})
    back = identity(noted, encoding="raw")[1]
    assert back.schema.metadata == {b"made": b"by hand"}
    assert {back.schema.field(name).type for name in ("int8", "uint64", "float", "decimal128(7, 2)")} == {pa.float64()}
    assert back.schema.field("time ns").type == pa.timestamp("ns")


@pytest.mark.usefixtures("quiet")
def test_polars_frames_come_back(identity, reloaded):
    pl = pytest.importorskip("polars", reason="polars is not installed")
    from polars.testing import assert_frame_equal

    skipped = ("decimal256(40, 3)", "time s", "span s", "offset", "clock s", "ordered", "nan")
    columns = {name: array for name, array in arrow_columns().items() if name not in skipped}
    words = gaps([["u", "v", "w"][i % 3] for i in _INTS])
    frame = pl.DataFrame([pl.Series(name, array) for name, array in columns.items()]).with_columns(
        pl.Series("enum", words, dtype=pl.Enum(["w", "u", "v", "unused"])),
        pl.Series("categorical", words, dtype=pl.Categorical),
    )

    def plain(table):  # polars 1 cannot compare categories of two origins; the schema has been compared
        return table.drop("key").with_columns(pl.col("categorical", "dictionary").cast(pl.String))

    for encoding, discrete in (("raw", "donor"), ("normal", "donor"), ("normal", "scores")):
        encoded, back = identity(frame, encoding=encoding, discrete=discrete, grid="source", seed=2)
        again = reloaded(encoded.encoder)
        missing = np.isnan(encoded.latent)
        for found in (back, again.decode(encoded.latent, missing, encoded.codes, start=0, seed=4)):
            assert found.schema == frame.schema
            assert_frame_equal(plain(found), plain(frame), check_exact=True)
            assert found["key"].null_count() == frame["key"].null_count()
        with pytest.raises(AssertionError):  # negative control
            assert_frame_equal(plain(back), plain(frame).reverse(), check_exact=True)
    assert encoded.encoder.levels("enum") == ["w", "u", "v", "unused", None]
    full = identity(frame, encoding="raw")[1]
    assert full.schema["int8"] == pl.Float64
    assert full.schema["zoned"] == frame.schema["zoned"]


@pytest.mark.parametrize("dtype", ["f8", "f4", ">f8", "i8", "u1", "?"])
def test_arrays_come_back(identity, reloaded, dtype):
    rng = np.random.default_rng(1)
    array = np.round(rng.normal(size=(50, 3)) * 9, 1)
    array = np.abs(array * 10).astype(dtype) if dtype in ("i8", "u1") else array.astype(dtype)
    if dtype == "?":
        array = rng.random((50, 3)) < 0.5
    if array.dtype.kind == "f":
        array[3, 1] = np.nan
    encoded, back = identity(array, encoding="normal")
    assert back.dtype == array.dtype
    assert np.array_equal(back, array, equal_nan=array.dtype.kind == "f")
    assert encoded.encoder.feature_names == ("x0", "x1", "x2")
    again = reloaded(encoded.encoder).decode(encoded.latent, np.isnan(encoded.latent), encoded.codes, start=0, seed=0)
    assert np.array_equal(again, back, equal_nan=array.dtype.kind == "f")
    full = identity(array, encoding="raw")[1]
    assert full.dtype.newbyteorder("=") == (bool if dtype == "?" else np.float64)
    assert np.array_equal(full, array, equal_nan=array.dtype.kind == "f")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: pa.table({"x": [[1], [2]]}), "'x'.*list<.*int64.*cannot be mixed"),
        (lambda: pa.table({"x": [b"a", b"b"]}), "'x'.*binary.*cannot be mixed"),
        (lambda: pa.table({"x": [{"a": 1}, {"a": 2}]}), "'x'.*struct.*cannot be mixed"),
        (lambda: pa.table([pa.array([1, 2]), pa.array([1, 2])], names=["x", "x"]), "'x' occurs 2 times"),
        (lambda: pa.table({"x": pa.array([2**64 - 1, 0], pa.uint64())}), "'x' holds 18446744073709551615 in row 0"),
        (lambda: pa.table({"x": pa.array([decimal.Decimal(10**25), None])}), "'x' holds 1000.* in row 0, over 18"),
        (lambda: pa.record_batch({"x": [1, 2]}), "RecordBatch is not accepted.*from_batches"),
        (lambda: np.zeros(4), r"shape \(4,\); give a two-dimensional"),
        (lambda: np.zeros((3, 2), complex), "dtype complex128.*pandas, polars or pyarrow"),
        (lambda: np.zeros((3, 2), "longdouble"), "'x0' has dtype .*wider than float64"),
        (lambda: np.ma.zeros((3, 2)), "masked array.*filled"),
        (lambda: np.array([["a", "b"]]), "dtype <U1.*pandas, polars or pyarrow"),
        (lambda: [[1, 2], [3, 4]], r"type list is not accepted: give a pandas.DataFrame"),
    ],
)
def test_tables_that_cannot_be_read(make, words):
    with pytest.raises(InputError, match=words):
        encode_table(make())


def test_polars_tables_that_cannot_be_read():
    pl = pytest.importorskip("polars", reason="polars is not installed")
    cases = [
        (pl.DataFrame({"x": [1, 2]}).lazy(), r"LazyFrame is not accepted.*collect\(\)"),
        (pl.Series([1, 2]), r"Series is not accepted.*to_frame\(\)"),
        (pl.DataFrame({"x": [object(), object()]}), "'x' has the polars dtype Object"),
        (pl.DataFrame({"x": [[1], [2]]}), "'x'.*list.*cannot be mixed"),
    ]
    for table, words in cases:
        with pytest.raises(InputError, match=words):
            encode_table(table)


@pytest.mark.parametrize("names", [["", "x"], ["", "column_0"], ["column_1", ""]])
def test_an_empty_polars_column_name_is_kept(identity, names):
    pl = pytest.importorskip("polars", reason="polars is not installed")
    table = pl.DataFrame({"a": [1.5, 2.5, 3.0], "b": ["u", "v", "u"]})
    table.columns = names
    encoded, back = identity(table)
    assert encoded.encoder.feature_names == tuple(names)
    assert back.columns == names
    assert back.equals(table)
