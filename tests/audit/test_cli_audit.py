"""The command ``audit``: exit codes, files, checks before the work."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from audit.audit_tables import independent, population

from synthmix.cli import main
from synthmix.cli.audit import _model, _sections
from synthmix.errors import OptionError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("audit")
    train = population(400, 1)
    tables = {"train": train, "holdout": population(400, 2), "fresh": population(400, 3), "bad": independent(train, 4)}
    for name, table in tables.items():
        table.to_csv(place / f"{name}.csv", index=False)
    return place


def run(folder, *words):
    command = [sys.executable, "-m", "synthmix.cli", "audit", "--level", "quick", "--train", "train.csv", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def run_here(monkeypatch, capsys, folder, *words):
    """Return exit code, output and errors of the command in this process, which has everything imported."""
    command = ["synthmix", "audit", "--level", "quick", "--train", "train.csv", *words]
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code, *capsys.readouterr()


def test_a_failed_section_ends_with_1_and_files_are_whole(monkeypatch, capsys, folder):
    code, said, errors = run_here(
        monkeypatch, capsys, folder, "--synthetic", "bad.csv", "--holdout", "holdout.csv", "--target", "bought",
        "--sensitive", "group", "--model", "b ~ a", "--model", "bought ~ a + b [binomial]", "--only",
        "inference,privacy", "--json", "r.json", "--parquet", "r.parquet", "--html", "r.html",
    )  # fmt: skip
    assert code == 1, errors
    assert said.startswith("audit: FAIL")
    content = json.loads((folder / "r.json").read_text(encoding="utf-8"))
    assert content["about"]["models"] == ["b ~ a", "('bought ~ a + b', 'binomial')"]
    assert content["about"]["verdicts"]["privacy"] == "inconclusive"  # quick
    assert (folder / "r.parquet").exists()
    assert "--model &#39;b ~ a&#39;" in (folder / "r.html").read_text(encoding="utf-8")


def test_the_code_is_that_of_the_process(folder):
    done = run(folder, "--synthetic", "bad.csv", "--fail-on", "privat")
    assert done.returncode == 2
    assert "did you mean 'privacy'" in done.stderr


def test_only_the_named_sections_end_with_1(monkeypatch, capsys, folder):
    words = ["--synthetic", "bad.csv", "--holdout", "holdout.csv", "--only", "fidelity,privacy", "--fail-on", "privacy"]
    code, said, errors = run_here(monkeypatch, capsys, folder, *words)
    assert code == 0, errors
    assert said.startswith("audit: FAIL")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--synthetic", "bad.csv", "--fail-on", "privat"], "--fail-on 'privat' is no section"),
        (["--synthetic", "bad.csv", "--only", "privacy", "--fail-on", "inference"], "which --only leaves out"),
        (["--synthetic", "bad.csv", "--json", "train.csv"], "are the same file"),
        (["--synthetic", "bad.csv", "--level", "fast"], "level='fast' is unknown"),
    ],
)
def test_a_wrong_command_ends_with_2_and_one_line(monkeypatch, capsys, folder, words, message):
    code, _, errors = run_here(monkeypatch, capsys, folder, *words)
    assert code == 2
    assert message in errors
    assert errors.count("\n") == 1
    assert not (folder / "never").exists()


def test_a_place_that_cannot_be_written_is_told_before_the_work(monkeypatch, capsys, folder):
    words = ["--synthetic", "absent.csv", "--html", "no/such/folder/r.html"]
    code, _, errors = run_here(monkeypatch, capsys, folder, *words)
    assert code == 1
    assert "no/such/folder" in errors


def test_words_become_models_and_sections():
    assert _model("y ~ a + b") == "y ~ a + b"
    assert _model("y ~ a [poisson] ") == ("y ~ a", "poisson")
    assert _model("y ~ x[0] + a") == "y ~ x[0] + a"
    assert _sections("privacy, inference", "--only") == ["privacy", "inference"]
    with pytest.raises(OptionError, match="did you mean 'privacy'"):
        _sections("privcy", "--only")
