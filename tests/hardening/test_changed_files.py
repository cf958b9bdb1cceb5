"""Files that were changed: a result or a documented error. ``benchmarks.hardening fuzz`` reads many more."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.hardening.changes import changed_bytes, changed_json
from benchmarks.hardening.files import TARGETS, Target, small_table
from benchmarks.hardening.fuzz import run_case
from synthmix import InputError, MixupSynthesizer
from synthmix.collapse import CollapseResult
from synthmix.errors import FileError
from synthmix.io import read_table
from synthmix.scale import stream
from synthmix.scale.journal import work_folder_of
from synthmix.scale.sources.opening import open_source, read_whole

FINE = ("result", "documented error")
CASES = {
    "CSV": 30,
    "Parquet": 30,
    "model file, bytes": 20,
    "model file, rewritten with right hashes": 40,
    "reference file, bytes or rewritten": 20,
    "folder of a collapse study": 20,
    "unfinished output of a stream": 10,
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CASES)
def test_a_result_or_a_documented_error(tmp_path, name):
    target = TARGETS[name](tmp_path)
    found = [run_case(target, case, 7) for case in range(CASES[name])]
    assert [one for one in found if one["outcome"] not in FINE] == []


def test_another_error_is_seen(tmp_path):
    class Careless(Target):
        def change(self, rng, place):  # noqa: ARG002
            return place

        def read(self, path):
            raise KeyError(path)

    assert run_case(Careless(tmp_path), 0, 1)["outcome"] == "other error"


def test_changes_are_changes_and_repeat():
    one, two, other = (changed_bytes(b"a,b\n1,2\n" * 9, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one == two != other
    assert changed_json({"a": [1, 2], "b": "c"}, np.random.default_rng(3)) != {"a": [1, 2], "b": "c"}


# --- what was found ---


def test_a_header_that_is_not_utf_8_is_told_where_files_are_streamed(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"real 0,\xf2bc\n1,2\n")
    with pytest.raises(FileError, match="cannot read"):
        open_source(tmp_path / "t.csv")


def test_offsets_that_lead_out_of_an_arrow_file_are_refused(tmp_path):
    path = tmp_path / "t.arrow"
    table = pa.table({"s": pa.array(["aa", "bbbb", "c"] * 5), "x": pa.array(range(15))})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    assert read_whole(path).equals(table)
    offsets = np.frombuffer(table["s"].chunk(0).buffers()[1], np.int32)[:16].tobytes()
    whole = path.read_bytes()
    assert whole.count(offsets) == 1
    wrong = np.frombuffer(offsets, np.int32).copy()
    wrong[7] = 2**30
    path.write_bytes(whole.replace(offsets, wrong.tobytes()))
    # In a process of its own: without the check the next reader of these bytes ends the process.
    code = (
        "import sys; from pathlib import Path; from synthmix.errors import FileError\n"
        "from synthmix.scale.sources.opening import read_whole\n"
        "try: read_whole(Path(sys.argv[1])).to_pandas()\n"
        "except FileError as error: print('told')\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
    assert done.stdout == "told\n", done.stderr[-500:]


@pytest.mark.parametrize("notes", [b"\xff", b"{", b"[" * 9999], ids=["text", "cut", "nested"])
def test_damaged_notes_for_pandas_are_told(tmp_path, notes):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"x": [1.0, 2.0]}).replace_schema_metadata({b"pandas": notes}), path)
    for read in (read_table, open_source):
        with pytest.raises(FileError, match="notes for pandas"):
            read(path)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The sound files of a small study."""
    return TARGETS["folder of a collapse study"](tmp_path_factory.mktemp("study"))


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said["cells"].update({"../../../outside": said["cells"].popitem()[1]}),
        lambda said: said["study"].update(replicates=10**12),
        lambda said: said["study"].update(data_draws="many"),
        lambda said: said["order"].append(["nobody", "replace", 5]),
        lambda said: said.update(order=5),
        lambda said: said.pop("study"),
    ],
    ids=["elsewhere", "endless", "words", "unknown cell", "no list", "no study"],
)
def test_a_manifest_that_no_study_wrote_is_refused(study, tmp_path, change):
    for name, data in study.files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    assert CollapseResult.open(tmp_path).complete
    manifest = tmp_path / "manifest.json"
    said = json.loads(manifest.read_text())
    change(said)
    manifest.write_text(json.dumps(said))
    with pytest.raises(FileError, match="is damaged"):
        CollapseResult.open(tmp_path)


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".arrow"])
def test_a_journal_that_a_disk_changed_is_not_followed(tmp_path, ending):
    made = MixupSynthesizer("rotation", "random", random_state=3).fit(small_table())

    def run(path, stop_after=None):
        def told(done, _):
            if stop_after is not None and done >= stop_after:
                raise KeyboardInterrupt

        return stream(made, path, 100, row_group_rows=20, batch_rows=20, progress=told)

    run(tmp_path / f"whole{ending}")
    path = tmp_path / f"out{ending}"
    with pytest.raises(KeyboardInterrupt):
        run(path, 60)
    journal = work_folder_of(path) / "journal"
    lines = journal.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b'"rows": 20', b'"rows": 30')
    journal.write_bytes(b"".join(lines))
    assert run(path).resumed_rows == 20
    assert path.read_bytes() == (tmp_path / f"whole{ending}").read_bytes()


def test_the_default_says_that_nothing_varies():
    import pandas as pd

    table = pd.DataFrame({"one": [1.0] * 9, "two": ["k"] * 9})
    with pytest.raises(InputError, match=r"no column of the table varies.*pairing='random'"):
        MixupSynthesizer(random_state=1).fit(table)
    assert MixupSynthesizer(pairing="random", random_state=1).fit(table).sample(5).equals(table.head(5))
