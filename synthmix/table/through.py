"""Rows that are mixed as latent coordinates: what travels beside them, and the way back to columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.draws import units_of, words_of
from synthmix.kernels.philox import LEVELS
from synthmix.kernels.threads import run_all
from synthmix.table.latent_map import DenseMap

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]
_ROWS = 4096  # rows that a thread decodes at a time


@dataclass(frozen=True, eq=False)
class Through:
    """A trained map with the rows that it was fitted to.

    Codes travel beside the coordinates and are copied from a donor: first the number of the row's pattern of missing
    values, where there are several patterns, then the discrete columns `carried`. All others come from the decoder.

    Attributes
    ----------
    map : DenseMap
    values : array of shape (n, p)
        Continuous columns as the map sees them, in the table's order, NaN where missing.
    codes : array of shape (n, q)
        Discrete columns in the table's order.
    patterns : array of shape (k, p), bool
        The patterns of missing values that occur.
    carried : tuple of int
        Code columns that a donor gives: those that define classes.
    """

    map: DenseMap
    values: Floats
    codes: Codes
    patterns: NDArray[np.bool_]
    carried: tuple[int, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coordinates."""
        return tuple(f"z{number + 1}" for number in range(self.map.latent))

    @property
    def description(self) -> str:
        """What the encoding is, for certificates."""
        return f"latent, {self.map.name} over {self.map.base}"

    def back(self, coordinates: Floats, given: Codes, start: int, seed: int, threads: int = 1) -> tuple[Floats, Codes]:
        """Return columns (p, m), NaN for missing, and codes (q, m) of mixed rows ``start, start + 1, ...``.

        `coordinates` (L, m) are mixed, `given` are the donors' codes, one row for each that travels.
        """
        m = coordinates.shape[1]
        columns, codes = np.empty((self.values.shape[1], m)), np.empty((self.codes.shape[1], m), np.int32)

        def work(a: int) -> None:
            b = min(a + _ROWS, m)
            units = [units_of(*words_of(seed, start + a, b - a, LEVELS, j)[:2]) for j in range(codes.shape[0])]
            values, levels = self.map.decode(coordinates[:, a:b].T, np.array(units).reshape(-1, b - a))
            columns[:, a:b], codes[:, a:b] = values.T, levels.T

        run_all(work, list(range(0, m, _ROWS)), threads)
        several = self.patterns.shape[0] > 1
        if several:
            columns[self.patterns[given[0]].T] = np.nan
        for j, column in enumerate(self.carried):
            codes[column] = given[several + j]
        return columns, codes

    def to_state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return JSON-able facts and plain arrays; the arrays hold the real rows."""
        facts, arrays = self.map.to_state()
        own: dict[str, NDArray[Any]] = {f"map.{name}": array for name, array in arrays.items()}
        own |= {"values": self.values, "codes": self.codes, "patterns": self.patterns}
        return {"map": facts, "carried": list(self.carried)}, own

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Through:
        """Return what :meth:`to_state` described."""
        inner = {name.removeprefix("map."): array for name, array in arrays.items() if name.startswith("map.")}
        return cls(
            map=DenseMap.from_state(state["map"], inner),
            values=np.ascontiguousarray(arrays["values"], dtype=np.float64),
            codes=np.ascontiguousarray(arrays["codes"], dtype=np.int32),
            patterns=np.ascontiguousarray(arrays["patterns"], dtype=np.bool_),
            carried=tuple(int(column) for column in state["carried"]),
        )
