"""The store: kills, workers and order change no byte; folders that hold something else are left alone."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from collapse.fake_ruler import fake_ruler
from collapse.small_study import small_study, small_table
from collapse.strangers import shuffled

from synthmix.collapse import CollapseResult, CollapseStudy
from synthmix.collapse.chain import Pace, run_chain
from synthmix.collapse.store import Store
from synthmix.collapse.store.checkpoint import load_middle
from synthmix.collapse.world import World
from synthmix.errors import FileError, OptionError, SynthmixWarning

ROOT = Path(__file__).resolve().parents[2]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """The folder of the study when nothing disturbs it."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.warns(SynthmixWarning, match="of 4 chains of 'fails_in_generation_7' ended early"):
        small_study().run(folder)
    return folder


def child(folder: Path, workers: int, checkpoint: float) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(ROOT / "tests" / "collapse" / "small_study.py"), str(folder), str(workers)]
    return subprocess.Popen([*command, str(checkpoint)], start_new_session=True)


@pytest.mark.slow
def test_a_study_that_is_killed_three_times_gives_the_same_bytes(whole, tmp_path):
    moments = random.Random(4)
    for kill in range(3):
        process = child(tmp_path, 1, 0.0)
        begun = len(list(tmp_path.rglob("*.json")))
        while process.poll() is None and len(list(tmp_path.rglob("*.json"))) < begun + 4:
            time.sleep(0.005)
        time.sleep(moments.random() * 0.1)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert kill > 0 or len(list(tmp_path.rglob("*.json"))) < len(list(whole.rglob("*.json")))
    assert child(tmp_path, 2, 0.0).wait() == 0  # goes on with two workers
    assert files(tmp_path) == files(whole)
    one, other = tmp_path / "one", tmp_path / "other"
    CollapseResult.open(whole).to_parquet(one, derived=False)
    CollapseResult.open(tmp_path).to_parquet(other, derived=False)
    assert files(one) == files(other)


def test_the_order_of_chains_does_not_matter(whole, tmp_path):
    spec = small_study().spec
    store, world = Store.begin(tmp_path, spec, resume=True), World(spec)
    for task in reversed(spec.tasks):
        assert run_chain(world, store, task, Pace())
    assert files(tmp_path) == files(whole)


def test_another_seed_gives_other_numbers(whole, tmp_path):
    small_study(random_state=12, generators=["epbeta"], regimes=["replace"]).run(tmp_path)
    new, old = (CollapseResult.open(folder).trajectories for folder in (tmp_path, whole))
    both = [table[(table["generator"] == "epbeta") & (table["regime"] == "replace")] for table in (new, old)]
    assert len(both[0]) == len(both[1])
    assert (both[0]["value"].to_numpy() != both[1]["value"].to_numpy()).any()


def test_a_chain_does_not_depend_on_the_other_cells(whole, tmp_path):
    small_study(generators=["epbeta"], regimes=["subsample"]).run(tmp_path)
    new, old = (CollapseResult.open(folder).trajectories for folder in (tmp_path, whole))
    keys = ["generator", "regime"]
    mine = [table[(table[keys] == ["epbeta", "subsample"]).all(axis=1)] for table in (new, old)]
    merged = [table.reset_index(drop=True) for table in mine]
    assert len(merged[0])
    pd.testing.assert_frame_equal(*merged)


def test_regimes_share_their_random_numbers_and_generators_do_not(whole):
    table = CollapseResult.open(whole).trajectories
    first = table[(table["generation"] == 1) & (table["rows"] == "new") & (table["metric"] == "variance")]
    by_regime = first[first["generator"] == "epbeta"].groupby(["chain", "column"])["value"].nunique()
    assert (by_regime == 1).all()  # generation 1 is made of generation 0 in every regime
    assert first[first["generator"] == "epbeta"].groupby("chain")["value"].first().nunique() == 2


def test_an_interrupted_chain_goes_on_from_its_middle(tmp_path, monkeypatch):
    spec = small_study(generators=["epbeta"], regimes=["subsample"], replicates=1).spec
    store, world, task = Store.begin(tmp_path, spec, resume=True), World(spec), spec.tasks[0]
    over = iter([False] * 3 + [True])
    monkeypatch.setattr(Pace, "is_over", lambda _: next(over))
    assert not run_chain(world, store, task, Pace())
    middle = load_middle(store.path(task, ".part"))
    assert middle is not None
    assert middle.generation == 3
    calls = []
    monkeypatch.setattr(Pace, "is_over", lambda _: bool(calls.append(1)))
    assert run_chain(world, store, task, Pace())
    assert len(calls) == 5
    assert not store.path(task, ".part").exists()


