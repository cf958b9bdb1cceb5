"""Generators as others write them; at the top level of a module, so that they can be sent to other processes."""

from __future__ import annotations

import numpy as np
import pandas as pd


def shuffled(table, n_rows, seed):
    """Rows at random, with a little noise on the numbers."""
    random = np.random.Generator(np.random.Philox(key=seed))
    new = table.iloc[random.integers(0, len(table), n_rows)].reset_index(drop=True)
    numbers = new.select_dtypes("number").columns
    return new.assign(**{name: new[name] + 0.01 * random.standard_normal(n_rows) for name in numbers})


def fails_in_generation_7(table, n_rows, seed):
    """Count generations by a number that grows by one in each, and fail in the seventh."""
    if table["x"].iloc[0] > 1e6 * 6:
        raise RuntimeError("the machine is tired")
    return table.assign(x=table["x"] + 1e6).iloc[:n_rows]


class Seeded:
    """A stub in the manner of SDV: fit(data), sample(num_rows)."""

    def __init__(self, noise: float = 0.5) -> None:
        self.noise, self.rows, self.seed = noise, None, None

    def set_random_state(self, seed):
        self.seed = seed

    def fit(self, data):
        data["x"] = data["x"] * 1.0  # some of them write into what they are given
        self.rows = data

    def sample(self, num_rows):
        return shuffled(self.rows, num_rows, self.seed)


class Seedless:
    """A stub that seeds itself."""

    def fit(self, data):
        self.rows = data

    def sample(self, num_rows):
        return shuffled(self.rows, num_rows, 1)


def empty(table, n_rows, seed):
    return pd.DataFrame(columns=table.columns)
