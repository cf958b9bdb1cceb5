"""The frontier benchmark: what it says of copies, unrelated columns and other real rows; cells, rule, page."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.frontier import bundled, outside
from benchmarks.frontier import methods as listed
from benchmarks.frontier.asked import asked_for
from benchmarks.frontier.cells import Cell, is_kept, kept, run_cells
from benchmarks.frontier.choose import choice, on_one, over_several
from benchmarks.frontier.controls import CONTROLS
from benchmarks.frontier.gaps import fill
from benchmarks.frontier.grid import on_grid
from benchmarks.frontier.make import make
from benchmarks.frontier.methods import Method
from benchmarks.frontier.page import large_tables, write_page
from benchmarks.frontier.score import aligned, c2st, measures
from benchmarks.frontier.summary import means
from benchmarks.frontier.tables import HERE, Data, Entry, load, read_manifest
from benchmarks.frontier.trees import level_ranks
from benchmarks.peers import ask as asking

ROWS = 4400


def world(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    colour = np.where(x + rng.normal(size=rows) > 0.0, "red", "blue").astype(object)
    y = (3.0 * x + (colour == "red") + rng.normal(size=rows)).round(2)
    gaps = rng.random(rows) < 0.1
    return pd.DataFrame(
        {"x": x.round(2), "y": y, "count": rng.poisson(3.0, rows), "w": np.where(gaps, np.nan, (x + y).round(1)),
         "colour": np.where(rng.random(rows) < 0.05, None, colour), "same": 7}
    )  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    folder = tmp_path_factory.mktemp("tables")
    world(ROWS, 0).to_csv(folder / "made.csv", index=False)
    return load(folder, Entry("made.csv", "y", half="choosing"))


@pytest.fixture(scope="module")
def scored(data: Data) -> dict[str, dict[str, float]]:
    found = {}
    for name in ("row bootstrap", "independent columns", "second real sample", "sequential trees"):
        made = make(Method(name, "control", listed.CONTROLS[name]), data, 0)
        found[name] = measures(made.data, made.table, 0)
    return found


def test_copies_are_found(scored):
    copy = scored["row bootstrap"]
    assert copy["dcr share"] > 0.95
    assert copy["dcr z"] > 10.0
    assert copy["membership tpr, density"] > 0.4
    assert copy["copies"] == 1.0
    assert copy["c2st"] < 0.56  # an honest split: equal rows are on one side of it


def test_unrelated_columns_are_told_at_once(scored):
    shuffled = scored["independent columns"]
    assert shuffled["c2st"] > 0.95
    assert shuffled["association"] > 0.1
    assert shuffled["tstr gap"] > 0.3
    assert shuffled["dcr z"] < 4.0


def test_other_real_rows_pass(scored):
    real = scored["second real sample"]
    assert abs(real["c2st"] - 0.5) < 0.06
    assert abs(real["dcr share"] - 0.5) < 0.08
    assert abs(real["dcr z"]) < 4.5
    assert abs(real["tstr gap"]) < 0.05
    assert np.isnan(real["membership tpr, density"])  # 550 non-members are too few for 1 % of them


def test_a_level_that_training_rows_lack_does_not_say_where_it_is_from():
    rng = np.random.default_rng(5)
    sides = [
        pd.DataFrame({"name": [f"n{k}" for k in rng.integers(0, 600, 450)], "x": rng.normal(size=450)})
        for _ in range(3)
    ]
    tables = aligned(Data(Entry("t.csv", "x"), sides[0], sides[1]), sides[2])
    assert abs(c2st(tables, 0) - 0.5) < 0.12  # four standard errors


def test_trees_are_near_the_truth_and_no_copies(scored):
    trees = scored["sequential trees"]
    assert trees["c2st"] < 0.7
    assert trees["association"] < 0.05
    assert trees["copies"] < 0.2
    assert 0.5 < trees["dcr share"] < 0.9


@pytest.mark.parametrize("name", ["trees", "copula", "density", "bootstrap", "independent"])
def test_controls_give_the_columns_of_their_source_and_depend_on_the_seed(data, name):
    made, again, other = (CONTROLS[name](data, seed)(300) for seed in (1, 1, 2))
    table = on_grid(made, data.train)
    assert list(table) == list(data.train)
    assert set(table["colour"].dropna()) == {"red", "blue"}
    assert table["w"].isna().any()
    assert (table["same"] == 7).all()
    pd.testing.assert_frame_equal(made, again)
    assert not made.equals(other)


def test_digits_are_those_of_the_source():
    source = pd.DataFrame({"a": [0.25, 1.5], "b": [1, 2], "c": [0.1, np.nan]})
    made = pd.DataFrame({"a": [0.123456, 9.999], "b": [1.4, 2.6], "c": [np.nan, 0.26]})
    found = on_grid(made, source)
    assert found["a"].tolist() == [0.12, 10.0]
    assert found["b"].tolist() == [1, 3]
    assert found["b"].dtype == np.int64
    assert found["c"].tolist()[1] == 0.3


def test_gaps_are_filled_and_put_back():
    table = world(500, 1).astype({"colour": object})
    filled = fill(table)
    assert not filled.table.isna().to_numpy().any()
    assert "same" not in filled.table
    back = filled.put_back(filled.table)
    assert back.isna().equals(table.isna())
    pd.testing.assert_frame_equal(back.fillna(0), table.fillna(0), check_dtype=False)


def test_levels_are_ordered_by_the_mean_of_the_target():
    codes = np.array([0, 0, 1, 1, 2, 2])
    ranks = level_ranks(codes, 4, np.array([5.0, 5.0, 1.0, 1.0, 3.0, 3.0]), discrete=False)
    order = ranks[:3]
    assert order.tolist() in ([3.0, 0.0, 2.0], [3.0, 0.0, 1.0], [0.0, 3.0, 1.0], [0.0, 3.0, 2.0])
    two = level_ranks(codes, 3, np.array([1.0, 1.0, 0.0, 0.0, 1.0, 0.0]), discrete=True)
    assert two.tolist() in ([2.0, 0.0, 1.0], [0.0, 2.0, 1.0])


def test_the_halves_are_those_of_the_decision(data_file):
    """Largest tables first, by turns; the two of the first trials choose."""
    entries = {entry.name: entry for entry in read_manifest(HERE)}
    known = ("adult", "california_housing")
    sizes = {name: len(pd.read_csv(data_file(name), usecols=[entry.target])) for name, entry in entries.items()}
    others = sorted((name for name in entries if name not in known), key=lambda name: -sizes[name])
    halves = {**dict.fromkeys(known, "choosing"), **dict.fromkeys(others[::2], "final")}
    assert {name: entry.half for name, entry in entries.items()} == {
        name: halves.get(name, "choosing") for name in entries
    }


def test_a_manifest_may_be_a_csv_file(tmp_path):
    (tmp_path / "manifest.csv").write_text(
        "file,target,task,types,drop,rows\na.csv,y,classification,t=time;z=category,id;n,9\n"
    )
    assert read_manifest(tmp_path) == [
        Entry("a.csv", "y", "classification", types={"t": "time", "z": "category"}, drop=["id", "n"])
    ]


def test_times_become_numbers_and_classes_text(tmp_path):
    days = pd.date_range("2020-01-01", periods=40).strftime("%m/%d/%Y")
    pd.DataFrame({"day": days, "z": [1, 2] * 20, "flag": [True, False] * 20}).to_csv(tmp_path / "t.csv", index=False)
    made = load(tmp_path, Entry("t.csv", "z", "classification", types={"day": "time"}))
    both = pd.concat([made.train, made.holdout])
    assert sorted(both["day"]) == list(range(40))
    assert set(both["z"]) == {"1", "2"}
    assert made.discrete == ["z", "flag"]


def test_a_stopped_run_goes_on_and_settings_are_cells_of_their_own(tmp_path, capsys):
    tables, results = tmp_path / "tables", tmp_path / "results"
    tables.mkdir()
    world(240, 3).to_csv(tables / "small.csv", index=False)
    entry = Entry("small.csv", "colour", "classification", half="choosing")
    one = Cell(entry, Method("row bootstrap", "control", {"control": "bootstrap"}), 0)
    two = Cell(entry, Method("synthmix default", "ours", {}), 0)
    run_cells([one], tables, results)
    first = one.path(results).read_bytes()
    run_cells([one, two], tables, results)
    assert one.path(results).read_bytes() == first
    assert capsys.readouterr().out.count("row bootstrap") == 1
    changed = replace(two, method=Method("synthmix default", "ours", {"pairing": "random"}))
    assert is_kept(two, results)
    assert not is_kept(changed, results)
    assert [result["method"] for result in kept(results, [one.method, changed.method])] == ["row bootstrap"]


def test_an_error_stops_no_run(tmp_path):
    world(240, 3).to_csv(tmp_path / "small.csv", index=False)
    cell = Cell(Entry("small.csv", "y"), Method("trees", "control", {"control": "trees", "min_leaf": 0}), 0)
    run_cells([cell], tmp_path, tmp_path / "results")
    result = json.loads(cell.path(tmp_path / "results").read_text())
    assert result["status"] == "failed"
    assert "min_samples_leaf" in result["reason"]


def test_a_manifest_names_columns_that_are_there(tmp_path):
    world(40, 3).to_csv(tmp_path / "small.csv", index=False)
    with pytest.raises(ValueError, match="no column z, which the manifest names"):
        load(tmp_path, Entry("small.csv", "y", types={"z": "time"}))


def test_what_cannot_be_done_is_a_result(tmp_path):
    world(240, 3).to_csv(tmp_path / "small.csv", index=False)
    cell = Cell(Entry("small.csv", "y"), Method("wrong", "ours", {"pairing": {"name": "Nowhere"}}), 0)
    run_cells([cell], tmp_path, tmp_path / "results")
    result = json.loads(cell.path(tmp_path / "results").read_text())
    assert result["status"] == "not available"
    assert "Nowhere" in result["reason"]
    assert is_kept(cell, tmp_path / "results")
    assert not is_kept(cell, tmp_path / "results", again=True)


def result(table: str, method: str, family: str, seed: int = 0, **known: float) -> dict:
    found = {"c2st": 0.6, "dcr z": 1.0, "dcr share": 0.5, "tstr gap": 0.1, "membership tpr, density": 0.01, **known}
    return {
        "table": table, "method": method, "family": family, "seed": seed, "status": "done", "half": "choosing",
        "rows": 8000, "columns": 3, "date": "2026-01-01", "synthmix": "0", "measures": found, "peak_mib": 1.0,
        "seconds": {"fit": {"cpu_s": 1.0, "wall_s": 1.0}},
    }  # fmt: skip


def world_of_results() -> list[dict]:
    kept_ = []
    for k, table in enumerate(("a", "b", "c")):
        kept_ += [
            result(table, "sequential trees", "control", c2st=0.6, **{"membership tpr, density": 0.03 + k / 1000}),
            result(table, "good", "ours", c2st=0.58, **{"membership tpr, density": 0.03}),
            result(table, "tied", "ours", c2st=0.58, **{"tstr gap": 0.05, "membership tpr, density": 0.03}),
            result(table, "poor", "ours", c2st=0.7),
            result(table, "a copy", "ours", c2st=0.5, **{"membership tpr, density": 0.6}),
            result(table, "near", "ours", c2st=0.5, **{"dcr z": 9.0 + k}),
        ]
    return [*kept_, result("a", "seldom", "ours", c2st=0.5)]


def test_the_rule_leaves_out_who_gives_more_away_and_breaks_ties_by_use():
    told = choice(world_of_results()).splitlines()
    order = [line.split(":")[0].strip() for line in told]
    assert order.index("tied") < order.index("good") < order.index("poor")
    for name in ("a copy", "near"):
        assert order.index("poor") < order.index("less private") < order.index(name)
    assert order.index("less private") < order.index("not run on all of these tables") < order.index("seldom")


def test_privacy_on_one_table_has_the_error_of_its_false_alarms():
    found = means(world_of_results())
    gap = on_one(found, 8000, "a copy", "sequential trees", "a")
    assert gap.tpr == pytest.approx(0.57)
    assert gap.tpr_error == pytest.approx(2.0 * np.hypot(0.6, 0.03) / np.sqrt(40.0))
    assert not gap.no_worse
    assert over_several(found, "good", "sequential trees", ["a", "b", "c"]).no_worse


def test_the_page_says_where_we_lose(tmp_path):
    results = [
        *world_of_results(),
        result("a", "synthmix default", "ours", c2st=0.65, **{"membership tpr, density": 0.03}),
    ]
    write_page(results, tmp_path / "frontier.md", tmp_path / "pictures")
    text = (tmp_path / "frontier.md").read_text()
    assert "- a, C2ST, ours 0.650: sequential trees (0.600)" in text
    assert "| sequential trees | 0 / 1 / 0 | 0 / 0 / 1 | 0 / 0 / 0 | 1.0 |" in text
    assert "| sequential trees | good | 3 / 0 / 0 | 0 / 0 / 3 | 0 / 0 / 0 |" in text  # a copy and "near" give away more
    assert (tmp_path / "pictures" / "a.svg").stat().st_size > 1000


def test_the_page_says_what_a_privacy_that_is_asked_for_gives(tmp_path):
    """The share of each screen, the audit's, and the tables on which that is more than was asked for."""
    results = []
    for table, leaf, found, asked_share in (("a", 6, 0.58, 0.58), ("b", 40, 0.63, 0.59), ("c", 4, 0.605, 0.6)):
        screen = {"leaf": leaf, "share": asked_share, "limit": 0.6, "asked": True, "rows": 100, "splits": 2}
        results.append({**result(table, "asked", "ours", **{"dcr share": found}), "screen": screen})
        own = {**screen, "limit": 0.6 + leaf / 1000, "asked": False, "leaf": 4}  # as of before there were lines
        screen["slopes"] = leaf == 40
        results.append({**result(table, "synthmix default", "ours", **{"dcr share": 0.5}), "screen": own})
    text = "\n".join(asked_for(results, means(results)))
    assert "| synthmix default | 3 | 4 to 4, median 4 | 0 | 0.590 | 0.500, at most 0.500 | none |" in text
    assert "| 0.6 | 3 | 4 to 40, median 6 | 1 | 0.590 | 0.605, at most 0.630 | b (0.630) |" in text
    assert asked_for([one for one in results if one["method"] != "asked"], means(results)) == []


