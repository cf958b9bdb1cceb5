"""What is left of a table over generations: ``run`` a study, draw its numbers (``picture``), or write the ``page``.

python -m benchmarks.generations run --table adult --rows 2000 --generations 20 --chains 10
python -m benchmarks.generations run --methods "synthmix, default" SMOTE --out PATH
python -m benchmarks.generations run --seed 1 --results PATH  (chains of other seeds are kept in results/more)
python -m benchmarks.generations picture --table adult
python -m benchmarks.generations page
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.generations.methods import METHODS
from benchmarks.real_tables import data_folder

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
PICTURES = HERE.parents[1] / "docs" / "_static"


def main(given: list[str]) -> int:
    """Run the command and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.generations",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=("run", "picture", "page"))
    parser.add_argument("--data", type=Path, default=data_folder(), help="folder of CSV files; default SYNTHMIX_DATA")
    parser.add_argument("--table", default="california_housing", help="a name of the manifest of the frontier")
    parser.add_argument("--rows", type=int, default=2000, help="of generation 0 and of each other")
    parser.add_argument("--generations", type=int, default=20)
    parser.add_argument("--chains", type=int, default=10)
    parser.add_argument("--regime", default="replace")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS), metavar="METHOD")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--store", type=Path, help="folder of the study, so that a stopped run goes on")
    parser.add_argument("--results", type=Path, help="JSON that is written or drawn; default results/TABLE.json")
    parser.add_argument("--out", type=Path, help="folder of the pictures; default docs/_static")
    asked = parser.parse_args(given)
    results = asked.results or RESULTS / f"{asked.table}.json"
    if asked.command == "run":
        from benchmarks.generations.study import run

        run(asked, results)
        return 0
    if asked.command == "page":
        from benchmarks.generations.page import write_page

        write_page(RESULTS)
        return 0
    from benchmarks.generations.picture import pictures

    pictures(results, asked.out or PICTURES)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
