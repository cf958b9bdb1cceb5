"""Write a kept result as a page for people, so that no number of it is copied by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs" / "speed.md"
TITLES = {
    "limits": "Limits of the machine",
    "two_point": "Two-point mixing, raw",
    "rotation": "Group rotation of five rows, raw",
    "normal_scores": "Normal scores",
    "mixed_table": "A mixed table, from pandas to pandas",
    "defaults": "Fit and sample with the defaults, as many rows as the source",
    "threads": "Threads (wall time)",
    "compile": "Compiling and importing",
}


def write_page(results: Path) -> None:
    """Write docs/speed.md from a result file."""
    result = json.loads(results.read_text(encoding="utf-8"))
    parts = [heading(result), acceptance(result)]
    parts += [cases(title, result["sections"][name]) for name, title in TITLES.items() if name in result["sections"]]
    parts += [others(result["sections"])]
    PAGE.write_text("\n\n".join(part for part in parts if part) + "\n", encoding="utf-8")


def heading(result: dict[str, Any]) -> str:
    """Say what was measured where, and how to do it again."""
    about, settings = result["machine"], result["settings"]
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    return (
        "# Speed\n\n"
        "Made by `make bench ARGS=page` from `benchmarks/speed/results/latest.json`; how it is measured, and what the "
        "tables A and B are, says [benchmarks/README.md](../benchmarks/README.md).\n\n"
        f"{about['date'][:10]}, {about['processor']}, {about['cores']} cores, {settings['rounds']} rounds. {versions}. "
        "Times are lower quartiles of CPU time of one thread unless said otherwise; ratios hold inside this run only. "
        "The machine is shared: what memory gives changes from minute to minute, and with it every ratio to it."
    )


def acceptance(result: dict[str, Any]) -> str:
    """List the bars that the project set itself, misses included."""
    lines = ["## Bars", "| bar | | measured |", "|---|---|---|"]
    lines += [f"| {row['bar']} | {row['verdict']} | {row['shown']} |" for row in result["acceptance"]]
    return "\n".join([lines[0], "", *lines[1:]])


def cases(title: str, section: dict[str, Any]) -> str:
    """List the cases of a section."""
    clock = "wall_s" if "Threads" in title else "cpu_s"
    lines = [f"## {title}", "", "| | ns a unit | s | median s | unit |", "|---|---|---|---|---|"]
    for row in section["cases"]:
        if "not_available" in row:
            lines.append(f"| {row['case']} | - | - | - | {row['not_available'][:60]} |")
            continue
        time, each = row[clock], row["cpu_ns"]
        seconds = f"{time['lower_quartile']:.4f} | {time['median']:.4f}"
        lines.append(f"| {row['case']} | {each:.1f} | {seconds} | {row['unit']} |")
    if "measured" in section:
        lines += ["", f"Measured in {section['measured']}."]
    peers = section.get("peers", {})
    said = [f"{name}: {about['settings']}." for name, about in peers.items() if "settings" in about]
    return "\n".join([*lines, *(["", *said] if said else [])])


def others(sections: dict[str, Any]) -> str:
    """Say the rest in lines: trees, memory, growth."""
    lines = ["## Trees, memory, growth", ""]
    lines += [f"- one tree: {plain(entry)}" for entry in sections.get("trees", {}).get("trees", [])]
    lines += [f"- memory, {plain(entry)}" for entry in sections.get("memory", {}).get("methods", [])]
    if "growth" in sections:
        lines += ["", "![Cost against size](../benchmarks/speed/results/growth.png)"]
    return "\n".join(lines)


def plain(value: Any) -> str:
    """Return numbers with four digits, and the entries of a dictionary in one line."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {plain(entry)}" for key, entry in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)
