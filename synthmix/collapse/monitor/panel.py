"""Trajectories as arrays of chains and generations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.collapse.columns import TRAJECTORIES
from synthmix.errors import InputError

Floats = NDArray[np.float64]
SERIES = ("generator", "regime", "n", "rows", "metric", "variant", "column", "level")
"""What identifies a series: one number of one cell, over chains and generations."""


@dataclass(frozen=True, eq=False)
class Panel:
    """One number of one cell.

    Attributes
    ----------
    key : dict
        Words that say which.
    numbers : array of float64, shape (chains, generations + 1)
        NaN where a chain has no such generation. Generation 0 is the real table.
    counts : array of float64, the same shape
        Rows behind each.
    draws, chains : array of int64, shape (chains,)
        Which chain of which draw of the real rows.
    """

    key: dict[str, Any]
    numbers: Floats
    counts: Floats
    draws: NDArray[np.int64]
    chains: NDArray[np.int64]

    @property
    def last(self) -> int:
        """The last generation."""
        return int(self.numbers.shape[1]) - 1

    def whole(self) -> Panel:
        """Return the chains that have generation 0 and the last one."""
        return self.take(np.flatnonzero(~np.isnan(self.numbers[:, [0, -1]]).any(axis=1)))

    def take(self, chains: NDArray[np.intp]) -> Panel:
        """Return the chains at these places."""
        return Panel(self.key, self.numbers[chains], self.counts[chains], self.draws[chains], self.chains[chains])

    def units(self, values: Floats) -> Floats:
        """Return independent rows of `values` (chains, ...): the chains of one draw, else means of the draws."""
        draws = np.unique(self.draws)
        if draws.size < 2:
            return values
        return np.stack([values[self.draws == draw].mean(axis=0) for draw in draws])

    def note(self) -> str:
        """Return what a reader must know of the replicates."""
        whole = self.whole()
        draws, chains = np.unique(whole.draws).size, len(whole.numbers)
        notes = []
        if chains < len(self.numbers):
            notes.append(
                f"{chains} of {len(self.numbers)} chains reached generation {self.last}: those that did not may differ"
            )
        if draws == 1:
            notes.append("one draw of the real rows: conditional on it")
        elif draws:
            notes.append(f"units are the means of {draws} draws")
        if 0 < (draws if draws > 1 else chains) < 10:
            notes.append("fewer than 10 units: the levels of tests and intervals are not checked there")
        return "; ".join(notes)


def checked(trajectories: pd.DataFrame) -> pd.DataFrame:
    """Return the table, after a look at its columns.

    Raises
    ------
    InputError
        For a table without a column of a trajectory table, or one with two numbers in one place.
    """
    absent = [name for name in TRAJECTORIES if name not in trajectories.columns]
    if absent:
        raise InputError(f"the trajectories have no column {absent[0]!r}; give the table that a study made")
    places = [name for name in TRAJECTORIES if name not in ("value", "count")]
    twice = trajectories.duplicated(places)
    if twice.any():
        raise InputError(f"the trajectories have two values of {trajectories.loc[twice, places].iloc[0].to_dict()}")
    return trajectories


def panels(trajectories: pd.DataFrame, keys: Sequence[str] = SERIES) -> Iterator[Panel]:
    """Yield the panels of a table of trajectories, in the order of their keys.

    Generation 0 is the same table whichever rows are asked for: a series of pools that lacks it has that of the new
    rows.
    """
    frame = checked(trajectories)
    if frame.empty:
        return
    frame = _with_generation_0(frame)
    frame = frame.sort_values([*keys, "draw", "chain", "generation"], kind="stable", ignore_index=True)
    groups = frame.groupby(list(keys), sort=True, observed=True).ngroup().to_numpy()
    edges = np.flatnonzero(np.diff(groups, prepend=-1, append=-1))
    draw, chain, generation = (frame[name].to_numpy(np.int64) for name in ("draw", "chain", "generation"))
    value, count = frame["value"].to_numpy(np.float64), frame["count"].to_numpy(np.float64)
    heads = frame[list(keys)].iloc[edges[:-1]].to_dict("records")
    for head, low, high in zip(heads, edges[:-1], edges[1:], strict=True):
        who = np.stack([draw[low:high], chain[low:high]])
        pairs, place = np.unique(who, axis=1, return_inverse=True)
        shape = (pairs.shape[1], int(generation[low:high].max()) + 1)
        values, counts = np.full(shape, np.nan), np.zeros(shape)
        at = (np.ravel(place), generation[low:high])
        values[at], counts[at] = value[low:high], count[low:high]
        yield Panel({str(name): word for name, word in head.items()}, values, counts, pairs[0], pairs[1])


def _with_generation_0(frame: pd.DataFrame) -> pd.DataFrame:
    first = frame[frame["generation"] == 0]
    rest = frame[frame["generation"] > 0]
    pooled = rest.loc[rest["rows"] == "pool", ["generator", "regime", "n"]].drop_duplicates()
    places = [name for name in TRAJECTORIES if name not in ("value", "count", "rows")]
    single = first.drop_duplicates(places)
    pools = single.merge(pooled, on=["generator", "regime", "n"]).assign(rows="pool")
    new = single.assign(rows="new")
    return pd.concat([new, pools, rest], ignore_index=True)[list(TRAJECTORIES)]


def averaged(trajectories: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers of the new rows, each metric averaged over columns and levels.

    Raises
    ------
    InputError
        For a table that is no table of trajectories.
    """
    frame = checked(trajectories)
    frame = frame[(frame["rows"] == "new") | (frame["generation"] == 0)].assign(rows="new")
    frame = frame.drop_duplicates([name for name in TRAJECTORIES if name not in ("value", "count")])
    keys = [name for name in TRAJECTORIES if name not in ("value", "count", "column", "level")]
    mean = frame.groupby(keys, observed=True, sort=False, as_index=False).agg({"value": "mean", "count": "min"})
    return mean.assign(column="", level="")[list(TRAJECTORIES)]
