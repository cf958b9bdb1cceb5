"""Write kept results as a page for people, so that no number of it is copied by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs" / "training-speed.md"

HEAD = (
    "Made by `python -m benchmarks.torch page` from `benchmarks/torch/results/`; measured by `python -m "
    "benchmarks.torch` on the device that is there. Uniform weights, random partners, float32, rows in the data's own "
    "units. Medians of repeats after a warm-up; events of the GPU, the wall clock on a CPU."
)
WAYS = (
    "- **gather and write**: two rows read and one written, with a plan that is ready, for all rows that the sampler "
    "makes ahead at once: what memory allows. **one batch**: the same for one batch a call, which shows what launching "
    "costs.\n"
    "- **batch mixing**: a random batch, its permutation, one weight for all, as image libraries do.\n"
    "- **loader**: a `DataLoader` whose items are mixed by numpy, batches of at most 4,096 rows."
)


def write_page(folder: Path) -> None:
    """Write docs/training-speed.md from the result files of a folder."""
    parts = ["# Batches for training: how fast", HEAD, WAYS]
    for path in sorted(folder.glob("*.json")):
        parts += device_part(json.loads(path.read_text(encoding="utf-8")))
    PAGE.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def device_part(result: dict[str, Any]) -> list[str]:
    """Return the section of one device."""
    about = f"torch {result['torch']}, {result['date'][:10]}, {result['threads']} threads, {result['cores']} cores."
    parts = [f"## {result['device']}", about + (f" {result['note']}" if "note" in result else "")]
    sizes = dict.fromkeys((row["batch"], row["columns"], row["source"]) for row in result["rows"])
    for batch, columns, source in sizes:
        mine = [row for row in result["rows"] if (row["batch"], row["columns"]) == (batch, columns)]
        limit = next(row["us_a_batch"] for row in mine if row["way"] == "gather and write")
        loader = min(row["us_a_batch"] for row in mine if row["way"].startswith("loader"))
        lines = [
            "| | µs a batch | rows a second | GB/s | of the limit | times the loader |",
            "|---|---|---|---|---|---|",
        ]
        for row in mine:
            each = row["us_a_batch"]
            lines.append(
                f"| {row['way']} | {each:,.1f} | {row['rows_a_second']:.3g} | {row['gb_a_second']:.4g} "
                f"| {limit / each:.0%} | {loader / each:,.1f} |"
            )
        parts += [f"Batches of {batch:,} x {columns}, a source of {source:,} rows:", "\n".join(lines)]
    return parts
