"""Cells: the sets of source rows that may be mixed with each other.

Rows meet only rows of the same class (where classes are asked for) and of the same pattern of missing values,
so that an observed value is never mixed with a hole and the pattern comes back as it is. Cells that are too
small to mix are pooled, first within their class, then over classes, or copied where the user says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.pairing import Cells

SMALL_CELLS = ("merge", "copy")


@dataclass(frozen=True)
class CellPlan:
    """The cells of a fitted table and what had to be given up for them.

    Attributes
    ----------
    cells : Cells
    mixed_pattern : ndarray of bool, shape (n_cells,)
        True where a pooled cell holds several patterns of missing values.
    mixed_class : ndarray of bool, shape (n_cells,)
        True where a pooled cell holds several classes.
    copied_rows : int
        Rows in cells that are too small to mix anything.
    n_classes : int
        Classes after pooling.
    """

    cells: Cells
    mixed_pattern: NDArray[np.bool_]
    mixed_class: NDArray[np.bool_]
    copied_rows: int
    n_classes: int

    def rows_in(self, flags: NDArray[np.bool_]) -> int:
        """Return the number of source rows in the flagged cells."""
        return int(self.cells.sizes[flags].sum())


def label_rows(columns: NDArray[np.generic]) -> NDArray[np.int64]:
    """Return one label 0, 1, ... for each distinct row of `columns` (n, d); all zero when d is 0."""
    labels = np.zeros(columns.shape[0], np.int64)
    reach = 1  # all labels are below
    for j in range(columns.shape[1]):
        column = columns[:, j]
        values = column.astype(np.int64) if column.dtype == np.bool_ else ranks_of(column)
        levels = int(values.max()) + 1
        labels *= levels
        labels += values
        reach *= levels
        if reach > _dense(labels.size):
            labels = ranks_of(labels)
            reach = int(labels.max()) + 1
    return ranks_of(labels)


def ranks_of(values: NDArray[Any]) -> NDArray[np.int64]:
    """Return 0, 1, ... for each value by its place among the distinct ones; whole numbers near each other unsorted."""
    if values.size and values.dtype.kind in "iu":
        low, high = int(values.min()), int(values.max())
        if low == high:
            return np.zeros(values.size, np.int64)
        if high - low < _dense(values.size):
            offsets = values.astype(np.int64) - low
            return (np.cumsum(np.bincount(offsets) > 0) - 1)[offsets]
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _dense(n: int) -> int:
    """Return the range of whole numbers in which n of them are counted faster than sorted."""
    return 1024 + 4 * n


def build_cells(
    classes: NDArray[np.int64],
    patterns: NDArray[np.int64],
    nothing_to_mix: NDArray[np.bool_],
    smallest: int,
    small_cells: str,
) -> CellPlan:
    """Partition the rows.

    Parameters
    ----------
    classes, patterns : ndarray of int64, shape (n,)
        Labels 0, 1, ... of the class and of the pattern of missing values.
    nothing_to_mix : ndarray of bool, shape (n_patterns,)
        True for patterns in which every continuous column is missing: such rows need no partner.
    smallest : int
        Rows that a cell needs for mixing.
    small_cells : {"merge", "copy"}
    """
    n_patterns = int(nothing_to_mix.size)
    keys = classes if n_patterns == 1 else classes * n_patterns + patterns
    cell = ranks_of(keys)
    sizes = np.bincount(cell)
    names = np.empty(sizes.size, np.int64)
    names[cell] = keys
    small = (sizes < smallest) & ~nothing_to_mix[names % n_patterns]
    copied = int(sizes[small].sum()) if small_cells == "copy" else 0
    if small_cells == "merge" and small.any():
        cell = _pool(cell, names // n_patterns, sizes, small, smallest)
        cell = ranks_of(cell)
        sizes = np.bincount(cell)
    order = _rows_by_cell(cell, sizes.size)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    cells = Cells(order, starts)
    mixed_class = _varies(classes[order], starts)
    n_classes = np.unique(classes[order[starts[:-1]]][~mixed_class]).size + int(mixed_class.sum())
    return CellPlan(cells, _varies(patterns[order], starts), mixed_class, copied, n_classes)


def _rows_by_cell(cell: NDArray[np.int64], n_cells: int) -> NDArray[np.int64]:
    """Return the rows cell by cell, ascending within each."""
    if n_cells == 1:
        return np.arange(cell.size, dtype=np.int64)
    short = cell.astype(np.uint16) if n_cells <= 2**16 else cell  # numpy sorts 16 bits by counting
    return np.argsort(short, kind="stable").astype(np.int64)


def _pool(
    cell: NDArray[np.int64],
    class_of: NDArray[np.int64],
    sizes: NDArray[np.int64],
    small: NDArray[np.bool_],
    smallest: int,
) -> NDArray[np.int64]:
    """Relabel small cells: one pool for each class, one for what is still too small, else the smallest cell."""
    label = np.arange(sizes.size)
    rest = sizes.size
    members = np.flatnonzero(small)
    _, first, position = np.unique(class_of[members], return_index=True, return_inverse=True)
    large_enough = np.bincount(position, weights=sizes[members]) >= smallest
    label[members] = np.where(large_enough, members[first], rest)[position]
    left_over = label == rest
    if left_over.any() and sizes[left_over].sum() < smallest:
        pooled = np.bincount(label, weights=sizes, minlength=rest + 1)
        pooled[rest] = np.inf
        pooled[pooled == 0] = np.inf
        if np.isfinite(pooled).any():
            label[left_over] = int(np.argmin(pooled))
    return label[cell]


def _varies(labels: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return for each cell whether its rows have different labels."""
    varies: NDArray[np.bool_] = np.minimum.reduceat(labels, starts[:-1]) != np.maximum.reduceat(labels, starts[:-1])
    return varies
