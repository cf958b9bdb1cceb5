"""Kill the command at random moments, and workers of a cluster, and compare what comes of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.scale.mixed import mixed_table

_COMMAND_KILLS, _WORKER_KILLS = 10, 5


def kills(folder: Path, rows: int, *, quick: bool) -> dict[str, Any]:
    """Return how often a killed run gave the bytes of one that was left alone."""
    mixed_table(5000).to_csv(folder / "in.csv", index=False)
    formats = ("out.parquet", "out") if quick else ("out.parquet", "out.csv", "out.arrow", "out")
    return {
        "rows": rows,
        "command": {name: _command(folder, name, rows, 3 if quick else _COMMAND_KILLS) for name in formats},
        "workers": _workers(folder, rows, 1 if quick else _WORKER_KILLS),
    }


def _command(folder: Path, name: str, rows: int, n_kills: int) -> dict[str, Any]:
    def words(out: str) -> list[str]:
        given = ["synthesize", "in.csv", out, "--rows", str(rows), "--seed", "5", "--resume", "--pairing", "random"]
        return [sys.executable, "-m", "synthmix.cli", *given, "--row-group", str(rows // 60)]

    whole = f"whole{Path(name).suffix}"
    began = time.monotonic()
    subprocess.run(words(whole), cwd=folder, check=True, capture_output=True)
    usual = time.monotonic() - began
    killed, early, moments = 0, 0, np.random.Generator(np.random.Philox(key=3))
    while killed < n_kills:
        with subprocess.Popen(words(name), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            time.sleep(moments.uniform(0.2, 1.0) * usual)
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                killed += 1
        if (folder / name).exists():  # it was quicker, or killed while it printed: begin anew
            early += int(not _same(folder / name, folder / whole))
            _remove(folder / name)
    subprocess.run(words(name), cwd=folder, check=True, capture_output=True)
    found = {
        "kills": killed,
        "half_written": early,
        "same_bytes": _same(folder / name, folder / whole),
        "left": sorted(path.name for path in folder.iterdir() if path.name.startswith(".")),
    }
    _remove(folder / name)
    _remove(folder / whole)
    print(name, found, flush=True)
    return found


def _workers(folder: Path, rows: int, n_kills: int) -> dict[str, Any]:
    import distributed

    from synthmix import MixupSynthesizer, dask, scale

    synthesizer = MixupSynthesizer(pairing="nearest", random_state=5).fit(mixed_table(5000))
    scale.stream(synthesizer, folder / "whole", rows, row_group_rows=rows // 60)
    same, moments = 0, np.random.Generator(np.random.Philox(key=4))
    with (
        distributed.LocalCluster(n_workers=4, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        dask.to_parquet(synthesizer, folder / "first", rows, client=client, row_group_rows=rows // 60)
        for _ in range(n_kills):
            client.wait_for_workers(4)
            answers = client.run(os.getpid, on_error="return").values()
            pids = [pid for pid in answers if isinstance(pid, int)]
            timer = threading.Timer(moments.uniform(0.05, 1.5), os.kill, (int(moments.choice(pids)), signal.SIGKILL))
            timer.start()
            dask.to_parquet(synthesizer, folder / "killed", rows, client=client, row_group_rows=rows // 60)
            timer.join()
            same += _same(folder / "killed", folder / "whole")
            _remove(folder / "killed")
            client.wait_for_workers(4)
    print("workers", same, flush=True)
    return {"kills": n_kills, "same_bytes": same}


def _same(one: Path, other: Path) -> bool:
    if one.is_file():
        return one.read_bytes() == other.read_bytes()
    names = sorted(path.name for path in one.iterdir())
    return names == sorted(path.name for path in other.iterdir()) and all(
        (one / name).read_bytes() == (other / name).read_bytes() for name in names
    )


def _remove(path: Path) -> None:
    if path.is_dir():
        for one in path.iterdir():
            one.unlink()
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
