"""What a privacy that is asked for gives: the share in the screen, and the audit's on rows that no fit has seen."""

from __future__ import annotations

import math

from benchmarks.frontier.cells import Result
from benchmarks.frontier.choose import AUC, GAP
from benchmarks.frontier.summary import Means, over_tables, value
from benchmarks.papers.page import table as markdown

SHARE = "dcr share"
_CHANCE = 0.01  # the standard deviation of a share of some thousand rows
HEAD = """
`MixupSynthesizer(privacy=...)` takes the smallest leaf (a larger one where columns are drawn range by range for it, or
values follow lines inside) with which no more than that share of the rows is nearer to the half of the training rows
that they are made from than to the other half. "lines" is on how many tables they do; this, leaves and shares in the
screen are those of the first seed. Beside it stands what the audit finds on held-out rows when the whole of the
training rows is used. On average that is a little more: the smallest leaf that passes had luck in the screen, and small
tables have small halves. Tables on which it finds more than was asked for by .01 and more are named. Settings by name
ask for what sequential trees with donors have.
"""
HEADS = [
    "asked",
    "tables",
    "leaves",
    "lines",
    "share in the screen",
    "in the audit",
    "above what was asked for",
    "z",
    "C2ST",
    "TSTR gap",
]


def asked_for(results: list[Result], found: Means) -> list[str]:
    """Return the section on settings that ask for a privacy, nothing where there are no results of one."""
    screens: dict[str, dict[str, list[dict[str, float]]]] = {}
    for result in results:
        if result["status"] == "done" and "screen" in result:
            screens.setdefault(result["method"], {}).setdefault(result["table"], []).append(result["screen"])
    order = sorted(screens, key=lambda name: -_limit(screens[name]))
    if not any(one[0]["asked"] for name in order for one in screens[name].values()):
        return []
    return [
        "## What a privacy that is asked for gives",
        HEAD.strip(),
        markdown(HEADS, [_row(n, screens[n], found) for n in order]),
    ]


def _row(name: str, screens: dict[str, list[dict[str, float]]], found: Means) -> list[str]:
    tables = sorted(screens)
    first = [screens[table][0] for table in tables]
    leaves = sorted(int(one["leaf"]) for one in first)
    limits = {table: one["limit"] for table, one in zip(tables, first, strict=True)}
    shares = {table: value(found, table, name, SHARE) for table in tables}
    above = [f"{table} ({shares[table]:.3f})" for table in tables if shares[table] > limits[table] + _CHANCE]
    known = [share for share in shares.values() if not math.isnan(share)]
    return [
        f"{_limit(screens):g}" if first[0]["asked"] else name,
        str(len(tables)),
        f"{leaves[0]} to {leaves[-1]}, median {leaves[len(leaves) // 2]}",
        str(sum(bool(one.get("slopes")) for one in first)),
        f"{sum(one['share'] for one in first) / len(first):.3f}",
        f"{sum(known) / len(known):.3f}, at most {max(known):.3f}",
        ", ".join(above) or "none",
        f"{over_tables(found, tables, name, 'dcr z'):.1f}",
        f"{over_tables(found, tables, name, AUC):.3f}",
        f"{over_tables(found, tables, name, GAP):.3f}",
    ]


def _limit(screens: dict[str, list[dict[str, float]]]) -> float:
    """Return what was asked for; of the default, which has another limit on each table, more than any."""
    limits = {one["limit"] for several in screens.values() for one in several}
    return limits.pop() if len(limits) == 1 else 1.0