def test_the_page_says_how_far_learned_peers_came(tmp_path):
    lines = [
        {"table": "adult", "peer": "one", "ours_s": 2.0, "status": "ended", "seconds": 250.0},
        {"table": "adult", "peer": "two", "ours_s": 2.0, "status": "done", "seconds": 50.0},
        {"table": "adult", "peer": "three", "ours_s": 2.0, "status": "not available", "reason": "no such package"},
    ]
    (tmp_path / "learned.json").write_text(json.dumps(lines))
    text = "\n".join(large_tables(tmp_path / "learned.json"))
    assert "| adult | one | 2.0 | ended after 125 times ours |" in text
    assert "| adult | two | 2.0 | 25 times |" in text
    assert "| adult | three | 2.0 | no such package |" in text
    assert large_tables(tmp_path / "none.json") == []


def test_tables_that_others_bring_are_as_the_list_says(tmp_path):
    folder = bundled.write(tmp_path)
    entries = read_manifest(folder)
    assert [entry.name for entry in entries] == [table.name for table in bundled.TABLES]
    assert not {entry.name for entry in entries} & {entry.name for entry in read_manifest(HERE)}
    for entry in entries:
        read = load(folder, entry, cap=10**6)
        whole = pd.read_csv(folder / entry.file)
        assert len(whole) >= 300
        assert whole.shape[1] >= 5
        assert set(read.train) == set(whole) - set(entry.drop)
        assert len(set(read.train[entry.target])) > 1