def test_a_damaged_middle_is_not_believed(tmp_path):
    path = tmp_path / "x.part"
    assert load_middle(path) is None
    path.write_bytes(b"\x00" * 100)
    assert load_middle(path) is None


def test_a_study_stops_after_its_time_and_goes_on(whole, tmp_path):
    first = small_study().run(tmp_path, max_seconds=0)
    assert (first.done, first.complete) == (0, False)
    with pytest.warns(SynthmixWarning, match="ended early"):
        assert small_study().run(tmp_path).complete
    assert files(tmp_path) == files(whole)


def test_a_damaged_chain_is_run_again(whole, tmp_path):
    study = small_study(generators=["epbeta"], regimes=["replace"], replicates=1)
    study.run(tmp_path)
    before = files(tmp_path)
    victim = next(path for path in tmp_path.rglob("*.parquet"))
    victim.write_bytes(victim.read_bytes()[:-10])
    with pytest.warns(SynthmixWarning, match="damaged; its chain is run again"):
        study.run(tmp_path)
    assert files(tmp_path) == before


def test_the_store_of_another_study_is_refused_and_left_alone(tmp_path):
    options = {"generators": ["epbeta"], "regimes": ["replace"], "replicates": 1, "generations": 2}
    small_study(**options).run(tmp_path)
    before = files(tmp_path)
    for change, message in (
        ({"random_state": 12}, "seed: 11 there, 12 here"),
        ({"generations": 3}, "generations: 2 there, 3 here"),
        ({"generators": ["epbeta:delta=.04"]}, "generators.epbeta is only there"),
        ({"regimes": ["accumulate"]}, "regimes.accumulate is only here"),
    ):
        with pytest.raises(OptionError, match=f"holds another study, which is left untouched; different: .*{message}"):
            small_study(**{**options, **change}).run(tmp_path)
    other = CollapseStudy(small_table(401), **options, n=30, ruler=fake_ruler, random_state=11)
    with pytest.raises(OptionError, match=r"different: data\.rows: 400 there, 401 here; data\.sha256"):
        other.run(tmp_path)
    with pytest.raises(OptionError, match="use resume=True or another folder"):
        small_study(**options).run(tmp_path, resume=False)
    assert files(tmp_path) == before


def test_folders_that_hold_something_else_are_left_alone(tmp_path):
    study = small_study(generators=["epbeta"], regimes=["replace"])
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(OptionError, match="is not empty and holds no study"):
        study.run(tmp_path)
    with pytest.raises(OptionError, match="is a file"):
        study.run(tmp_path / "thesis.tex")
    with pytest.raises(FileError, match="holds no study"):
        CollapseResult.open(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(FileError, match="damaged"):
        study.run(tmp_path)
    assert set(files(tmp_path)) == {"thesis.tex", "manifest.json"}


def test_other_versions_of_libraries_are_told(tmp_path):
    study = small_study(generators=["epbeta"], regimes=["replace"], replicates=1, generations=1)
    study.run(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    manifest["versions"]["numpy"] = "1.0"
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.warns(SynthmixWarning, match=r"other versions \(numpy 1.0 -> "):
        study.run(tmp_path)
    manifest["versions"]["synthmix"] = "0.0"
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(OptionError, match=r"version of synthmix: 0.0 there"):
        study.run(tmp_path)


def test_generators_that_cannot_travel_need_one_process(tmp_path):
    def local(table, n_rows, seed):
        return shuffled(table, n_rows, seed)

    study = small_study(generators=[local], regimes=["replace"])
    with pytest.raises(OptionError, match="'local' cannot be sent to another process"):
        study.run(tmp_path, n_jobs=2)
    assert study.run(tmp_path, n_jobs=1).complete


def test_generations_are_kept_as_tables_when_asked(tmp_path):
    options = {"generators": ["epbeta"], "regimes": ["replace"], "replicates": 1, "generations": 3}
    result = small_study(**options, keep="all").run(tmp_path / "all")
    table = result.kept("epbeta", "replace", 30, 2)
    assert list(table.columns) == ["x", "y", "s"]
    assert len(table) == 30
    last = small_study(**options, keep="last").run(tmp_path / "last")
    pd.testing.assert_frame_equal(last.kept("epbeta", "replace", 30, 3), result.kept("epbeta", "replace", 30, 3))
    with pytest.raises(OptionError, match="generation 2 was not kept; the study has keep='last'"):
        last.kept("epbeta", "replace", 30, 2)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FileError, match=r"cannot make the folder .*file.study"):
        small_study().run(tmp_path / "file" / "study")
    assert (tmp_path / "file").read_text() == "mine"
