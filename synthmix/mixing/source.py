"""The fitted source: everything that a synthetic row is a function of, besides its number."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels import records
from synthmix.kernels.fill import fill_from_observed
from synthmix.mixing.cells import CellPlan
from synthmix.pairing import Neighbourhood, Pairing
from synthmix.weights import WeightsLaw

SCHEMES = {"iid": records.IID, "distinct": records.DISTINCT, "anchor": records.ANCHOR, "cyclic": records.CYCLIC}
DONORS = {"largest": records.LARGEST, "squared": records.SQUARED}


@dataclass(frozen=True)
class Source:
    """Encoded real rows and the rule that mixes them.

    Attributes
    ----------
    latent : ndarray of float64, shape (n, p)
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

    latent: NDArray[np.float64]
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
        spread = self.latent.std(axis=0)
        scale = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)
        return Neighbourhood(self.latent, scale, self.codes)


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
