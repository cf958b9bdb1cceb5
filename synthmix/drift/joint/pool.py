"""Two tables of numbers put together in an order that does not depend on the order of their rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import InputError
from synthmix.kernels.draws import random_keys
from synthmix.kernels.philox import SPLIT

Floats = NDArray[np.float64]


def matrix(values: NDArray[np.generic], what: str, names: Sequence[str] | None = None) -> Floats:
    """Return a table as C-contiguous float64 numbers; the error names the column that cannot be used."""
    table = np.ascontiguousarray(values, np.float64)
    if table.ndim != 2 or 0 in table.shape:
        raise InputError(f"the {what} table has shape {np.shape(values)}; give rows x columns, at least one of each")
    bad = ~np.isfinite(table).all(axis=0)
    if bad.any():
        column = int(np.argmax(bad))
        name = repr(names[column]) if names is not None else str(column)
        raise InputError(
            f"column {name} of the {what} table holds missing or infinite values; distances between rows need finite "
            "ones: embed the table first (synthmix.drift.joint.embedding), or clip or drop the column"
        )
    return table


def both(
    real: NDArray[np.generic], synthetic: NDArray[np.generic], names: Sequence[str] | None = None
) -> tuple[Floats, Floats]:
    """Return two tables with the same columns as numbers, each in lexicographic order."""
    x, y = matrix(real, "real", names), matrix(synthetic, "synthetic", names)
    if x.shape[1] != y.shape[1]:
        raise InputError(f"the real table has {x.shape[1]} columns, the synthetic one {y.shape[1]}; give the same ones")
    return in_order(x), in_order(y)


def in_order(rows: Floats) -> Floats:
    """Return the rows in lexicographic order.

    What is random is tied to places in it, so that shuffled rows give the same results.
    """
    return np.ascontiguousarray(rows[lexicographic(rows)])


def lexicographic(rows: Floats) -> NDArray[np.int64]:
    """Return the order that sorts rows by their first column, then the second, ...; equal rows stay as they came.

    Only rows that are tied so far are sorted by the next column: with one column of distinct numbers that is one sort.
    """
    order, run = np.arange(len(rows)), np.zeros(len(rows), np.int64)
    tied = order.copy()  # places in the order that are not settled
    for values in rows.T:
        order[tied] = order[tied][np.lexsort((values[order[tied]], run[tied]))]
        found, group = values[order[tied]], run[tied]
        new = np.append(True, (found[1:] != found[:-1]) | (group[1:] != group[:-1]))
        starts = np.flatnonzero(new)
        lengths = np.diff(np.append(starts, tied.size))
        run[tied] = np.repeat(tied[starts], lengths)
        tied = tied[np.repeat(lengths > 1, lengths)]
        if tied.size == 0:
            break
    return order


def shuffled(rows: Floats, seed: int, table: int) -> Floats:
    """Return rows that are in lexicographic order in a random order of their own."""
    keys = random_keys(salted(seed, table), len(rows), SPLIT)
    return rows[np.argsort(keys, kind="stable")]


def salted(seed: int, use: int) -> int:
    """Return another 64-bit seed for each use of one."""
    return (seed ^ (use << 56)) & 0xFFFFFFFFFFFFFFFF


@dataclass(frozen=True)
class Pool:
    """All rows of two tables in lexicographic order.

    Attributes
    ----------
    rows : array of float64, shape (N, p)
    columns : array of float64, shape (p, N)
        The same, transposed and contiguous.
    real : array of bool, shape (N,)
        Which rows are real. Equal rows are neighbours; of those the real ones come first.
    """

    rows: Floats
    columns: Floats
    real: NDArray[np.bool_]

    @property
    def sizes(self) -> tuple[int, int]:
        """Return how many rows are real and how many synthetic."""
        n = int(self.real.sum())
        return n, self.real.size - n


def pooled(real: Floats, synthetic: Floats) -> Pool:
    """Put two tables together; their rows may come in any order."""
    rows = np.concatenate([real, synthetic])
    is_real = np.arange(len(rows)) < len(real)
    order = lexicographic(rows)
    rows = np.ascontiguousarray(rows[order])
    return Pool(rows, np.ascontiguousarray(rows.T), is_real[order])
