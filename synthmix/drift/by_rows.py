"""The part of a report that looks at whole rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.finding import Finding
from synthmix.drift.joint.budget import plan
from synthmix.drift.joint.classifier import classifier_test
from synthmix.drift.joint.core_tail import radius_metrics
from synthmix.drift.joint.coverage import coverage
from synthmix.drift.joint.embedding import LEVELS as _LEVELS
from synthmix.drift.joint.embedding import coordinates
from synthmix.drift.joint.energy import energy_coefficient
from synthmix.drift.joint.fused import joint_test
from synthmix.drift.joint.mmd import mmd
from synthmix.drift.joint.neighbour_test import neighbour_test
from synthmix.drift.joint.pool import Floats
from synthmix.drift.joint.prdc import prdc
from synthmix.drift.joint.rch import holdout_test
from synthmix.drift.joint.sliced import sliced_wasserstein
from synthmix.drift.moments.feature import MOST, covariance_feature
from synthmix.drift.noise import absent
from synthmix.drift.settings import Settings
from synthmix.drift.tables import Table, Tables

FEW = 10  # rows that a comparison of whole rows needs


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows of both tables in common coordinates, and the places of those that are numbers."""

    real: Floats
    synthetic: Floats
    numeric: list[int]
    note: str


def row_findings(tables: Tables, settings: Settings) -> list[Finding]:
    """Compare whole rows; what the budget cut stands in the notes."""
    radius = _radius(tables, settings)
    small = min(tables.real.n, tables.synthetic.n)
    if settings.level == "quick":
        return radius
    if small < FEW:
        return radius + [_nothing(name, f"needs {FEW} rows in each table") for name in _NAMES]
    rows = _embedded(tables, settings)
    if isinstance(rows, str):
        return radius + [_nothing(name, rows) for name in _NAMES]
    what: dict[str, Any] = {"seed": settings.seed, "budget": settings.budget, "threads": settings.threads}
    features = {"covariance": covariance_feature(rows.numeric)} if 1 < len(rows.numeric) <= MOST else {}
    found = joint_test(rows.real, rows.synthetic, features=features, stop=_ENOUGH, **what)
    found.append(energy_coefficient(rows.real, rows.synthetic, **what))
    found.append(replace(coverage(rows.real, rows.synthetic, **what), variant=""))
    if tables.holdout is not None:
        found += _against_holdout(tables, tables.holdout, what)
    if settings.level == "full":
        found += _more(rows, what)
    return radius + [replace(one, note="; ".join(filter(None, (one.note, rows.note)))) for one in found]


_ENOUGH = 20  # permutations that reach the observed value, after which the p-value is known well enough
_NAMES = ("joint_test", "near_copies", "energy_coef", "coverage")


def _nothing(metric: str, note: str) -> Finding:
    return absent(metric, "joint", "joint", note, variant="fused" if metric == "joint_test" else "")


def _more(rows: _Rows, what: dict[str, Any]) -> list[Finding]:
    """Return the comparators of level "full"."""
    plain = {name: value for name, value in what.items() if name != "threads"}
    found = [
        *mmd(rows.real, rows.synthetic, **what),
        sliced_wasserstein(rows.real, rows.synthetic, **what),
        replace(neighbour_test(rows.real, rows.synthetic, **what), variant=""),
        *prdc(rows.real, rows.synthetic, **what),
    ]
    del plain["budget"]
    return [*found, classifier_test(rows.real, rows.synthetic, **plain)]


def _radius(tables: Tables, settings: Settings) -> list[Finding]:
    """Return core and tail shares of complete rows of numbers, and at level "full" the distance of all radii."""
    rows = tables.complete
    note = "" if rows.names else "no numeric column"
    if min(len(rows.real), len(rows.synthetic)) < FEW:
        note = note or f"needs {FEW} complete rows in each table"
    elif not note and (rows.real == rows.synthetic[0]).all() and (rows.synthetic == rows.synthetic[0]).all():
        note = "no numeric column varies"
    if note:
        return [absent("core_tail", "joint", "joint", note, variant=name) for name in ("core", "tail")]
    radius, *shares = radius_metrics(rows.real, rows.synthetic, names=rows.names, threads=settings.threads)
    found = [radius, *shares] if settings.level == "full" else shares
    return [replace(one, note="; ".join(filter(None, (one.note, rows.note)))) for one in found]


def _embedded(tables: Tables, settings: Settings) -> _Rows | str:
    """Return what the budget can use of both tables in common coordinates, or why there is nothing to compare."""
    levels = sum(min(len(tables.labels[name]), _LEVELS + 1) for name in tables.code_names)
    columns = 2 * len(tables.names) - len(tables.without_gaps) + levels
    n, m = tables.real.n, tables.synthetic.n
    budget = settings.budget
    most = plan(n, m, columns, budget)
    kept = [
        side.some(count, settings.seed, place)
        for place, (side, count) in enumerate(
            ((tables.real, most.blocks * most.real), (tables.synthetic, most.blocks * most.synthetic))
        )
    ]
    numbers = np.concatenate([side.numbers for side in kept])
    codes = np.concatenate([side.codes for side in kept])
    if not _varies(numbers, codes):
        return "no column varies: there is nothing to compare row by row"
    table, names, note = coordinates(numbers, codes, len(numbers), names=tables.names, code_names=tables.code_names)
    notes = [note]
    if (kept[0].n, kept[1].n) != (n, m):
        notes.append(
            f"budget: {kept[0].n} of {n} reference rows and {kept[1].n} of {m} new rows in {most.blocks} block(s)"
        )
    numeric = [place for place, name in enumerate(names) if name in tables.names]
    half = kept[0].n
    return _Rows(table[:half], table[half:], numeric, "; ".join(filter(None, notes)))


def _varies(numbers: Floats, codes: NDArray[np.int32]) -> bool:
    gaps = np.isnan(numbers)
    same = (numbers == numbers[0]) | (gaps & gaps[0])
    return not (same.all() and (codes == codes[0]).all())


def _against_holdout(tables: Tables, holdout: Table, what: dict[str, Any]) -> list[Finding]:
    """Return the test against a holdout; scales come from reference and holdout only."""
    most = what["budget"].rows // 2
    sides = [
        side.some(most, what["seed"], place)
        for place, side in enumerate((tables.real, holdout, tables.synthetic), start=2)
    ]
    numbers, codes = (np.concatenate([getattr(side, part) for side in sides]) for part in ("numbers", "codes"))
    fitted = sides[0].n + sides[1].n
    if not _varies(numbers[:fitted], codes[:fitted]):
        return [absent("holdout_test", "joint", "joint", "reference and holdout do not vary", variant="fused")]
    table, _, _ = coordinates(numbers, codes, fitted, names=tables.names, code_names=tables.code_names)
    train, hold, new = table[: sides[0].n], table[sides[0].n : fitted], table[fitted:]
    found = holdout_test(train, new, hold, **what)
    cut = [
        f"{side.n} of {whole.n} {name} rows"
        for side, whole, name in zip(
            sides, (tables.real, holdout, tables.synthetic), ("reference", "holdout", "new"), strict=True
        )
        if side.n < whole.n
    ]
    note = f"budget: {', '.join(cut)} (conservative)" if cut else ""
    return [replace(one, note="; ".join(filter(None, (one.note, note)))) for one in found]
