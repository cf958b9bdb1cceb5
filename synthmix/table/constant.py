"""Columns with one value, or with none at all: repeated unchanged, they take no part in the mixing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.table.cells import Cells, Layout, SourceColumn
from synthmix.table.codec import NO_LANE, Arrays, Codec, Lane, Rows, State
from synthmix.table.info import ColumnInfo
from synthmix.table.levels import Levels, levels_from


@dataclass(frozen=True, eq=False)
class ConstantCodec(Codec):
    """A column whose every cell is level `code`, or missing where `code` is -1."""

    info: ColumnInfo
    layout: Layout
    levels: Levels
    code: int
    lane: Lane = NO_LANE

    def decode(self, rows: Rows) -> Cells:
        """Return the one value for every row."""
        return self.levels.cells(np.full(rows.size, self.code, dtype=np.int32))

    def read(self, column: SourceColumn) -> NDArray[Any]:
        """Return nothing, shape (n, 0): another table's values in this column are not compared."""
        return np.empty((column.missing.size, 0))

    def labels(self) -> list[Any]:
        """Return the one value."""
        return [None if self.code < 0 else self.levels.labels[self.code]]

    def to_state(self) -> State:
        """Return the value and its layout."""
        facts, arrays = self.levels.to_state()
        state = {"codec": "constant", "info": asdict(self.info), "layout": self.layout, "code": self.code}
        return {**state, "levels": facts}, arrays

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: Arrays, native: tuple[Any, ...]) -> ConstantCodec:
        """Return the codec of :meth:`to_state`."""
        levels = levels_from(state["levels"], arrays, native)
        return cls(ColumnInfo(**state["info"]), state["layout"], levels, int(state["code"]))
