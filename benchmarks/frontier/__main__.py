"""``python -m benchmarks.frontier``: run what is missing; ``page``: write docs/frontier.md; ``choose``: apply the rule;
``learned``: time learned peers on large tables; ``bundled``: run on tables that come with other libraries.

python -m benchmarks.frontier --half choosing --families control ours --seeds 3
python -m benchmarks.frontier --tables adult --methods "sequential trees" "synthmix default"
python -m benchmarks.frontier --quick
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(given: list[str]) -> int:
    """Run the command and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.frontier", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", nargs="?", choices=("run", "page", "choose", "learned", "bundled"), default="run")
    parser.add_argument("--data", type=Path, help="folder of CSV files; default SYNTHMIX_DATA, or ../shared/data")
    parser.add_argument("--manifest", type=Path, help="default: manifest.json or .csv of the folder, else tables.json")
    parser.add_argument("--tables", nargs="+", help="names; default all")
    parser.add_argument("--half", choices=("choosing", "final"), help="tables of one half only")
    parser.add_argument("--methods", nargs="+", help="names; default all")
    parser.add_argument("--families", nargs="+", choices=("ours", "control", "peer"), help="default all")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--results", type=Path, help="folder of results, one file each; default beside this program")
    parser.add_argument("--again", action="store_true", help="try again what could not be done before")
    parser.add_argument("--quick", action="store_true", help="three tables, three peers, 2,000 rows, one seed")
    asked = parser.parse_args(given)
    from benchmarks.frontier import work

    return work.COMMANDS[asked.command](asked)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
