"""The encoded columns of a table on their way to two matrices."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from synthmix.memory import roomy

_Number = TypeVar("_Number", np.float64, np.int32)
_TILE = 4096  # rows whose cells stay in the cache while every column puts in its own


@dataclass
class Lanes:
    """The encoded columns so far; the next column's lane is the next place in its list.

    A latent column may be a view of the user's own array: nothing writes to it, and :meth:`stack` copies. Columns of
    scores take their room from one allocation, and sorted values from another: memory in large pieces comes in large
    pages, and asking for small ones costs as much as a third of all the sorting.
    """

    n_rows: int
    n_scores: int  # latent columns that are scores, at most
    latent: list[NDArray[np.float64]] = field(default_factory=list)
    codes: list[NDArray[np.int32]] = field(default_factory=list)
    stacked: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        self._scores = np.empty((self.n_scores, self.n_rows))
        self._ordered = np.empty((self.n_scores, self.n_rows))

    def room_for_scores(self) -> NDArray[np.float64]:
        """Return where the scores of the next latent column go, shape (n,)."""
        room: NDArray[np.float64] = self._scores[len(self.latent)]
        return room

    def room_for_ordered(self) -> NDArray[np.float64]:
        """Return where the sorted values of the next latent column go, shape (n,)."""
        room: NDArray[np.float64] = self._ordered[len(self.latent)]
        return room

    def stack(self) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Return the latent matrix (n, p) and the codes (n, q), both C-contiguous, and let go of the columns."""
        latent = _as_rows(self.latent, roomy((self.n_rows, len(self.latent)), np.float64))
        codes = _as_rows(self.codes, np.empty((self.n_rows, len(self.codes)), dtype=np.int32))
        self.latent, self.codes, self.stacked = [], [], latent
        self._scores = self._ordered = np.empty((0, 0))
        return latent, codes

    def n_distinct(self, number: int) -> int:
        """Return how many distinct values latent column `number` of the stacked matrix has."""
        if self.stacked is None:
            raise RuntimeError("distinct values are counted after the columns are stacked")
        values = self.stacked[:, number]
        return int(np.unique(values[~np.isnan(values)]).size)


def _as_rows(columns: list[NDArray[_Number]], rows: NDArray[_Number]) -> NDArray[_Number]:
    """Fill `rows` (n, d) from d columns and return it."""
    block = _as_block(columns, rows)
    if block is not None:
        np.copyto(rows, block)
        return rows
    for low in range(0, rows.shape[0] if columns else 0, _TILE):
        part = rows[low : low + _TILE]
        for j, column in enumerate(columns):
            part[:, j] = column[low : low + _TILE]
    return rows


def _as_block(columns: list[NDArray[_Number]], rows: NDArray[_Number]) -> NDArray[Any] | None:
    """Return columns that lie equally spaced in memory as one array (n, d), which numpy copies in one go.

    So do the columns of one array or of one block of a frame. None for others: columns that were allocated one by one
    can be equally spaced as well, but between them lies memory of others, which numpy must not take for its own.
    """
    if len(columns) < 2 or any(c.dtype != rows.dtype or c.strides != columns[0].strides for c in columns):
        return None
    if columns[0].base is None or any(c.base is not columns[0].base for c in columns):
        return None
    places = np.array([column.__array_interface__["data"][0] for column in columns], dtype=np.int64)
    steps = np.diff(places)
    if (steps != steps[0]).any():
        return None
    strides = (columns[0].strides[0], int(steps[0]))
    return np.lib.stride_tricks.as_strided(columns[0], rows.shape, strides, writeable=False)
