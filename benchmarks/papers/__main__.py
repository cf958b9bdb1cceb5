"""``python -m benchmarks.papers PAPER``: run its experiments; ``page``: write docs/papers.md from what is kept."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

PAPERS = ("probmix", "mixupe", "multimix", "varmixup")
HERE = Path(__file__).resolve().parent


def main(given: list[str]) -> int:
    """Run the command and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.papers", description=__doc__)
    parser.add_argument("command", choices=(*PAPERS, "page"))
    parser.add_argument(
        "--quick", action="store_true", help="two seeds, few epochs: whether it runs, not what it finds"
    )
    parser.add_argument(
        "--cells", type=Path, default=HERE / ".cells", help="folder of results that are kept one by one"
    )
    parser.add_argument("--out", type=Path, default=HERE / "results", help="folder of the results of whole papers")
    parser.add_argument("--processes", type=int, default=1, help="cells computed at once; results do not depend on it")
    parser.add_argument("--gather", action="store_true", help="compute nothing; keep what there is of a stopped run")
    asked = parser.parse_args(given)
    if asked.command == "page":
        from benchmarks.papers.page import write_page

        write_page(asked.out)
        return 0
    from benchmarks.papers.cells import keep, kept, run_cells

    cells = importlib.import_module(f"benchmarks.papers.{asked.command}").cells(quick=asked.quick)
    folder = asked.cells / asked.command
    results = kept([cell for cell, _ in cells], folder) if asked.gather else run_cells(cells, folder, asked.processes)
    if not asked.quick:
        keep(results, asked.out / f"{asked.command}.json")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
