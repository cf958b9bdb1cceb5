"""Rows of a source in memory: the same bytes however they are cut, killed and gone on with."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scale.tables import SINKS, content, fitted, mixed_table

from synthmix import MixupSynthesizer, load
from synthmix.errors import FileError, OptionError
from synthmix.io import read_table, write_table
from synthmix.scale import Streamed, stream
from synthmix.scale.journal import work_folder_of
from synthmix.scale.output import Output
from synthmix.scale.rows import edges
from synthmix.scale.sinks import csv, folder, ipc, parquet

ROWS = 5000
PART = 700


class StopError(Exception):
    """What a test stops a run with."""


@pytest.fixture(scope="module")
def synthesizer() -> MixupSynthesizer:
    return fitted()


def table_at(path: Path) -> pa.Table:
    if path.suffix == ".arrow":
        return pa.ipc.open_file(path).read_all()
    return pq.read_table(path)


@pytest.mark.parametrize("name", SINKS)
def test_bytes_do_not_depend_on_batches_or_on_the_journal(synthesizer, tmp_path, name):
    found = set()
    for batch, resume in ((37, True), (1000, False), (1_000_000, True), (None, False)):
        path = tmp_path / f"{batch}" / name
        path.parent.mkdir()
        stream(synthesizer, path, ROWS, batch_rows=batch, row_group_rows=PART, resume=resume)
        found.add(content(path))
        assert [one.name for one in path.parent.iterdir()] == [name]
    assert len(found) == 1


@pytest.mark.parametrize("name", ["out.parquet", "out.arrow", "out"])
def test_rows_are_those_of_sample(synthesizer, tmp_path, name):
    stream(synthesizer, tmp_path / name, ROWS, row_group_rows=PART)
    pd.testing.assert_frame_equal(table_at(tmp_path / name).to_pandas(), synthesizer.sample(ROWS))


def test_csv_is_written_as_elsewhere(synthesizer, tmp_path):
    stream(synthesizer, tmp_path / "out.csv", ROWS, row_group_rows=PART)
    write_table(synthesizer.sample(ROWS), tmp_path / "wanted.csv")
    assert content(tmp_path / "out.csv") == content(tmp_path / "wanted.csv")


def test_row_groups_are_of_the_size_that_is_asked_for_and_others_can_read_them(synthesizer, tmp_path):
    path = tmp_path / "out.parquet"
    stream(synthesizer, path, ROWS, row_group_rows=PART)
    about = pq.read_metadata(path)
    assert [about.row_group(i).num_rows for i in range(about.num_row_groups)] == [PART] * 7 + [100]
    assert pd.read_parquet(path).shape[0] == ROWS
    whole = pq.ParquetFile(path)
    assert sum(batch.num_rows for batch in whole.iter_batches(100, row_groups=[3])) == PART
    encodings = about.row_group(0).column(0).encodings
    assert not any("DICTIONARY" in one for one in encodings)
    assert any("DICTIONARY" in one for one in about.row_group(0).column(4).encodings)


@pytest.mark.parametrize("name", SINKS)
def test_no_rows_is_a_table_with_columns(synthesizer, tmp_path, name):
    stream(synthesizer, tmp_path / name, 0)
    found = read_table(tmp_path / name) if name == "out.csv" else table_at(tmp_path / name)
    assert len(found) == 0
    assert list(found.columns if name == "out.csv" else found.column_names) == list(mixed_table().columns)


@pytest.mark.parametrize("form", ["pandas", "polars", "pyarrow", "numpy", "path", "stream"])
def test_every_source_gives_the_rows_of_its_synthesizer(tmp_path, form):
    table = mixed_table()[["x", "count"]].astype(float)
    source = {
        "pandas": lambda: table,
        "polars": lambda: pytest.importorskip("polars").from_pandas(table),
        "pyarrow": lambda: pa.Table.from_pandas(table, preserve_index=False),
        "numpy": table.to_numpy,
        "path": lambda: (write_table(table, tmp_path / "in.parquet"), tmp_path / "in.parquet")[1],
        "stream": lambda: pa.RecordBatchReader.from_batches(
            (whole := pa.Table.from_pandas(table, preserve_index=False)).schema, whole.to_batches(100)
        ),
    }[form]()
    done = stream(source, tmp_path / "out.parquet", 1200, random_state=4, encoding="raw")
    wanted = MixupSynthesizer(random_state=4, encoding="raw").fit(table).sample(1200)
    found = pq.read_table(tmp_path / "out.parquet")
    assert np.array_equal(np.column_stack([column.to_numpy() for column in found.columns]), wanted.to_numpy())
    assert done.n_rows == 1200
    assert done.certificate()["covariance"].status == "exact"


def test_a_duckdb_relation_is_a_source(tmp_path):
    duckdb = pytest.importorskip("duckdb")
    table = mixed_table()[["x", "y"]]
    relation = duckdb.from_df(table).filter("x > 0")
    stream(relation, tmp_path / "out.parquet", 100, random_state=1)
    wanted = MixupSynthesizer(random_state=1).fit(pa.Table.from_pandas(table[table.x > 0], preserve_index=False))
    assert pq.read_table(tmp_path / "out.parquet").equals(wanted.sample(100))


def stop_after(rows: int):
    def told(done: int, total: int) -> None:
        assert total == ROWS
        if done > rows:
            raise StopError

    return told


@pytest.mark.parametrize("name", SINKS)
def test_a_run_that_fails_goes_on_where_it_was(synthesizer, tmp_path, name):
    path = tmp_path / name
    for rows in (800, 2500):
        with pytest.raises(StopError):
            stream(synthesizer, path, ROWS, row_group_rows=PART, batch_rows=PART, progress=stop_after(rows))
        assert not path.exists()
    with (work_folder_of(path) / "journal").open("ab") as file:
        file.write(b'{"rows": 7')  # a line that a killed process left half-written
    seen = []
    done = stream(synthesizer, path, ROWS, row_group_rows=PART, progress=lambda rows, _: seen.append(rows))
    assert done.resumed_rows >= 2800
    assert seen[0] == done.resumed_rows + PART
    stream(synthesizer, tmp_path / f"again{path.suffix}", ROWS, row_group_rows=PART)
    assert content(path) == content(tmp_path / f"again{path.suffix}")
    assert not work_folder_of(path).exists()


def test_bytes_after_the_last_whole_part_are_cut_off(synthesizer, tmp_path):
    path = tmp_path / "out.parquet"
    with pytest.raises(StopError):
        stream(synthesizer, path, ROWS, row_group_rows=PART, batch_rows=PART, progress=stop_after(800))
    with (work_folder_of(path) / "data.parquet").open("ab") as file:
        file.write(b"half a row group")
    stream(synthesizer, path, ROWS, row_group_rows=PART)
    stream(synthesizer, tmp_path / "again.parquet", ROWS, row_group_rows=PART)
    assert content(path) == content(tmp_path / "again.parquet")


@pytest.mark.parametrize("resume", [True, False])
def test_files_of_pyarrow_that_cannot_tell_their_descriptor(synthesizer, tmp_path, monkeypatch, resume):
    """Those before pyarrow 25; the same bytes are written, beside another file that is appended to."""
    stream(synthesizer, tmp_path / "told.parquet", ROWS, row_group_rows=PART, resume=resume)
    with (tmp_path / "other").open("ab"), (tmp_path / "told.parquet").open("rb"):
        tells = parquet.descriptor_of
        monkeypatch.setattr(parquet, "descriptor_of", lambda _, path: tells(object(), path))
        stream(synthesizer, tmp_path / "found.parquet", ROWS, row_group_rows=PART, resume=resume)
    assert content(tmp_path / "found.parquet") == content(tmp_path / "told.parquet")


def test_a_descriptor_that_is_nowhere(tmp_path):
    (tmp_path / "a").touch()
    with (tmp_path / "a").open("rb"), pytest.raises(FileError, match="install pyarrow 25 or later"):
        parquet.descriptor_of(object(), tmp_path / "a")


def test_a_run_without_a_seed_takes_that_of_the_unfinished_one(tmp_path):
    path, table = tmp_path / "out.parquet", mixed_table()
    with pytest.raises(StopError):
        stream(table, path, ROWS, row_group_rows=PART, batch_rows=PART, progress=stop_after(800))
    done = stream(table, path, ROWS, row_group_rows=PART)
    assert done.resumed_rows > 0
    stream(table, tmp_path / "again.parquet", ROWS, row_group_rows=PART, random_state=done.seed)
    assert content(path) == content(tmp_path / "again.parquet")


@pytest.mark.parametrize("change", [{"n_rows": ROWS + 1}, {"row_group_rows": 600}, {"random_state": 8}])
def test_the_unfinished_output_of_another_run_is_left_alone(tmp_path, change):
    path, table = tmp_path / "out.parquet", mixed_table()
    given = {"n_rows": ROWS, "row_group_rows": PART, "random_state": 2}
    with pytest.raises(StopError):
        stream(table, path, **given, batch_rows=PART, progress=stop_after(800))
    before = content(work_folder_of(path))
    with pytest.raises(OptionError, match=r"unfinished output of another run, which is left untouched; different: "):
        stream(table, path, **{**given, **change})
    assert content(work_folder_of(path)) == before
    assert stream(table, path, **given).resumed_rows > 0


def test_two_processes_do_not_write_one_output(synthesizer, tmp_path):
    path = tmp_path / "out.parquet"

    def told(done: int, total: int) -> None:
        if done < total:
            with pytest.raises(FileError, match="another process is writing it"):
                stream(synthesizer, path, ROWS)

    stream(synthesizer, path, ROWS, row_group_rows=PART, progress=told)


@pytest.mark.parametrize("resume", [True, False])
def test_an_old_file_stays_until_the_new_one_is_whole(synthesizer, tmp_path, resume):
    path = tmp_path / "out.parquet"
    path.write_bytes(b"old")
    with pytest.raises(StopError):
        stream(synthesizer, path, ROWS, row_group_rows=PART, batch_rows=PART, progress=stop_after(800), resume=resume)
    assert path.read_bytes() == b"old"
    assert work_folder_of(path).exists() is resume
    stream(synthesizer, path, ROWS, row_group_rows=PART, resume=resume)
    assert pq.read_metadata(path).num_rows == ROWS


def test_an_old_folder_is_refused(synthesizer, tmp_path):
    path = tmp_path / "out"
    path.mkdir()
    with pytest.raises(FileError, match="it is there already"):
        stream(synthesizer, path, 10)
    path.rmdir()
    with pytest.raises(StopError):
        stream(synthesizer, path, ROWS, row_group_rows=PART, batch_rows=PART, progress=stop_after(800))
    path.mkdir()  # by someone else, beside the unfinished output
    with pytest.raises(FileError, match="it is there already"):
        stream(synthesizer, path, ROWS, row_group_rows=PART)
    path.rmdir()
    assert stream(synthesizer, path, ROWS, row_group_rows=PART).resumed_rows > 0


@pytest.mark.parametrize("removed", [False, True])
@pytest.mark.parametrize("name", SINKS)
def test_a_run_that_ended_after_its_output_had_its_name(synthesizer, tmp_path, monkeypatch, name, removed):
    path = tmp_path / name
    with monkeypatch.context() as patched:
        patched.setattr("synthmix.scale.journal.shutil.rmtree", lambda *_, **__: None)  # killed before that
        stream(synthesizer, path, ROWS, row_group_rows=PART)
    assert work_folder_of(path).exists()
    before = content(path)
    if name == "out":
        with pytest.raises(FileError, match="it is there already"):
            stream(synthesizer, path, ROWS, row_group_rows=PART, resume=False)
    if removed:
        path.rename(tmp_path / "elsewhere")
    assert stream(synthesizer, path, ROWS, row_group_rows=PART).resumed_rows == (0 if removed else ROWS)
    assert content(path) == before
    assert not work_folder_of(path).exists()


KINDS = {
    "out.parquet": parquet.ParquetFile,
    "out.csv": csv.CsvFile,
    "out.arrow": ipc.IpcFile,
    "out": folder.ParquetFolder,
}


@pytest.mark.parametrize("name", SINKS)
@pytest.mark.parametrize(("where", "resume"), [("append", True), ("append", False), ("sync", True)])
def test_a_full_disk_is_told_and_nothing_is_lost(synthesizer, tmp_path, monkeypatch, name, resume, where):
    """The system says it when bytes are written, or once, later, when they are to reach the disk."""
    path, calls = tmp_path / name, []
    real, adopt = getattr(KINDS[name], where), Output.adopt

    def full(sink, *given):
        calls.append(1)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(sink, *given)

    def run() -> Streamed:
        return stream(synthesizer, path, ROWS, batch_rows=ROWS, row_group_rows=PART, resume=resume)

    with monkeypatch.context() as patch:
        patch.setattr(KINDS[name], where, full)
        if where == "sync":  # parts that come together share one wait: let them come apart
            patch.setattr(Output, "adopt", lambda output, part: (adopt(output, part), time.sleep(0.02))[0])
        kept = "rows are kept in .*: run the same again" if resume else "nothing half-written remains"
        with pytest.raises(FileError, match=rf"{name}.*[Nn]o space left.*{kept}") as caught:
            run()
    assert caught.value.errno == errno.ENOSPC
    assert not path.exists()
    if not resume:
        assert list(tmp_path.iterdir()) == []
    assert (run().resumed_rows > 0) is resume
    again = tmp_path / f"again{Path(name).suffix}"
    stream(synthesizer, again, ROWS, row_group_rows=PART)
    assert content(path) == content(again)


@pytest.mark.parametrize("name", SINKS)
def test_a_disk_that_is_really_full(synthesizer, tmp_path, name):
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(small)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small file system cannot be mounted here (needs root); the test above simulates one")
    try:
        for _ in range(2):
            with pytest.raises(FileError, match=rf"{name}.*space left.*rows are kept"):
                stream(synthesizer, small / name, ROWS, row_group_rows=PART)
        subprocess.run([*mount[:3], "-o", "remount,size=9m", "tmpfs", str(small)], check=True)
        assert stream(synthesizer, small / name, ROWS, row_group_rows=PART).resumed_rows > 0
        stream(synthesizer, tmp_path / f"again{Path(name).suffix}", ROWS, row_group_rows=PART)
        assert content(small / name) == content(tmp_path / f"again{Path(name).suffix}")
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_the_journal_is_needed(synthesizer, tmp_path, monkeypatch):
    """A negative control: a sink that does not cut off what follows the last whole part makes another file."""
    path = tmp_path / "out.parquet"
    with pytest.raises(StopError):
        stream(synthesizer, path, ROWS, row_group_rows=PART, batch_rows=PART, progress=stop_after(800))
    with (work_folder_of(path) / "data.parquet").open("ab") as file:
        file.write(b"half a row group")
    monkeypatch.setattr(parquet, "cut", lambda *_: None)
    stream(synthesizer, path, ROWS, row_group_rows=PART)
    monkeypatch.undo()
    stream(synthesizer, tmp_path / "again.parquet", ROWS, row_group_rows=PART)
    assert content(path) != content(tmp_path / "again.parquet")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
def test_the_command_goes_on_after_kill(tmp_path):
    """Ten are killed in a benchmark; here one, when two of its row groups are there."""
    write_table(mixed_table(), tmp_path / "in.csv")
    path = tmp_path / "out.parquet"
    command = [sys.executable, "-m", "synthmix.cli", "synthesize", "in.csv", "out.parquet", "--rows", "30000"]
    command += ["--seed", "5", "--resume", "--pairing", "random", "--row-group", "500"]
    journal = work_folder_of(path) / "journal"
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        while process.poll() is None and not (journal.exists() and journal.read_bytes().count(b"\n") >= 3):
            pass
        assert process.poll() is None, process.stderr.read()
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not path.exists()
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "were there from a run that was cut short" in done.stdout
    stream(
        tmp_path / "in.csv", tmp_path / "again.parquet", 30_000, row_group_rows=500, pairing="random", random_state=5
    )
    assert content(path) == content(tmp_path / "again.parquet")


def test_edges_make_up_the_range_in_whole_passes():
    for start, stop, size, n in ((0, 50, 7, 10), (3, 50, 25, 10), (3, 95, 1000, 10), (17, 18, 5, 100), (0, 0, 5, 10)):
        found = list(edges(start, stop, size, n))
        assert [row for low, high in found for row in range(low, high)] == list(range(start, stop))
        assert all(high - low <= size for low, high in found)
    assert list(edges(0, 100, 25, 10)) == [(0, 20), (20, 40), (40, 60), (60, 80), (80, 100)]


def test_too_little_memory_is_told(synthesizer, tmp_path):
    with pytest.raises(OptionError, match=r"memory='1MiB' is too little"):
        stream(synthesizer, tmp_path / "out.parquet", 10, memory="1MiB")
    with pytest.raises(OptionError, match=r"memory='much' is no amount of memory"):
        stream(synthesizer, tmp_path / "out.parquet", 10, memory="much")
    with pytest.raises(OptionError, match=r"memory is too little: .* give more memory or a smaller row_group_rows"):
        stream(synthesizer, tmp_path / "out.parquet", 10, memory="256MiB", row_group_rows=10**9)


def test_a_source_that_does_not_fit_is_told_where_it_must(tmp_path, monkeypatch):
    write_table(mixed_table(), tmp_path / "in.parquet")
    monkeypatch.setattr("synthmix.scale.run.size_of", lambda _: 10**10)
    with pytest.raises(OptionError, match=r"takes about 9.31 GiB in memory.*more than memory=2.00 GiB"):
        stream(tmp_path / "in.parquet", tmp_path / "out.parquet", mode="memory")


def test_options_beside_a_fitted_synthesizer_are_refused(synthesizer, tmp_path):
    with pytest.raises(OptionError, match="encoding= is an option of fitting"):
        stream(synthesizer, tmp_path / "out.parquet", 10, encoding="raw")
    with pytest.raises(OptionError, match="unknown option 'encodin'"):
        stream(mixed_table(), tmp_path / "out.parquet", 10, encodin="raw")
    with pytest.raises(FileError, match=r"extension '.xlsx'"):
        stream(synthesizer, tmp_path / "out.xlsx", 10)
    with pytest.raises(OptionError, match="compression='zip'"):
        stream(synthesizer, tmp_path / "out.parquet", 10, compression="zip")


def test_a_saved_synthesizer_gives_the_same_file(synthesizer, tmp_path):
    synthesizer.save(tmp_path / "model")
    stream(load(tmp_path / "model"), tmp_path / "a.parquet", 500)
    stream(synthesizer, tmp_path / "b.parquet", 500)
    assert content(tmp_path / "a.parquet") == content(tmp_path / "b.parquet")


def test_text_that_appears_late_has_its_type_from_the_start(tmp_path):
    table = pd.DataFrame({"x": np.arange(400.0), "note": [None] * 396 + ["a", "b", "a", "b"]})
    stream(table, tmp_path / "out.parquet", 4000, random_state=1, row_group_rows=50)
    assert pq.read_schema(tmp_path / "out.parquet").field("note").type in (pa.string(), pa.large_string())
