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
from synthmix.mixing.execute import Executor
from synthmix.mixing.source import Source
from synthmix.table import TableEncoder
from synthmix.weights import WeightsLaw

KEPT = 1e-9  # largest deviation of E sum w^2 from 1 that counts as rounding of the solver


@dataclass(frozen=True)
class Context:
    """A fitted synthesizer, and a sample of it where one is given.

    Parameters
    ----------
    executor : Executor
    encoder : TableEncoder
    observed : ndarray, shape (n, p)
        Latent source rows, NaN = missing.
    state : dict
        Seed, target and class columns of the fitted synthesizer.
    nominal : WeightsLaw
        The law before its finite-sample correction.
    sample : tuple of ndarray or None
        Values (m, p) and codes (m, q) of the sample.
    """

    executor: Executor
    encoder: TableEncoder
    observed: NDArray[np.float64]
    state: dict[str, Any]
    nominal: WeightsLaw
    sample: tuple[NDArray[np.float64], NDArray[np.int32]] | None

    @property
    def source(self) -> Source:
        """The fitted source."""
        return self.executor.source

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
        """Whether the sample is made of whole passes."""
        return self.m % self.n == 0

    @property
    def grouped(self) -> bool:
        """Whether rows are mixed by orthogonal matrices in disjoint groups."""
        return self.source.law.grouped

    @property
    def raw(self) -> bool:
        """Whether rows are mixed in the data's own units."""
        return self.encoder.encoding == "raw"

    @property
    def rounded(self) -> bool:
        """Whether values are rounded to the source's grid."""
        return self.encoder.grid == "source"

    @property
    def keeps_covariance(self) -> bool:
        """Whether E sum w^2 = 1, for the law before its finite-sample correction."""
        return abs(self.nominal.moments().c - 1.0) <= KEPT

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the continuous columns."""
        return self.encoder.latent_names

    @cached_property
    def affected(self) -> NDArray[np.bool_]:
        """Columns that are missing in some rows of a pooled cell and observed in others, shape (p,)."""
        plan = self.source.plan
        flags = np.zeros(len(self.names), bool)
        for c in np.flatnonzero(plan.mixed_pattern):
            rows = plan.cells.order[plan.cells.starts[c] : plan.cells.starts[c + 1]]
            missing = self.source.missing[rows]
            flags |= missing.any(axis=0) & ~missing.all(axis=0)
        return flags

    @cached_property
    def row_law(self) -> RowLaw:
        """The law with its scheme."""
        scheme = "groups" if self.grouped else self.source.pairing.scheme
        return RowLaw(self.source.law, scheme)

    @cached_property
    def theory(self) -> CellTheory:
        """Predictions in the space in which rows are mixed."""
        return CellTheory(self.observed, self.executor.cells(0), self.row_law)

    @cached_property
    def source_values(self) -> NDArray[np.float64]:
        """Continuous source columns in their own units, shape (n, p)."""
        return self.encoder.source_values(self.observed)

    @cached_property
    def source_moments(self) -> TableMoments:
        """Moments of the source in its own units."""
        return table_moments(self.source_values)

    @cached_property
    def sample_moments(self) -> TableMoments | None:
        """Moments of the sample in the source's units."""
        return None if self.sample is None else table_moments(self.sample[0])

    @cached_property
    def score_moments(self) -> tuple[TableMoments, TableMoments] | None:
        """Moments of source and sample in the space in which rows are mixed, before decoding."""
        if self.sample is None:
            return None
        latent, donors = self.executor.mix(0, self.m)
        latent[self.source.missing[donors]] = np.nan
        return table_moments(self.observed), table_moments(latent)

    @cached_property
    def class_columns(self) -> tuple[str, ...]:
        """Columns that define classes: those of the pairing, else a discrete target."""
        declared = tuple(self.state["class_columns"])
        target = self.state["target"]
        if declared or target not in self.encoder.code_names:
            return declared
        return (target,)

    def classes(self) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
        """Return class labels of source and sample rows, the same label for the same class."""
        source = self._class_part(self.source_values, self.source.codes)
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
