"""Straight lines inside the leaves of a tree: how a column goes with others there, and what they leave of it.

`latent` (n, p) are the source rows, `others` (q,) those of its columns that tell of the `target` (n,), and the rows of
a node are those from `low` to `high` of the `order`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import at, inlined, kernel

FEWEST = 8  # rows of a leaf that say how steep its line is
_NOTHING = 1e-280  # sum of squares, below which numbers have lost their digits
_ROUNDED = 1e-24  # of a square, below which what differs may be rounding
_STILL = 1e-12  # of the variance of what is told, below which a line tells nothing


class Lines(NamedTuple):
    """The line of each node, ``intercept + latent[others] @ slope``, which is followed from `lowest` to `highest`."""

    slope: NDArray[np.float64]  # (nodes, q)
    intercept: NDArray[np.float64]  # (nodes,)
    lowest: NDArray[np.float64]  # (nodes,)
    highest: NDArray[np.float64]  # (nodes,)


@kernel
def fit_slopes(
    latent: NDArray[np.float64],
    others: NDArray[np.int64],
    target: NDArray[np.float64],
    left_out: NDArray[np.bool_],
    order: NDArray[np.int32],
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    ridge: float,
    slopes: NDArray[np.float64],
) -> None:
    """Fill `slopes` (m, q) with those of ridge regressions over the rows of m nodes but for those `left_out` (n,).

    The sum of squares of each of the q columns counts ``1 + ridge * q / rows`` times, as if there were `ridge` more
    rows for each column, of which the target says nothing: slopes shrink less the more rows there are, and do not
    depend on the units of the columns. A column that does not vary, but for rounding, has none.
    """
    q = others.size
    mean, away = np.empty(q + 1), np.empty(q + 1)
    products = np.empty((q + 1, q + 1))
    for node in range(low.size):
        mean[:] = 0.0
        products[:] = 0.0
        rows = 0
        for k in range(low[node], high[node]):
            row = order[k]
            if not left_out[row]:
                rows += 1
                for a in range(q):
                    mean[a] += latent[row, others[a]]
                mean[q] += target[row]
        for a in range(q + 1):
            mean[a] /= max(rows, 1)
        for k in range(low[node], high[node]):
            row = order[k]
            if not left_out[row]:
                for a in range(q):
                    away[a] = latent[row, others[a]] - mean[a]
                away[q] = target[row] - mean[q]
                for a in range(q + 1):
                    for b in range(a + 1):
                        products[a, b] += away[a] * away[b]
        for a in range(q):
            if products[a, a] > max(_NOTHING, _ROUNDED * rows * mean[a] ** 2):
                products[a, a] *= 1.0 + ridge * q / max(rows, 1)
            else:
                products[a, :a], products[a + 1 :, a], products[a, a] = 0.0, 0.0, 1.0
        _solve(products, q, slopes, node)


@inlined
def _solve(products: NDArray[np.float64], q: int, slopes: NDArray[np.float64], node: int) -> None:
    """Solve by Cholesky's triangles, in place of the lower left of `products`, whose last row is the right side."""
    for a in range(q + 1):
        for b in range(min(a + 1, q)):
            total = products[a, b]
            for c in range(b):
                total -= products[a, c] * products[b, c]
            products[a, b] = np.sqrt(total) if a == b else total / products[b, b]
    for a in range(q - 1, -1, -1):
        total = products[q, a]
        for c in range(a + 1, q):
            total -= products[c, a] * slopes[node, c]
        slopes[node, a] = total / products[a, a]


@kernel
def lay_lines(
    latent: NDArray[np.float64],
    others: NDArray[np.int64],
    target: NDArray[np.float64],
    order: NDArray[np.int32],
    leaves: NDArray[np.int64],
    low: NDArray[np.int32],
    free: NDArray[np.int32],
    lines: Lines,
    rest: NDArray[np.float64],
) -> None:
    """Lay the line of each of the `leaves`, and write what it leaves of its rows to `rest`, which is like `order`.

    The slope that is there says the direction; how steep it is follows from the leaf's own rows by least squares,
    level where it would turn round or they are few. So what is left does not go with the line: its variance and that of
    the line make up the leaf's. Rows behind the first `free` ones of a leaf, which are not mixed, are left as they are.
    """
    q = others.size
    for nth in range(leaves.size):
        leaf = leaves[nth]
        first, rows = int(low[leaf]), int(free[leaf])
        told, mean = 0.0, 0.0
        for k in range(first, first + rows):
            row = order[k]
            along = 0.0
            for a in range(q):
                along += lines.slope[leaf, a] * latent[row, others[a]]
            rest[k] = along
            told += along
            mean += target[row]
        told /= max(rows, 1)
        mean /= max(rows, 1)
        square, product, own = 0.0, 0.0, 0.0
        for k in range(first, first + rows):
            along, value = rest[k] - told, target[order[k]] - mean
            square += along * along
            product += along * value
            own += value * value
        tells = rows >= FEWEST and square > _STILL * own
        steep = max(product / square, 0.0) if tells else 0.0
        for a in range(q):
            lines.slope[leaf, a] = lines.slope[leaf, a] * steep
        lines.intercept[leaf] = mean - steep * told
        lines.lowest[leaf], lines.highest[leaf] = mean, mean
        for k in range(first, first + rows):
            value = lines.intercept[leaf] + steep * rest[k]
            lines.lowest[leaf] = min(lines.lowest[leaf], value)
            lines.highest[leaf] = max(lines.highest[leaf], value)
            rest[k] = target[order[k]] - value


@kernel
def follow_lines(
    columns: NDArray[np.float64],
    others: NDArray[np.int64],
    leaf: NDArray[np.int64],
    lines: Lines,
    told: NDArray[np.float64],
) -> None:
    """Write to `told` (m,) where the line of its leaf leads each of the rows, whose `columns` (p, m) are given."""
    for i in range(told.size):
        node = at(leaf[i])
        value = lines.intercept[node]
        for a in range(others.size):
            value += lines.slope[node, a] * columns[others[a], i]
        told[i] = min(max(value, lines.lowest[node]), lines.highest[node])
