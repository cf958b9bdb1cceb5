"""The distinct values of a column and how often each occurs, as long as there are not too many."""

from __future__ import annotations

from typing import Any

from synthmix.errors import InputError

MOST_LEVELS = 50_000


class LevelTable:
    """Counts of the levels of a column.

    Parameters
    ----------
    name : str
    most : int
        Levels from which the column is refused.
    """

    def __init__(self, name: str, most: int = MOST_LEVELS) -> None:
        self.name = name
        self._most = most
        self.counts: dict[Any, int] = {}
        self.n_missing = 0

    def add(self, column: Any) -> None:
        """Count the values of a pyarrow.ChunkedArray.

        Raises
        ------
        InputError
            When there are too many: the message says how many after how many rows, and the remedy.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        if pa.types.is_dictionary(column.type):
            for chunk in column.chunks:  # levels that no row has are levels, too, in their order
                for level in chunk.dictionary.to_pylist():
                    self.counts.setdefault(level, 0)
            column = column.cast(column.type.value_type)
        self.n_missing += column.null_count
        for entry in pc.value_counts(column.drop_null()).to_pylist():
            self.counts[entry["values"]] = self.counts.get(entry["values"], 0) + entry["counts"]
        if len(self.counts) > self._most:
            seen = sum(self.counts.values())
            raise InputError(
                f"column {self.name!r} has {len(self.counts)} distinct values in the first {seen} rows, and at most "
                f"{self._most} can be kept of a source that does not fit into memory; if they name rows use "
                f"columns={{{self.name!r}: 'key'}}, if they are numbers or times convert the column, else leave it out"
            )
