"""The benchmark of generations on a small made table: every method runs, and the numbers are those of the tables."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.generations.__main__ import PICTURES, RESULTS
from benchmarks.generations.methods import METHODS, smote
from benchmarks.generations.picture import apart, picture
from benchmarks.generations.ruler import COVARIANCE, DETECTABILITY, frontier_ruler
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
    assert copies[COVARIANCE] == 0.0
    assert abs(copies[DETECTABILITY] - 0.5) < 0.15
    wide = {name: value for name, *_, value, _ in ruler.measure(real.assign(x=2.0 * real["x"]))}
    x, y = real.dropna()[["x", "y"]].to_numpy().T
    correlation = np.corrcoef(x, y)[0, 1]
    expected = np.sqrt(3.0**2 + 2.0 * correlation**2) / np.sqrt(2.0 + 2.0 * correlation**2)
    assert wide[COVARIANCE] == pytest.approx(expected)
    assert wide[DETECTABILITY] > 0.6


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
    picture(tmp_path / "small.json", tmp_path / "small.svg")
    assert "row bootstrap" in (tmp_path / "small.svg").read_text()


def test_the_picture_is_drawn_from_the_kept_result(tmp_path: Path) -> None:
    name = "generations-california_housing.svg"
    picture(RESULTS / "california_housing.json", tmp_path / name)
    drawn = (tmp_path / name).read_text()
    assert all(method in drawn for method in METHODS)
    assert all(method in (PICTURES / name).read_text() for method in METHODS)


def test_names_are_apart() -> None:
    places = apart([0.0, 0.1, 0.15, 5.0], 1.0)
    assert places[3] == 5.0
    assert np.diff(places).min() >= 1.0 - 1e-12
    assert np.mean(places[:3]) == pytest.approx(np.mean([0.0, 0.1, 0.15]))
