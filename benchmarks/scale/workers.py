"""Workers of a cluster on this machine: what a worker adds, and what the model of more of them rests on."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

from benchmarks.scale.steps import normal_table


def workers(folder: Path, rows: int, *, quick: bool) -> dict[str, Any]:
    """Return seconds of writing a folder by one process and by workers, and of sending a source to them."""
    import distributed

    from synthmix import MixupSynthesizer, dask, scale

    n = 20_000 if quick else 250_000
    synthesizer = MixupSynthesizer(encoding="raw", random_state=1).fit(normal_table(n, 20, 0))
    found: dict[str, Any] = {"source_rows": n, "columns": 20, "rows": rows, "load": os.getloadavg(), "runs": []}
    scale.stream(synthesizer, folder / "warm", n)
    began = time.perf_counter()
    scale.stream(synthesizer, folder / "one", rows, row_group_rows=n)
    found["one_process_seconds"] = time.perf_counter() - began
    for count in (1, 2, 4):
        with (
            distributed.LocalCluster(n_workers=count, threads_per_worker=1, dashboard_address=None) as cluster,
            distributed.Client(cluster) as client,
        ):
            began = time.perf_counter()
            dask.to_parquet(synthesizer, folder / "sent", count, client=client, row_group_rows=1)
            sent = time.perf_counter() - began
            began = time.perf_counter()
            dask.to_parquet(synthesizer, folder / "many", rows, client=client, row_group_rows=n)
            found["runs"].append({"workers": count, "first_seconds": sent, "seconds": time.perf_counter() - began})
            print(found["runs"][-1], flush=True)
        for name in ("sent", "many"):
            shutil.rmtree(folder / name)
    return found
