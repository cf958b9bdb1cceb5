"""From the tidy table of a study to curves: one value a chain and generation, then bands over chains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.collapse.pictures.words import look_of

_CHAIN = ["draw", "chain"]
BANDS = (5.0, 25.0, 50.0, 75.0, 95.0)


@dataclass(frozen=True, eq=False)
class Curve:
    """The chains of one generator under one regime, of one metric.

    Attributes
    ----------
    generation : array of int, shape (g,)
    chains : array of float, shape (chains, g)
        NaN where a chain has no number.
    predicted : array of float, shape (g,), or None
        By a closed form: the mean over chains.
    averaged : bool
        Whether the mean of the chains stands for them, as a ratio of means needs it, and not their median.
    """

    generation: NDArray[np.int64]
    chains: NDArray[np.float64]
    predicted: NDArray[np.float64] | None = None
    averaged: bool = False

    @cached_property
    def bands(self) -> NDArray[np.float64]:
        """Quantiles :data:`BANDS` over chains, shape (5, g); NaN where no chain has a number."""
        if not np.isnan(self.chains).any():
            return np.percentile(self.chains, BANDS, axis=0)
        out = np.full((len(BANDS), self.generation.size), np.nan)
        known = np.isfinite(self.chains).any(axis=0)
        if known.any():
            out[:, known] = np.nanpercentile(self.chains[:, known], BANDS, axis=0)
        return out

    @cached_property
    def middle(self) -> NDArray[np.float64]:
        """What stands for the chains, shape (g,): their mean or their median; NaN where no chain has a number."""
        if not self.averaged:
            return np.asarray(self.bands[2])
        known = np.isfinite(self.chains)
        count = known.sum(axis=0)
        total = np.where(known, self.chains, 0.0).sum(axis=0)
        return np.asarray(np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0), np.float64)

    @property
    def middle_word(self) -> str:
        """What `middle` is."""
        return "mean" if self.averaged else "median"

    @property
    def positive(self) -> bool:
        """Whether a logarithmic axis can show all of it."""
        values = self.chains[np.isfinite(self.chains)]
        return values.size > 0 and float(values.min()) > 0.0


@dataclass(frozen=True)
class Chosen:
    """Which numbers of a study a picture is about; `column` None pools the columns of a chain."""

    metric: str
    variant: str = ""
    column: str | None = None
    n: int | None = None

    def of(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of a table of trajectories or predictions."""
        chosen = (table["metric"] == self.metric) & (table["variant"] == self.variant)
        if self.column is not None:
            chosen &= table["column"] == self.column
        if self.n is not None:
            chosen &= table["n"] == self.n
        return table[chosen]


def curves_of(
    trajectories: pd.DataFrame, chosen: Chosen, predicted: pd.DataFrame | None = None
) -> dict[tuple[str, str], Curve]:
    """Return the curves of each generator and regime, in the order in which the table names them.

    Where a regime keeps a pool that differs from the new rows, the pool is shown: it is what the next generation is
    made from, and what the closed forms speak of.
    """
    table = chosen.of(trajectories)
    if chosen.n is None and len(table):
        chosen = Chosen(chosen.metric, chosen.variant, chosen.column, int(table["n"].max()))
        table = chosen.of(trajectories)
    laws = None if predicted is None or predicted.empty else chosen.of(predicted)
    return {cell: _curve(rows, laws, chosen.metric, cell) for cell, rows in _cells(table)}


def _cells(table: pd.DataFrame) -> Iterator[tuple[tuple[str, str], pd.DataFrame]]:
    for (generator, regime), rows in table.groupby(["generator", "regime"], sort=False, observed=True):
        yield (str(generator), str(regime)), rows


def _curve(rows: pd.DataFrame, laws: pd.DataFrame | None, metric: str, cell: tuple[str, str]) -> Curve:
    shown = _shown(rows)
    wide = _pooled(shown, metric, _CHAIN)
    generation = wide.columns.to_numpy(np.int64)
    mine = None if laws is None else laws[(laws["generator"] == cell[0]) & (laws["regime"] == cell[1])]
    if mine is None or mine.empty or (_has_pool(rows) and not _has_pool(mine)):  # a law of other rows than are shown
        return Curve(generation, wide.to_numpy(np.float64))
    law = _pooled(_shown(mine), metric, [], squared=True).reindex(columns=generation)
    return Curve(generation, wide.to_numpy(np.float64), law.to_numpy(np.float64)[0])


def _has_pool(rows: pd.DataFrame) -> bool:
    return "rows" in rows and bool((rows["rows"] == "pool").any())


def _shown(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the pool where there is one; generation 0 is the same table in both."""
    if not _has_pool(rows):
        return rows
    start = rows[rows["generation"] == 0]
    pool = rows[rows["rows"] == "pool"]
    return pool if (pool["generation"] == 0).any() else pd.concat([start, pool])


def _pooled(rows: pd.DataFrame, metric: str, by: list[str], *, squared: bool = False) -> pd.DataFrame:
    """Return one row a chain and one column a generation, over columns and levels; `squared` values are squares."""
    keys = [rows[name] for name in by] or [pd.Series(0, index=rows.index)]
    values = rows["value"].astype("float64").where(np.isfinite(rows["value"]))
    rms = look_of(metric).pool == "rms"
    means = (values**2 if rms and not squared else values).groupby([*keys, rows["generation"]]).mean().unstack()  # noqa: PD010 - a series has no pivot_table
    return means**0.5 if rms else means
