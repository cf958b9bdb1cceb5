"""Everything that the statements of a certificate look at, gathered once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.certificate.moments import TableMoments, table_moments
from synthmix.certificate.row_law import RowLaw
from synthmix.certificate.theory import CellTheory
from synthmix.mixing.chain.chains import Chains
from synthmix.mixing.execute import Executor
from synthmix.mixing.source import Source
from synthmix.pairing import Cells
from synthmix.table import TableEncoder
from synthmix.table.through import Through
from synthmix.weights import WeightsLaw

KEPT = 1e-9  # largest deviation of E sum w^2 from 1 that counts as rounding of the solver
FINE = 1e-6  # a grid finer than this share of a standard deviation is part of the precision of exact statements


@dataclass(frozen=True)
class Context:
    """A fitted synthesizer, and a sample of it where one is given.

    Parameters
    ----------
    executor : Executor or Chains
    encoder : TableEncoder
    state : dict
        Seed, target and class columns of the fitted synthesizer.
    nominal : WeightsLaw
        The law before its finite-sample correction.
    sample : tuple of ndarray or None
        Values (m, p) and codes (m, q) of the sample.
    start : int
        Number of the first row of the sample.
    """

    executor: Executor | Chains
    encoder: TableEncoder
    state: dict[str, Any]
    nominal: WeightsLaw
    sample: tuple[NDArray[np.float64], NDArray[np.int32]] | None
    start: int

    @property
    def source(self) -> Source:
        """The fitted source."""
        return self.executor.source

    @cached_property
    def observed(self) -> NDArray[np.float64]:
        """Latent source rows in the order in which they are kept, shape (n, p), NaN = missing."""
        return self.source.observed

    @property
    def n(self) -> int:
        """Number of source rows."""
        return self.source.n_rows

    @property
    def m(self) -> int:
        """Number of synthetic rows that predictions are for."""
        return self.n if self.sample is None else int(self.sample[0].shape[0])

    @property
    def whole(self) -> bool:
        """Whether the sample is made of whole passes of this synthesizer."""
        return self.start % self.n == 0 and self.m % self.n == 0 and not self.foreign

    @cached_property
    def foreign(self) -> bool:
        """Whether the given table differs from rows start to start + m - 1 as they are made."""
        if self.sample is None:
            return False
        values, codes = self.sample
        precision = max(1e-9, float(np.finfo(self.source.latent.dtype).eps))
        decoded, made = self._back
        same = np.isclose(decoded, values, rtol=precision, atol=0.0, equal_nan=True)
        keys = {info.name for info in self.encoder.columns if info.role == "key"}
        told = np.array([name not in keys for name in self.encoder.code_names], bool)
        return not (same.all() and np.array_equal(codes[:, told], made[:, told]))

    @property
    def grouped(self) -> bool:
        """Whether rows are mixed by orthogonal matrices in disjoint groups."""
        return self.source.law.grouped

    @property
    def chained(self) -> Chains | None:
        """What makes the rows, where each column has parents of its own."""
        return self.executor if isinstance(self.executor, Chains) else None

    @property
    def raw(self) -> bool:
        """Whether rows are mixed in the data's own units."""
        return self.encoder.encoding == "raw" and self.through is None

    @property
    def through(self) -> Through | None:
        """The map to latent coordinates, where rows are mixed in those."""
        return self.encoder.through

    @property
    def keeps_covariance(self) -> bool:
        """Whether E sum w^2 = 1, for the law before its finite-sample correction."""
        return abs(self.nominal.moments().c - 1.0) <= KEPT

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns that are numbers: the continuous ones, and discrete ones that travel as scores."""
        return self.encoder.latent_names

    @property
    def mixed_names(self) -> tuple[str, ...]:
        """Names of what is mixed: these columns, or the coordinates of a map."""
        return self.names if self.through is None else self.through.names

    @property
    def space(self) -> str:
        """Name of the space in which rows are mixed, where that is not the data's own."""
        return "scores" if self.through is None else "latent"

    @cached_property
    def numeric(self) -> NDArray[np.bool_]:
        """Which of `names` are numbers in the data's own units, shape (p,)."""
        roles = {info.name: info.role for info in self.encoder.columns}
        return np.array([roles[name] == "continuous" for name in self.names], bool)

    @cached_property
    def data_names(self) -> tuple[str, ...]:
        """Names of the columns that are numbers."""
        return tuple(name for name, flag in zip(self.names, self.numeric, strict=True) if flag)

    @cached_property
    def affected(self) -> NDArray[np.bool_]:
        """Mixed columns that are missing in some rows of a pooled cell and observed in others, shape (p,)."""
        plan = self.source.plan
        flags = np.zeros(len(self.mixed_names), bool)
        for c in np.flatnonzero(plan.mixed_pattern):
            rows = plan.cells.order[plan.cells.starts[c] : plan.cells.starts[c + 1]]
            missing = self.source.missing[rows]
            flags |= missing.any(axis=0) & ~missing.all(axis=0)
        return flags

    @cached_property
    def row_law(self) -> RowLaw:
        """The law with its scheme."""
        scheme = "groups" if self.grouped else self.source.pairing.scheme
        return RowLaw(self.source.law, scheme, self.source.smallest)

    @cached_property
    def cells(self) -> Cells:
        """The cells of the first pass; where they are leaves, other passes have others of the same sizes."""
        return self.executor.cells(0) if isinstance(self.executor, Executor) else self.source.plan.cells

    @cached_property
    def theory(self) -> CellTheory:
        """Predictions in the space in which rows are mixed, for the cells of the first pass."""
        return CellTheory(self.observed, self.cells, self.row_law, self.start)

    @cached_property
    def source_numbers(self) -> NDArray[np.float64]:
        """Source columns as numbers, shape (n, p); for scored discrete columns the position of the level."""
        values = self.observed if self.through is None else self.through.values[self.source.rows]
        return self.encoder.source_values(values)

    @cached_property
    def source_codes(self) -> NDArray[np.int32]:
        """Discrete source columns, shape (n, q)."""
        return self.source.codes if self.through is None else self.through.codes[self.source.rows]

    @cached_property
    def source_missing(self) -> NDArray[np.bool_]:
        """Which values of `names` are missing in the source, shape (n, p)."""
        return self.source.missing if self.through is None else np.isnan(self.through.values[self.source.rows])

    @cached_property
    def source_values(self) -> NDArray[np.float64]:
        """Continuous source columns in their own units, NaN = missing."""
        return self.source_numbers[:, self.numeric]

    @cached_property
    def sample_values(self) -> NDArray[np.float64] | None:
        """Continuous sample columns in the source's units, NaN = missing."""
        return None if self.sample is None else self.sample[0][:, self.numeric]

    @cached_property
    def source_moments(self) -> TableMoments:
        """Moments of the source in its own units."""
        return table_moments(self.source_values)

    @cached_property
    def latent_moments(self) -> TableMoments:
        """Moments of the source in the space in which rows are mixed."""
        return table_moments(self.observed)

    @cached_property
    def sample_moments(self) -> TableMoments | None:
        """Moments of the sample in the source's units."""
        return None if self.sample_values is None else table_moments(self.sample_values, self.source_moments.sd)

    @cached_property
    def _made(self) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Rows start to start + m - 1 before decoding: columns (p, m), NaN = missing, and codes (q, m)."""
        return self.executor.made(self.start, self.start + self.m)

    @property
    def mixed(self) -> NDArray[np.float64]:
        """Rows start to start + m - 1 in the space in which they are mixed, before decoding; NaN = missing."""
        return self._made[0].T

    @cached_property
    def _back(self) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """The same rows after decoding, as numbers (m, p) and codes (m, q)."""
        mixed, levels = self._made
        columns, codes = self.encoder.back(mixed.copy(), levels.copy(), self.start, self.source.seed)
        return columns.T, codes.T

    @cached_property
    def steps(self) -> NDArray[np.float64]:
        """Distance of the grid points that values are rounded to, in standard deviations; 0 = no rounding."""
        if not self.raw:
            return np.zeros(len(self.mixed_names))
        steps = {info.name: info.step or 0.0 for info in self.encoder.columns if info.rounded}
        return np.array([steps.get(name, 0.0) for name in self.names]) / self.source_moments.sd

    @cached_property
    def coarse(self) -> NDArray[np.bool_]:
        """Columns whose rounding shows; times kept to a fine unit are rounded too, but far below it."""
        return self.steps > FINE

    def precision(self, chosen: NDArray[np.bool_]) -> float:
        """Return the relative error that an exact statement on a covariance may show in float64.

        Values carry a relative rounding error each, which counts beside their spread; so does a fine grid of times.
        """
        moments = self.source_moments if self.raw else self.latent_moments
        offset = np.abs(moments.mean) / moments.sd
        return float(
            4.0 * np.finfo(self.source.latent.dtype).eps * (1.0 + offset[chosen].max()) + self.steps[chosen].max()
        )

    @cached_property
    def clamped(self) -> NDArray[np.int64]:
        """Values of each column that were mixed beyond the range of their dtype, shape (p,)."""
        counts = np.zeros(len(self.mixed_names), np.int64)
        if not (self.raw and self.steps.any()):
            return counts
        mixed = self.mixed
        room = (1.0 + 1e-6) * self.steps * self.source_moments.sd + 1e-6 * np.abs(mixed)
        moved = np.abs(self._back[0] - mixed) > room
        counts[:] = (moved & (self.steps > 0)).sum(axis=0)
        return counts

    @cached_property
    def rounding(self) -> NDArray[np.float64]:
        """Variance that stochastic rounding adds, in units of each column's variance, shape (p,).

        A value with fractional part f between grid points of distance g gains f (1 - f) g^2 in expectation; the
        average is over the rows of the plan, whose values before rounding are known.
        """
        added = np.zeros(len(self.mixed_names))
        for j in np.flatnonzero(self.steps):
            part = np.remainder(self.mixed[:, j] / (self.steps[j] * self.source_moments.sd[j]), 1.0)
            added[j] = float(np.nanmean(part * (1.0 - part))) * self.steps[j] ** 2
        return added

    @cached_property
    def covariance_prediction(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Expected covariance (divisor m) and its standard errors, in standardised units, (p, p) each.

        Rounding errors of one row are independent between columns and have mean zero given the row, so their
        products with the row and with each other add to the sampling variance; their fourth moment is at most
        the squared step times their variance.
        """
        theory, added = self.theory, self.rounding
        mean = theory.covariance(self.m) + np.diag(added)
        variance = np.diag(theory.second_moment)
        extra = np.outer(variance, added) + np.outer(added, variance) + np.outer(added, added)
        np.fill_diagonal(extra, 4.0 * variance * added + self.steps**2 * added)
        return mean, np.sqrt(theory.covariance_error(self.m) ** 2 + extra / self.m)

    @cached_property
    def score_moments(self) -> tuple[TableMoments, TableMoments] | None:
        """Moments of source and sample in the space in which rows are mixed, before decoding."""
        if self.sample is None or self.foreign:
            return None
        return self.latent_moments, table_moments(self.mixed, self.latent_moments.sd)

    @cached_property
    def class_columns(self) -> tuple[str, ...]:
        """Columns that define classes: those of the pairing, else a discrete target."""
        declared = tuple(self.state["class_columns"])
        target = self.state["target"]
        discrete = {info.name for info in self.encoder.columns if info.role == "discrete"}
        return declared if declared or target not in discrete else (target,)

    def classes(self) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
        """Return class labels of source and sample rows, the same label for the same class."""
        source = self._class_part(self.source_numbers, self.source_codes)
        if self.sample is None:
            return np.unique(source, axis=0, return_inverse=True)[1].reshape(-1), None
        both = np.concatenate([source, self._class_part(*self.sample)])
        labels = np.unique(both, axis=0, return_inverse=True)[1].reshape(-1)
        return labels[: self.n], labels[self.n :]

    def _class_part(self, values: NDArray[np.float64], codes: NDArray[np.int32]) -> NDArray[np.float64]:
        parts = [
            codes[:, self.encoder.code_names.index(name)].astype(np.float64)
            if name in self.encoder.code_names
            else np.nan_to_num(values[:, self.names.index(name)], nan=np.inf)
            for name in self.class_columns
            if name in self.encoder.code_names or name in self.names
        ]
        return np.column_stack(parts) if parts else np.zeros((codes.shape[0], 1))
