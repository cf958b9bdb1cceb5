"""The two workloads: A, skewed, heavy-tailed and correlated numbers; B, a table of mixed types with holes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

SEED = 20_250_101
MISSING = 0.05
LEVELS = (2, 5, 20, 50)


def numeric(rows: int, columns: int) -> NDArray[np.float64]:
    """Return workload A, shape (rows, columns): a factor model whose margins take turns in being heavy or skewed."""
    rng = np.random.default_rng(SEED)
    factors = max(1, columns // 4)
    loadings = rng.normal(size=(factors, columns))
    normal = rng.standard_normal((rows, factors)) @ loadings
    normal += rng.standard_normal((rows, columns)) * np.sqrt(factors)
    normal /= np.sqrt(factors + np.square(loadings).sum(axis=0))
    for j in range(columns):
        z = normal[:, j]
        normal[:, j] = (z, np.exp(0.7 * z), np.sinh(z), z + 0.2 * z**2)[j % 4]
    return normal


def mixed(rows: int, *, holes: bool = True) -> pd.DataFrame:
    """Return workload B: 8 numeric, 2 integer, 4 text, 1 boolean and 1 datetime column, 5 % missing in each or none."""
    rng = np.random.default_rng(SEED)
    values = numeric(rows, 16)
    table: dict[str, pd.Series] = {f"x{j}": pd.Series(values[:, j].round(3)) for j in range(8)}
    for j in range(2):
        table[f"n{j}"] = pd.Series(np.round(10 * values[:, 8 + j]).astype(np.int64), dtype="Int64")
    for j, levels in enumerate(LEVELS):
        ranks = pd.Series(values[:, 10 + j]).rank(pct=True, method="first").to_numpy()
        codes = np.minimum((levels * ranks**1.5).astype(np.int64), levels - 1)  # unequal levels, tied to the rest
        table[f"c{j}"] = pd.Series(np.array([f"level {code}" for code in range(levels)], dtype=object)[codes])
    table["flag"] = pd.Series(values[:, 14] > 0.5, dtype="boolean")
    days = np.round(1000 + 300 * np.tanh(values[:, 15])).astype(np.int64)
    table["day"] = pd.Series(np.datetime64("2020-01-01", "ns") + days.astype("timedelta64[D]"))
    frame = pd.DataFrame(table)
    return frame if not holes else frame.mask(pd.DataFrame(rng.random(frame.shape) < MISSING, columns=frame.columns))
