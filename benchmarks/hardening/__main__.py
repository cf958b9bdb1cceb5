"""Run the large versions: ``python -m benchmarks.hardening properties --examples 5000``, ``fuzz``, ``soak``, ``page``.

Each of the first three writes a file of results, from which ``page`` makes docs/hardening.md.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
_LIBRARIES = ("synthmix", "numpy", "numba", "pandas", "pyarrow", "scipy", "scikit-learn", "hypothesis")


def _write(name: str, work: Callable[[], dict[str, Any]]) -> None:
    begun = time.monotonic()
    found = work()
    found["seconds"] = round(time.monotonic() - begun, 1)
    found["versions"] = {"python": platform.python_version(), **{one: version(one) for one in _LIBRARIES}}
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{path}: {found['seconds']} s, {len(found.get('failures', []))} failures")


def main() -> None:
    """Run one part, or write the page from what is there."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hardening", description=__doc__)
    parser.add_argument("part", choices=["properties", "fuzz", "soak", "page"])
    parser.add_argument("--examples", type=int, default=5000, help="generated tables, or changed files")
    parser.add_argument("--cycles", type=int, default=200, help="cycles of the soak")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=600.0, help="stop after so many")
    chosen = parser.parse_args()
    if chosen.part == "properties":
        from benchmarks.hardening.run import many

        _write("properties", lambda: many(chosen.examples, chosen.seed, chosen.minutes))
    elif chosen.part == "fuzz":
        from benchmarks.hardening.fuzz import fuzz

        _write("fuzz", lambda: fuzz(chosen.examples, chosen.seed, chosen.minutes))
    elif chosen.part == "soak":
        from benchmarks.hardening.soak import soak

        _write("soak", lambda: soak(chosen.cycles))
    else:
        from benchmarks.hardening.page import write_page

        write_page(RESULTS)


if __name__ == "__main__":
    main()
