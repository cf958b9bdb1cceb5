"""How often the tests on whole rows reject: where nothing is wrong, and after one or more generations of mixing.

    python -m benchmarks.drift.size_power --rows 500 --runs 1000 --permutations 499 --output docs/drift-size-power.md

Training rows are normal, holdout rows of the same law; every world makes as many rows as it was given. Both tests are
at 5 %. The bands are the central 99.9 % of a binomial count at that level: a test that is exact in a world lies inside,
one that is conservative below.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.stats import binom, ks_2samp

from benchmarks.drift.worlds import CHANGES, NULLS, Floats, World
from synthmix.drift.joint.budget import Budget
from synthmix.drift.joint.fused import fused_test
from synthmix.drift.joint.rch import holdout_test

LEVEL, BAND = 0.05, 0.999
COLUMNS = ("fused, against training", "energy", "MMD median", "MMD .3", "radius", "KS, Holm", "near copies", "holdout")


def one_run(world: World, rows: int, columns: int, permutations: int, seed: int) -> list[bool]:
    """Return which of COLUMNS reject in one run."""
    rng = np.random.default_rng([seed, rows, columns])
    train, holdout = rng.normal(size=(2, rows, columns))
    made = world(train, rng)
    budget = Budget(rows=max(4000, 2 * rows), permutations=permutations, seconds=1e9)
    fused = fused_test(train, made, seed=seed, budget=budget)
    p_values = [fused.p_value, *(fused.upper[name] for name in ("energy", "mmd_1", "mmd_0.3", "radius"))]
    p_values += [columns * smallest_ks(train, made), fused.lower["mmd_0.1"]]
    p_values.append(holdout_test(train, made, holdout, seed=seed, budget=budget)[0].p_value)
    return [p <= LEVEL for p in p_values]


def smallest_ks(train: Floats, made: Floats) -> float:
    """Return the smallest p of the columns; Holm rejects something if that times their number is small."""
    return min(ks_2samp(a, b, method="asymp").pvalue for a, b in zip(train.T, made.T, strict=True))


def rates(world: World, runs: int, rows: int, columns: int, permutations: int) -> Floats:
    """Return how often each of COLUMNS rejects."""
    found = np.zeros(len(COLUMNS))
    for seed in range(runs):
        found += one_run(world, rows, columns, permutations, seed)
    return found / runs


def table(worlds: dict[str, World], options: argparse.Namespace) -> list[str]:
    lines = ["| world | " + " | ".join(COLUMNS) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    for name, world in worlds.items():
        found = rates(world, options.runs, options.rows, options.columns, options.permutations)
        lines.append(f"| {name} | " + " | ".join(f"{rate:.3f}" for rate in found) + " |")
        print(lines[-1], file=sys.stderr, flush=True)
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("rows", 500), ("columns", 5), ("runs", 1000), ("permutations", 499)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--part", choices=("size", "power", "both"), default="both")
    parser.add_argument("--output", type=Path)
    options = parser.parse_args(arguments)
    low, high = (q / options.runs for q in binom.interval(BAND, options.runs, LEVEL))
    sizes = f"{options.rows} training, holdout and synthetic rows, {options.columns} columns"
    lines = [f"{sizes}, {options.runs} runs, {options.permutations} permutations."]
    lines.append(f"Band of an exact test: {low:.3f} to {high:.3f}.")
    for part, worlds in (("size", NULLS), ("power", CHANGES)):
        if options.part in (part, "both"):
            lines += ["", f"### {part.capitalize()}", "", *table(worlds, options)]
    text = "\n".join(lines) + "\n"
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
