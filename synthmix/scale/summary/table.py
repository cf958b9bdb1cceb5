"""One reading of a table that does not fit into memory: a small table in its place, from which an encoder is made.

The small table has the types, the levels, the holes and, up to a known error, the quantiles of the whole. Its rows mean
nothing: columns are put into random orders of their own, so that nothing is found between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import InputError
from synthmix.scale.summary.levels import LevelTable
from synthmix.scale.summary.quantiles import QuantileSketch

ROWS = 2**16  # of the small table
_KEYS = 1000  # that are kept of a column of keys


class ColumnSummary(Protocol):
    """What is kept of a column."""

    def add(self, column: Any) -> None:
        """See a pyarrow.ChunkedArray."""

    def small(self, n: int, m: int) -> Any:
        """Return m cells in the place of the n that were seen."""


class TableSummary:
    """What is kept of a table.

    Parameters
    ----------
    schema : pyarrow.Schema
    words : mapping of str to str
        Kinds that the user gives to columns.

    Attributes
    ----------
    n_rows : int
        Rows seen.
    """

    def __init__(self, schema: Any, words: Mapping[str, str]) -> None:
        self.schema = schema
        self.n_rows: int = 0
        self._columns = {field.name: _summary_of(field, words.get(field.name)) for field in schema}

    def add_all(self, batches: Iterable[Any]) -> None:
        """See the rows of pyarrow.Tables."""
        for batch in batches:
            self.n_rows += batch.num_rows
            for name, column in self._columns.items():
                column.add(batch.column(name))

    def small_table(self, seed: int) -> Any:
        """Return the table in the place of the whole."""
        import pyarrow as pa

        m = min(self.n_rows, ROWS)
        arrays = []
        for number, (name, column) in enumerate(self._columns.items()):
            order = _shuffled(m, seed, number)
            cells = column.small(self.n_rows, m).take(pa.array(order))
            arrays.append(cells.cast(self.schema.field(name).type))
        return pa.Table.from_arrays(arrays, schema=self.schema)

    def looks_like_keys(self) -> list[str]:
        """Return the columns of whole numbers that have as many rows as there are numbers between their ends.

        A small table that is as long as the whole shows it itself.
        """
        if self.n_rows <= ROWS:
            return []
        found = self._columns.items()
        return [name for name, column in found if isinstance(column, _Numbers) and column.spans(self.n_rows)]

    @property
    def errors(self) -> dict[str, float]:
        """The most by which ranks in :meth:`small_table` are wrong in each column of numbers, as a share of its values.

        That of the sketch, and the step of a distribution function of so few points.
        """
        n, m = self.n_rows, min(self.n_rows, ROWS)
        found = self._columns.items()
        return {name: column.error_in(n, m) for name, column in found if isinstance(column, _Numbers)}

    def missing(self, name: str) -> int:
        """Return how many cells of a column are missing."""
        found: int = self._columns[name].n_missing  # type: ignore[attr-defined]
        return found


def _shuffled(m: int, seed: int, number: int) -> NDArray[np.int64]:
    words = np.random.Generator(np.random.Philox(key=np.array([seed, number], np.uint64)))
    return np.argsort(words.random(m), kind="stable")


def _summary_of(field: Any, word: str | None) -> ColumnSummary:
    import pyarrow as pa

    kind, types = field.type, pa.types
    numbers = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or types.is_temporal(kind)
    text = types.is_string(kind) or types.is_large_string(kind) or types.is_dictionary(kind)
    if word == "key" and (numbers or text):
        return _Keys()
    if types.is_boolean(kind) or text or (numbers and word == "categorical"):
        return _Levels(field)
    if numbers:
        return _Numbers(field)
    if types.is_null(kind):
        return _Nothing()
    raise InputError(f"column {field.name!r} has the type {kind}, which is no value that can be mixed; leave it out")


def _holes(n_missing: int, n: int, m: int) -> int:
    """Return how many of m cells are missing: some where any of n is, and never all unless all are."""
    return min(max(round(n_missing * m / n), int(n_missing > 0)), m - int(n_missing < n))


class _Numbers:
    def __init__(self, field: Any) -> None:
        self._field = field
        self._sketch = QuantileSketch()
        self.n_missing = 0
        self._n_nan = 0

    def add(self, column: Any) -> None:
        import pyarrow as pa

        kind = column.type
        self.n_missing += column.null_count
        column = column.drop_null()
        if pa.types.is_decimal(kind):
            column = column.cast(pa.float64())
        elif pa.types.is_temporal(kind):
            column = column.cast(pa.int32()).cast(pa.int64()) if kind.bit_width == 32 else column.cast(pa.int64())
        values = column.to_numpy()
        if values.dtype.kind == "f":
            nan = np.isnan(values)
            if nan.any():
                self._n_nan += int(nan.sum())
                values = values[~nan]
            if np.isinf(values).any():
                raise InputError(
                    f"column {self._field.name!r} holds infinite values, which cannot be mixed; make them missing"
                )
        self._sketch.add(values)

    def error_in(self, n: int, m: int) -> float:
        """Return the most by which ranks are wrong where m cells stand for n."""
        points = m - sum(self._holes(n, m))
        step = 1 / points if 0 < points < self._sketch.n else 0.0
        return self._sketch.error + step

    def _holes(self, n: int, m: int) -> tuple[int, int]:
        """Return how many of m cells are NaN, and how many are null."""
        nan = _holes(self._n_nan, n, m)
        return nan, min(_holes(self.n_missing, n, m), m - nan)

    def spans(self, n: int) -> bool:
        import pyarrow as pa

        whole = pa.types.is_integer(self._field.type) and self._sketch.n == n
        return whole and int(self._sketch.high) - int(self._sketch.low) + 1 == n

    def small(self, n: int, m: int) -> Any:
        import pyarrow as pa

        nan, null = self._holes(n, m)
        values = self._sketch.points(m - nan - null) if self._sketch.n else np.empty(0)
        kind = self._field.type
        if pa.types.is_floating(kind):
            cells = pa.array(np.concatenate([values, np.full(nan, np.nan, values.dtype)]))
        elif pa.types.is_decimal(kind):
            cells = pa.array(values).cast(kind, safe=False)
        else:
            cells = pa.array(values)
            if pa.types.is_temporal(kind) and kind.bit_width == 32:
                cells = cells.cast(pa.int32())
        return pa.concat_arrays([cells.cast(kind), pa.nulls(null, kind)])


class _Levels:
    def __init__(self, field: Any) -> None:
        self._field = field
        self._table = LevelTable(field.name)

    @property
    def n_missing(self) -> int:
        return self._table.n_missing

    def add(self, column: Any) -> None:
        self._table.add(column)

    def small(self, n: int, m: int) -> Any:
        import pyarrow as pa

        kind = self._field.type
        null = _holes(self._table.n_missing, n, m)
        levels = pa.array(list(self._table.counts), kind.value_type if pa.types.is_dictionary(kind) else kind)
        codes = _spread(np.array(list(self._table.counts.values()), np.int64), m - null)
        if pa.types.is_dictionary(kind):
            indices = pa.concat_arrays([pa.array(codes, pa.int32()), pa.nulls(null, pa.int32())]).cast(kind.index_type)
            return pa.DictionaryArray.from_arrays(indices, levels, ordered=kind.ordered)
        return pa.concat_arrays([levels.take(pa.array(codes)), pa.nulls(null, kind)])


def _spread(counts: NDArray[np.int64], m: int) -> NDArray[np.int64]:
    """Return m codes in the proportions of `counts`, each level that occurs at least once."""
    if not counts.size:
        return np.empty(0, np.int64)
    share = np.maximum(counts * m // max(int(counts.sum()), 1), counts > 0)
    over = int(share.sum()) - m
    for level in np.argsort(-share, kind="stable"):  # the most frequent make room, or fill it
        step = min(over, int(share[level]) - 1)
        share[level] -= step
        over -= step
        if over <= 0:
            break
    return np.repeat(np.arange(counts.size), share)


class _Keys:
    def __init__(self) -> None:
        self._kept: list[Any] = []
        self._n_kept = 0
        self._ends: Any = None
        self.n_missing = 0

    def add(self, column: Any) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        self.n_missing += column.null_count
        column = column.drop_null()
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if self._n_kept < _KEYS:
            kept = column.slice(0, _KEYS - self._n_kept).combine_chunks()
            self._kept.append(kept)
            self._n_kept += len(kept)
        if pa.types.is_integer(column.type) and len(column):
            most = pc.max(column).as_py()
            self._ends = most if self._ends is None else max(self._ends, most)

    def small(self, n: int, m: int) -> Any:
        import pyarrow as pa

        null = _holes(self.n_missing, n, m)
        kept = pa.concat_arrays(self._kept).slice(0, m - null) if self._kept else pa.nulls(0)
        kind = kept.type
        if self._ends is not None:  # new keys begin after the largest
            kept = pa.concat_arrays([pa.array([self._ends], kind), kept.slice(1)])
        again = kept.take(pa.array(np.arange(m - null) % max(len(kept), 1)))
        return pa.concat_arrays([again, pa.nulls(null, kind)])


class _Nothing:
    n_missing = 0

    def add(self, column: Any) -> None:
        self.n_missing += len(column)

    def small(self, n: int, m: int) -> Any:
        import pyarrow as pa

        del n
        return pa.nulls(m)
