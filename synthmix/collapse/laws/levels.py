"""Predictions for discrete columns and for lineage: heterozygosity, levels that survive, ancestors."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

from synthmix.collapse.laws.case import Case, Law
from synthmix.collapse.laws.descent import extinction_path
from synthmix.collapse.laws.paths import Path, steps
from synthmix.collapse.laws.wright_fisher import LARGEST_CHAIN, survival_table

RARE = 5
"""Largest number of copies of a rare level."""


def heterozygosity(case: Case) -> Law | None:
    """Return the expected 1 - sum p^2 of a discrete column over that of the real table."""
    step = case.maker.discrete()
    if step is None:
        return None
    book = case.ledger(step)
    spread = book.new if case.rows == "new" else book.pool
    sizes = np.array([case.n, *([case.m] * case.generations)], np.float64)
    if case.rows == "pool":
        sizes = np.array([table.rows for table in case.tables], np.float64)
    path = spread * (1.0 - 1.0 / sizes) / (1.0 - 1.0 / case.n)
    return Law(path, "heterozygosity, by the donors' chance to be the same row", case.kind, always=_kept(case))


def levels(case: Case) -> Law | None:
    """Return the expected share of levels alive; ``start["counts"]`` has the copies of each level in the real table."""
    counts = case.start.get("counts")
    return None if counts is None else _alive(case, np.asarray(counts, np.int64), "levels alive")


def rare_survival(case: Case) -> Law | None:
    """Return the expected share alive of the levels with 1 to 5 copies in the real table."""
    counts = case.start.get("counts")
    if counts is None:
        return None
    found = np.asarray(counts, np.int64)
    return _alive(case, found[found <= RARE], f"levels with at most {RARE} copies alive")


def ancestors(case: Case) -> Law | None:
    """Return the expected share of real rows that still are ancestor of a row: a row is a level with one copy."""
    if case.maker.kind in ("gaussian", "independent"):
        return None
    return _alive(case, np.ones(1, np.int64), "rows that still are ancestors")


def entropy(case: Case) -> Law | None:
    """Return the expected entropy in nats; ``start["entropy"]`` of the real table with ``start["counts"]``."""
    counts, first = case.start.get("counts"), case.start.get("entropy")
    step = case.maker.discrete()
    if counts is None or first is None or step is None or not case.replaced:
        return None
    number = int(np.count_nonzero(np.asarray(counts)))
    shared = step.noise(float(case.n)) / (case.n - 1.0)
    path = np.asarray(float(first) - 0.5 * (number - 1.0) * shared * steps(case.generations), np.float64)
    return Law(path, "entropy less (K-1)/2 for each chance to share a donor; levels far from extinction", "large n")


def _kept(case: Case) -> bool:
    """Return whether every row is passed on once in every generation."""
    return case.maker.kind == "mixing" and case.maker.grouped and case.replaced


def _alive(case: Case, counts: NDArray[np.int64], what: str) -> Law | None:
    """Return the expected share of levels with these counts that are alive in the rows of each generation."""
    counts = counts[counts > 0]
    step = case.maker.discrete()
    if step is None or not case.replaced or counts.size == 0:
        return None
    if _kept(case):
        return Law(np.ones(case.generations + 1), f"{what}: every row is passed on", "exact", always=True)
    maker = case.maker
    independent = maker.kind != "mixing" or maker.scheme in ("iid", "distinct")
    if independent and case.n <= LARGEST_CHAIN:
        alive = survival_table(case.n, case.generations)[:, counts]
        return Law(np.asarray(alive.sum(axis=1) / counts.size), f"{what}: Wright-Fisher chain", "exact")
    gone = _branching(case, independent=independent)
    path = (1.0 - gone[:, None] ** counts[None, :]).mean(axis=1)
    return Law(path, f"{what}: branching of descendants, many rows", "large n")


def _branching(case: Case, *, independent: bool) -> Path:
    maker = case.maker
    if independent or maker.law is None:
        return extinction_path(case.generations)
    moved = cast("float", maker.moved(float(case.n)))
    return extinction_path(case.generations, scheme=maker.scheme, moved=moved, parents=maker.law.k)
