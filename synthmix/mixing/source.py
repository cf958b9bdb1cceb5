"""The fitted source: everything that a synthetic row is a function of, besides its number."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels import records
from synthmix.kernels.fill import fill_from_observed
from synthmix.mixing.cells import CellPlan
from synthmix.pairing import Cells, Neighbourhood, Pairing
from synthmix.weights import WeightsLaw

SCHEMES = {"iid": records.IID, "distinct": records.DISTINCT, "anchor": records.ANCHOR, "cyclic": records.CYCLIC}
DONORS = {"largest": records.LARGEST, "squared": records.SQUARED}


@dataclass(frozen=True)
class Source:
    """Encoded real rows and the rule that mixes them.

    Rows are kept in a random order, which depends on the seed and their number alone. So rows that follow each other in
    memory are a random sample of the table, and can be met in the order in which memory is read.

    Attributes
    ----------
    rows : ndarray of int64, shape (n,)
        The table's row that each kept row is.
    latent : ndarray of float64 or float32, shape (n, p)
        The continuous columns in the space in which they are mixed; stand-ins where values are missing.
    missing : ndarray of bool, shape (n, p)
        Which values are missing.
    codes : ndarray of int32, shape (n, q)
        The discrete columns.
    plan : CellPlan
    law : WeightsLaw
    pairing : Pairing
    donor : {"largest", "squared"}
    seed : int
        The 64-bit key of every random number.
    """

    rows: NDArray[np.int64]
    latent: NDArray[Any]
    missing: NDArray[np.bool_]
    codes: NDArray[np.int32]
    plan: CellPlan
    law: WeightsLaw
    pairing: Pairing
    donor: str
    seed: int

    @property
    def n_rows(self) -> int:
        """Number of source rows, which is also the number of rows of one pass."""
        return int(self.latent.shape[0])

    @cached_property
    def has_missing(self) -> bool:
        """Whether any value is missing."""
        return bool(self.missing.any())

    @cached_property
    def law_arrays(self) -> records.LawArrays:
        """The weights law as the kernels take it."""
        data = self.law.kernel_data()
        return records.LawArrays(data.code, data.k, data.params, data.u, data.q, data.guide, data.offsets, data.rows)

    @property
    def observed(self) -> NDArray[np.float64]:
        """The kept rows of ``latent`` in float64, NaN where values are missing."""
        latent = self.latent.astype(np.float64, copy=False)
        return np.where(self.missing, np.nan, latent) if self.has_missing else latent

    def in_table_order(self, kept: NDArray[Any]) -> NDArray[Any]:
        """Return one of the arrays of this source with its rows in the order of the table."""
        found = np.empty_like(kept)
        found[self.rows] = kept
        return found

    @cached_property
    def where(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The cell of each kept row and its place there, before a local pairing refines the cells."""
        return self.plan.cells.where()

    @cached_property
    def group_sizes(self) -> tuple[int, ...]:
        """Sizes of the groups of a rotated pass, before a local pairing refines the cells."""
        return sizes_of_groups(self.plan.cells, self.law.k)

    @property
    def smallest(self) -> int:
        """Rows that a cell needs for mixing; rows of smaller cells are copied."""
        return smallest_cell(self.law)

    @property
    def scheme(self) -> int:
        """Code of the pairing scheme; a grouped law overrides the rule's own."""
        return records.GROUPS if self.law.grouped else SCHEMES[self.pairing.scheme]

    @cached_property
    def neighbourhood(self) -> Neighbourhood:
        """What the pairing may look at."""
        spread = self.latent.std(axis=0, dtype=np.float64)
        scale = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)
        return Neighbourhood(self.latent.astype(np.float64, copy=False), scale, self.codes)


def sizes_of_groups(cells: Cells, k: int) -> tuple[int, ...]:
    """Return the sizes of groups that occur in `cells`: k, or more where that does not divide a cell."""
    groups = np.maximum(cells.sizes // k, 1)
    whole, extra = cells.sizes // groups, cells.sizes % groups
    found = np.unique(np.concatenate([whole[extra < groups], whole[extra > 0] + 1]))
    return tuple(int(size) for size in found if size > 0)


def smallest_cell(law: WeightsLaw) -> int:
    """Return the number of rows that a cell needs: k different parents, or a group of three.

    Two rows admit only two orthogonal matrices that fix the ones, the identity and the swap.
    """
    return 3 if law.grouped else law.k


def columns_with(missing: NDArray[np.bool_]) -> list[int]:
    """Return the columns of `missing` (n, p) in which a value is missing, column by column: the first one decides."""
    return [j for j in range(missing.shape[1]) if missing[:, j].any()] if missing.any() else []


def fill_missing(latent: NDArray[np.float64], holed: list[int], plan: CellPlan, seed: int) -> NDArray[np.float64]:
    """Return `latent` (n, p) with stand-ins for the NaN of the columns `holed`; the same array where there are none.

    Where all rows of a cell miss a column its value never reaches the output, and the column's mean stands in,
    so that distances ignore it. In pooled cells a value drawn from the observed ones stands in.
    """
    if not holed:
        return np.ascontiguousarray(latent, dtype=np.float64)
    filled = np.array(latent, dtype=np.float64, order="C")
    pooled = np.flatnonzero(plan.mixed_pattern)
    starts, order = plan.cells.starts, plan.cells.order
    rows = np.sort(np.concatenate([order[starts[c] : starts[c + 1]] for c in pooled])) if pooled.size else order[:0]
    for j in holed:
        column = np.ascontiguousarray(filled[:, j])
        missing = np.isnan(column)
        observed, gaps = column[~missing], np.flatnonzero(missing)
        if rows.size:
            fill_from_observed(column, rows, observed, np.uint64(seed), j)
        drawn = column[gaps]
        filled[gaps, j] = np.where(np.isnan(drawn), observed.mean(), drawn)
    return filled
