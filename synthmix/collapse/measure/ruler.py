"""Measure the tables of a chain against the real table that it started from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.collapse.measure.association import AssociationGauge
from synthmix.collapse.measure.by_column import ColumnGauge
from synthmix.collapse.measure.ground import Ground, Rows
from synthmix.collapse.measure.levels import LevelGauge
from synthmix.collapse.measure.measurement import (
    COLUMN_METRICS,
    LEVEL_METRICS,
    METRICS,
    REGION_METRICS,
    SCATTER_METRICS,
    Measurement,
)
from synthmix.collapse.measure.nearest import NearestGauge
from synthmix.collapse.measure.predictive import PredictiveGauge
from synthmix.collapse.measure.regions import RegionGauge
from synthmix.collapse.measure.scatter import ScatterGauge
from synthmix.drift.moments.covariance import moments_of
from synthmix.errors import InputError, OptionError, did_you_mean


class _Gauge(Protocol):
    def measure(self, rows: Rows) -> Iterator[Measurement]: ...


@dataclass(frozen=True, eq=False)
class Ruler:
    """A real table D_0, prepared once, that measures any number of tables against it.

    Attributes
    ----------
    metrics : tuple of str
        What it measures, out of :data:`METRICS`, in their order.
    ground : Ground
        D_0.

    Notes
    -----
    Everything that a metric fixes (units, levels, regions, coordinates, rare levels, pairs) is fixed by D_0 alone, so
    the numbers of all generations and of all chains from one D_0 compare. No number depends on the order of the rows or
    on the number of threads. Columns that are keys, and numeric columns that are constant in D_0, are not measured.
    """

    metrics: tuple[str, ...]
    ground: Ground
    _gauges: tuple[tuple[tuple[str, ...], _Gauge], ...]

    @classmethod
    def of(
        cls,
        real: pd.DataFrame,
        *,
        schema: Mapping[str, str] | None = None,
        target: str | None = None,
        holdout: pd.DataFrame | None = None,
        metrics: Sequence[str] | None = None,
    ) -> Ruler:
        """Prepare the real table.

        Parameters
        ----------
        real : pandas.DataFrame
            D_0, n rows.
        schema : mapping of str to str, optional
            Kinds of columns that override the inferred ones, as for :func:`synthmix.drift_report`.
        target : str, optional
            The column whose classes are regions, and which `predictive` predicts.
        holdout : pandas.DataFrame, optional
            Real rows outside D_0 for `predictive`; without them or without a target it is not measured.
        metrics : sequence of str, optional
            Out of :data:`METRICS`; all by default.

        Raises
        ------
        OptionError
            For an unknown metric or target.
        InputError
            For tables that cannot be read, or a holdout without the target.
        """
        wanted = _checked(METRICS if metrics is None else metrics)
        ground = Ground.of(real, schema)
        if target is not None and target not in (*ground.names, *ground.code_names):
            known = [*ground.names, *ground.code_names]
            raise OptionError(
                f"target={target!r} is no column that varies{did_you_mean(target, known)}; name one of {known[:8]}"
            )
        gauges: list[tuple[tuple[str, ...], _Gauge]] = []
        makers: list[tuple[tuple[str, ...], Any]] = [
            (COLUMN_METRICS, lambda: ColumnGauge(ground)),
            (SCATTER_METRICS, lambda: ScatterGauge(ground)),
            (REGION_METRICS, lambda: RegionGauge(ground, target)),
            (LEVEL_METRICS, lambda: LevelGauge(ground)),
            (("association",), lambda: AssociationGauge(ground)),
            (("nearest",), lambda: NearestGauge(ground)),
        ]
        if target is not None and holdout is not None:
            makers.append((("predictive",), lambda: PredictiveGauge(ground, target, holdout)))
        gauges = [(words, make()) for words, make in makers if set(words) & set(wanted)]
        return cls(wanted, ground, tuple(gauges))

    def measure(
        self,
        table: pd.DataFrame,
        *,
        previous: pd.DataFrame | None = None,
        ancestors: NDArray[np.int64] | None = None,
        metrics: Sequence[str] | None = None,
    ) -> list[Measurement]:
        """Measure one table.

        Parameters
        ----------
        table : pandas.DataFrame
            m rows with the columns of D_0, any m >= 1.
        previous : pandas.DataFrame, optional
            The table that it was made from: `var_ratio_range` against it, variants "low, previous" and "high,
            previous".
        ancestors : ndarray of int64, shape (m,), optional
            Row of D_0 that each row descends from, for `ancestors`; -1 where that is not known, which leaves no number,
            and -2 for rows that do not descend from D_0.
        metrics : sequence of str, optional
            A part of those of the ruler, for tables of which less is wanted.

        Returns
        -------
        list of Measurement
            Where a number does not exist (the shape of a constant column, the heterozygosity of a column that has one
            level in D_0) there is none. A table whose rows are all equal has variance 0 and a `log_det` of minus
            infinity. Missing values: metrics of a column take its observed values; those of several numeric columns
            take complete rows, over the columns of which D_0 has at least half; regions take every row.

        Raises
        ------
        InputError
            For a table without a column of D_0, with infinite values or other kinds of values, or for ancestors that
            are no rows of D_0.
        OptionError
            For an unknown metric.
        """
        wanted = self.metrics if metrics is None else tuple(word for word in _checked(metrics) if word in self.metrics)
        rows = self.ground.read(table)
        found: list[Measurement] = []
        with np.errstate(over="ignore", invalid="ignore"):
            for words, gauge in self._gauges:
                if not set(words) & set(wanted):
                    continue
                found.extend(gauge.measure(rows))
                if previous is not None and isinstance(gauge, ScatterGauge):
                    found.extend(gauge.against(rows, moments_of(self.ground.complete_of(previous))))
        if ancestors is not None and "ancestors" in wanted:
            found.extend(self._ancestors(ancestors, rows.n))
        place = {word: number for number, word in enumerate(METRICS)}
        kept = [one for one in found if one.metric in wanted and (np.isfinite(one.value) or one.value == -np.inf)]
        return sorted(kept, key=lambda one: place[one.metric])

    def _ancestors(self, ancestors: NDArray[np.int64], n: int) -> list[Measurement]:
        rows = np.asarray(ancestors)
        size = self.ground.rows.n
        if rows.shape != (n,) or rows.dtype.kind not in "iu":
            raise InputError(f"ancestors have shape {rows.shape} and dtype {rows.dtype}; give {n} integers, one a row")
        if rows.min() < -2 or rows.max() >= size:
            raise InputError(
                f"ancestors lie between {rows.min()} and {rows.max()}; give rows of D_0, 0 to {size - 1}, -1 or -2"
            )
        if (rows == -1).any():
            return []
        return [Measurement("ancestors", "", "", "", np.unique(rows[rows >= 0]).size / size, n)]


def _checked(metrics: Sequence[str]) -> tuple[str, ...]:
    """Return the words in the order of METRICS."""
    for word in metrics:
        if word not in METRICS:
            raise OptionError(f"unknown metric {word!r}{did_you_mean(word, METRICS)}; known are {', '.join(METRICS)}")
    return tuple(word for word in METRICS if word in metrics)
