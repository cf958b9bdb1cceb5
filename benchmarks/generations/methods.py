"""What is compared, by name: ours, and peers that need no other environment. A method is added by a line.

Peers are functions ``f(table, n_rows, seed)``, as :class:`synthmix.collapse.CollapseStudy` takes them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.frontier.controls import copula
from benchmarks.frontier.gaps import fill
from benchmarks.frontier.tables import Data, Entry
from benchmarks.frontier.trees import fit_trees
from synthmix import MixupSynthesizer
from synthmix.pairing import Chained

NEIGHBOURS = 5


def _data(table: pd.DataFrame) -> Data:
    """Return a table as the controls of the frontier take it; these look at the training rows alone."""
    return Data(Entry("", ""), table, table.iloc[:0])


def sequential_trees(table: pd.DataFrame, n_rows: int, seed: int) -> pd.DataFrame:
    """Columns one after another, each value from a leaf of a tree on the columns before (Reiter 2005)."""
    return fit_trees(table, min_leaf=5, seed=seed)(n_rows)


def gaussian_copula(table: pd.DataFrame, n_rows: int, seed: int) -> pd.DataFrame:
    """Empirical margins, and one correlation for each pair of columns."""
    return copula(_data(table), seed)(n_rows)


def smote(table: pd.DataFrame, n_rows: int, seed: int) -> pd.DataFrame:
    """A uniform point between a row and one of its five nearest rows (Chawla et al. 2002), levels from the row.

    Nearest in standard deviations of the numeric columns; missing numbers are filled and put back.
    """
    from sklearn.neighbors import NearestNeighbors

    filled = fill(table)
    numbers = [name for name in filled.table if name not in filled.discrete]
    values = filled.table[numbers].to_numpy(np.float64)
    rng = np.random.Generator(np.random.Philox(key=seed))
    spread = values.std(axis=0)
    scaled = values / np.where(spread > 0.0, spread, 1.0)
    near = NearestNeighbors(n_neighbors=min(NEIGHBOURS + 1, len(scaled))).fit(scaled).kneighbors(return_distance=False)
    rows = rng.integers(0, len(table), n_rows)
    partners = near[rows, rng.integers(0, near.shape[1], n_rows)]
    made = filled.table.iloc[rows].reset_index(drop=True)
    made[numbers] = values[rows] + rng.random((n_rows, 1)) * (values[partners] - values[rows])
    return filled.put_back(made)


METHODS: dict[str, object] = {
    "synthmix, default": MixupSynthesizer(),
    "synthmix, four ranges": MixupSynthesizer(pairing=Chained(strata=4)),
    "synthmix, raw rotation": MixupSynthesizer(weights="rotation", encoding="raw"),
    "sequential trees": sequential_trees,
    "Gaussian copula": gaussian_copula,
    "Gaussian refit": "gaussian",
    "SMOTE": smote,
    "uniform mixup": "uniform",
    "row bootstrap": "bootstrap",
}
