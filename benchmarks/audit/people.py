"""A population of which honest tables are drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd


def population(rows: int, seed: int) -> pd.DataFrame:
    """Return numbers that depend on each other, whole numbers, two groups, and an outcome that depends on all."""
    rng = np.random.Generator(np.random.Philox(key=seed))
    a, b, c = rng.normal(size=(3, rows))
    group = rng.choice(["x", "y", "z"], rows, p=[0.5, 0.3, 0.2])
    signal = 1.2 * a - b + 0.7 * (group == "x") + rng.logistic(size=rows)
    frame = pd.DataFrame({"a": a, "b": 0.6 * a + 0.8 * b, "c": np.exp(0.5 * c), "group": group})
    frame["age"] = np.rint(45.0 + 12.0 * a + 8.0 * rng.normal(size=rows))
    return frame.assign(place=rng.choice(["n", "s"], rows), bought=np.where(signal > 0.5, "yes", "no"))
