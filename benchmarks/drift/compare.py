"""Drift beside other programs: the same numbers, and the time that they take.

    python -m benchmarks.drift.compare            # minutes; peers run in an environment of their own, built once
    python -m benchmarks.drift.compare --quick    # small tables: whether it runs
    python -m benchmarks.drift.compare --page     # write docs/drift-peers.md from what is kept

Tables: adult in two halves (train, holdout) and two samples of 1,000,000 rows of 20 numbers. One thread each.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.drift.pages import peers_page
from benchmarks.peers.ask import ask
from benchmarks.real_tables import data_folder
from benchmarks.speed.machine import describe
from benchmarks.speed.tables import numeric
from synthmix import drift_report
from synthmix.drift.joint.budget import Budget
from synthmix.drift.joint.fused import fused_test
from synthmix.drift.joint.mmd import mmd
from synthmix.drift.joint.prdc import prdc
from synthmix.drift.marginal.levels import level_counts_of, tvd
from synthmix.drift.marginal.ranks import ks
from synthmix.drift.marginal.wasserstein import w1
from synthmix.drift.moments.association import correlations

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
KEPT, PAGE = HERE / "results" / "peers.json", ROOT / "docs" / "drift-peers.md"
Pair = tuple[pd.DataFrame, pd.DataFrame]
PERMUTATIONS = 499


def peer(task: str, real: pd.DataFrame, new: pd.DataFrame) -> dict[str, Any]:
    """Return what the peers' program answers about two tables."""
    with tempfile.TemporaryDirectory() as folder:
        for name, table in (("real", real), ("new", new)):
            table.to_parquet(Path(folder) / f"{name}.parquet")
        folders = HERE / "peers"
        return ask(folders / "run.py", folders / "requirements-diagnostics.txt", folder, task)


def adult(rows: int | None = None) -> Pair:
    table = pd.read_csv(data_folder() / "adult.csv").sample(frac=1.0, random_state=0)[:rows]
    half = len(table) // 2
    return table[:half].reset_index(drop=True), table[half : 2 * half].reset_index(drop=True)


def numbers(rows: int) -> Pair:
    both = numeric(2 * rows, 20)
    names = [f"x{j}" for j in range(20)]
    return pd.DataFrame(both[:rows], columns=names), pd.DataFrame(both[rows:], columns=names)


def timed(call: Callable[[], Any], repeats: int) -> dict[str, list[float]]:
    import time

    times: dict[str, list[float]] = {"cpu_s": [], "wall_s": []}
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        times["cpu_s"].append(time.process_time() - cpu)
        times["wall_s"].append(time.perf_counter() - wall)
    return times


def reports(pair: Pair, repeats: int) -> dict[str, Any]:
    """Return the times of our reports and of SDMetrics' QualityReport."""
    drift_report(pair[0][:500], pair[1][:500])  # compiles
    found: dict[str, Any] = {level: timed(lambda level=level: drift_report(*pair, level=level), repeats)
                             for level in ("quick", "standard")}  # fmt: skip
    found["SDMetrics QualityReport"] = peer("quality", *pair)
    return found


def columns(pair: Pair, repeats: int) -> dict[str, Any]:
    """Return the times of Kolmogorov-Smirnov and Wasserstein for every numeric column, and scipy's."""
    names = list(pair[0].select_dtypes("number"))
    sides = [tuple(side[name].dropna().to_numpy(np.float64) for side in pair) for name in names]

    def compare() -> list[tuple[float, float]]:
        return [(ks(a, b).value, w1(a, b)[1].value) for a, b in sides]

    compare()
    theirs = peer("scipy", *pair)
    gap = max(abs(ours[0] - theirs["values"][name][0]) for ours, name in zip(compare(), names, strict=True))
    return {"synthmix": timed(compare, repeats), "scipy": theirs, "largest gap of KS": gap}


def permutations(rows: int, repeats: int) -> dict[str, Any]:
    """Return the times of permutation tests of whole rows, and hyppo's."""
    pair = numbers(rows)
    a, b = (side.to_numpy() for side in pair)
    budget = Budget(rows=2 * rows, permutations=PERMUTATIONS, seconds=1e9)
    calls = {
        "fused test, five statistics": lambda: fused_test(a, b, budget=budget),
        "MMD, five bandwidths": lambda: mmd(a, b, budget=budget),
    }
    found: dict[str, Any] = {}
    for name, call in calls.items():
        call()
        found[name] = timed(call, repeats)
    theirs = peer("hyppo", *pair)
    versions = {"versions": theirs["versions"]}
    return found | {f"hyppo {name}": theirs[name] | versions for name in ("energy", "mmd")}


