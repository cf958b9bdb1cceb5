"""``python -m benchmarks.speed``: measure, print, judge, keep; ``guard``: compare ratios; ``page``: write docs."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from benchmarks.speed.machine import one_thread

os.environ |= one_thread()  # before numpy is imported: its linear algebra reads this once

RESULTS = Path(__file__).resolve().parent / "results"


def arguments(given: list[str]) -> argparse.Namespace:
    """Return what was asked for."""
    from benchmarks.speed.run import SECTIONS

    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("command", nargs="?", choices=("all", "guard", "page"), default="all")
    parser.add_argument("--rounds", type=int, help="timed rounds after the warm-up (15; guard: 9)")
    parser.add_argument("--quick", action="store_true", help="small sizes: whether it runs, not how fast it is")
    parser.add_argument("--only", action="append", choices=list(SECTIONS), metavar="SECTION", help=" ".join(SECTIONS))
    parser.add_argument("--out", type=Path, help=f"JSON file ({RESULTS.name}/latest.json)")
    parser.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--largest", type=int, default=10_000_000, help="growth: most rows in and out (10,000,000)")
    parser.add_argument("--set-floors", action="store_true", help="guard: write floors from what is measured now")
    return parser.parse_args(given)


def main(given: list[str]) -> int:
    """Run the command and return the exit status."""
    asked = arguments(given)
    if asked.command == "guard":
        from benchmarks.speed.guard import guard

        return guard(rounds=asked.rounds or 9, set_floors=asked.set_floors)
    if asked.command == "page":
        from benchmarks.speed.page import write_page

        write_page(asked.out or RESULTS / "latest.json")
        return 0
    from benchmarks.speed.run import run
    from benchmarks.speed.settings import QUICK, Settings, Sizes

    settings = Settings(
        sizes=(QUICK if asked.quick else Sizes()).up_to(asked.largest),
        rounds=asked.rounds or (2 if asked.quick else 15),
        peers=asked.peers,
        quick=asked.quick,
    )
    run(settings, asked.only, asked.out or RESULTS / "latest.json")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
