"""The real table that a chain starts from, and other tables in its terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.drift.joint.embedding import LEVELS
from synthmix.drift.moments.canonical import canonical_order
from synthmix.drift.reference import Reference, Sheet
from synthmix.drift.tables import MISSING, MOST_GAPS
from synthmix.errors import InputError

OTHER = "(other)"
_FLAT = 1e-13  # spread over size below which a column counts as constant
Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Rows:
    """A table in the terms of D_0, in an order that only its values decide.

    Attributes
    ----------
    numbers : array of float64, shape (n, p)
        Numeric columns that vary in D_0, centred and scaled by its mean and standard deviation; NaN for missing.
    codes : array of int64, shape (n, q)
        Places among the levels of D_0, then one place for missing and one for all levels that D_0 does not have.
    few : array of int64, shape (n, q)
        The same codes where a column has at most 53 places, missing and new levels included; in longer ones the 50
        that are most frequent in D_0, and one for all others.
    invented : tuple of arrays
        For each discrete column the sorted counts of the levels that D_0 does not have.
    """

    numbers: Floats
    codes: Codes
    few: Codes
    invented: tuple[Codes, ...]

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.numbers)

    def take(self, rows: NDArray[np.intp]) -> Rows:
        """Return the rows at these places; `invented` stays that of the table."""
        return Rows(self.numbers[rows], self.codes[rows], self.few[rows], self.invented)


@dataclass(frozen=True, eq=False)
class Terms:
    """Columns, levels and units of D_0.

    Attributes
    ----------
    reference : Reference
    names : tuple of str
        Numeric columns that vary in D_0.
    code_names : tuple of str
        Discrete columns.
    labels : tuple of tuples of str
        Their levels, "(missing)" and "(other)" last.
    merges : tuple of arrays
        For each discrete column what each code becomes among few.
    centre, scale : array of float64, shape (p,)
        Mean and standard deviation (n - 1) of the observed values.
    """

    reference: Reference
    names: tuple[str, ...]
    code_names: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    merges: tuple[Codes, ...]
    centre: Floats
    scale: Floats

    def rows(self, sheet: Sheet) -> Rows:
        """Return the rows of a sheet that has all columns."""
        numbers = np.empty((sheet.n_rows, len(self.names)))
        for place, name in enumerate(self.names):
            numbers[:, place] = (sheet.numbers[name] - self.centre[place]) / self.scale[place]
        codes = np.empty((sheet.n_rows, len(self.code_names)), np.int64)
        few, invented = np.empty_like(codes), []
        for place, name in enumerate(self.code_names):
            known, own = len(self.labels[place]) - 2, sheet.codes[name]
            codes[:, place] = np.where(own < 0, known, np.where(own >= known, known + 1, own))
            few[:, place] = self.merges[place][codes[:, place]]
            invented.append(np.sort(np.bincount(own[own >= known] - known)))
        gaps = np.isnan(numbers)
        order = canonical_order(np.concatenate([np.where(gaps, 0.0, numbers), gaps, codes], axis=1))
        return Rows(np.ascontiguousarray(numbers[order]), codes[order], few[order], tuple(invented))


@dataclass(frozen=True, eq=False)
class Ground:
    """D_0: its terms and its rows.

    Attributes
    ----------
    terms : Terms
    joint : array of int64
        Places of the numeric columns of which at most half is missing: those that take part in joint metrics.
    rows : Rows
        D_0 itself.
    """

    terms: Terms
    joint: NDArray[np.int64]
    rows: Rows

    @classmethod
    def of(cls, table: Any, schema: Mapping[str, str] | None = None) -> Ground:
        """Read D_0.

        Raises
        ------
        InputError
            For a table that cannot be read, or in which nothing can be measured.
        """
        reference = Reference.of(table, schema)
        units = {name: _unit(reference.sheet.numbers[name]) for name in reference.names("numeric")}
        live = {name: unit for name, unit in units.items() if unit is not None}
        code_names = reference.names("discrete")
        if not live and not code_names:
            raise InputError("no column can be measured: every numeric column is constant and none is discrete")
        known = {column.name: column.labels for column in reference.columns}
        labels = tuple((*map(str, known[name]), MISSING, OTHER) for name in code_names)
        merges = tuple(
            _merge(reference.sheet.codes[name], len(own)) for name, own in zip(code_names, labels, strict=True)
        )
        centre, scale = (np.array([unit[place] for unit in live.values()], np.float64) for place in (0, 1))
        terms = Terms(reference, tuple(live), code_names, labels, merges, centre, scale)
        rows = terms.rows(reference.sheet)
        gaps = np.isnan(rows.numbers).mean(axis=0) if live else np.empty(0)
        return cls(terms, np.flatnonzero(gaps <= MOST_GAPS), rows)

    @property
    def names(self) -> tuple[str, ...]:
        """Numeric columns that vary in D_0."""
        return self.terms.names

    @property
    def code_names(self) -> tuple[str, ...]:
        """Discrete columns."""
        return self.terms.code_names

    @property
    def labels(self) -> tuple[tuple[str, ...], ...]:
        """Levels of the discrete columns, "(missing)" and "(other)" last."""
        return self.terms.labels

    def read(self, table: Any) -> Rows:
        """Return another table in the terms of D_0.

        Raises
        ------
        InputError
            When a column that is measured is absent or holds another kind of values; the message names it.
        """
        sheet = self.terms.reference.read(table)
        absent = [name for name in (*self.names, *self.code_names) if name in sheet.absent]
        if absent:
            raise InputError(f"the table has no column {absent[0]!r}, which the real table has; give all its columns")
        return self.terms.rows(sheet)

    def complete(self, rows: Rows) -> Floats:
        """Return the numbers of the joint columns in the rows in which none of them is missing."""
        numbers = rows.numbers[:, self.joint]
        return np.ascontiguousarray(numbers[~np.isnan(numbers).any(axis=1)])

    def complete_of(self, table: pd.DataFrame) -> Floats:
        """Return the same of a table of which nothing else is wanted, without reading its other columns."""
        names = [self.names[place] for place in self.joint]
        if not names:
            return np.empty((len(table), 0))
        sheet = self.terms.reference.read(table[names])
        numbers = np.stack([sheet.numbers[name] for name in names], axis=1)
        numbers = (numbers - self.terms.centre[self.joint]) / self.terms.scale[self.joint]
        numbers = numbers[~np.isnan(numbers).any(axis=1)]
        return np.ascontiguousarray(numbers[canonical_order(numbers)])


def _unit(values: Floats) -> tuple[float, float] | None:
    """Return mean and standard deviation of the observed values, None where they do not vary."""
    seen = np.sort(values[~np.isnan(values)])
    if seen.size < 2:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        shifted = seen - seen[seen.size // 2]
        centre, spread = float(shifted.mean()), float(shifted.std(ddof=1))
    if not _FLAT * float(np.abs(seen[[0, -1]]).max()) < spread < np.inf:
        return None
    return centre + float(seen[seen.size // 2]), spread


def _merge(codes: NDArray[np.int32], size: int) -> Codes:
    """Return the code among few of every code: all keep theirs where they are few."""
    if size <= LEVELS + 3:
        return np.arange(size)
    counts = np.bincount(codes[codes >= 0], minlength=size)
    merge = np.full(size, LEVELS)
    merge[np.argsort(-counts, kind="stable")[:LEVELS]] = np.arange(LEVELS)
    return merge
