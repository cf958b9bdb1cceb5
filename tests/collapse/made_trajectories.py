"""Tables of trajectories whose answers are known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from synthmix.collapse.columns import TRAJECTORIES


def random(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=seed))


def series(values: np.ndarray, metric: str, **words: object) -> pd.DataFrame:
    """Return numbers (chains, generations + 1) as trajectories; `words` are other columns."""
    chains, generations = values.shape
    chain, generation = np.indices((chains, generations))
    row = {"generator": "g", "regime": "replace", "n": 1000, "draw": 0, "rows": "new", "metric": metric}
    row |= {"variant": "", "column": "", "level": "", "count": 1000} | words
    frame = pd.DataFrame({"chain": chain.ravel(), "generation": generation.ravel(), "value": values.ravel()})
    return frame.assign(**row)[list(TRAJECTORIES)]


def wright_fisher(chains: int, n: int, generations: int, share: float, loss: float = 0.0, seed: int = 0) -> np.ndarray:
    """Return shares (chains, generations + 1) of n rows, each inside with (1 - loss) times the last share."""
    rng, found = random(seed), np.empty((chains, generations + 1))
    found[:, 0] = share
    for g in range(generations):
        found[:, g + 1] = rng.binomial(n, (1.0 - loss) * found[:, g]) / n
    return found
