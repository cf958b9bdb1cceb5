"""What other columns tell inside the leaves of a column: straight lines, about which what is left is mixed (T23)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.chain_cells import mix_parents
from synthmix.kernels.nodes import Nodes
from synthmix.kernels.slopes import Lines, fit_slopes, follow_lines, lay_lines
from synthmix.mixing.chain.trees import Forest

Values = NDArray[np.float64]
Rows = NDArray[np.int64]

_ROWS_EACH = 4  # of a node that says which way its leaves' lines go, for each of the other columns
_RIDGE = 0.5
_MOST = 16  # other columns


class Slopes(NamedTuple):
    """The lines of one column.

    Attributes
    ----------
    others : ndarray of int64, shape (q,)
        The continuous columns that they go along.
    lines : Lines
    rest : ndarray of float64
        What they leave of each source row, in the order of the leaves; rows that are copied are left as they are.
    """

    others: Rows
    lines: Lines
    rest: Values

    def told(self, columns: Values, leaf: Rows) -> Values:
        """Return where the lines lead rows, given their `columns` (p, m) and leaves (m,)."""
        told = np.empty(leaf.size)
        follow_lines(columns, self.others, leaf, self.lines, told)
        return told

    def mix(self, places: Rows, weights: Values, told: Values, mixed: Values) -> None:
        """Fill `mixed` (m,) with what is `told` and the mixture of what is left of parents, which stand at `places`."""
        mix_parents(self.rest, places, weights, mixed)
        mixed += told


def slopes_of(latent: Values, column: int, among: list[int], forest: Forest, atoms: NDArray[np.bool_]) -> Slopes:
    """Return the lines of one continuous column of `latent` (n, p), along those of the columns `among` it goes with.

    A leaf has few rows, so the direction of its line is that of the smallest node around it with four rows for each of
    the other columns, of a ridge regression there. `atoms` (n,) are values that are copied.
    """
    target, nodes = np.ascontiguousarray(latent[:, column]), forest.nodes
    others = _nearest(latent, target, among)
    leaves = np.flatnonzero(nodes.column < 0)
    around, own = np.unique(_around(nodes, leaves, _ROWS_EACH * others.size), return_inverse=True)
    steps = np.zeros((around.size, others.size))
    low, high = (part[around].astype(np.int64) for part in (nodes.low, nodes.high))
    fit_slopes(latent, others, target, atoms, forest.order, low, high, _RIDGE, steps)
    slope = np.zeros((nodes.column.size, others.size))
    slope[leaves] = steps[own]
    lines = Lines(slope, *np.zeros((3, nodes.column.size)))
    rest = target[forest.order]
    lay_lines(latent, others, target, forest.order, leaves, nodes.low, forest.free, lines, rest)
    return Slopes(others, lines, rest)


def _nearest(latent: Values, target: Values, among: list[int]) -> Rows:
    """Return those of the columns that go with the target most closely, in order, no more than are asked for."""
    if len(among) <= _MOST:
        return np.array(among, np.int64)
    away = latent[:, among] - latent[:, among].mean(axis=0)
    products = np.einsum("ij,i->j", away, target - target.mean())
    spread = np.sqrt(np.einsum("ij,ij->j", away, away))
    alike = np.divide(np.abs(products), spread, out=np.zeros_like(spread), where=spread > 0.0)
    return np.sort(np.array(among, np.int64)[np.argsort(-alike, kind="stable")[:_MOST]])


def _around(nodes: Nodes, leaves: Rows, rows: int) -> Rows:
    """Return for each leaf the smallest node around it that has so many rows, the root where none has."""
    above = np.full(nodes.column.size, -1)
    inner = np.flatnonzero(nodes.column >= 0)
    above[nodes.left[inner]] = above[nodes.left[inner] + 1] = inner
    found = leaves.copy()
    while True:
        small = (nodes.high[found] - nodes.low[found] < rows) & (above[found] >= 0)
        if not small.any():
            return found
        found[small] = above[found[small]]
