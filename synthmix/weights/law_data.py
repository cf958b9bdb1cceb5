"""A weights law as plain arrays: what a compiled kernel needs to draw from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.records import GUIDE, HYBRID, ROTATION, ROWS, SPHERE, STICK, TWO_POINT
from synthmix.shown import ShortRepr
from synthmix.weights.quantile_table import QuantileTable
from synthmix.weights.special import FloatArray

__all__ = ["GUIDE", "HYBRID", "ROTATION", "ROWS", "SPHERE", "STICK", "TWO_POINT", "LawData", "law_data"]

N_PARAMS = 8


@dataclass(frozen=True, eq=False, repr=False)
class LawData(ShortRepr):
    """The data of a law; all arrays are C-contiguous.

    Parameters
    ----------
    code : int
        TWO_POINT (table 0 gives l, weights (l, 1-l)), STICK (table j gives the share that parent j takes of what is
        left, j = 0, ..., k-2), SPHERE (params[0] = weight of the first parent, or NaN), ROTATION (params[0] =
        strength), HYBRID (params[0] = probability of two-point weights from table 0, params[1] = weight of the first
        parent of the k-point sphere otherwise) or ROWS (a row of `rows`, chosen uniformly).
    k : int
        Number of parents.
    params : ndarray of float64, shape (8,)
        Parameters of the code, NaN where unused.
    u, q : ndarray of float64, shape (m,)
        Knots of the quantile tables, stacked; table t has the knots ``offsets[t]`` to ``offsets[t + 1] - 1``.
    guide : ndarray of int32, shape (n_tables * GUIDE,)
        For each of the GUIDE equal cells of [0, 1) and each table the index into `u` of the last knot at or below the
        left edge of the cell; never the last knot of a table, so that a segment follows.
    offsets : ndarray of int64, shape (n_tables + 1,)
        Where each table begins and ends.
    rows : ndarray of float64, shape (r, k)
        The table of ROWS, else r = 0.
    """

    code: int
    k: int
    params: FloatArray
    u: FloatArray
    q: FloatArray
    guide: NDArray[np.int32]
    offsets: NDArray[np.int64]
    rows: FloatArray


def law_data(
    code: int,
    k: int,
    *,
    params: tuple[float, ...] = (),
    tables: tuple[QuantileTable, ...] = (),
    rows: FloatArray | None = None,
) -> LawData:
    """Return the arrays for a law of `k` parents."""
    numbers = np.full(N_PARAMS, np.nan)
    numbers[: len(params)] = params
    offsets = np.zeros(len(tables) + 1, np.int64)
    offsets[1:] = np.cumsum([table.u.size for table in tables], dtype=np.int64)
    edges = np.arange(GUIDE) / GUIDE
    guide = [
        np.minimum(np.searchsorted(table.u, edges, side="right") - 1, table.u.size - 2) + offset
        for table, offset in zip(tables, offsets[:-1], strict=True)
    ]
    return LawData(
        code=code,
        k=k,
        params=numbers,
        u=np.concatenate([np.zeros(0), *(table.u for table in tables)]),
        q=np.concatenate([np.zeros(0), *(table.q for table in tables)]),
        guide=np.concatenate([np.zeros(0), *guide]).astype(np.int32),
        offsets=offsets,
        rows=np.zeros((0, k)) if rows is None else np.array(rows, np.float64, order="C"),
    )
