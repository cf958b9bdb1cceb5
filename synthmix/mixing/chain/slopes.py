"""What other columns tell inside the leaves of a column: straight lines, about which what is left is mixed (T23)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.chain_cells import mix_parents
from synthmix.kernels.nodes import Nodes
from synthmix.kernels.slopes import Lines, fit_slopes, follow_lines, lay_lines
from synthmix.mixing.chain.restore import Moments
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

    def share_told(self, target: Values, forest: Forest) -> float:
        """Return what part lines have of all that values of the `target` (n,) which are mixed vary by inside leaves."""
        leaves = np.flatnonzero(forest.nodes.column < 0)
        leaves = leaves[np.argsort(forest.nodes.low[leaves])]
        leaf_of = np.repeat(leaves, forest.rows[leaves])
        free = np.arange(leaf_of.size) - forest.nodes.low[leaf_of] < forest.free[leaf_of]
        leaf_of, value, rest = leaf_of[free], target[forest.order[free]], self.rest[free]
        mean = np.bincount(leaf_of, value) / np.maximum(np.bincount(leaf_of), 1)
        inside = float(((value - mean[leaf_of]) ** 2).sum())
        return 1.0 - float((rest**2).sum()) / inside if inside > 0.0 else 0.0


def slopes_of(latent: Values, column: int, others: Rows, forest: Forest, atoms: NDArray[np.bool_]) -> Slopes:
    """Return the lines of one continuous column of `latent` (n, p) along `others`.

    A leaf has few rows, so the direction of its line is that of the smallest node around it with four rows for each of
    the other columns, of a ridge regression there. `atoms` (n,) are values that are copied; nothing follows from them.
    """
    target, nodes, order = np.ascontiguousarray(latent[:, column]), forest.nodes, forest.order
    leaves = np.flatnonzero(nodes.column < 0)
    mixed = np.concatenate([[0], np.cumsum(~atoms[order])])
    around = _around(nodes, leaves, mixed[nodes.high] - mixed[nodes.low], _ROWS_EACH * others.size)
    around, own = np.unique(around, return_inverse=True)
    directions = np.zeros((around.size, others.size))
    low, high = (part[around].astype(np.int64) for part in (nodes.low, nodes.high))
    fit_slopes(latent, others, target, atoms, order, low, high, _RIDGE, directions)
    slope = np.zeros((nodes.column.size, others.size))
    slope[leaves] = directions[own]
    lines = Lines(slope, *np.zeros((3, nodes.column.size)))
    rest = target[order]
    lay_lines(latent, others, target, order, leaves, nodes.low, forest.free, lines, rest)
    return Slopes(others, lines, rest)


def nearest_columns(latent: Values, among: Mapping[int, list[int]]) -> dict[int, Rows]:
    """Return for each column those of the others that it goes with most closely, in order, at most 16."""
    if all(len(others) <= _MOST for others in among.values()):
        return {column: np.array(others, np.int64) for column, others in among.items()}
    moments = Moments(latent.shape[1])
    moments.add(latent)
    spread = np.sqrt(np.diag(moments.covariance))
    alike = np.abs(moments.covariance) / np.where(spread > 0.0, spread, np.inf)  # for each column in its own units
    found = {}
    for column, others in among.items():
        place = np.argsort(-alike[column, others], kind="stable")[:_MOST]
        found[column] = np.sort(np.array(others, np.int64)[place])
    return found


def _around(nodes: Nodes, leaves: Rows, rows: Rows, least: int) -> Rows:
    """Return for each leaf the smallest node around it that has `least` of the `rows` of nodes, or else the root."""
    above = np.full(nodes.column.size, -1)
    inner = np.flatnonzero(nodes.column >= 0)
    above[nodes.left[inner]] = above[nodes.left[inner] + 1] = inner
    found = leaves.copy()
    while True:
        small = (rows[found] < least) & (above[found] >= 0)
        if not small.any():
            return found
        found[small] = above[found[small]]
