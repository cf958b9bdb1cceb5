"""Sources that are read in windows: exact for the whole, and whatever can be wrong with their files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scale.tables import content, mixed_table

from synthmix.errors import FileError, InputError, OptionError, SynthmixWarning
from synthmix.io import read_table, write_table
from synthmix.scale import stream
from synthmix.scale.sources.base import all_batches
from synthmix.scale.sources.csv import CsvFile
from synthmix.scale.sources.opening import open_source, read_whole
from synthmix.scale.windows import equal_sizes, scores_of_values
from synthmix.table import encode_table

ROWS = 6000
WINDOWS = {"mode": "windows", "window_rows": 1500, "random_state": 5}


@pytest.fixture(scope="module")
def real() -> pd.DataFrame:
    return mixed_table(ROWS)


@pytest.fixture(scope="module")
def source(real, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("windows") / "in.parquet"
    pq.write_table(pa.Table.from_pandas(real, preserve_index=False), path, row_group_size=700)
    return path


def test_raw_rotation_keeps_the_covariance_of_the_whole(source, real, tmp_path):
    done = stream(source, tmp_path / "out.parquet", encoding="raw", **WINDOWS)
    made = pd.read_parquet(tmp_path / "out.parquet")
    numbers = ["x", "count"]
    np.testing.assert_allclose(made[numbers].mean(), real[numbers].mean(), rtol=1e-12)
    np.testing.assert_allclose(made[numbers].cov(), real[numbers].cov(), rtol=1e-10)
    for name in ("town", "grade", "kept"):
        assert made[name].value_counts().to_dict() == real[name].value_counts().to_dict()
    assert made["y"].isna().sum() == real["y"].isna().sum()
    both = made.merge(real, on="x")
    assert len(both) < 10  # rows are mixed, not copied
    certificate = done.certificate()
    assert certificate["covariance"].status == "exact"
    assert certificate["covariance"].columns == ("x", "count", "day")
    assert certificate["covariance"].error < 1e-10
    assert "y" in certificate.notes[2]
    assert certificate.facts["windows"] == 4


def test_a_cut_pass_is_not_called_exact(source, tmp_path):
    done = stream(source, tmp_path / "out.parquet", 7000, encoding="raw", **WINDOWS)
    certificate = done.certificate()
    assert pq.read_metadata(tmp_path / "out.parquet").num_rows == 7000
    assert certificate["covariance"].status == "in expectation"
    assert 1e-10 < certificate["covariance"].error < 0.1
    twice = stream(source, tmp_path / "twice.parquet", 2 * ROWS, encoding="raw", **WINDOWS).certificate()
    assert twice["covariance"].status == "exact"
    assert twice["covariance"].error < 1e-10
    made = pq.read_table(tmp_path / "twice.parquet")["x"].to_numpy()
    assert np.unique(made).size > 1.9 * ROWS  # the second pass has other groups


def test_scores_keep_types_grids_and_ranges(source, real, tmp_path):
    certificate = stream(source, tmp_path / "out.parquet", **WINDOWS).certificate()
    assert certificate["covariance"].status == "not preserved"
    assert 0 < certificate["covariance"].error < 0.2
    made = pd.read_parquet(tmp_path / "out.parquet")
    pd.testing.assert_series_equal(made.dtypes, real.dtypes)
    assert np.array_equal(np.round(made["y"], 2), made["y"], equal_nan=True)
    for name in ("x", "y", "count", "day"):
        assert made[name].min() >= real[name].min()
        assert made[name].max() <= real[name].max()
        at = np.sort(real[name].dropna().to_numpy())
        gap = np.searchsorted(np.sort(made[name].dropna()), at, "right") / made[name].count() - (
            np.searchsorted(at, at, "right") / at.size
        )
        # two samples of 5,400 and more would be apart by less than this with a probability of 1 - 1e-6
        assert np.abs(gap).max() < 2.7 * np.sqrt(2 / 5400)


def test_values_between_quantiles_come_back_as_they_were():
    """What sketches alone do to a column: encoded by half of its values, the others come back."""
    values = np.sort(np.random.Generator(np.random.Philox(key=3)).normal(size=2001))
    encoder = encode_table(pa.table({"x": values[::2], "z": values[::2]}), encoding="normal", grid="full").encoder
    rows = np.column_stack([values, values])
    scores = scores_of_values(encoder, rows, np.random.Generator(np.random.Philox(key=4)))
    back = encoder.decode_values(scores, np.zeros(scores.shape, bool), start=0, seed=0)
    np.testing.assert_allclose(back, rows, rtol=1e-6, atol=1e-6)
    tied = encode_table(pa.table({"x": np.repeat([1.0, 2.0], 50)}), encoding="normal").encoder
    ones = scores_of_values(tied, np.ones((1000, 1)), np.random.Generator(np.random.Philox(key=4)))
    assert ones.min() < -2 < ones.max() <= 0


def test_the_result_is_a_function_of_source_seed_and_window(source, tmp_path):
    found = {}
    for name, change in {
        "one": {},
        "same": {"memory": "4GiB", "n_jobs": 2, "row_group_rows": None, "resume": False},
        "seed": {"random_state": 6},
        "window": {"window_rows": 1400},
    }.items():
        stream(source, tmp_path / f"{name}.parquet", **{**WINDOWS, **change})
        found[name] = content(tmp_path / f"{name}.parquet")
    assert found["one"] == found["same"]
    assert len(set(found.values())) == 3


@pytest.mark.parametrize("name", ["out.parquet", "out"])
def test_windows_go_on_after_a_stop(source, tmp_path, name):
    class StopError(Exception):
        pass

    def told(done: int, _: int) -> None:
        if done >= 2000:
            raise StopError

    given = {**WINDOWS, "row_group_rows": 500}
    with pytest.raises(StopError):
        stream(source, tmp_path / name, **given, progress=told)
    done = stream(source, tmp_path / name, **given)
    assert 2000 <= done.resumed_rows < ROWS
    stream(source, tmp_path / f"again{Path(name).suffix}", **given)
    assert content(tmp_path / name) == content(tmp_path / f"again{Path(name).suffix}")


def test_classes_and_keys(source, real, tmp_path):
    whole = pa.Table.from_pandas(real, preserve_index=False).append_column("id", [[f"a{i}" for i in range(ROWS)]])
    pq.write_table(whole, tmp_path / "in.parquet", row_group_size=900)
    options = {**WINDOWS, "pairing": "within_class", "encoding": "raw", "columns": {"id": "key"}}
    stream(tmp_path / "in.parquet", tmp_path / "out.parquet", target="town", **options)
    made = pd.read_parquet(tmp_path / "out.parquet")
    assert made["id"].is_unique
    np.testing.assert_allclose(made.groupby("town")["x"].mean(), real.groupby("town")["x"].mean(), rtol=1e-10)
    with pytest.raises(InputError, match=r"needs classes|WithinClass|town"):
        stream(tmp_path / "in.parquet", tmp_path / "no.parquet", target="tow", **options)


def test_a_folder_of_files_is_one_table(real, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    whole = pa.Table.from_pandas(real, preserve_index=False)
    for number in range(4):
        part = whole.slice(number * 1500, 1500)
        pq.write_table(part.select(part.column_names[::-1]) if number == 2 else part, folder / f"{number}.parquet")
    (folder / "_SUCCESS").touch()
    stream(folder, tmp_path / "out.parquet", encoding="raw", **WINDOWS)
    made = pd.read_parquet(tmp_path / "out.parquet")
    np.testing.assert_allclose(made["x"].var(), real["x"].var(), rtol=1e-10)
    assert read_whole(folder).num_rows == ROWS


def test_arrow_files_and_streams_are_read_in_windows(real, tmp_path):
    whole = pa.Table.from_pandas(real, preserve_index=False)
    with pa.OSFile(str(tmp_path / "in.arrow"), "wb") as file, pa.ipc.new_file(file, whole.schema) as writer:
        writer.write_table(whole, max_chunksize=800)
    for given in (tmp_path / "in.arrow", pa.RecordBatchReader.from_batches(whole.schema, whole.to_batches(800))):
        stream(given, tmp_path / "out.parquet", encoding="raw", resume=False, **WINDOWS)
        made = pd.read_parquet(tmp_path / "out.parquet")
        np.testing.assert_allclose(made[["x", "count"]].cov(), real[["x", "count"]].cov(), rtol=1e-10)


def test_a_csv_file_has_the_types_of_a_reading_of_the_whole(real, tmp_path, monkeypatch):
    table = real.assign(
        late=[*["1"] * (ROWS - 1), "1.5"],
        word=[*["7"] * (ROWS - 1), "NA "],
        flag=["True", *[None] * (ROWS - 1)],
        nothing=None,
        moment=[*["2024-01-01 10:00:00"] * (ROWS - 1), "2024-01-01 10:00:00.25"],
        mixed=[*["3"] * (ROWS - 1), "x"],
    )
    table.to_csv(tmp_path / "in.csv", index=False)
    monkeypatch.setattr("synthmix.io.read._BLOCK_BYTES", 1 << 14)
    source = CsvFile(tmp_path / "in.csv")
    wanted = pa.Table.from_pandas(read_table(tmp_path / "in.csv"), preserve_index=False)
    found = pa.concat_tables(all_batches(source))
    assert len(list(all_batches(source))) > 5
    for name in wanted.column_names:
        kind = wanted.schema.field(name).type
        assert found[name].type == (pa.string() if kind == pa.large_string() else kind), name
        assert found[name].cast(kind).combine_chunks().equals(wanted[name].combine_chunks()), name


def test_a_csv_file_in_windows(real, tmp_path):
    write_table(real, tmp_path / "in.csv")
    stream(tmp_path / "in.csv", tmp_path / "out.csv", encoding="raw", **WINDOWS)
    made = read_table(tmp_path / "out.csv")
    np.testing.assert_allclose(made["x"].var(), real["x"].var(), rtol=1e-10)


# --- what can be wrong ---


def test_an_unreadable_row_group_is_named_and_nothing_is_lost(source, tmp_path):
    broken = tmp_path / "in.parquet"
    about = pq.read_metadata(source).row_group(3).column(0)
    data = bytearray(source.read_bytes())
    start = about.dictionary_page_offset or about.data_page_offset
    data[start : start + 60] = b"\xff" * 60
    broken.write_bytes(data)
    (tmp_path / "out.parquet").write_bytes(b"old")
    with pytest.raises(FileError, match=r"cannot read row group 3 of '.*in.parquet'.*write it again"):
        stream(broken, tmp_path / "out.parquet", encoding="raw", **WINDOWS)
    assert (tmp_path / "out.parquet").read_bytes() == b"old"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["in.parquet", "out.parquet"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop_columns("x"), r"b.parquet' lacks the column 'x', which '.*a.parquet' has"),
        (lambda t: t.append_column("new", t["x"]), r"b.parquet' has the column 'new', which '.*a.parquet' lacks"),
        (lambda t: t.set_column(0, "x", t["x"].cast(pa.string())), r"column 'x' is string in '.*b.parquet' but double"),
    ],
)
def test_files_that_differ_in_their_columns_are_refused(real, tmp_path, change, message):
    folder = tmp_path / "in"
    folder.mkdir()
    whole = pa.Table.from_pandas(real.head(100), preserve_index=False)
    pq.write_table(whole, folder / "a.parquet")
    pq.write_table(change(whole), folder / "b.parquet")
    with pytest.raises(InputError, match=message + ".*write them again"):
        stream(folder, tmp_path / "out.parquet", **WINDOWS)
    assert [one.name for one in tmp_path.iterdir()] == ["in"]


def test_too_many_categories_are_refused_and_the_remedy_works(tmp_path, monkeypatch):
    monkeypatch.setattr("synthmix.scale.summary.levels.LevelTable.__init__.__defaults__", (500,))
    table = pa.table({"x": np.arange(2000.0), "name": [f"n{i}" for i in range(2000)]})
    pq.write_table(table, tmp_path / "in.parquet")
    with pytest.raises(InputError, match=r"column 'name' has 2000 distinct values in the first 2000 rows"):
        stream(tmp_path / "in.parquet", tmp_path / "out.parquet", **WINDOWS)
    assert [one.name for one in tmp_path.iterdir()] == ["in.parquet"]
    stream(tmp_path / "in.parquet", tmp_path / "out.parquet", columns={"name": "key"}, **WINDOWS)


def test_a_source_that_changes_while_it_is_read_is_found(source, tmp_path, monkeypatch):
    from synthmix.scale.summary.table import TableSummary

    add = TableSummary.add_all
    monkeypatch.setattr(TableSummary, "add_all", lambda self, batches: add(self, list(batches)[:-1]))
    with pytest.raises(FileError, match="it was changed while it was read"):
        stream(source, tmp_path / "out.parquet", encoding="raw", **WINDOWS)
    assert not (tmp_path / "out.parquet").exists()


def test_what_windows_cannot_do_is_said(source, real, tmp_path):
    out = tmp_path / "out.parquet"
    with pytest.raises(OptionError, match="discrete='scores' needs the ranks of the whole table"):
        stream(source, out, discrete="scores", **WINDOWS)
    with pytest.raises(OptionError, match="chained pairing grows its trees on a table in memory"):
        stream(source, out, pairing="chained", **WINDOWS)
    with pytest.raises(OptionError, match="mode='windows' is for files and streams"):
        stream(real, out, **WINDOWS)
    with pytest.raises(OptionError, match="window_rows=10: give at least 1000"):
        stream(source, out, mode="windows", window_rows=10)
    with pytest.raises(FileError, match="no such file"):
        stream(tmp_path / "none.parquet", out)
    with pytest.raises(InputError, match="is not accepted; give a path"):
        stream(5, out)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="holds no data files"):
        stream(tmp_path / "empty", out)
    (tmp_path / "parts" / "year=2020").mkdir(parents=True)
    (tmp_path / "parts" / "year=2020" / "a.parquet").write_bytes(source.read_bytes())
    with pytest.raises(FileError, match="'year=2020' hold the values of a column"):
        stream(tmp_path / "parts", out)
    (tmp_path / "in.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(FileError, match=r"cannot read '.*in.parquet'"):
        stream(tmp_path / "in.parquet", out)


def test_a_key_of_whole_numbers_is_told(tmp_path):
    table = pa.table({"x": np.sqrt(np.arange(70_000.0)), "id": np.arange(5, 70_005)})
    pq.write_table(table, tmp_path / "in.parquet")
    with pytest.warns(SynthmixWarning, match=r"column 'id' looks like a key .* columns=\{'id': 'key'\} makes new ones"):
        stream(tmp_path / "in.parquet", tmp_path / "out.parquet", **{**WINDOWS, "window_rows": 20_000})
    stream(
        tmp_path / "in.parquet", tmp_path / "keys.parquet", columns={"id": "key"}, **{**WINDOWS, "window_rows": 20_000}
    )
    made = pq.read_table(tmp_path / "keys.parquet")["id"].to_numpy()
    assert np.unique(made).size == 70_000
    assert made.min() > 70_004


def test_the_source_is_not_overwritten_and_an_empty_one_is_told(source, tmp_path):
    with pytest.raises(OptionError, match="is the source, which would be overwritten"):
        stream(source, source)
    pq.write_table(pq.read_table(source).slice(0, 0), tmp_path / "in.parquet")
    with pytest.raises(InputError, match="the source has 0 rows"):
        stream(tmp_path / "in.parquet", tmp_path / "out.parquet", **WINDOWS)


def test_sizes_of_windows():
    assert equal_sizes(10, 4) == [4, 3, 3]
    assert equal_sizes(8, 4) == [4, 4]
    assert equal_sizes(3, 4) == [3]
    assert sum(equal_sizes(1_000_003, 999)) == 1_000_003


def test_stretches_are_read_in_one_order_whatever_the_batches(source):
    opened = open_source(source)
    one = pa.concat_tables(all_batches(opened, 100))
    other = pa.concat_tables(all_batches(opened, 10_000))
    assert one.equals(other)
    assert opened.schema.equals(one.schema)
