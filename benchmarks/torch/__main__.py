"""``python -m benchmarks.torch``: measure, print a table, keep the numbers; ``page``: write docs/training-speed.md."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from benchmarks.speed.machine import processor
from benchmarks.torch.measure import measure
from benchmarks.torch.sizes import CPU, GPU, QUICK

RESULTS = Path(__file__).resolve().parent / "results"


def main(given: list[str]) -> int:
    """Measure every setting, print and keep."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.torch", description=__doc__)
    parser.add_argument("command", nargs="?", choices=("measure", "page"), default="measure")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder, or JSON file")
    parser.add_argument("--quick", action="store_true", help="small sizes: whether it runs, not how fast it is")
    asked = parser.parse_args(given)
    if asked.command == "page":
        from benchmarks.torch.page import write_page

        write_page(asked.out)
        return 0
    device = torch.device(asked.device)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else processor()
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    path = asked.out if asked.out.suffix == ".json" else asked.out / f"{slug}.json"
    begun, rows = time.perf_counter(), []
    for size in QUICK if asked.quick else GPU if device.type == "cuda" else CPU:
        made = measure(size, device)
        show(made)
        rows += made
        keep(path, {**describe(name, device), "seconds": time.perf_counter() - begun, "rows": rows})
    print(f"{time.perf_counter() - begun:.0f} s; kept in {path}")
    return 0


def describe(name: str, device: torch.device) -> dict[str, Any]:
    """Return what the numbers depend on."""
    return {
        "device": name,
        "kind": device.type,
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def show(rows: list[dict[str, Any]]) -> None:
    """Print the rows of one setting; the last two columns are shares of the limit and multiples of the loader."""
    limit = next(row["us_a_batch"] for row in rows if row["way"] == "gather and write")
    loader = min(row["us_a_batch"] for row in rows if row["way"].startswith("loader"))
    print(f"\nbatches of {rows[0]['batch']} x {rows[0]['columns']} float32, source of {rows[0]['source']} rows")
    print(f"{'':30}{'us/batch':>12}{'rows/s':>12}{'GB/s':>9}{'of limit':>10}{'x loader':>10}")
    for row in rows:
        each = row["us_a_batch"]
        print(
            f"{row['way']:30}{each:12.1f}{row['rows_a_second']:12.3g}{row['gb_a_second']:9.2f}"
            f"{limit / each:10.0%}{loader / each:10.1f}",
            flush=True,
        )
    print(f"first call {rows[0]['first_call_s']:.1f} s, same bits as the kernels: {rows[0]['equal_bits']}")


def keep(path: Path, results: dict[str, Any]) -> None:
    """Write the results, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(results, indent=1) + "\n")
    part.replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
