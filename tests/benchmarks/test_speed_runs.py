"""The whole benchmark runs on small sizes, and every bar finds its numbers."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.speed import run
from benchmarks.speed.acceptance import BARS
from benchmarks.speed.run import SECTIONS
from benchmarks.speed.settings import QUICK, Settings

ROOT = Path(__file__).resolve().parents[2]
QUICK_SETTINGS = Settings(sizes=QUICK, rounds=1, peers=False, quick=True)


@pytest.mark.slow
def test_a_quick_run_fills_every_section(tmp_path: Path) -> None:
    out = tmp_path / "quick.json"
    command = [sys.executable, "-m", "benchmarks.speed", "--quick", "--rounds", "1", "--no-peers"]
    done = subprocess.run([*command, "--out", str(out)], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    result = json.loads(out.read_text(encoding="utf-8"))
    assert set(result["sections"]) == set(SECTIONS)
    assert {"processor", "caches", "cores", "versions", "date"} <= set(result["machine"])
    assert {row["verdict"] for row in result["acceptance"]} == {"not judged"}
    assert (tmp_path / "growth.png").stat().st_size > 10_000
    for bar in BARS:
        assert bar.section in result["sections"], bar.name
        if hasattr(bar, "slow"):
            known = {row["case"] for row in result["sections"][bar.section]["cases"]}
            assert {*bar.slow, *bar.fast} <= known, bar.name


def test_some_sections_are_measured_beside_those_that_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole run begins anew; a part of one changes its sections alone, and says so; another machine is refused."""
    monkeypatch.setattr(run, "SECTIONS", {name: lambda _, name=name: {"of": name, "cases": []} for name in "abc"})
    monkeypatch.setattr(run.acceptance, "BARS", ())
    out = tmp_path / "kept.json"
    run.run(QUICK_SETTINGS, None, out)
    before = json.loads(out.read_text(encoding="utf-8"))
    assert set(before["sections"]) == set("abc")
    run.run(QUICK_SETTINGS, ["b"], out)
    after = json.loads(out.read_text(encoding="utf-8"))
    assert "run of its own" in after["sections"]["b"].pop("measured")
    same = [
        {k: v for k, v in part.items() if k != "seconds"} for r in (before, after) for part in r["sections"].values()
    ]
    assert same[:3] == same[3:]
    for other in (replace(QUICK_SETTINGS, rounds=3), replace(QUICK_SETTINGS, quick=False)):
        with pytest.raises(SystemExit, match="give --out PATH"):
            run.run(other, ["c"], out)
    monkeypatch.setattr(run.machine, "processor", lambda: "another one")
    with pytest.raises(SystemExit, match="processor"):
        run.run(QUICK_SETTINGS, ["c"], out)
    run.run(QUICK_SETTINGS, None, out)
    assert set(json.loads(out.read_text(encoding="utf-8"))["sections"]) == set("abc")