def neighbours(rows: int, repeats: int) -> dict[str, Any]:
    """Return precision, recall, density and coverage, ours and prdc's, and the times."""
    pair = numbers(rows)
    a, b = (side.to_numpy() for side in pair)
    budget = Budget(rows=2 * rows, seconds=1e9)
    ours = {one.variant: one.value for one in prdc(a, b, budget=budget)}
    theirs = peer("prdc", *pair)
    gap = max(abs(ours[name] - value) for name, value in theirs["values"].items())
    return {"synthmix": timed(lambda: prdc(a, b, budget=budget), repeats), "prdc": theirs, "largest gap": gap}


def agreement(pair: Pair, sets: int) -> dict[str, Any]:
    """Return the largest differences from SDMetrics on complete columns, and from hyppo's p-values."""
    theirs = peer("quality", *pair)["columns"]
    gaps = {"KSComplement": 0.0, "TVComplement": 0.0}
    for name in pair[0]:
        real, new = (side[name] for side in pair)
        if real.isna().any() or new.isna().any():
            continue
        if pd.api.types.is_numeric_dtype(real.dtype):
            word, ours = "KSComplement", 1.0 - ks(real.to_numpy(float), new.to_numpy(float)).value
        else:
            codes = pd.Categorical(pd.concat([real, new])).codes.astype(np.int32)
            found = tvd(level_counts_of(codes[: len(real)], codes[len(real) :]))
            word, ours = "TVComplement", 1.0 - next(one.value for one in found if one.variant == "raw")
        gaps[word] = max(gaps[word], abs(ours - theirs[f"{name}: {word}"]))
    gaps["CorrelationSimilarity"] = correlation_gap(pair)
    return {"SDMetrics": gaps, "hyppo": p_gaps(sets)}


def correlation_gap(pair: Pair) -> float:
    """Return the largest difference from SDMetrics' similarity of correlations, for neighbouring numeric columns."""
    names = list(pair[0].select_dtypes("number"))
    r = [correlations(side[names].to_numpy(float))[0] for side in pair]
    theirs = peer("pairs", *pair)
    places = range(len(names) - 1)
    ours = [1.0 - abs(r[0][i, i + 1] - r[1][i, i + 1]) / 2.0 for i in places]
    return max(abs(one - theirs[f"{names[i]} x {names[i + 1]}"]) for i, one in zip(places, ours, strict=True))


def p_gaps(sets: int) -> dict[str, float]:
    """Return the mean and largest difference of p-values over small pairs of tables, half of them shifted."""
    rng = np.random.default_rng(7)
    stacked: dict[str, list[pd.DataFrame]] = {"real": [], "new": []}
    ours: dict[str, list[float]] = {"energy": [], "mmd": []}
    for number in range(sets):
        a, b = rng.normal(size=(40, 3)), rng.normal(size=(35, 3)) + 0.3 * (number % 2)
        for name, side in (("real", a), ("new", b)):
            stacked[name].append(pd.DataFrame(side, columns=list("abc")).assign(number=number))
        budget = Budget(permutations=999, seconds=1e9)
        ours["energy"].append(fused_test(a, b, seed=number, budget=budget).upper["energy"])
        ours["mmd"].append(mmd(a, b, factors=(1.0,), seed=number, budget=budget)[0].p_value)
    theirs = peer("hyppo_p", pd.concat(stacked["real"]), pd.concat(stacked["new"]))
    found = {}
    for name, mine in ours.items():
        gap = np.abs(np.array(mine) - np.array(theirs[name]))
        found |= {f"{name}, mean": float(gap.mean()), f"{name}, largest": float(gap.max())}
    return found


def measure(*, quick: bool) -> dict[str, Any]:
    repeats = 1 if quick else 3
    halves, many = adult(4000 if quick else None), numbers(5000 if quick else 1_000_000)
    return {
        "machine": describe(),
        "agreement": agreement(adult(4000), 20 if quick else 200),
        "reports": {"adult, 2 x 24,421 rows": reports(halves, repeats), "2 x 1,000,000 x 20": reports(many, 1)},
        "columns": {"adult": columns(halves, repeats), "2 x 1,000,000 x 20": columns(many, 1)},
        "permutations": permutations(100 if quick else 1000, repeats),
        "neighbours": neighbours(500 if quick else 5000, repeats),
        "load_at_end": os.getloadavg(),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--page", action="store_true")
    parser.add_argument("--kept", type=Path, default=KEPT)
    given = parser.parse_args(arguments)
    if not given.page:
        found = measure(quick=given.quick)
        given.kept.parent.mkdir(exist_ok=True)
        given.kept.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if not given.quick:
        PAGE.write_text(peers_page(json.loads(given.kept.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main()
