"""The benchmark of generations on a small made table: every method runs, and the numbers are those of the tables."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.generations import page
from benchmarks.generations.__main__ import PICTURES, RESULTS
from benchmarks.generations.methods import METHODS, smote
from benchmarks.generations.picture import apart, pictures
from benchmarks.generations.ruler import ASSOCIATION, COVARIANCE, DETECTABILITY, UTILITY, frontier_ruler
from benchmarks.generations.study import run, summary
from synthmix.collapse import CollapseStudy


def table(n: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.Generator(np.random.Philox(key=seed))
    x = rng.normal(size=n)
    y = (x + rng.normal(size=n)).round(2)
    y[:5] = np.nan
    return pd.DataFrame({"x": x.round(2), "y": y, "kind": pd.Series(rng.choice(["a", "b", "c"], n), dtype=object)})


def test_the_ruler_tells_copies_from_other_rows() -> None:
    real, rest = table(400), table(900, 1)
    ruler = frontier_ruler(real, target=None, holdout=rest)
    copies = {name: value for name, *_, value, _ in ruler.measure(real)}
    assert set(copies) == {COVARIANCE, DETECTABILITY, ASSOCIATION}  # no target, no loss of a model
    assert copies[COVARIANCE] == copies[ASSOCIATION] == 0.0
    assert abs(copies[DETECTABILITY] - 0.5) < 0.15
    wide = {name: value for name, *_, value, _ in ruler.measure(real.assign(x=2.0 * real["x"]))}
    x, y = real.dropna()[["x", "y"]].to_numpy().T
    correlation = np.corrcoef(x, y)[0, 1]
    expected = np.sqrt(3.0**2 + 2.0 * correlation**2) / np.sqrt(2.0 + 2.0 * correlation**2)
    assert wide[COVARIANCE] == pytest.approx(expected)
    assert wide[DETECTABILITY] > 0.6


def test_the_ruler_tells_what_a_model_loses() -> None:
    real, rest = table(400).dropna(ignore_index=True), table(900, 1).dropna(ignore_index=True)
    ruler = frontier_ruler(real, target="y", holdout=rest)
    same, apart_ = (
        {name: value for name, *_, value, _ in ruler.measure(made)}
        for made in (real, real.assign(y=real["y"].to_numpy()[::-1]))
    )
    assert abs(same[UTILITY]) < 0.1
    assert apart_[UTILITY] > 0.3  # x says nothing of a y in another order
    assert apart_[ASSOCIATION] > 0.1


def test_smote_mixes_near_rows_and_copies_levels() -> None:
    real = table(300)
    made = smote(real, 200, 1)
    assert list(made) == list(real)
    assert len(made) == 200
    assert set(made["kind"]) <= set(real["kind"])
    assert made["x"].between(real["x"].min(), real["x"].max()).all()
    assert made.equals(smote(real, 200, 1))
    assert not made.equals(smote(real, 200, 2))


def test_every_method_makes_generations() -> None:
    study = CollapseStudy(table(320), METHODS, "replace", n=100, generations=1, replicates=2, ruler=frontier_ruler)
    result = study.run(progress=False)
    assert len(result.errors) == 0
    rows = summary(result.trajectories)
    assert {row["method"] for row in rows} == set(METHODS)
    first = {row["method"]: row["mean"] for row in rows if row["measure"] == COVARIANCE and row["generation"] == 1}
    assert first["synthmix, raw rotation"] < 1e-12
    assert first["uniform mixup"] > 0.05
    row = next(row for row in rows if row["generation"] == 1)
    a, b = row["chains"]
    assert row["mean"] == pytest.approx((a + b) / 2.0, rel=1e-5)
    assert row["high"] - row["mean"] == pytest.approx(12.7062 * abs(a - b) / 2.0, rel=1e-3, abs=1e-5)  # t of 1 degree


def test_run_and_picture(tmp_path: Path) -> None:
    table(200).to_csv(tmp_path / "small.csv", index=False)
    (tmp_path / "manifest.json").write_text(json.dumps([{"file": "small.csv", "target": "y"}]))
    asked = argparse.Namespace(
        data=tmp_path, table="small", rows=80, generations=1, chains=1, regime="replace", methods=["row bootstrap"],
        seed=0, jobs=1, store=None,
    )  # fmt: skip
    run(asked, tmp_path / "small.json")
    kept = json.loads((tmp_path / "small.json").read_text())
    assert kept["about"]["rows"] == 80
    pictures(tmp_path / "small.json", tmp_path)
    assert all("row bootstrap" in (tmp_path / f"generations-small{tail}.svg").read_text() for tail in ("", "-use"))


def test_pictures_and_page_are_those_of_the_kept_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kept in RESULTS.glob("*.json"):
        pictures(kept, tmp_path)
        shown = {row["method"] for row in json.loads(kept.read_text())["rows"]}
        assert set(METHODS) - shown <= {"synthmix, four ranges"}  # for a table with classes it is the default
        names = [f"generations-{kept.stem}{tail}.svg" for tail in ("", "-use")]
        texts = [(folder / name).read_text() for name in names for folder in (tmp_path, PICTURES)]
        assert all(method in text for method in shown for text in texts)
    drawn = sorted(path.name for path in tmp_path.iterdir())
    assert drawn == sorted(path.name for path in PICTURES.glob("generations-*.svg"))
    written = page.PAGE.read_text()
    monkeypatch.setattr(page, "PAGE", tmp_path / "page.md")
    page.write_page(RESULTS)
    assert written == (tmp_path / "page.md").read_text()
    rows = json.loads((RESULTS / "adult.json").read_text())["rows"]
    last = {row["method"]: row["mean"] for row in rows if row["generation"] == 20 and row["measure"] == UTILITY}
    line = next(line for line in written.split("## adult")[1].splitlines() if line.startswith(f"  - {UTILITY}"))
    nearer = [
        name for name in last if last[name] < last["synthmix, default"] and not name.startswith(("synthmix", "row"))
    ]
    assert line.count(" (") == len(nearer)
    assert all(f"{name} ({last[name]:.3f})" in line for name in nearer)


def test_chains_of_other_seeds_are_counted_with_those_of_the_table() -> None:
    """The page's means and standard errors over all chains; methods that were not run with each seed are not there."""
    files = [RESULTS / "california_housing.json", *sorted((RESULTS / "more").glob("california_housing-*.json"))]
    rows = [row for file in files for row in json.loads(file.read_text())["rows"]]
    section = page.PAGE.read_text().split("## california_housing")[1].split("Some methods with more chains")[1]
    lines = [line.split(" | ") for line in section.splitlines() if " ± " in line and line.startswith("| ")]
    assert [line[0] for line in lines] == ["| synthmix, default", "| Gaussian refit"]
    for name, line in (("synthmix, default", lines[0]), ("Gaussian refit", lines[1])):
        for measure, cell in zip(page.MEASURES, line[2:], strict=True):
            chosen = [r for r in rows if (r["method"], r["measure"], r["generation"]) == (name, measure, 20)]
            values = np.concatenate([row["chains"] for row in chosen])
            assert int(line[1]) == values.size == 10 * len(files)
            assert cell.removesuffix(" |") == f"{values.mean():.3f} ± {values.std(ddof=1) / values.size**0.5:.3f}"


def test_names_are_apart() -> None:
    places = apart([0.0, 0.1, 0.15, 5.0], 1.0)
    assert places[3] == 5.0
    assert np.diff(places).min() >= 1.0 - 1e-12
    assert np.mean(places[:3]) == pytest.approx(np.mean([0.0, 0.1, 0.15]))