def test_the_page_shows_unseen_tables_by_themselves(tmp_path):
    ours = result("new", "synthmix default", "ours", c2st=0.55, **{"membership tpr, density": 0.01})
    other = result("new", "sequential trees", "control", c2st=0.61, **{"membership tpr, density": 0.01})
    write_page(world_of_results(), tmp_path / "frontier.md", tmp_path / "pictures", [ours, other])
    before, after = (tmp_path / "frontier.md").read_text().split("## Tables that had no part in any choice")
    section, rest = after.split("## Table by table")
    assert "| sequential trees | 1 / 0 / 0 |" in section
    assert "| synthmix default | 0.550 |" in section
    assert "new" not in {line.split(" ")[-1] for line in (before + rest).splitlines() if line.startswith("### ")}
    write_page(world_of_results(), tmp_path / "frontier.md", tmp_path / "pictures")
    assert "no part in any choice" not in (tmp_path / "frontier.md").read_text()


PROGRAM = """
import sys
import time
sys.path.insert(0, {peers!r})
from job import work

def fit(job):
    while job.options.get("forever"):
        if time.process_time() > 30.0:
            raise RuntimeError("nobody ended it")
    return job.table

def sample(table, job):
    assert not table.isna().to_numpy().any()
    return table.sample(job.rows, replace=True, random_state=job.seed)

if __name__ == "__main__":
    work(fit, sample, ("numpy",))
"""


