"""Run sections one after the other and keep what they found, also when a later one fails."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.speed import acceptance, machine, report
from benchmarks.speed.kept import marked, start_from
from benchmarks.speed.sections import (
    compile_time,
    defaults,
    growth,
    limits,
    memory,
    mixed_table,
    normal_scores,
    rotation,
    threads,
    trees,
    two_point,
)
from benchmarks.speed.settings import Settings

SECTIONS: dict[str, Callable[[Settings], dict[str, Any]]] = {
    "limits": limits.measure,
    "two_point": two_point.measure,
    "rotation": rotation.measure,
    "normal_scores": normal_scores.measure,
    "mixed_table": mixed_table.measure,
    "defaults": defaults.measure,
    "trees": trees.measure,
    "threads": threads.measure,
    "memory": memory.measure,
    "growth": growth.measure,
    "compile": compile_time.measure,
}


def run(settings: Settings, only: list[str] | None, path: Path) -> dict[str, Any]:
    """Measure the sections, print them and the acceptance table, and write JSON to `path` after each."""
    about = machine.describe()
    kept = start_from(path, about, json.loads(json.dumps(asdict(settings))), only)
    result: dict[str, Any] = {**kept, "statistic": acceptance.STATISTIC, "sections": {**kept["sections"]}}
    print(f"{result['machine']['processor']}, {result['machine']['cores']} cores, {result['machine']['versions']}")
    for name in only or SECTIONS:
        begin = time.perf_counter()
        section = SECTIONS[name](settings)
        section["seconds"] = time.perf_counter() - begin
        result["sections"][name] = marked(section, kept, about["date"])
        result["peak_mib"] = machine.peak_mib()
        report.show_section(name, section)
        report.write(path, result)
    if "growth" in (only or SECTIONS):
        draw(result, path.parent / "growth.png")
    result["acceptance"] = acceptance.verdicts(result["sections"], judge=settings.judged)
    acceptance.show(result["acceptance"])
    report.write(path, result)
    print(f"\nkept in {path}")
    return result


def draw(result: dict[str, Any], path: Path) -> None:
    """Draw the growth section."""
    from benchmarks.speed.growth_figure import draw_growth

    draw_growth(result["sections"]["growth"], result["machine"], result["settings"]["sizes"], path)
    print(f"\ndrawn in {path}")
