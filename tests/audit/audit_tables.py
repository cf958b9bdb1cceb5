"""Small tables whose audit is known."""

from __future__ import annotations

import numpy as np
import pandas as pd


def population(n: int, seed: int) -> pd.DataFrame:
    """Numbers that depend on each other, a group, and an outcome that depends on all."""
    random = np.random.default_rng(seed)
    a, b, c = random.normal(size=(3, n))
    group = random.choice(["x", "y", "z"], n, p=[0.5, 0.3, 0.2])
    signal = 1.2 * a - b + 0.7 * (group == "x") + random.logistic(size=n)
    frame = pd.DataFrame({"a": a, "b": 0.6 * a + 0.8 * b, "c": c, "group": group})
    return frame.assign(bought=np.where(signal > 0.5, "yes", "no"))


def independent(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Every column as it is, in an order of its own: no row and no association is left."""
    random = np.random.default_rng(seed)
    return pd.DataFrame({name: frame[name].to_numpy()[random.permutation(len(frame))] for name in frame})