@pytest.fixture
def copying(tmp_path, monkeypatch):
    """A peer that copies rows, in the environment of the tests."""
    (tmp_path / "run_copy.py").write_text(PROGRAM.format(peers=str(outside.PROGRAMS)))
    (tmp_path / "requirements-copy.txt").write_text("")
    monkeypatch.setattr(outside, "PROGRAMS", tmp_path)
    monkeypatch.setattr(asking, "python_of", lambda _: Path(sys.executable))
    return Method("copy", "peer", {"program": "copy"})


def test_a_peer_gets_a_table_without_gaps_and_what_it_made_is_kept(copying, data, tmp_path, monkeypatch):
    made, said = outside.from_peer(copying, data, 1, tmp_path / "cache")
    assert list(made) == list(data.train)
    assert made["w"].isna().any()
    assert set(made["colour"].dropna()) == {"red", "blue"}
    assert said["seconds"]["fit"]["cpu_s"] >= 0.0
    monkeypatch.setattr(outside, "ask", None)  # it is not asked again
    again, _ = outside.from_peer(copying, data, 1, tmp_path / "cache")
    pd.testing.assert_frame_equal(made, again)


def test_a_peer_is_ended_after_its_seconds(copying, data, tmp_path, monkeypatch):
    monkeypatch.setattr(outside, "CAP_S", 2)
    endless = replace(copying, settings={**copying.settings, "forever": True})
    with pytest.raises(asking.TookTooLongError):
        outside.from_peer(endless, data, 1, tmp_path / "cache")
