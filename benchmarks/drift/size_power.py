"""How often each test rejects: where nothing is wrong, and after one or more generations of mixing.

    python -m benchmarks.drift.size_power size --rows 500 --runs 1000
    python -m benchmarks.drift.size_power power --rows 500 --runs 200
    python -m benchmarks.drift.size_power power --rows 2000 --runs 60
    python -m benchmarks.drift.size_power page

The first three keep their counts in benchmarks/drift/results, the last writes docs/drift-size-power.md. Training
rows are normal, holdout rows of the same law; every world makes as many rows as it was given. All tests are at 5 %.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.stats import binom, ks_2samp

from benchmarks.drift.worlds import CHANGES, NULLS, Floats, World
from synthmix.drift.joint.budget import Budget
from synthmix.drift.joint.classifier import classifier_test
from synthmix.drift.joint.core_tail import radius_metrics
from synthmix.drift.joint.fused import fused_test
from synthmix.drift.joint.neighbour_test import neighbour_test
from synthmix.drift.joint.rch import holdout_test
from synthmix.drift.moments.equality import second_moment_test

ROOT = Path(__file__).resolve().parents[2]
KEPT, PAGE = Path(__file__).parent / "results", ROOT / "docs" / "drift-size-power.md"
LEVEL, BAND = 0.05, 0.999
TESTS = {
    "fused": "fused, against training",
    "energy": "its energy",
    "mmd_1": "its MMD median",
    "mmd_0.3": "its MMD .3",
    "radius": "its radius",
    "radius_ks": "radius, KS formula",
    "moments": "second moments",
    "marginal": "KS, Holm",
    "neighbours": "neighbours",
    "classifier": "classifier",
    "copies": "near copies",
    "holdout": "against holdout",
}


def p_values(world: World, rows: int, columns: int, permutations: int, seed: int) -> dict[str, float]:
    """Return the p-value of each of TESTS in one run."""
    rng = np.random.default_rng([seed, rows, columns])
    train, holdout = rng.normal(size=(2, rows, columns))
    made = world(train, rng)
    budget = Budget(rows=max(4000, 2 * rows), permutations=permutations, seconds=1e9)
    fused = fused_test(train, made, seed=seed, budget=budget)
    found = {"fused": fused.p_value, "copies": fused.lower["mmd_0.1"]}
    found |= {name: fused.upper[name] for name in ("energy", "mmd_1", "mmd_0.3", "radius")}
    found["radius_ks"] = radius_metrics(train, made)[0].p_value
    found["moments"] = second_moment_test(train, made, n_perm=permutations, random_state=seed)[0].p_value
    found["marginal"] = columns * smallest_ks(train, made)
    found["neighbours"] = neighbour_test(train, made, seed=seed, budget=budget).p_value
    found["classifier"] = classifier_test(train, made, seed=seed).p_value
    found["holdout"] = holdout_test(train, made, holdout, seed=seed, budget=budget)[0].p_value
    return found


def smallest_ks(train: Floats, made: Floats) -> float:
    """Return the smallest p of the columns; Holm rejects something if that times their number is small."""
    return min(float(ks_2samp(a, b, method="asymp").pvalue) for a, b in zip(train.T, made.T, strict=True))


def counts(world: World, runs: int, rows: int, columns: int, permutations: int) -> dict[str, int]:
    """Return how often each of TESTS rejects."""
    found = dict.fromkeys(TESTS, 0)
    for seed in range(runs):
        for name, p in p_values(world, rows, columns, permutations, seed).items():
            found[name] += p <= LEVEL
    return found


def measure(part: str, rows: int, columns: int, runs: int, permutations: int, folder: Path) -> Path:
    """Count rejections in all worlds of a part and keep them."""
    found = {}
    for name, world in {"size": NULLS, "power": CHANGES}[part].items():
        found[name] = counts(world, runs, rows, columns, permutations)
        print(name, found[name], file=sys.stderr, flush=True)
    about = {"part": part, "rows": rows, "columns": columns, "runs": runs, "permutations": permutations}
    folder.mkdir(exist_ok=True)
    path = folder / f"{part}-{rows}.json"
    path.write_text(json.dumps({**about, "rejections": found}, indent=1) + "\n", encoding="utf-8")
    return path


def section(kept: dict) -> list[str]:
    """Return the table of one kept run."""
    runs, size = kept["runs"], kept["part"] == "size"
    low, high = binom.interval(BAND, runs, LEVEL)
    title = "Size: nothing is wrong" if size else "Power: mixtures"
    sizes = f"{kept['rows']:,} training, holdout and new rows, {kept['columns']} columns"
    lines = [f"## {title}, {kept['rows']:,} rows", "", f"{sizes}; {runs:,} runs, {kept['permutations']} permutations."]
    if size:
        lines[-1] += f" Band of an exact test: {low / runs:.3f} to {high / runs:.3f}; above it is **bold**."
    lines += ["", "| test | " + " | ".join(kept["rejections"]) + " |", "|---" * (len(kept["rejections"]) + 1) + "|"]
    for test, words in TESTS.items():
        cells = []
        for found in kept["rejections"].values():
            rate = f"{found[test] / runs:.3f}" if size else f"{found[test] / runs:.2f}"
            cells.append(f"**{rate}**" if size and found[test] > high else rate)
        lines.append(f"| {words} | " + " | ".join(cells) + " |")
    return [*lines, ""]


INTRODUCTION = """# Size and power of the tests

Made by `python -m benchmarks.drift.size_power`. Each test is at 5 %. New rows are made *from* the training rows, so a
test against the training rows is conservative: an ideal generator is nearer to them than a fresh sample is. "near
copies" is the lower tail of the smallest bandwidth: it must reject for a bootstrap, which copies. "against holdout" is
the calibrated test with held-out rows; it is exact for a bootstrap. The classifier's test has two sides: for a smoothed
bootstrap and for mixtures near their parents it rejects because held-out rows have near-twins of the other label, with
an AUC below one half. Bands are the central 99.9 % of a binomial count.
"""


def write_page(folder: Path, page: Path) -> None:
    """Write the page of all kept runs, sizes first."""
    kept = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    order = sorted(kept, key=lambda one: (one["part"] != "size", one["rows"]))
    text = "\n".join([INTRODUCTION, *(line for one in order for line in section(one))])
    page.write_text(text.rstrip() + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("size", "power", "page"))
    for name, default in (("rows", 500), ("columns", 5), ("runs", 1000), ("permutations", 499)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--kept", type=Path, default=KEPT)
    parser.add_argument("--page", type=Path, default=PAGE)
    given = parser.parse_args(arguments)
    if given.part == "page":
        write_page(given.kept, given.page)
    else:
        print(measure(given.part, given.rows, given.columns, given.runs, given.permutations, given.kept))


if __name__ == "__main__":
    main()
