"""docs/hardening.md from the kept results."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs" / "hardening.md"
_MIB = 2**20


def write_page(results: Path) -> None:
    """Write the page."""
    PAGE.write_text(page(results), encoding="utf-8")


def page(results: Path) -> str:
    """Return the page of the kept results; what was not run is said to be so."""
    kept = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(results.glob("*.json"))}
    parts = (
        _properties(kept.get("properties")),
        _fuzz(kept.get("fuzz")),
        _soak(kept.get("soak")),
        _found(kept.get("found", [])),
        _installs(kept.get("installs", [])),
    )
    return "\n".join([_HEAD, *("\n".join(part) for part in parts)])


def _run(found: dict[str, Any]) -> str:
    versions = found["versions"]
    libraries = ", ".join(f"{name} {versions[name]}" for name in ("python", "numpy", "numba", "pandas", "pyarrow"))
    return f"{found['seconds'] / 60:.0f} minutes, {libraries}."


def _not_run(part: str) -> Iterator[str]:
    yield f"Not run yet: `python -m benchmarks.hardening {part}`.\n"


def _properties(found: dict[str, Any] | None) -> Iterator[str]:
    yield "## Generated tables\n"
    if found is None:
        yield from _not_run("properties")
        return
    seen = found["seen"]
    yield f"**{seen['tables']:,} tables**, {seen.get('columns', 0):,} columns mixed; {_run(found)} Failures in this run:"
    yield f"**{len(found['failures'])}**.\n"
    yield "| looked at | times |\n|---|---|"
    for name, told in _LOOKED_AT.items():
        yield f"| {told} | {seen.get(name, 0):,} |"
    yield ""
    for failure in found["failures"]:
        yield f"- {failure['error']} ({failure['rows']} rows of {', '.join(failure['kinds'])})"
    yield ""


def _fuzz(found: dict[str, Any] | None) -> Iterator[str]:
    yield "## Changed files\n"
    if found is None:
        yield from _not_run("fuzz")
        return
    yield f"**{found['inputs']:,} files**, each read in a process that may ask for {found['room_bytes'] / _MIB:.0f} MiB"
    yield f"more than it has, in at most {found['seconds_for_each']} seconds; {_run(found)}"
    yield f"Anything but a result or a documented error: **{len(found['failures'])}**.\n"
    yield "| file | read | result | documented error | other error | memory | hung | crash |\n|---|---|---|---|---|---|---|---|"
    for name, outcomes in found["outcomes"].items():
        counts = [outcomes.get(one, 0) for one in _OUTCOMES]
        yield f"| {name} | {sum(counts):,} | {' | '.join(f'{count:,}' for count in counts)} |"
    yield ""
    yield "On the command line an error that is told in one line counts as a result.\n"


def _soak(found: dict[str, Any] | None) -> Iterator[str]:
    yield "## Many cycles in one process\n"
    if found is None:
        yield from _not_run("soak")
        return
    resident, warm_up = found["resident_bytes"], found["warm_up"]
    yield f"**{found['cycles']} cycles** of fit, sample, certificate, save, load and quick drift report on tables of"
    yield f"{found['rows']} rows, and an audit in every tenth ({found['audits']}); {_run(found)} Resident memory:"
    yield f"{resident[0] / _MIB:.0f} MiB after the first cycle, {resident[warm_up] / _MIB:.0f} MiB after {warm_up},"
    yield f"{resident[-1] / _MIB:.0f} MiB at the end.\n"
    if found["slope"] is None:
        yield "Too few cycles for a slope.\n"
        return
    low, high = (bound / 1024 for bound in found["interval"])
    yield f"Growth after warming up: **{found['slope'] / 1024:.1f} KiB a cycle**, {found['level']:.0%} interval"
    yield f"[{low:.1f}, {high:.1f}] (least squares on means of ten cycles, Student's t).\n"


def _found(found: list[dict[str, str]]) -> Iterator[str]:
    yield f"## What was found and changed\n\n{len(found)} failures, each with a test in `tests/hardening`.\n"
    yield "| found by | what happened | now |\n|---|---|---|"
    for one in found:
        yield f"| {one['by']} | {one['found']} | {one['now']} |"
    yield ""


def _installs(found: list[dict[str, str]]) -> Iterator[str]:
    yield "## Installations that were tested\n"
    yield "| Python | packages | tests | passed | skipped | failed |\n|---|---|---|---|---|---|"
    for one in found:
        cells = (one[name] for name in ("python", "packages", "tests", "passed", "skipped", "failed"))
        yield f"| {' | '.join(str(cell) for cell in cells)} |"
    yield ""
    yield "Skips name the package that is missing, or the folder of real tables. Nothing else is claimed: other systems"
    yield "and interpreters were not run."
    yield ""


_OUTCOMES = ("result", "documented error", "other error", "memory", "hung", "crash")
_LOOKED_AT = {
    "refused": "tables that are refused with a documented error (no rows, one row, no columns, two columns of one name, "
    "infinite values, too few rows for the weights, options that do not go together)",
    "mixed": "same columns, order, names, dtypes and categories; values admissible; rows pure for one and three threads; "
    "the same rows after save and load",
    "exact statements": "statements that a certificate calls exact, whose realised error is rounding",
    "raw rotations": "whole passes of raw rotations whose mean and covariance numpy finds unchanged",
    "other frames": "the same table as pyarrow and polars: the same frame and schema back",
}
_HEAD = """# Hardening

What the library does with tables, files and loads that nobody thought of. `tests/hardening` looks at some of each in
every run of the tests, with fixed seeds; these pages are made from larger runs by `python -m benchmarks.hardening`.

**What is promised.** A table is mixed, or refused by an error that names the column or option. A file gives a result or
a documented error: no other error, no crash, no code that runs, no memory beyond a small multiple of the file's size.
A model file's hashes tell damage, not who wrote it: whoever can change a file can change the rows that come out of it.
Reading Parquet and CSV is Arrow's work, and so are the limits of it; a compressed Parquet file may unpack to much more
than its size.
"""
