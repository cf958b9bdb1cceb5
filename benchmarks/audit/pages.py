"""The page about the time of an audit, from what was measured."""

from __future__ import annotations

from typing import Any

INTRODUCTION = """# Audit: how fast

Made by `python -m benchmarks.audit.adult`: adult, {real:,} training rows, {holdout:,} held out, {new:,} synthetic ones.
{processor}, {cores} cores, load {load:.1f}, {date}; synthmix {ours}, SDMetrics {theirs}. One run; kernels are
compiled before. **Where the load is above the number of cores other programs ran at the same time: wall time says
little then, CPU time counts.** Ratios are of CPU time in the same run.
"""
REMARKS = """
What is compared is not the same thing. An audit fits models, attacks, permutes and gives each number its interval and
its null; a score of SDMetrics has none. Its metrics of privacy compare every row with every other, those of distances
in a frame of all pairs that needs memory in proportion: they were given {rows} of the synthetic rows here. The last
column is what all rows would take if time grows with the rows that are asked; it was not measured.
"""


def speed_page(found: dict[str, Any]) -> str:
    """Return the text of the page."""
    machine, audit, peers = found["machine"], found["audit"], found["SDMetrics"]
    new = found["rows"]["new"]
    lines = [
        INTRODUCTION.format(
            **found["rows"], processor=machine["processor"], cores=machine["usable_cores"], date=machine["date"][:10],
            load=machine["load_average"][0], ours=machine["versions"]["synthmix"],
            theirs=peers["quality"]["versions"]["sdmetrics"],
        ),
        f"## `synthmix.audit`, level standard, {audit['threads']} threads",
        "",
        "| section | wall s | CPU s |",
        "|---|---|---|",
    ]  # fmt: skip
    for name, times in audit["sections"].items():
        lines.append(f"| {name} | {times['wall_s'][0]:.1f} | {times['cpu_s'][0]:.1f} |")
    lines += [
        "", f"Peak memory of the process: {audit['peak_mib'] / 1024:.2f} GiB.", "", "## SDMetrics, one thread", "",
        "| metric | synthetic rows | wall s | CPU s | over the audit's CPU | peak GiB | CPU s of all rows, scaled |",
        "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    whole = audit["sections"]["all"]["cpu_s"][0]
    for name, one in peers.items():
        rows, cpu = one.get("rows", new), one["cpu_s"][0]
        scaled = f"{cpu * new / rows:,.0f}" if rows < new else ""
        wall, gib = one["wall_s"][0], one["peak_mib"] / 1024
        lines.append(f"| {name} | {rows:,} | {wall:.1f} | {cpu:.1f} | {cpu / whole:.2g} | {gib:.2f} | {scaled} |")
    return "\n".join([*lines, REMARKS.format(rows=peers["NewRowSynthesis"]["rows"]).rstrip()]) + "\n"
