"""A report as text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synthmix.drift.report import DriftReport
    from synthmix.drift.tidy import TidyReport

_WORDS = ("fail", "warn", "inconclusive", "pass")
# Tests that are one number for the whole table: metric, variant (None: any), what a small p-value means.
_TESTS = (
    ("marginal_family", None, "some column differs"),
    ("second_moments", "fused", "second moments differ"),
    ("joint_test", "fused", "rows differ"),
    ("holdout_test", "fused", "farther from the holdout than the reference is"),
    ("near_copies", None, "nearer to the reference than fresh rows: copies or near mixtures"),
)


def summary(report: DriftReport, rows: int) -> str:
    """Return the verdict, a count for each metric, the tests, and the worst numbers."""
    about = report.about
    head = f"drift: {report.verdict.upper()}   ({about.get('n_real')} reference rows, {about.get('n_synth')} new rows)"
    return "\n".join(
        [head, "", *_counts(report), *_tests(report), "", *worst_numbers(report, rows), *rows_lines(report),
         *cut_lines(report)]
    )  # fmt: skip


def _counts(report: DriftReport) -> list[str]:
    judged = report.table[report.table["verdict"].isin(_WORDS)]
    lines = [f"{'metric':<18}" + "".join(f"{word:>14}" for word in _WORDS) + "   declared"]
    for metric in judged["metric"].drop_duplicates():
        mine = judged[judged["metric"] == metric]
        counts = "".join(f"{int((mine['verdict'] == word).sum()):>14}" for word in _WORDS)
        lines.append(f"{metric:<18}{counts}   {'yes' if mine['declared'].iloc[0] else ''}".rstrip())
    return lines


def _tests(report: DriftReport) -> list[str]:
    table, alpha = report.table, report.about.get("alpha", 0.05)
    lines = []
    for metric, variant, meaning in _TESTS:
        mine = table[(table["metric"] == metric) & table["p_value"].notna()]
        mine = mine if variant is None else mine[mine["variant"] == variant]
        if len(mine):
            p = float(mine["p_value"].iloc[0])
            lines.append(f"{metric:<18}p = {p:<10.3g}{meaning if p <= alpha else 'no difference shown'}")
    return ["", "tests (a large p shows nothing):", *lines] if lines else []


def worst_numbers(report: TidyReport, rows: int) -> list[str]:
    """Return a line for each of the numbers that failed or warned, worst first."""
    failed = report.failures()
    if failed.empty:
        return ["nothing failed and nothing warned"]
    lines = ["what stands out, worst first:"]
    lines += [f"  {describe(row)}" for row in failed.head(rows).to_dict("records")]
    if len(failed) > rows:
        lines.append(f"  and {len(failed) - rows} more; see .failures()")
    return lines


def rows_lines(report: TidyReport) -> list[str]:
    """Return how many rows would settle what is open and decides."""
    table = report.table
    still = table[table["declared"] & (table["verdict"] == "inconclusive") & table["n_needed"].notna()]
    if still.empty:
        return []
    most = still.sort_values("n_needed", kind="stable").iloc[-1]
    where = f" of {most['column']!r}" if most["column"] else ""
    rows = f"about {most['n_needed']:,.0f} new rows would settle {most['metric']}{where}, which needs the most"
    return [f"inconclusive: {len(still)} numbers that decide; {rows}"]


def cut_lines(report: TidyReport) -> list[str]:
    """Return what the budget of time cut."""
    cut = report.about.get("cut", [])
    return ["", "cut by the budget:", *(f"  {line}" for line in cut)] if cut else []


def describe(row: dict[Any, Any]) -> str:
    """Return one line about one number."""
    where = " x ".join(part for part in (row["column"], row["column2"]) if part) or "table"
    what = row["metric"] + (f" ({row['variant']})" if row["variant"] else "")
    interval = "" if math.isnan(row["ci_low"]) else f" [{row['ci_low']:.3g}, {row['ci_high']:.3g}]"
    null = "" if math.isnan(row["null_center"]) else f", {row['null_center']:.3g} expected"
    level = f" {row['level']}" if row["level"] else ""
    p = f", p = {row['p_value']:.3g}" if math.isnan(row["ci_low"]) and row["p_value"] == row["p_value"] else ""
    note = f" ({row['note']})" if row["metric"] in ("columns", "levels_lost", "levels_invented") and row["note"] else ""
    weight = "" if row["declared"] else " (does not decide)"
    return f"{row['verdict']:<5} {what:<22} {where}{level}: {row['value']:.3g}{interval}{null}{p}{note}{weight}"
