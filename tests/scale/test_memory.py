"""Peak memory of a process of its own, against what it was allowed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).resolve().parents[2]
SLACK = 32 * 2**20  # of the allocator, beside the argument

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read as Linux counts it"),
]


def step(name: str, **given: object) -> dict:
    command = [
        sys.executable,
        "-m",
        "benchmarks.scale.steps",
        name,
        *(f"{key}={value}" for key, value in given.items()),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_many_rows_of_a_small_source_stay_under_the_cap(tmp_path):
    step("make", path=tmp_path / "in.parquet", rows=50_000, columns=20)
    done = step(
        "stream", source=tmp_path / "in.parquet", sink=tmp_path / "out.parquet", rows=2_000_000, memory="640MiB",
        encoding="raw", pairing="random",
    )  # fmt: skip
    assert pq.read_metadata(tmp_path / "out.parquet").num_rows == 2_000_000  # 320 MB, several times in memory at once
    assert done["peak_while_streaming"] < 640 * 2**20 + SLACK


def test_a_source_beyond_the_cap_is_read_in_windows_under_it(tmp_path):
    step("make", path=tmp_path / "in.parquet", rows=1_500_000, columns=20)
    done = step(
        "stream", source=tmp_path / "in.parquet", sink=tmp_path / "out.parquet", memory="640MiB", certificate="1",
        encoding="raw",
    )  # fmt: skip
    assert done["mode"] == "windows"
    assert done["windows"] > 10
    assert done["covariance_error"] < 1e-10
    assert done["peak_while_streaming"] < 640 * 2**20 + SLACK
