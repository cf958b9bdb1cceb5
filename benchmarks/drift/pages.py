"""The page about other programs, from what was measured."""

from __future__ import annotations

from statistics import median
from typing import Any

INTRODUCTION = """# Drift beside other programs

Made by `python -m benchmarks.drift.compare`. {processor}, {cores} cores, one thread for every program, {date};
{ours}; {theirs}. Times are medians of wall and CPU seconds in one run. Ratios are of CPU time, since wall time depends
on what else runs: the load average was {before:.1f} at the start and {after:.1f} at the end. What is compared is not
the same thing: a report here has permutation tests, intervals and nulls, a score has none.
"""


def seconds(times: dict[str, Any]) -> tuple[float, float]:
    return median(times["wall_s"]), median(times["cpu_s"])


def race(title: str, rows: dict[str, Any], base: str) -> list[str]:
    """Return a table of times, each beside that of `base`."""
    timed = {name: seconds(row) for name, row in rows.items() if isinstance(row, dict) and "cpu_s" in row}
    reference = timed[base][1]
    lines = [f"### {title}", "", f"| program | wall s | CPU s | CPU time over that of {base} |", "|---|---|---|---|"]
    lines += [f"| {name} | {wall:.3g} | {cpu:.3g} | {cpu / reference:.3g} |" for name, (wall, cpu) in timed.items()]
    return [*lines, ""]


def agreement(found: dict[str, Any]) -> list[str]:
    lines = ["## Agreement", "", "| number | largest difference |", "|---|---|"]
    for name, gap in found["agreement"]["SDMetrics"].items():
        lines.append(f"| SDMetrics {name}, adult, columns without missing values | {gap:.1e} |")
    for name, rows in found["columns"].items():
        lines.append(f"| scipy's KS distance, {name} | {rows['largest gap of KS']:.1e} |")
    lines.append(f"| prdc: precision, recall, density, coverage | {found['neighbours']['largest gap']:.1e} |")
    gaps = found["agreement"]["hyppo"]
    lines += [
        "",
        (
            "p-values of hyppo's permutation tests (its statistics are rescaled, so only p-values can be compared; 999 "
            "permutations on both sides, so two p-values of one test differ by about .01 where p is near .1 and .02 "
            f"where it is near .5): energy differs by {gaps['energy, mean']:.3f} on average and "
            f"{gaps['energy, largest']:.3f} at most, MMD by {gaps['mmd, mean']:.3f} and {gaps['mmd, largest']:.3f}."
        ),
        "",
    ]
    return lines


def peers_page(found: dict[str, Any]) -> str:
    """Return the text of the page."""
    machine = found["machine"]
    theirs = found["neighbours"]["prdc"]["versions"]
    lines = [
        INTRODUCTION.format(
            processor=machine["processor"],
            cores=machine["usable_cores"],
            date=machine["date"][:10],
            ours=f"synthmix {machine['versions']['synthmix']}",
            before=machine["load_average"][0],
            after=found["load_at_end"][0],
            theirs=", ".join(f"{name} {theirs[name]}" for name in ("sdmetrics", "hyppo", "prdc", "scipy")),
        ),
        *agreement(found),
        "## Times",
        "",
    ]
    for name, rows in found["reports"].items():
        lines += race(f"Reports: {name}", rows, "standard")
    for name, rows in found["columns"].items():
        lines += race(f"Kolmogorov-Smirnov and Wasserstein of every numeric column: {name}", rows, "synthmix")
    lines += race(
        "Permutation tests, 2 x 1,000 x 20, 499 permutations", found["permutations"], "fused test, five statistics"
    )
    lines += race("Precision, recall, density, coverage, 2 x 5,000 x 20", found["neighbours"], "synthmix")
    return "\n".join(lines).rstrip() + "\n"
