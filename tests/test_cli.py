"""The command line: what it parses, what it writes, how it ends."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import synthmix
from synthmix import pairing, scale, weights
from synthmix.cli import main
from synthmix.cli.specs import parse_columns, parse_pairing, parse_weights
from synthmix.errors import OptionError
from synthmix.io import read_table, write_table


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["synthmix", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Ended(ended.value.code, out, err)

    return call


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rng = np.random.default_rng(5)
    n = 60
    frame = pd.DataFrame(
        {
            "size": rng.normal(50, 10, n).round(1),
            "count": pd.array(rng.integers(0, 9, n), dtype="Int64"),
            "kind": rng.choice(["red", "green", "blue"], n),
        }
    )
    frame.loc[3:7, "count"] = pd.NA
    path = tmp_path / "real.csv"
    write_table(frame, path)
    return path


# --- words of options ---


def test_columns_spec() -> None:
    assert parse_columns(None) is None
    assert parse_columns(["zip=categorical,id=key"]) == {"zip": "categorical", "id": "key"}
    assert parse_columns(["zip=categorical", " id = key "]) == {"zip": "categorical", "id": "key"}
    assert parse_columns(['"a,b=key",c=real']) == {"a,b": "key", "c": "real"}
    assert parse_columns(["x=y=key"]) == {"x=y": "key"}


@pytest.mark.parametrize(
    ("spec", "said"),
    [("zip", "is not NAME=KIND"), ("=key", "is not NAME"), ("zip=", "is not NAME"), ("a=key,a=real", "twice")],
)
def test_wrong_columns_spec(spec: str, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        parse_columns([spec])


def test_weights_and_pairing_specs() -> None:
    assert parse_weights("rotation") == "rotation"
    assert parse_weights("epbeta:delta=.05,eps=.3") == weights.EpBeta(delta=0.05, eps=0.3)
    assert parse_weights("Rotation:k=7") == weights.Rotation(k=7)
    assert parse_pairing("nearest:leaf=20") == pairing.Nearest(leaf=20)
    assert parse_pairing("within_class:columns=a") == pairing.WithinClass(columns=("a",))
    assert parse_pairing("within-class:columns=a+b,pairing=nearest") == pairing.WithinClass(
        columns=("a", "b"), pairing=pairing.Nearest()
    )


@pytest.mark.parametrize(
    ("parse", "spec", "said"),
    [
        (parse_weights, "epbta:delta=.1", "unknown weights 'epbta'; did you mean 'epbeta'"),
        (parse_weights, "epbeta:dleta=.1", "no option 'dleta'; did you mean 'delta'"),
        (parse_weights, "epbeta:.1", "is not OPTION=VALUE; its options are"),
        (parse_weights, "epbeta:delta=", "is not OPTION=VALUE"),
        (parse_weights, "epbeta:delta=.1,delta=.2", "names 'delta' twice"),
        (parse_weights, "epbeta:delta=.1\n,eps=.2", "cannot be read"),
        (parse_weights, "rotation:k=2", "k"),
        (parse_pairing, "pairing:leaf=3", "unknown pairing 'pairing'"),
        (parse_weights, "lawdata:code=1", "unknown weights 'lawdata'"),
        (parse_weights, "weightmoments:mean=1", "unknown weights 'weightmoments'"),
        (parse_weights, "preservation:mean=1", "unknown weights 'preservation'"),
        (parse_weights, "weightslaw:k=1", "unknown weights 'weightslaw'"),
        (parse_weights, "scheme:k=1", "unknown weights 'scheme'"),
        (parse_weights, "rotaton", "did you mean 'rotation'"),
        (parse_pairing, "cells:starts=3", "unknown pairing 'cells'"),
        (parse_pairing, "neighbourhood:leaf=3", "unknown pairing 'neighbourhood'"),
        (parse_pairing, "nearst", "did you mean 'nearest'"),
        (parse_pairing, "nearest:leaf=many", "leaf"),
        (parse_pairing, "within_class:columns=a,pairing=nearst", "did you mean 'nearest'"),
    ],
)
def test_wrong_specs(parse: Callable[[str], object], spec: str, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        parse(spec)


# --- how it ends ---


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["synthesize", "-h"], ["fit", "-h"], ["sample", "-h"]])
def test_help_and_version(run: Run, words: list[str]) -> None:
    ended = run(*words)
    assert ended.code == 0
    assert ended.err == ""
    assert ("Usage" in ended.out) != ("--version" in words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Usage"),
        (["synthesise"], "synthesize"),
        (["synthesize", "IN"], "Missing argument"),
        (["synthesize", "IN", "OUT", "--wieghts", "beta"], "--weights"),
        (["synthesize", "IN", "OUT", "--rows", "many"], "--rows"),
        (["synthesize", "IN", "OUT", "--rows", "0"], "--rows"),
        (["synthesize", "IN", "OUT", "--rows", "-3"], "--rows"),
        (["synthesize", "IN", "OUT", "--seed", "x"], "--seed"),
        (["synthesize", "IN", "OUT", "--seed", "-1"], "random_state=-1"),
        (["synthesize", "IN", "OUT", "--weights", "rotaton"], "'rotation'"),
        (["synthesize", "IN", "OUT", "--weights", "epbeta:delta=.7"], "delta"),
        (["synthesize", "IN", "OUT", "--pairing", "near"], "'nearest'"),
        (["synthesize", "IN", "OUT", "--encoding", "norm"], "'normal'"),
        (["synthesize", "IN", "OUT", "--grid", "fine"], "grid"),
        (["synthesize", "IN", "OUT", "--columns", "size=number"], "number"),
        (["synthesize", "IN", "OUT", "--columns", "size"], "NAME=KIND"),
        (["sample", "IN", "OUT"], "--rows"),
    ],
)
def test_a_wrong_command_ends_with_2(run: Run, table: Path, tmp_path: Path, words: list[str], said: str) -> None:
    out = tmp_path / "out.csv"
    ended = run(*[{"IN": table, "OUT": out}.get(word, word) for word in words])
    assert ended.code == 2
    assert said in ended.err + ended.out
    assert "Traceback" not in ended.err
    assert not out.exists()


@pytest.mark.parametrize(
    ("content", "words", "said"),
    [
        (None, [], "there is no such file"),
        ("", [], "the file is empty"),
        ("a,b\n", [], "the table is empty"),
        ("a,b\n1,2\n", [], "1 row"),
        ("a,b\n1,2\n3\n", [], "Expected 2 columns"),
        ("a,a\n1,2\n3,4\n", [], "more than one column named 'a'"),
        ("a,b\n1.5,2\ninf,4\n2.5,5\n", [], "'a'"),
        ("a,b\n1.5,2\n2.5,4\n", ["--target", "B"], "did you mean 'b'"),
        ("a,b\n1.5,2\n2.5,4\n", ["--columns", "bb=real"], "'bb'"),
    ],
)
def test_bad_data_ends_with_1(run: Run, tmp_path: Path, content: str | None, words: list[str], said: str) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    if content is not None:
        source.write_text(content)
    ended = run("synthesize", source, out, *words)
    assert ended.code == 1
    assert said in ended.err
    assert ended.err.startswith("synthmix: ")
    assert ended.err.count("\n") == 1
    assert not out.exists()


def test_places_that_cannot_be_written_end_with_1_before_the_work(run: Run, table: Path, tmp_path: Path) -> None:
    assert "there is no folder" in run("synthesize", table, tmp_path / "no" / "out.csv").err
    assert "there is no folder" in run("fit", table, tmp_path / "no" / "model").err
    assert "extension '.xls'" in run("synthesize", table, tmp_path / "out.xls").err
    ended = run("synthesize", str(table), str(tmp_path / "out.csv"), "--certificate-file", tmp_path / "no" / "c.json")
    assert ended.code == 1
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("option", [["--weights", "rotaton"], ["--pairing", "nearst"], ["--weights", "lawdata:k=1"]])
def test_unknown_words_are_told_before_anything_is_read(run: Run, tmp_path: Path, option: list[str]) -> None:
    for words in (["synthesize", tmp_path / "none.csv", tmp_path / "out.csv"], ["fit", tmp_path / "none.csv", "m"]):
        ended = run(*words, *option)
        assert ended.code == 2
        assert option[1].split(":")[0] in ended.err


# Words of a command; every name stands for a file in the same folder.
SAME_FILE = [
    ["synthesize", "real.csv", "real.csv"],
    ["synthesize", "real.csv", "link.csv"],
    ["synthesize", "real.csv", "hard.csv"],
    ["synthesize", "link.csv", "real.csv"],
    ["synthesize", "real.csv", "sub/../real.csv"],
    ["synthesize", "real.csv", "out.csv", "--certificate-file", "real.csv"],
    ["synthesize", "real.csv", "out.csv", "--certificate-file", "out.csv"],
    ["synthesize", "real.csv", "out.csv", "--certificate-file", "new.csv"],
    ["synthesize", "out.csv.certificate.json", "out.csv", "--certificate"],
    ["fit", "real.csv", "real.csv"],
    ["fit", "real.csv", "link.csv"],
    ["fit", "real.csv", "hard.csv"],
    ["sample", "model.csv", "model.csv", "--rows", "9"],
    ["sample", "model.csv", "out.csv", "--rows", "9", "--certificate-file", "model.csv"],
    ["sample", "model.csv", "out.csv", "--rows", "9", "--certificate-file", "out.csv"],
]


@pytest.mark.parametrize("words", SAME_FILE, ids=" ".join)
def test_no_file_of_a_command_is_another(
    run: Run, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    Path("link.csv").symlink_to(table)
    Path("hard.csv").hardlink_to(table)
    Path("new.csv").symlink_to("out.csv")  # neither of the two exists yet
    Path("out.csv.certificate.json").write_bytes(table.read_bytes())
    assert run("fit", table, "model.csv").code == 0
    before = {path: (path.is_file() and path.read_bytes(), path.lstat()) for path in sorted(tmp_path.iterdir())}
    ended = run(*words)
    assert ended.code == 2
    assert "are the same file" in ended.err
    assert "another name" in ended.err
    assert {path: (path.is_file() and path.read_bytes(), path.lstat()) for path in sorted(tmp_path.iterdir())} == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_is_no_ordinary_file_is_refused_before_the_work(run: Run, table: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    missing = tmp_path / "none.csv"  # read only after the places are checked
    for words in (
        ["synthesize", missing, tmp_path / "pipe.csv"],
        ["synthesize", missing, tmp_path / "out.csv", "--certificate-file", os.devnull],
        ["fit", missing, os.devnull],
        ["fit", missing, tmp_path / "pipe.csv"],
        ["sample", missing, tmp_path / "pipe.csv", "--rows", 3],
        ["sample", missing, tmp_path / "out.csv", "--rows", 3, "--certificate-file", tmp_path / "pipe.csv"],
    ):
        ended = run(*words)
        assert ended.code == 1
        assert "a device, a pipe or a socket" in ended.err
    assert "there is no such file" in run("synthesize", missing, tmp_path / "out.csv").err


def test_foreign_and_missing_models_end_with_1(run: Run, table: Path, tmp_path: Path) -> None:
    for model in (table, tmp_path / "none"):
        for words in (["inspect", model], ["sample", model, tmp_path / "out.csv", "--rows", "3"]):
            ended = run(*words)
            assert ended.code == 1
            assert ended.err.count("\n") == 1
            assert model.name in ended.err


# --- what it writes ---


def test_synthesize_writes_what_the_library_gives(run: Run, table: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    ended = run(
        "synthesize",
        table,
        out,
        "--rows",
        90,
        "--seed",
        7,
        "--weights",
        "epbeta:delta=.05,eps=.3",
        "--pairing",
        "random",
    )
    assert ended.code == 0, ended.err
    assert ended.err == ""
    synthesizer = synthmix.MixupSynthesizer(weights.EpBeta(delta=0.05, eps=0.3), "random", random_state=7)
    synthesizer.fit(read_table(table))
    write_table(synthesizer.sample(90), tmp_path / "expected.csv")
    assert out.read_bytes() == (tmp_path / "expected.csv").read_bytes()
    assert "90 synthetic rows" in ended.out
    assert "seed 7" in ended.out
    assert str(synthesizer.certificate(synthesizer.sample(90))) in ended.out


def test_the_same_seed_gives_the_same_file_another_another(run: Run, table: Path, tmp_path: Path) -> None:
    for name, seed, threads in (("a", 1, 1), ("b", 1, 2), ("c", 2, 1)):
        assert run("synthesize", table, tmp_path / f"{name}.csv", "--seed", seed, "--threads", threads).code == 0
    first, same, other = ((tmp_path / f"{name}.csv").read_bytes() for name in "abc")
    assert first == same
    assert first != other


def test_an_unseeded_run_can_be_repeated(run: Run, table: Path, tmp_path: Path) -> None:
    said = run("synthesize", table, tmp_path / "a.csv").out
    seed = said.split("(seed ")[1].split(")")[0]
    assert run("synthesize", table, tmp_path / "b.csv", "--seed", seed).code == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_columns_and_target_reach_the_library(run: Run, table: Path, tmp_path: Path) -> None:
    words = ["--columns", "count=categorical", "--target", "kind", "--pairing", "within_class", "--seed", "1"]
    assert run("synthesize", str(table), str(tmp_path / "out.csv"), *words).code == 0
    real, synthetic = read_table(table), read_table(tmp_path / "out.csv")
    assert list(synthetic.columns) == list(real.columns)
    assert set(synthetic["count"].dropna()) <= set(real["count"].dropna())
    assert run("fit", table, tmp_path / "model", *words).code == 0
    said = run("inspect", tmp_path / "model").out
    assert "count" in said
    assert "categorical" in said
    assert "WithinClass" in said


def test_certificate_as_json_beside_the_output_and_elsewhere(run: Run, table: Path, tmp_path: Path) -> None:
    assert run("synthesize", str(table), str(tmp_path / "out.csv"), "--certificate").code == 0
    beside = json.loads((tmp_path / "out.csv.certificate.json").read_text())
    assert beside["statements"]
    assert run("synthesize", table, tmp_path / "out2.csv", "--certificate-file", tmp_path / "c.json").code == 0
    assert json.loads((tmp_path / "c.json").read_text())["statements"]
    assert not (tmp_path / "out2.csv.certificate.json").exists()


def test_fit_then_sample_equals_synthesize(run: Run, table: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.synthmix"
    assert "holds the real rows" in run("fit", table, model, "--seed", 3).out
    assert run("sample", model, tmp_path / "a.csv", "--rows", 50).code == 0
    assert run("synthesize", table, tmp_path / "b.csv", "--seed", 3, "--rows", 50).code == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_parquet_keeps_types(run: Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    real = pa.table(
        {
            "x": pa.array(rng.normal(size=40), pa.float64()),
            "n": pa.array([None, *rng.integers(0, 100, 39).tolist()], pa.int16()),
            "c": pa.array(rng.choice(["a", "b"], 40)).dictionary_encode(),
        }
    )
    write_table(real, tmp_path / "real.parquet")
    assert run("synthesize", tmp_path / "real.parquet", tmp_path / "out.parquet", "--rows", 100).code == 0
    out = read_table(tmp_path / "out.parquet")
    assert out.num_rows == 100
    assert out.schema.equals(read_table(tmp_path / "real.parquet").schema)
    assert run("synthesize", tmp_path / "real.parquet", tmp_path / "out.csv", "--rows", 10).code == 0
    assert len(read_table(tmp_path / "out.csv")) == 10


def test_a_long_sample_is_certified_on_its_first_rows(
    run: Run, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synthmix.scale.run.CERTIFIED_ROWS", 50)
    ended = run("synthesize", str(table), str(tmp_path / "out.csv"), "--rows", 200, "--seed", 1)
    assert "those of the first 50 rows" in ended.out
    assert len(read_table(tmp_path / "out.csv")) == 200
    monkeypatch.undo()


@pytest.mark.parametrize("command", ["synthesize", "sample"])
def test_one_row_is_written_without_realised_values(run: Run, table: Path, tmp_path: Path, command: str) -> None:
    assert run("fit", table, tmp_path / "model", "--seed", 1).code == 0
    source = [table] if command == "synthesize" else [tmp_path / "model"]
    seed = ["--seed", 1] if command == "synthesize" else []
    words = [*source, tmp_path / "one.csv", "--rows", 1, *seed, "--certificate"]
    ended = run(command, *words)
    assert ended.code == 0, ended.err
    assert "1 synthetic row written" in ended.out
    assert "Realised values need 2 rows" in ended.out
    assert str(synthmix.load(tmp_path / "model").certificate()) in ended.out
    assert len(read_table(tmp_path / "one.csv")) == 1
    assert json.loads((tmp_path / "one.csv.certificate.json").read_text())["statements"]
    two = run(command, *source, tmp_path / "two.csv", "--rows", 2, *seed)
    assert two.code == 0
    assert "Realised values need" not in two.out


def test_batches_join_without_a_seam(run: Run, table: Path, tmp_path: Path) -> None:
    ended = run("synthesize", table, tmp_path / "whole.csv", "--rows", 200, "--seed", 1)
    assert "Realised values" not in ended.out
    assert "those of the first" not in ended.out
    scale.stream(table, tmp_path / "parts.csv", 200, random_state=1, batch_rows=7, row_group_rows=11)
    assert (tmp_path / "whole.csv").read_bytes() == (tmp_path / "parts.csv").read_bytes()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_bar_on_a_terminal_only(
    run: Run, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("synthesize", table, tmp_path / "out.csv").err == ""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    run("synthesize", table, tmp_path / "out.csv")
    assert "60/60" in terminal.getvalue()


def test_a_warning_is_one_line_without_a_path(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("a,b,c\n" + "".join(f"{i / 7:.3f},,{i % 3}\n" for i in range(30)))
    ended = run("synthesize", source, tmp_path / "out.csv")
    assert ended.code == 0
    assert ended.err.startswith("synthmix: warning: ")
    assert "'b'" in ended.err
    assert ".py" not in ended.err


# --- drift ---


@pytest.fixture
def other(tmp_path: Path) -> Path:
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"size": rng.normal(50, 10, 80).round(1), "count": rng.integers(0, 9, 80)})
    path = tmp_path / "new.csv"
    write_table(frame.assign(kind=rng.choice(["red", "green", "blue"], 80)), path)
    return path


def test_drift_prints_and_writes_what_the_library_gives(run: Run, table: Path, other: Path, tmp_path: Path) -> None:
    files = [
        "--json",
        tmp_path / "r.json",
        "--parquet",
        tmp_path / "r.parquet",
        "--plot",
        tmp_path / "r.png",
        "--html",
        tmp_path / "r.html",
    ]
    ended = run("drift", table, other, "--seed", 3, "--holdout", other, "--threads", 2, *files)
    real, new = read_table(table), read_table(other)
    report = synthmix.drift_report(real, new, new, random_state=3)
    assert ended.code == (report.verdict == "fail")
    assert report.summary() in ended.out
    assert (tmp_path / "r.json").read_text() == report.to_json()
    assert len(read_table(tmp_path / "r.parquet")) == len(report.table)
    assert (tmp_path / "r.png").read_bytes()[1:4] == b"PNG"


def test_drift_ends_with_1_where_a_declared_metric_fails(run: Run, table: Path, other: Path, tmp_path: Path) -> None:
    assert run("drift", str(table), str(other), "--level", "quick", "--null", "floor").code == 0
    write_table(read_table(other).drop(columns="kind"), tmp_path / "less.csv")
    ended = run("drift", str(table), str(tmp_path / "less.csv"), "--level", "quick")
    assert ended.code == 1
    assert "drift: FAIL" in ended.out
    assert "kind: 1 (the new table has no such column)" in ended.out
    write_table(read_table(other).astype({"count": float}), tmp_path / "floats.parquet")
    words = ["drift", str(table), str(tmp_path / "floats.parquet"), "--level", "quick", "--null", "floor"]
    assert run(*words).code == 0
    assert run(*words, "--fail-on", "warn").code == 1


def test_a_reference_is_summarised_once(run: Run, table: Path, other: Path, tmp_path: Path) -> None:
    said = run("reference", str(table), str(tmp_path / "real.reference"), "--schema", "count=categorical")
    assert (said.code, "holds the real rows" in said.out) == (0, True)
    words = ["--level", "quick"]
    direct = run("drift", table, other, *words, "--schema", "count=categorical")
    assert run("drift", tmp_path / "real.reference", other, *words) == direct


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["drift", "IN"], 2, "Missing argument"),
        (["drift", "IN", "NEW", "--level", "ful"], 2, "'full'"),
        (["drift", "IN", "NEW", "--null", "both"], 2, "null='both'"),
        (["drift", "IN", "NEW", "--fail-on", "never"], 2, "--fail-on 'never'"),
        (["drift", "IN", "NEW", "--seed", "-1"], 2, "random_state=-1"),
        (["drift", "IN", "NEW", "--schema", "size"], 2, "--schema 'size' is not NAME=KIND"),
        (["drift", "IN", "NEW", "--json", "IN"], 2, "are the same file"),
        (["drift", "IN", "NEW", "--plot", "r.xls"], 1, ".png"),
        (["drift", "IN", "NEW", "--html", "r.txt"], 1, ".html"),
        (["drift", "IN", "NEW", "--parquet", "r.csv"], 1, ".parquet"),
        (["drift", "IN", "none.csv"], 1, "there is no such file"),
        (["drift", "none.reference", "NEW"], 1, "cannot read the model file"),
        (["reference", "IN", "IN"], 2, "are the same file"),
    ],
)
def test_drift_with_a_wrong_command_or_file(
    run: Run,
    table: Path,
    other: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = run(*[{"IN": table, "NEW": other}.get(word, word) for word in words])
    assert ended.code == code
    assert said in ended.err + ended.out
    assert "Traceback" not in ended.err


# --- the README says what is true ---

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")


def test_commands_of_the_readme_run(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"x": rng.normal(size=80), "zip": rng.choice([10115, 20095], 80), "id": np.arange(80)})
    write_table(frame, "real.csv")
    write_table(frame, "real.parquet")
    write_table(frame.assign(x=rng.normal(size=80)), "holdout.csv")
    fewer = {"5000": "200", "100000": "2000"}  # rows: an audit of 5,000 takes minutes
    commands = [
        [fewer.get(word, word) for word in line.split()[1:]]
        for line in README.splitlines()
        if line.startswith("    synthmix ")
    ]
    assert len(commands) == 11
    commands.sort(key=lambda words: words[0] == "audit")  # it reads what others write, and comes first in the text
    for words in commands:
        ended = run(*words)
        if words[0] == "audit":
            assert (ended.code, ended.out.startswith("audit: ")) in ((0, True), (1, True)), ended.err
            continue
        assert ended.code == 0, (words, ended.err)
    assert (tmp_path / "audit.html").exists()
    assert len(read_table("synthetic.csv")) == 200
    assert len(read_table("long.parquet")) == 2000
    assert (tmp_path / "synthetic.csv.certificate.json").exists()


def test_code_of_the_readme_prints_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code = README.split("```python\n")[1].split("```")[0]
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)
    real, synthetic = names["real"], names["synthetic"]
    assert isinstance(real, pd.DataFrame)
    assert isinstance(synthetic, pd.DataFrame)
    assert len(synthetic) == 1000
    assert synthetic.dtypes.equals(real.dtypes)
    assert (tmp_path / "model.synthmix").exists()
    shown = README.split("```text\n")[1].split("```")[0]
    assert shown.count("\n") > 10
    assert capsys.readouterr().out == shown


# --- a process of its own ---


def test_the_command_runs_as_a_module(table: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "synthmix.cli", "synthesize", str(table), str(tmp_path / "out.csv")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(read_table(tmp_path / "out.csv")) == 60


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc to see that writing has begun")
def test_an_interrupt_leaves_no_output_and_no_traceback(table: Path, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "synthmix.cli",
        "synthesize",
        str(table),
        str(tmp_path / "out.csv"),
        "--rows",
        "1000000000",
    ]
    before = sorted(tmp_path.iterdir())
    with subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=interruptible,  # noqa: PLW1509 - it does nothing that needs a lock
    ) as process:
        try:
            assert wait_for_bytes(process.pid, tmp_path) > 0
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)
        finally:
            process.kill()
        assert process.stderr is not None
        errors = process.stderr.read()
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc to see that writing has begun")
@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_kill_during_a_long_write_leaves_no_output(table: Path, tmp_path: Path, name: str) -> None:
    command = [
        sys.executable,
        "-m",
        "synthmix.cli",
        "synthesize",
        str(table),
        str(tmp_path / name),
        "--rows",
        "1000000000",
    ]
    before = sorted(tmp_path.iterdir())
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            written = wait_for_bytes(process.pid, tmp_path)
        finally:
            process.send_signal(signal.SIGKILL)
        assert process.stderr is not None
        errors = process.stderr.read()
    assert written > 0, errors
    assert process.returncode == -signal.SIGKILL
    # where the file system has no nameless files a hidden one may remain
    assert [path for path in sorted(tmp_path.iterdir()) if not path.name.startswith(".")] == before


def interruptible() -> None:
    """Let the interrupt through that a shell makes what runs in its background ignore, and children of that, too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for_bytes(pid: int, folder: Path, seconds: float = 60.0) -> int:
    """Return the size of the nameless file in `folder` that process `pid` is writing, as soon as it has bytes."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for link in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                if str(link.readlink()).startswith(str(folder)) and link.stat().st_size > 0:
                    return link.stat().st_size
            except FileNotFoundError:
                continue
        time.sleep(0.05)
    return 0


def test_a_reader_who_leaves_loses_no_file(table: Path, tmp_path: Path) -> None:
    words = ["drift", str(table), str(table), "--level", "quick", "--json", str(tmp_path / "d.json")]
    with subprocess.Popen(
        [sys.executable, "-m", "synthmix.cli", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        complaint = process.stderr.read()
    assert (process.returncode, complaint) == (0, b"")
    assert (tmp_path / "d.json").is_file()
