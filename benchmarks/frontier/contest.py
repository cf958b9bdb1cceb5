"""Who beats whom: better by a measure and giving away no more, table by table."""

from __future__ import annotations

import math
from collections import Counter
from typing import NamedTuple

from benchmarks.frontier.choose import AUC, GAP, on_one
from benchmarks.frontier.summary import SECONDS, Means, value

CONTESTS = ((AUC, "C2ST"), (GAP, "TSTR gap"), ("association", "association error"))


class Score(NamedTuple):
    """On how many tables we beat another, it beats us, or the better one gives away more."""

    won: int
    lost: int
    open: int

    def __str__(self) -> str:
        return f"{self.won} / {self.lost} / {self.open}"


def beats(found: Means, rows: dict[str, int], one: str, other: str, table: str, measure: str) -> bool:
    """Return whether a method is better than another and its privacy no worse, within error."""
    better = value(found, table, one, measure) < value(found, table, other, measure)
    return better and on_one(found, rows[table], one, other, table).no_worse


def scores(found: Means, rows: dict[str, int], ours: str, other: str, measure: str) -> Score:
    """Return how often we win, lose, and neither, on the tables that both have."""
    count: Counter[str] = Counter()
    for table in rows:
        pair = [value(found, table, name, measure) for name in (ours, other)]
        if any(math.isnan(one) for one in pair):
            continue
        won = beats(found, rows, ours, other, table, measure)
        lost = beats(found, rows, other, ours, table, measure)
        count["won" if won else "lost" if lost else "open"] += 1
    return Score(count["won"], count["lost"], count["open"])


def best_setting(found: Means, rows: dict[str, int], ours: list[str], other: str) -> str:
    """Return which of our settings, one for all tables that it shares with another, is better there most often.

    By the detector, and it is to have results on all of these tables; "" where none has.
    """
    shared = {table: n for table, n in rows.items() if (table, other) in found}
    whole = [name for name in ours if all((table, name) in found for table in shared)]
    return max(whole, key=lambda name: _rank(scores(found, shared, name, other, AUC)), default="")


def _rank(score: Score) -> tuple[int, int]:
    return score.won, -score.lost


def slower(found: Means, tables: list[str], ours: str, other: str) -> float:
    """Return how many times our CPU seconds of fit and sample another takes: the geometric mean over tables."""
    pairs = [(value(found, table, ours, SECONDS), value(found, table, other, SECONDS)) for table in tables]
    known = [math.log(theirs / mine) for mine, theirs in pairs if mine > 0.0 and theirs > 0.0]
    return math.exp(sum(known) / len(known)) if known else math.nan


def losses(found: Means, rows: dict[str, int], ours: str, others: list[str]) -> list[str]:
    """Say, table by table, who is better than ours without giving away more."""
    lines = []
    for table in rows:
        for measure, words in CONTESTS:
            better = [
                f"{name} ({value(found, table, name, measure):.3f})"
                for name in others
                if (table, name) in found and (table, ours) in found and beats(found, rows, name, ours, table, measure)
            ]
            if better:
                mine = value(found, table, ours, measure)
                lines.append(f"- {table}, {words}, ours {mine:.3f}: {', '.join(better)}")
    return lines
