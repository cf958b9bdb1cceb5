"""Sequential trees with donors from leaves, plainly: the family that Reiter (2005) began, on scikit-learn's trees.

Columns are made in the order of the table. The first is drawn from its real values. For each later one a tree is grown
on the columns before it; a synthetic row takes the value of a random real row of its leaf. Missing values are values
like others, also where they split.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Columns:
    """A table as numbers: levels are codes, the missing one among them; missing numbers are NaN."""

    numbers: list[Floats]
    levels: list[NDArray[Any] | None]
    names: list[str]


@dataclass(frozen=True, eq=False)
class Step:
    """How one column is made from those before it.

    `ranks` says, for each of those that has levels, in which order the tree saw them; `rows` are the real rows leaf by
    leaf, `starts` where each node's begin.
    """

    tree: Any
    ranks: list[Floats | None]
    rows: Places
    starts: Places


def fit_trees(table: pd.DataFrame, *, min_leaf: int, seed: int, reverse: bool = False) -> Callable[[int], pd.DataFrame]:
    """Grow the trees and return what makes rows."""
    order = list(table)[::-1] if reverse else list(table)
    columns = columns_of(table[order])
    steps = [_grow(columns, place, min_leaf, seed) for place in range(1, len(order))]

    def sample(rows: int) -> pd.DataFrame:
        rng = np.random.Generator(np.random.Philox(key=[seed, 3]))
        made = [columns.numbers[0][rng.integers(0, len(table), rows)]]
        for place, step in enumerate(steps, start=1):
            leaves = step.tree.apply(_seen(made, step.ranks)).astype(np.int64)
            sizes = step.starts[leaves + 1] - step.starts[leaves]
            donors = step.rows[step.starts[leaves] + (rng.random(rows) * sizes).astype(np.int64)]
            made.append(columns.numbers[place][donors])
        out = {name: _back(made[k], columns.levels[k], table[name].dtype) for k, name in enumerate(columns.names)}
        return pd.DataFrame(out)[list(table)]

    return sample


def columns_of(table: pd.DataFrame) -> Columns:
    """Return a table as numbers."""
    numbers: list[Floats] = []
    levels: list[NDArray[Any] | None] = []
    for name in table:
        if pd.api.types.is_numeric_dtype(table[name].dtype):
            numbers.append(table[name].to_numpy(np.float64))
            levels.append(None)
        else:
            codes, found = pd.factorize(table[name], sort=True, use_na_sentinel=True)
            known = np.append(np.asarray(found, object), None)
            numbers.append(np.where(codes < 0, len(found), codes).astype(np.float64))
            levels.append(known)
    return Columns(numbers, levels, [str(name) for name in table])


def _back(values: Floats, levels: NDArray[Any] | None, dtype: Any) -> Any:
    return values.astype(dtype) if levels is None else levels[values.astype(np.int64)]


def _seen(columns: list[Floats], ranks: list[Floats | None]) -> Floats:
    """Return predictors as the tree sees them: codes become ranks."""
    parts = [
        values if rank is None else rank[values.astype(np.int64)] for values, rank in zip(columns, ranks, strict=True)
    ]
    return np.stack(parts, axis=1).astype(np.float32)  # as the trees hold them, so that both sides of a split agree


def _grow(columns: Columns, place: int, min_leaf: int, seed: int) -> Step:
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    target, discrete = columns.numbers[place], columns.levels[place] is not None
    kind = DecisionTreeClassifier if discrete else DecisionTreeRegressor
    ranks = [
        None if levels is None else level_ranks(codes.astype(np.int64), len(levels), target, discrete)
        for codes, levels in zip(columns.numbers[:place], columns.levels[:place], strict=True)
    ]
    table = _seen(columns.numbers[:place], ranks)
    known = np.nan_to_num(target, nan=float(np.nanmin(target)) - 1.0 if not np.isnan(target).all() else 0.0)
    tree = kind(min_samples_leaf=min_leaf, random_state=seed & 0x7FFFFFFF).fit(table, known)
    leaves = tree.apply(table).astype(np.int64)
    counts = np.bincount(leaves, minlength=tree.tree_.node_count)
    return Step(tree, ranks, np.argsort(leaves, kind="stable"), np.concatenate([[0], np.cumsum(counts)]))


def level_ranks(codes: Places, size: int, target: Floats, discrete: bool) -> Floats:
    """Return the rank of each level, by the mean of a numeric target, or along the first axis of a discrete one.

    Splits of ordered levels are the best splits of sets of levels for numbers and for two classes (Breiman et al.
    1984), and near them for more (Coppersmith, Hong and Hosking 1999).
    """
    counts = np.bincount(codes, minlength=size).astype(np.float64)
    share = np.maximum(counts, 1.0)[:, None]
    if discrete:
        classes = int(target.max()) + 1
        sums = np.bincount(codes * classes + target.astype(np.int64), minlength=size * classes).reshape(size, classes)
    else:
        filled = np.nan_to_num(target, nan=0.0 if np.isnan(target).all() else float(np.nanmean(target)))
        sums = np.bincount(codes, weights=filled, minlength=size)[:, None]
    means = sums / share - sums.sum(axis=0) / counts.sum()
    means[counts == 0.0] = 0.0
    _, _, axes = np.linalg.svd(np.sqrt(counts)[:, None] * means, full_matrices=False)
    return np.argsort(np.argsort(means @ axes[0], kind="stable"), kind="stable").astype(np.float64)
