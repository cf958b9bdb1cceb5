"""Columns that take the level of a donor: booleans, categories, strings, and numbers declared to be codes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.table.cells import Cells, Layout, SourceColumn
from synthmix.table.codec import Arrays, Codec, Lane, Rows, State, WayBack, lane_from, lane_state, no_missing
from synthmix.table.info import ColumnInfo
from synthmix.table.levels import Levels, levels_from
from synthmix.table.match import lookup_of, match_levels


@dataclass(frozen=True, eq=False)
class ScoreOrder:
    """Levels along the normal scores: block j of ranks belongs to code ``codes[j]`` and ends before ``ends[j]``."""

    codes: NDArray[np.int32]
    ends: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class DiscreteCodec(Codec):
    """A column of levels. Codes count the levels in order; the missing level, where there is one, is the last."""

    info: ColumnInfo
    layout: Layout
    lane: Lane
    levels: Levels
    order: ScoreOrder | None

    @property
    def has_missing(self) -> bool:
        """Whether missing is a level."""
        return self.info.n_missing > 0

    @property
    def n_levels(self) -> int:
        """The number of codes, missing included."""
        return self.levels.size + self.has_missing

    def codes(self, rows: Rows) -> NDArray[np.int32]:
        """Return the codes of `rows`, the missing level as the last."""
        return rows.codes if self.order is None else rows.numbers.astype(np.int32)

    def way_back(self) -> WayBack:
        """Return the code of each rank: levels have blocks of ranks along the scores."""
        if self.order is None:
            return super().way_back()
        ranks = np.diff(self.order.ends, prepend=0)
        return WayBack(quantiles=np.repeat(self.order.codes.astype(np.float64), ranks), levels=True)

    def decode(self, rows: Rows) -> Cells:
        """Return the cells of the codes."""
        codes = self.codes(rows)
        if self.has_missing:
            codes = np.where(codes >= self.levels.size, np.int32(-1), codes)
        return self.levels.cells(codes)

    def read(self, column: SourceColumn) -> NDArray[Any]:
        """Return another table's column as codes; as float64 where the column travels as scores."""
        codes = match_levels(column, self._lookup, "the source")
        no_missing(self.info.name, codes < 0, allowed=self.has_missing)
        codes[codes < 0] = self.levels.size
        return codes if self.order is None else codes.astype(np.float64)

    def labels(self) -> list[Any]:
        """Return the levels in code order, None for missing."""
        return self.levels.labels + ([None] if self.has_missing else [])

    def to_state(self) -> State:
        """Return the facts as JSON-able data, levels and score order as arrays."""
        facts, arrays = self.levels.to_state()
        state = {"codec": "discrete", "info": asdict(self.info), "layout": self.layout, **lane_state(self.lane)}
        if self.order is not None:
            arrays = {**arrays, "order": self.order.codes, "ends": self.order.ends}
        return {**state, "levels": facts}, arrays

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: Arrays, native: tuple[Any, ...]) -> DiscreteCodec:
        """Return the codec of :meth:`to_state`."""
        order = None
        if "order" in arrays:
            ends = np.ascontiguousarray(arrays["ends"], dtype=np.int64)
            order = ScoreOrder(np.ascontiguousarray(arrays["order"], dtype=np.int32), ends)
        levels = levels_from(state["levels"], arrays, native)
        return cls(ColumnInfo(**state["info"]), state["layout"], lane_from(state), levels, order)

    @cached_property
    def _lookup(self) -> dict[Any, int]:
        return lookup_of(self.levels.labels)


def score_order(codes: NDArray[np.int32], n_levels: int, *, ordered: bool) -> ScoreOrder:
    """Put levels along the scores: in their own order where that means something, else the most frequent first.

    Parameters
    ----------
    codes : array of shape (n,)
        Codes in [0, n_levels), the missing level included as the last.
    n_levels : int
        Number of codes; those that never occur get no ranks.
    ordered : bool
        Whether the levels have an order of their own.
    """
    counts = np.bincount(codes, minlength=n_levels)
    places = np.arange(n_levels) if ordered else np.argsort(-counts, kind="stable")
    places = places[counts[places] > 0]
    return ScoreOrder(places.astype(np.int32), np.cumsum(counts[places]).astype(np.int64))
