"""Output that appears whole or not at all: with nameless files and with hidden ones."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import synthmix.io.atomic
from synthmix.errors import FileError
from synthmix.io import atomic_write, write_table


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(params=["nameless", "hidden"])
def kind_of_file(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    if request.param == "hidden":
        monkeypatch.setattr(synthmix.io.atomic, "_open_nameless", lambda _: None)
    else:
        descriptor = synthmix.io.atomic._open_nameless(tmp_path)
        if descriptor is None:
            pytest.skip("this system has no nameless files")
        os.close(descriptor)
    return str(request.param)


def test_a_complete_file_appears_with_ordinary_permissions(tmp_path: Path, kind_of_file: str) -> None:
    path = tmp_path / "f.bin"
    with atomic_write(path) as file:
        file.write(b"abc")
        file.flush()
        assert not path.exists()
    assert path.read_bytes() == b"abc"
    plain = tmp_path / "plain"
    plain.touch()
    assert path.stat().st_mode == plain.stat().st_mode
    assert names_in(tmp_path) == ["f.bin", "plain"]


def test_an_old_file_is_replaced_and_keeps_its_permissions(tmp_path: Path, kind_of_file: str) -> None:
    path = tmp_path / "f.bin"
    path.write_bytes(b"old")
    path.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(path)
    with atomic_write(link) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()


def test_an_error_leaves_nothing_and_the_old_file_unchanged(tmp_path: Path, kind_of_file: str) -> None:
    path = tmp_path / "f.bin"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), atomic_write(path) as file:
        file.write(b"new")
        raise ZeroDivisionError
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["f.bin"]


def test_an_error_about_another_file_is_not_blamed_on_this_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught, atomic_write(tmp_path / "f.bin"):
        (tmp_path / "other").read_bytes()
    assert not isinstance(caught.value, FileError)


def test_an_error_about_a_hidden_name_names_the_file_that_was_asked_for(
    tmp_path: Path, kind_of_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*names: object, **_: object) -> None:
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), *names[:1])

    monkeypatch.setattr(os, "link" if kind_of_file == "nameless" else "replace", refused)
    said = r"f\.bin.*choose a folder in which files can be made"
    with pytest.raises(FileError, match=said) as caught, atomic_write(tmp_path / "f.bin") as file:
        file.write(b"abc")
    assert ".tmp" not in str(caught.value)
    assert names_in(tmp_path) == []


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="this system has no /proc")
def test_a_folder_that_takes_no_files_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"cannot write '/proc/x'.*choose") as caught, atomic_write("/proc/x"):
        pass
    assert ".tmp" not in str(caught.value)


def test_a_long_name_needs_no_longer_one(tmp_path: Path, kind_of_file: str) -> None:
    path = tmp_path / ("x" * 255)
    with atomic_write(path) as file:
        file.write(b"abc")
    assert path.read_bytes() == b"abc"


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_disk_full_is_explained_and_leaves_nothing(
    tmp_path: Path, kind_of_file: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match=rf"{name}.*No space left on device; free some space") as caught:
        write_table(pd.DataFrame({"a": np.arange(10)}), tmp_path / name)
    assert caught.value.errno == errno.ENOSPC
    assert names_in(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="file size limits as on Linux")
@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_a_refused_write_of_the_kernel_leaves_nothing(tmp_path: Path, name: str) -> None:
    program = f"""
        import resource, pandas as pd, numpy as np
        from synthmix.io import table_writer
        from synthmix.errors import FileError
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        batch = pd.DataFrame({{"a": np.random.default_rng(0).normal(size=10_000)}})
        try:
            with table_writer({str(tmp_path / name)!r}) as writer:
                for _ in range(10):
                    writer.write(batch)
        except FileError as error:
            print(error)
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True
    )
    assert "File too large; raise the file size limit" in done.stdout
    assert done.stderr == ""
    assert names_in(tmp_path) == []


def kill_while_writing(opening: str) -> None:
    """Start a process that writes tables into the writer that `opening` makes, and kill it after 20 batches."""
    program = f"""
import pandas as pd
from synthmix.io import table_writer
class Plain:
    def __init__(self, path): self.path = path
    def __enter__(self): self.file = open(self.path, "w"); return self
    def __exit__(self, *_): self.file.close()
    def write(self, batch): self.file.write(batch.to_csv())
with {opening} as writer:
    while True:
        writer.write(pd.DataFrame({{"a": range(1000)}}))
        print("written", flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(20):
            assert process.stdout.readline() == "written\n"
        process.send_signal(signal.SIGKILL)
        process.stdout.read()
    assert process.returncode == -signal.SIGKILL


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_a_killed_process_leaves_nothing_at_all(tmp_path: Path, name: str) -> None:
    kill_while_writing(f"table_writer({str(tmp_path / name)!r})")
    descriptor = synthmix.io.atomic._open_nameless(tmp_path)
    if descriptor is not None:
        os.close(descriptor)
        assert names_in(tmp_path) == []
    assert not (tmp_path / name).exists()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
def test_the_kill_check_sees_a_plain_writer(tmp_path: Path) -> None:
    kill_while_writing(f"Plain({str(tmp_path / 't.csv')!r})")
    assert names_in(tmp_path) == ["t.csv"]
