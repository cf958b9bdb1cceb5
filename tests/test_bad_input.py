"""Every kind of bad input is a clear error that names the column, the value and the remedy, or a documented warning."""

import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from synthmix import FileError, InputError, MixupSynthesizer, OptionError, SynthmixWarning, load, synthesize
from synthmix.io import read_table, write_table
from synthmix.pairing import WithinClass


def table(n=40):
    rng = np.random.default_rng(0)
    return pd.DataFrame({"x": rng.normal(size=n), "y": rng.gamma(2.0, size=n), "c": rng.choice(["a", "b"], n)})


def fit(frame, **options):
    return MixupSynthesizer(random_state=0, **options).fit(frame)


def test_empty_table():
    with pytest.raises(InputError, match=r"0 rows|no rows|empty"):
        fit(table(0))
    with pytest.raises(InputError, match="column"):
        fit(pd.DataFrame(index=range(5)))


def test_one_row():
    with pytest.raises(InputError, match=r"1 row.*at least 2"):
        fit(table(1))


def test_fewer_rows_than_the_group_size():
    with pytest.raises(InputError, match=r"4 rows but Rotation\(k=5.*at least 5 rows or a weights law"):
        fit(table(4), pairing="nearest")
    assert len(fit(table(4)).sample(9)) == 9
    assert len(fit(table(4), weights="epbeta", pairing="random").sample(9)) == 9


def test_all_missing_column_is_warned_and_kept():
    frame = table().assign(empty=np.nan)
    with pytest.warns(SynthmixWarning, match="'empty'"):
        synthesizer = fit(frame)
    sample = synthesizer.sample(10)
    assert sample["empty"].isna().all()
    assert sample["empty"].dtype == frame["empty"].dtype


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinite_values(value):
    frame = table()
    frame.loc[7, "y"] = value
    with pytest.raises(InputError, match=r"'y'.*inf.*row 7|'y'.*row 7.*inf"):
        fit(frame)


def test_duplicated_column_names():
    frame = table()
    frame.columns = ["x", "x", "c"]
    with pytest.raises(InputError, match="'x'"):
        fit(frame)


def test_mixed_type_object_column():
    frame = table()
    frame["m"] = [1, "two", 3.0, None] * 10
    with pytest.raises(InputError, match=r"'m'.*(int|str)"):
        fit(frame)


def test_a_category_that_is_never_seen_is_kept_as_a_level_and_never_made():
    frame = table().assign(c=lambda f: pd.Categorical(f["c"], ["a", "b", "ghost"]))
    sample = fit(frame).sample(500)
    assert list(sample["c"].cat.categories) == ["a", "b", "ghost"]
    assert not (sample["c"] == "ghost").any()
    other = sample.assign(c=pd.Categorical(["ghost", *sample["c"].astype(str)[1:]]))
    with pytest.warns(SynthmixWarning, match="not made of those rows"):  # a declared level can be read
        assert fit(frame).certificate(other)["category counts"].realised > 0
    with pytest.raises(InputError, match=r"'c'.*'novel'|novel.*'c'"):
        fit(frame).certificate(sample.assign(c=["novel"] * len(sample)))


@pytest.mark.parametrize("n_rows", [-1, 3.5, "many"])
def test_n_rows_negative_or_no_integer(n_rows):
    with pytest.raises(OptionError, match=r"n_rows=.*(negative|not an integer)"):
        fit(table()).sample(n_rows)


def test_unknown_option_names():
    with pytest.raises(OptionError, match="did you mean 'encoding'"):
        synthesize(table(), 5, encodign="raw")
    with pytest.raises(OptionError, match="'rotation'"):
        fit(table(), weights="rotations")
    with pytest.raises(OptionError, match=r"'x'.*nummeric"):
        fit(table(), columns={"x": "nummeric"})


def test_a_target_that_does_not_exist_lists_near_names():
    with pytest.raises(InputError, match=r"target 'klass'.*did you mean 'class'"):
        MixupSynthesizer().fit(table().rename(columns={"c": "class"}), target="klass")


def test_class_columns_that_do_not_exist():
    with pytest.raises(InputError, match="class column 'z'"):
        fit(table(), pairing=WithinClass("z"))


def test_other_types_of_table():
    for thing in ([[1, 2], [3, 4]], {"x": [1, 2]}, "table.csv", None):
        with pytest.raises(InputError, match=type(thing).__name__):
            fit(thing)


def test_unreadable_and_truncated_files(tmp_path):
    with pytest.raises(FileError, match=r"absent\.csv"):
        read_table(tmp_path / "absent.csv")
    table().to_parquet(tmp_path / "t.parquet")
    data = (tmp_path / "t.parquet").read_bytes()
    (tmp_path / "t.parquet").write_bytes(data[: len(data) // 2])
    with pytest.raises(FileError, match=r"t\.parquet"):
        read_table(tmp_path / "t.parquet")
    (tmp_path / "e.csv").write_text("")
    with pytest.raises((FileError, InputError), match=r"e\.csv"):
        read_table(tmp_path / "e.csv")
    with pytest.raises((FileError, InputError, OptionError), match="xyz"):
        read_table(tmp_path / "t.xyz")
    with pytest.raises(FileError, match="model"):
        load(tmp_path / "absent")


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_a_full_disk_leaves_nothing(tmp_path, name):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted here (needs root); test_atomic_write.py simulates one")
    try:
        with pytest.raises(FileError, match=rf"{name}.*(space|full)"):
            write_table(fit(table()).sample(20_000), small / name)
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_kill_during_a_long_write_leaves_no_output(tmp_path):
    table(2000).to_csv(tmp_path / "in.csv", index=False)
    command = [sys.executable, "-m", "synthmix.cli", "synthesize", "in.csv", "out.csv", "--rows", "30000000"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(6)
    assert process.poll() is None, "the write ended too early to be interrupted"
    process.kill()
    process.wait()
    assert {path.name for path in tmp_path.iterdir()} == {"in.csv"}
