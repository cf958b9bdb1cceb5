"""The command line of studies: all forms of it, how it ends, and what it writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from collapse.fake_ruler import fake_ruler
from collapse.small_study import small_study, small_table
from typer.testing import CliRunner

from synthmix.cli.app import app
from synthmix.cli.collapse import _regimes
from synthmix.collapse import CollapseResult, world
from synthmix.errors import FileError, InputError, OptionError


@pytest.fixture
def table(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(world, "ruler_of", lambda _spec: fake_ruler)
    path = tmp_path / "table.csv"
    small_table(90).to_csv(path, index=False)
    return path


def call(*words: object) -> tuple[int, str]:
    """Return the exit code and the output; errors of synthmix are raised, as `main` gets them."""
    done = CliRunner().invoke(app, [*map(str, words)], prog_name="synthmix")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def options(folder: Path, *more: object) -> list[object]:
    return ["--generator", "uniform", "--generations", 2, "--replicates", 2, "--n", 30, "-o", folder, *more]


def test_a_study_runs_stops_and_goes_on(table, tmp_path):
    folder = tmp_path / "study"
    regimes = ("--regime", "replace,accumulate", "--regime", "window:2,real")
    code, said = call("collapse", table, *options(folder, *regimes, "--max-seconds", 0))
    assert code == 0
    assert "0 of 18 chains done" in said
    assert f"not complete: synthmix collapse --resume {folder}" in said
    code, said = call("collapse", "--resume", folder)
    assert code == 0
    assert "18 of 18 chains done" in said
    assert "controls: bootstrap, gaussian" in said
    assert "not complete" not in said
    whole = tmp_path / "whole"
    assert call("collapse", "run", table, *options(whole, *regimes))[0] == 0  # the command by its full name
    for result in (folder, whole):
        CollapseResult.open(result).to_parquet(result / "out", derived=False)
    names = ("trajectories.parquet", "errors.parquet")
    assert all((folder / "out" / name).read_bytes() == (whole / "out" / name).read_bytes() for name in names)
    code, said = call("collapse", "report", folder)
    assert code == 0
    assert "18 of 18 chains done" in said


def test_the_commands_are_listed():
    code, said = call("collapse", "--help")
    assert code == 0
    assert "report" in said


def test_a_failing_generator_ends_with_1(table, tmp_path, monkeypatch):
    from synthmix.collapse.generators.bootstrap import IndependentColumns

    monkeypatch.setattr(IndependentColumns, "make", lambda *_, **__: 1 / 0)
    code, said = call("collapse", table, *options(tmp_path / "study", "--generator", "independent"))
    assert code == 1
    assert "4 of 4 chains of 'independent' ended early" in said
    assert "ZeroDivisionError" in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--generator", "epbeta"], "collapse needs a table"),
        (["TABLE", "--generator", "epbeta"], "needs a folder"),
        (["TABLE", "-o", "FOLDER"], "needs a generator"),
        (["TABLE", "-o", "FOLDER", "--generator", "epbetta"], "did you mean 'epbeta'"),
        (["TABLE", "-o", "FOLDER", "--generator", "epbeta", "--regime", "share:7"], "share=7"),
        (["TABLE", "--resume", "FOLDER"], "goes on with the study of a folder as it is"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_commands_say_what_is_missing(table, tmp_path, words, message):
    named = {"TABLE": table, "FOLDER": tmp_path / "study"}
    with pytest.raises(OptionError, match=message):
        call("collapse", *(named.get(word, word) for word in words))
    assert not (tmp_path / "study").exists()


def test_what_cannot_be_gone_on_with_is_told(table, tmp_path):
    with pytest.raises(FileError, match="no such folder"):
        call("collapse", "--resume", tmp_path / "nowhere")
    made = tmp_path / "made"
    small_study(regimes=["replace"], generators=["uniform"], generations=1, replicates=1).run(made)
    with pytest.raises(OptionError, match="was begun in Python"):
        call("collapse", "--resume", made)
    folder = tmp_path / "study"
    assert call("collapse", table, *options(folder))[0] == 0
    table.write_text(table.read_text().replace("\n", "\n1.5,2.5,a\n", 1))
    with pytest.raises(OptionError, match=r"another study.*data\.rows: 90 there, 91 here"):
        call("collapse", "--resume", folder)
    table.unlink()
    with pytest.raises(FileError, match="there is no such file now"):
        call("collapse", "--resume", folder)
    assert json.loads((folder / "manifest.json").read_text())["source"] == str(table)


def test_n_above_the_rows_is_an_error(table, tmp_path):
    with pytest.raises(InputError, match="n=91 is more than the 90 rows"):
        call("collapse", table, "--generator", "uniform", "--n", 91, "-o", tmp_path / "study")


def test_commas_between_regimes_and_inside_one():
    assert _regimes(["replace,window:3,real", "weighted:0.5,source=original,accumulate"]) == [
        "replace",
        "window:3,real",
        "weighted:0.5,source=original",
        "accumulate",
    ]
