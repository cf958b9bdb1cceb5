"""What every kind of column has to do: the frame of the encoder's work."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import InputError
from synthmix.table.cells import Cells, Layout, SourceColumn
from synthmix.table.info import ColumnInfo

Arrays = dict[str, NDArray[Any]]
State = tuple[dict[str, Any], Arrays]


@dataclass(frozen=True)
class Lane:
    """Where a column travels while rows are mixed: a latent column, a code column, or not at all."""

    kind: Literal["latent", "code", "none"]
    index: int = -1


NO_LANE = Lane("none")


@dataclass(frozen=True, eq=False)
class Rows:
    """The part of some mixed rows that belongs to one column.

    ``numbers`` has shape (size,) float64, decoded, with NaN for missing (latent lane), ``codes`` has shape (size,)
    int32 (code lane); the other is empty. Row i of the part is row ``start + i`` of the sample.
    """

    start: int
    size: int
    numbers: NDArray[np.float64]
    codes: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class WayBack:
    """How a mixed column becomes numbers again: quantile, grid, range of the dtype, in this order.

    ``quantiles`` are the sorted values, None for a column that was mixed in its own units; ``levels`` says that they
    are positions of levels, between which there is nothing. ``scale`` is the number of grid steps in a unit, 0 for no
    grid; ``unit`` the number of storage units in a unit, for times of full precision, else 0; ``precision`` the bits of
    the mantissa.
    """

    quantiles: NDArray[np.float64] | None = None
    levels: bool = False
    scale: float = 0.0
    unit: float = 0.0
    low: float = -np.inf
    high: float = np.inf
    precision: int = 53
    is_plain: bool = False


class Codec(ABC):
    """Turns one column's mixed rows into cells and a table's cells into numbers or codes."""

    info: ColumnInfo
    layout: Layout
    lane: Lane

    @abstractmethod
    def decode(self, rows: Rows) -> Cells:
        """Return the cells of `rows`."""

    def way_back(self) -> WayBack:
        """Return how a latent lane becomes numbers again."""
        raise TypeError(f"column {self.info.name!r} is not mixed")

    @abstractmethod
    def read(self, column: SourceColumn) -> NDArray[Any]:
        """Return another table's column as numbers (latent lane, NaN for missing) or int32 codes (code lane)."""

    @abstractmethod
    def labels(self) -> list[Any]:
        """Return printable levels, None for missing; empty for a column without levels."""

    @abstractmethod
    def to_state(self) -> State:
        """Return JSON-able facts and plain arrays from which the codec can be made again."""


def lane_from(state: dict[str, Any]) -> Lane:
    """Return the lane of a state."""
    return Lane(state["lane"], int(state["index"]))


def lane_state(lane: Lane) -> dict[str, Any]:
    """Return a lane as JSON-able data."""
    return {"lane": lane.kind, "index": lane.index}


def no_missing(name: str, missing: NDArray[np.bool_], *, allowed: bool) -> None:
    """Refuse missing cells in a column whose source has none."""
    if not allowed and missing.any():
        row = int(np.flatnonzero(missing)[0])
        raise InputError(
            f"column {name!r} is missing in row {row}, but the source has no missing value there; "
            "fill the gap or fit on a table that has such gaps"
        )
