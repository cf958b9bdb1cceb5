"""Reference, new table and holdout in their common columns, as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.joint.embedding import LEVELS
from synthmix.drift.moments.canonical import canonical_order
from synthmix.drift.reference import Reference, Sheet
from synthmix.errors import InputError
from synthmix.table.continuous import LARGEST

MISSING = "(missing)"
MOST_GAPS = 0.5  # share of missing values above which a numeric column takes no part where rows must be complete


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of one table.

    Attributes
    ----------
    numbers : array of float64, shape (n, p)
        NaN for missing.
    codes : array of int32, shape (n, q)
        Missing is the last level of its column.
    """

    numbers: NDArray[np.float64]
    codes: NDArray[np.int32]

    @property
    def n(self) -> int:
        """Rows."""
        return int(self.numbers.shape[0])

    def in_order(self, *salt: float) -> Table:
        """Return the rows in an order that only their values and `salt` decide, and that looks random."""
        gaps = np.isnan(self.numbers)
        same = np.tile(np.array(salt, np.float64), (self.n, 1))
        order = canonical_order(np.concatenate([np.where(gaps, 0.0, self.numbers), gaps, self.codes, same], axis=1))
        return Table(np.ascontiguousarray(self.numbers[order]), np.ascontiguousarray(self.codes[order]))

    def some(self, rows: int, seed: int, which: int) -> Table:
        """Return at most `rows` rows; which ones depends on the values of the rows, not on their order.

        `which` makes the choices in two tables independent of each other: equal rows must not be chosen together.
        """
        if rows >= self.n:
            return self
        chosen = self.in_order(float(seed % 2**32), float(seed // 2**32), float(which))
        return Table(chosen.numbers[:rows], chosen.codes[:rows])


@dataclass(frozen=True, eq=False)
class Tables:
    """What is compared: the columns that the reference and the new table have in common.

    Attributes
    ----------
    names, code_names : tuple of str
        Numeric and discrete columns.
    labels : dict of str to tuple of str
        Discrete column to its levels, the reference's first, "(missing)" last.
    real, synthetic : Table
    holdout : Table or None
    reference : Reference
    sheet : Sheet
        The new table as it was read: which columns are absent, extra or changed.
    """

    names: tuple[str, ...]
    code_names: tuple[str, ...]
    labels: dict[str, tuple[str, ...]]
    real: Table
    synthetic: Table
    holdout: Table | None
    reference: Reference
    sheet: Sheet

    @cached_property
    def complete(self) -> CompleteRows:
        """Rows without a missing number."""
        return _complete_rows(self)

    @cached_property
    def without_gaps(self) -> tuple[str, ...]:
        """Numeric columns without a missing value in both tables."""
        gaps = np.isnan(np.concatenate([self.real.numbers, self.synthetic.numbers])).any(axis=0).tolist()
        return tuple(name for name, gap in zip(self.names, gaps, strict=True) if not gap)

    @cached_property
    def few_levels(self) -> tuple[NDArray[np.int32], NDArray[np.int32], str]:
        """Codes of both tables with at most 50 levels and one for all rarer ones, and which columns that changed."""
        parts, merged = [], []
        for place, name in enumerate(self.code_names):
            size = len(self.labels[name])
            if size <= LEVELS + 1:
                parts.append(np.arange(size, dtype=np.int32))
                continue
            counts = np.bincount(self.real.codes[:, place], minlength=size)
            new = np.full(size, LEVELS, np.int32)
            new[np.argsort(-counts, kind="stable")[:LEVELS]] = np.arange(LEVELS)
            parts.append(new)
            merged.append(f"{name} ({size - LEVELS})")
        tables = [
            np.stack([part[side.codes[:, c]] for c, part in enumerate(parts)], axis=1) if parts else side.codes
            for side in (self.real, self.synthetic)
        ]
        note = f"rare levels share one in {', '.join(merged)}" if merged else ""
        return tables[0], tables[1], note


@dataclass(frozen=True, eq=False)
class CompleteRows:
    """Rows of both tables in which no number is missing.

    Attributes
    ----------
    names : tuple of str
        Numeric columns that take part.
    real, synthetic : array of float64
    rows : tuple of arrays of bool
        Which rows of each table these are.
    note : str
        The share of rows, and the columns that were left out; "" where nothing was.
    """

    names: tuple[str, ...]
    real: NDArray[np.float64]
    synthetic: NDArray[np.float64]
    rows: tuple[NDArray[np.bool_], NDArray[np.bool_]]
    note: str


def _complete_rows(tables: Tables) -> CompleteRows:
    sides = (tables.real.numbers, tables.synthetic.numbers)
    gaps = [np.isnan(side) for side in sides]
    share = np.max([gap.mean(axis=0) if gap.size else np.zeros(gap.shape[1]) for gap in gaps], axis=0)
    kept = np.asarray(share <= MOST_GAPS)
    rows = [np.asarray(~np.any(gap[:, kept], axis=1)) for gap in gaps]
    notes = []
    if not kept.all():
        names = ", ".join(name for name, keep in zip(tables.names, kept, strict=True) if not keep)
        notes.append(f"missing in over half of the rows, left out: {names}")
    if not all(row.all() for row in rows):
        shares = " and ".join(
            f"{row.mean():.1%} of the {which} rows" for row, which in zip(rows, ("real", "new"), strict=True)
        )
        notes.append(f"complete rows only: {shares}")
    whole = kept.all() and all(row.all() for row in rows)
    real, synthetic = sides if whole else (side[row][:, kept] for side, row in zip(sides, rows, strict=True))
    names_kept = tuple(name for name, keep in zip(tables.names, kept, strict=True) if keep)
    return CompleteRows(names_kept, real, synthetic, (rows[0], rows[1]), "; ".join(notes))


def align(reference: Reference, synthetic: Any, holdout: Any = None) -> Tables:
    """Read the tables in the terms of the reference and keep the columns that all have.

    Rows come in an order of their own, so that no bit of a report depends on the order in which they were given.

    Raises
    ------
    InputError
        When no column is common, a column holds another kind of values, infinite ones or some beyond 1e150, or the
        holdout lacks a column; the message names it.
    """
    sheets = {"reference": reference.sheet, "new": reference.read(synthetic)}
    if holdout is not None:
        sheets["holdout"] = reference.read(holdout)
        lacking = [name for name in sheets["holdout"].absent if name not in sheets["new"].absent]
        if lacking:
            raise InputError(f"the holdout table has no column {lacking[0]!r}; it needs all columns that are compared")
    present = set(reference.sheet.numbers | reference.sheet.codes) - set(sheets["new"].absent)
    names = tuple(name for name in reference.names("numeric") if name in present)
    code_names = tuple(name for name in reference.names("discrete") if name in present)
    known = {column.name: column.labels for column in reference.columns}
    labels = {name: _all_labels(known[name], sheets, name) for name in code_names}
    found = {
        which: Table(_numbers(sheet, names), _codes(sheet, code_names, known, labels)).in_order()
        for which, sheet in sheets.items()
    }
    texts = {name: tuple(map(str, places)) for name, places in labels.items()}
    new, kept = found["new"], found.get("holdout")
    return Tables(names, code_names, texts, found["reference"], new, kept, reference, sheets["new"])


def _all_labels(known: tuple[Any, ...], sheets: Mapping[str, Sheet], name: str) -> dict[Any, int]:
    """Return the place of every level that a table has: the reference's, invented ones, missing."""
    invented = dict.fromkeys(label for sheet in sheets.values() for label in sheet.invented.get(name, ()))
    labels = [*known, *invented]
    places: dict[Any, int] = {}
    for label in labels:
        places[label if label not in places else f"{label} "] = len(places)
    places[MISSING if MISSING not in places else f"{MISSING} "] = len(labels)
    return places


def _numbers(sheet: Sheet, names: tuple[str, ...]) -> NDArray[np.float64]:
    if not names:
        return np.empty((sheet.n_rows, 0))
    numbers = np.stack([sheet.numbers[name] for name in names], axis=1)
    for name, column in zip(names, numbers.T, strict=True):
        large = np.flatnonzero(np.abs(column) > LARGEST)
        if large.size:
            raise InputError(f"column {name!r} holds {column[large[0]]}, whose square overflows; rescale the column")
    return numbers


def _codes(
    sheet: Sheet, names: tuple[str, ...], known: Mapping[str, tuple[Any, ...]], labels: Mapping[str, dict[Any, int]]
) -> NDArray[np.int32]:
    out = np.empty((sheet.n_rows, len(names)), np.int32)
    for place, name in enumerate(names):
        mine = [*range(len(known[name])), *(labels[name][label] for label in sheet.invented.get(name, ()))]
        table = np.array([*mine, len(labels[name]) - 1], np.int32)  # code -1 is the last entry
        out[:, place] = table[sheet.codes[name]]
    return out
