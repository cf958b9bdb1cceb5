"""Print rows as tables, and keep them as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def show_section(name: str, section: dict[str, Any]) -> None:
    """Print one section: lower quartiles, so that a disturbed round does not count, and the minimum beside them."""
    print(f"\n{name}")
    print(f"  {'':56}{'ns a unit':>12}{'CPU s':>10}{'minimum':>10}{'median':>10}{'wall s':>10}  unit")
    for row in section.get("cases", []):
        print("  " + line_of(row))
    show_rest({key: value for key, value in section.items() if key != "cases"}, "  ")


def show_rest(rest: dict[str, Any], margin: str) -> None:
    """Print what is not a row; what a peer detected and its cold call are in the file only."""
    for key, value in rest.items():
        if key in ("detected", "first_sample"):
            continue
        if isinstance(value, dict) and key != "versions":
            print(f"{margin}{key}")
            show_rest(value, margin + "  ")
        elif isinstance(value, list):
            print(f"{margin}{key}", *(f"{margin}  {rounded(entry)}" for entry in value), sep="\n")
        else:
            print(f"{margin}{key}: {rounded(value)}")


def rounded(value: Any) -> Any:
    """Return the value with four digits, or its entries."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    return {key: rounded(entry) for key, entry in value.items()} if isinstance(value, dict) else value


def line_of(row: dict[str, Any]) -> str:
    """Return the printed form of a row."""
    name = f"{row['family']} {row['x']}: {row['case']}" if "family" in row else row["case"]
    if "not_available" in row:
        return f"{name:56}not available: {row['not_available']}"
    cpu, wall = row["cpu_s"], row["wall_s"]
    return (
        f"{name:56}{row['cpu_ns']:12.2f}{cpu['lower_quartile']:10.4f}{cpu['minimum']:10.4f}"
        f"{cpu['median']:10.4f}{wall['lower_quartile']:10.4f}  {row['unit']}"
    )


def write(path: Path, result: dict[str, Any]) -> None:
    """Write the result, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    draft.replace(path)
