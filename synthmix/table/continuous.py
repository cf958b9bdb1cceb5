"""Columns that are mixed as numbers: reals, integers, decimals and times, raw or as normal scores."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import InputError
from synthmix.table.cells import TIMES, Cells, Family, Layout, Numbers, SourceColumn
from synthmix.table.codec import Codec, Lane, Rows, State, WayBack, lane_from, lane_state
from synthmix.table.info import ColumnInfo
from synthmix.table.match import match_numbers
from synthmix.table.text_time import TextTime, write_cells
from synthmix.table.times import Clock


@dataclass(frozen=True)
class Storage:
    """How the numbers of a column are kept in its frame, and what can be kept there.

    ``decimals`` is the grid to round to (None: do not round), ``scale`` the scale of a decimal dtype, ``low`` and
    ``high`` the range of the dtype in the column's own units, ``real`` whether float64 comes back instead of the
    source's integers or shorter floats.
    """

    family: Family
    stored_in: str  # storage unit of times
    decimals: int | None
    scale: int
    precision: int
    low: float
    high: float
    real: bool


@dataclass(frozen=True, eq=False)
class ContinuousCodec(Codec):
    """A column of numbers.

    ``quantiles`` holds the sorted observed numbers of the source for normal scores, None for raw encoding.
    """

    info: ColumnInfo
    layout: Layout
    lane: Lane
    storage: Storage
    clock: Clock
    text: TextTime | None
    quantiles: NDArray[np.float64] | None

    @property
    def is_plain(self) -> bool:
        """Whether values come back as they were mixed: float64, raw, on no grid."""
        storage = self.storage
        rounds = storage.decimals is not None or storage.family in TIMES
        whole = storage.real or (storage.family == "real" and storage.precision == _FLOAT64)
        return self.quantiles is None and not rounds and whole

    @property
    def in_floats(self) -> bool:
        """Whether the cells are floats, of whatever length."""
        return self.storage.real or self.storage.family == "real"

    def way_back(self) -> WayBack:
        """Return how the mixed column becomes numbers again."""
        storage = self.storage
        # Full precision of times still ends where the storage does: 1/unit of the column's step.
        unit = self.clock.unit if storage.family in TIMES and storage.decimals is None else 0
        return WayBack(
            quantiles=self.quantiles,
            scale=0.0 if storage.decimals is None else 10.0**storage.decimals,
            unit=float(unit),
            low=storage.low,
            high=storage.high,
            precision=_FLOAT64 if storage.real else storage.precision,
            is_plain=self.is_plain,
        )

    def decode(self, rows: Rows) -> Cells:
        """Return the decoded numbers as cells of the dtype."""
        numbers, storage = rows.numbers, self.storage
        whole = self.info.n_missing == 0
        missing = np.zeros(numbers.size, bool) if whole else np.isnan(numbers)
        if self.in_floats:
            return Numbers(numbers, missing)
        filled = numbers if whole else np.where(missing, 0.0, numbers)
        if storage.family == "decimal":
            return Numbers(np.rint(filled * 10.0**storage.scale).astype(np.int64), missing)
        cells = Numbers(self.clock.stored(filled), missing)
        return cells if self.text is None else write_cells(self.text, cells)

    def read(self, column: SourceColumn) -> NDArray[np.float64]:
        """Return another table's column as numbers in this column's units."""
        return match_numbers(column, self.storage.family, self.storage.stored_in, self.clock, self.text)

    def labels(self) -> list[Any]:
        """Return nothing: a column of numbers has no levels."""
        return []

    def to_state(self) -> State:
        """Return the facts as JSON-able data and the quantiles as an array."""
        state = {
            "codec": "continuous",
            "info": asdict(self.info),
            "layout": self.layout,
            **lane_state(self.lane),
            "storage": {**asdict(self.storage), "low": self.storage.low.hex(), "high": self.storage.high.hex()},
            "clock": asdict(self.clock),
            "text": None if self.text is None else self.text.to_layout(),
        }
        return state, {} if self.quantiles is None else {"quantiles": self.quantiles}

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> ContinuousCodec:
        """Return the codec of :meth:`to_state`."""
        storage = dict(state["storage"])
        storage |= {"low": float.fromhex(storage["low"]), "high": float.fromhex(storage["high"])}
        quantiles = arrays.get("quantiles")
        return cls(
            info=ColumnInfo(**state["info"]),
            layout=state["layout"],
            lane=lane_from(state),
            storage=Storage(**storage),
            clock=Clock(**state["clock"]),
            text=None if state["text"] is None else TextTime(**state["text"]),
            quantiles=None if quantiles is None else np.ascontiguousarray(quantiles, dtype=np.float64),
        )


_FLOAT64 = 53  # bits of the mantissa
_EXACT = 2**53
LARGEST = 1e150  # of a number: sums of squares stay finite


def check_values(column: SourceColumn, cells: Numbers) -> None:
    """Refuse numbers that float64 cannot mix: too large to square, or integers beyond 2**53."""
    values = cells.data
    if values.dtype.kind == "f":
        bad = np.flatnonzero(~cells.missing & ~(np.abs(values) <= LARGEST))
        if bad.size:
            value, row = values[bad[0]], int(bad[0])
            raise InputError(
                f"column {column.name!r} holds {value} in row {row}, whose square overflows; rescale the column"
            )
    elif column.family not in TIMES:
        bad = np.flatnonzero(~cells.missing & ((values > _EXACT) | (values < -_EXACT)))
        if bad.size:
            raise InputError(
                f"column {column.name!r} holds {int(values[bad[0]])} in row {int(bad[0])}, beyond 2**53, where float64 "
                f"skips integers; if its numbers are identifiers use columns={{{column.name!r}: 'key'}}, "
                f"if they are codes use columns={{{column.name!r}: 'categorical'}}, else convert it to float64"
            )
