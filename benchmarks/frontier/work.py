"""The commands."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.frontier import bundled
from benchmarks.frontier.cells import Cell, kept, run_cells
from benchmarks.frontier.choose import choice
from benchmarks.frontier.learned import RESULT, measure
from benchmarks.frontier.methods import QUICK, QUICK_TABLES, methods
from benchmarks.frontier.page import write_page
from benchmarks.frontier.tables import CAP, read_manifest
from benchmarks.real_tables import data_folder

RESULTS = Path(__file__).resolve().parent / "results"
QUICK_CAP = 2000


def run(asked: argparse.Namespace) -> int:
    """Compute what is asked for and not kept, one seed of everything before the next."""
    folder = asked.data or data_folder()
    entries = read_manifest(folder, asked.manifest)
    if asked.half:
        entries = [entry for entry in entries if entry.half == asked.half]
    known = methods()
    if asked.families:
        known = [method for method in known if method.family in asked.families]
    tables = asked.tables or (QUICK_TABLES if asked.quick else [entry.name for entry in entries])
    names = asked.methods or (QUICK if asked.quick else [method.name for method in known])
    unknown = {*tables} - {entry.name for entry in entries} | {*names} - {method.name for method in known}
    if unknown and (asked.tables or asked.methods):
        print(f"unknown: {', '.join(sorted(unknown))}")
        return 2
    cells = [
        Cell(entry, method, seed)
        for seed in range(1 if asked.quick else asked.seeds)
        for entry in entries
        for method in known
        if entry.name in tables and method.name in names
    ]
    if asked.quick and asked.results is None:
        with tempfile.TemporaryDirectory() as quick:
            run_cells(cells, folder, Path(quick), cap=QUICK_CAP)
        return 0
    run_cells(cells, folder, asked.results or RESULTS, again=asked.again, cap=QUICK_CAP if asked.quick else CAP)
    return 0


def page(asked: argparse.Namespace) -> int:
    """Write the page and its pictures."""
    known = methods()
    write_page(list(kept(asked.results or RESULTS, known)), bundled=list(kept(bundled.RESULTS, known)))
    return 0


def choose(asked: argparse.Namespace) -> int:
    """Print what the rule chooses."""
    print(choice(list(kept(asked.results or RESULTS, methods()))))
    return 0


def learned(asked: argparse.Namespace) -> int:
    """Time learned peers on large tables."""
    measure(asked.data or data_folder(), RESULT)
    return 0


def unseen(asked: argparse.Namespace) -> int:
    """Run on the tables that come with other libraries."""
    own = argparse.Namespace(**vars(asked))
    own.data, own.manifest, own.results = bundled.write(), None, asked.results or bundled.RESULTS
    own.methods = asked.methods or (None if asked.families else bundled.METHODS)
    return run(own)


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "run": run, "page": page, "choose": choose, "learned": learned, "bundled": unseen
}  # fmt: skip
