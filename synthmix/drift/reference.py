"""Read tables the way a reference table reads: which columns are numbers, which are levels, in which units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.marginal.column import SortedColumn, sorted_column
from synthmix.errors import InputError
from synthmix.shown import ShortRepr
from synthmix.table.cells import TIMES, Family, Numbers, SourceColumn, SourceTable
from synthmix.table.frames import read_table
from synthmix.table.infer import Finding as Guess
from synthmix.table.infer import check_words, find
from synthmix.table.match import extend_levels, labels_of, lookup_of, match_numbers
from synthmix.table.text_time import TextTime
from synthmix.table.times import Clock, find_clock

Kind = Literal["numeric", "discrete", "key"]
_NO_CLOCK = Clock()
_NUMERIC = frozenset({"real", "integer", "decimal"}) | TIMES


@dataclass(frozen=True, eq=False)
class ReferenceColumn:
    """How a column of the reference reads."""

    name: str
    kind: Kind
    family: Family
    dtype: str
    unit: str = ""
    clock: Clock = _NO_CLOCK
    text: TextTime | None = None
    labels: tuple[Any, ...] = ()


@dataclass(frozen=True, eq=False)
class Sheet:
    """A table in the terms of a reference.

    Attributes
    ----------
    n_rows : int
    numbers : dict
        Numeric column to float64 of shape (n_rows,), NaN for missing.
    codes : dict
        Discrete column to int32 of shape (n_rows,): places among the reference's labels, from there on among
        `invented`, -1 for missing.
    invented : dict
        Discrete column to the levels that the reference does not have.
    absent, extra : tuple of str
        Columns of the reference that the table lacks, and columns that only the table has.
    changed : dict
        Column to "dtype of the reference -> dtype here", where they differ.
    recast : dict
        Column to "kind -> kind", where another kind of storage holds the values, such as "integer -> real".
    """

    n_rows: int
    numbers: dict[str, NDArray[np.float64]]
    codes: dict[str, NDArray[np.int32]]
    invented: dict[str, tuple[Any, ...]]
    absent: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    changed: dict[str, str] = field(default_factory=dict)
    recast: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, repr=False)
class Reference(ShortRepr):
    """A reference table and how it reads.

    Attributes
    ----------
    columns : tuple of ReferenceColumn
    sheet : Sheet
        The reference's own rows.
    """

    columns: tuple[ReferenceColumn, ...]
    sheet: Sheet
    _sorted: dict[str, SortedColumn] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, table: Any, schema: Mapping[str, str] | None = None) -> Reference:
        """Read a reference table.

        Parameters
        ----------
        table : pandas.DataFrame, polars.DataFrame, pyarrow.Table or ndarray of shape (n, d)
        schema : mapping of str to str, optional
            Kinds that override the inferred ones: "real", "integer", "boolean", "categorical", "string", "datetime",
            "timedelta", "key".

        Raises
        ------
        InputError
            For a table or a column that cannot be read; the message names it.
        """
        source = read_table(table, 1)
        words = check_words(schema, [column.name for column in source.columns])
        columns = tuple(_describe(find(column, words.get(column.name))) for column in source.columns)
        return cls(columns, _read(columns, source))

    def read(self, table: Any) -> Sheet:
        """Return another table in the terms of this one.

        Raises
        ------
        InputError
            When no column is common, or a common one holds another kind of values; the message names it.
        """
        source = read_table(table, 1)
        if not {column.name for column in self.columns} & {column.name for column in source.columns}:
            mine, other = ([str(column.name) for column in columns][:5] for columns in (self.columns, source.columns))
            raise InputError(
                f"the tables have no column in common: the reference has {mine}, the other {other}; "
                "rename the columns of one"
            )
        return _read(self.columns, source)

    def names(self, kind: Kind) -> tuple[str, ...]:
        """Return the names of the columns of one kind."""
        return tuple(column.name for column in self.columns if column.kind == kind)

    def save(self, path: str | Path) -> None:
        """Write the reference to a file, whole or not at all: plain arrays and JSON. It holds the real rows."""
        from synthmix.drift.saved import save

        save(self, path)

    @classmethod
    def load(cls, path: str | Path) -> Reference:
        """Return the reference of a file; it gives the same reports as the one that was saved.

        Raises
        ------
        FileError, ModelFileError
            When the file cannot be read, is damaged, foreign or of another schema version.
        """
        from synthmix.drift.saved import load

        return load(path)

    def sorted_column(self, name: str) -> SortedColumn:
        """Return the observed values of a numeric column, sorted once however often it is compared."""
        if name not in self._sorted:
            values = self.sheet.numbers[name]
            self._sorted[name] = sorted_column(values[~np.isnan(values)], name)
        return self._sorted[name]


def _describe(guess: Guess) -> ReferenceColumn:
    """Return how a column reads; constant ones read by their storage."""
    column = guess.column
    numeric = guess.role == "continuous" or (guess.role == "constant" and column.family in _NUMERIC)
    if guess.role == "key":
        return ReferenceColumn(column.name, "key", column.family, column.dtype)
    if not numeric or column.family == "empty":
        return ReferenceColumn(column.name, "discrete", column.family, column.dtype, labels=tuple(labels_of(column)))
    clock = _NO_CLOCK
    if column.family in TIMES and isinstance(column.cells, Numbers):
        clock = find_clock(column, column.cells)
    return ReferenceColumn(column.name, "numeric", column.family, column.dtype, column.unit, clock, guess.text)


def _read(columns: tuple[ReferenceColumn, ...], source: SourceTable) -> Sheet:
    there = {column.name: column for column in source.columns}
    known = {column.name for column in columns}
    sheet = Sheet(
        source.n_rows,
        {},
        {},
        {},
        absent=tuple(column.name for column in columns if column.name not in there),
        extra=tuple(name for name in there if name not in known),
    )
    for column in columns:
        found = there.get(column.name)
        if found is None:
            continue
        if found.dtype != column.dtype:
            sheet.changed[column.name] = f"{column.dtype} -> {found.dtype}"
            if found.family != ("string" if column.text else column.family):
                sheet.recast[column.name] = f"{column.family} -> {found.family}"
        if column.kind == "numeric":
            sheet.numbers[column.name] = _numbers(column, found)
        elif column.kind == "discrete":
            codes, invented = extend_levels(found, lookup_of(list(column.labels)))
            sheet.codes[column.name], sheet.invented[column.name] = codes, tuple(invented)
    return sheet


def _numbers(column: ReferenceColumn, found: SourceColumn) -> NDArray[np.float64]:
    if found.family == "boolean" and isinstance(found.cells, Numbers):
        return np.where(found.missing, np.nan, found.cells.data.astype(np.float64))
    return match_numbers(found, column.family, column.unit, column.clock, column.text)
