"""The whole benchmark runs on small sizes, and every bar finds its numbers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.speed.acceptance import BARS
from benchmarks.speed.run import SECTIONS

ROOT = Path(__file__).resolve().parents[2]


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
