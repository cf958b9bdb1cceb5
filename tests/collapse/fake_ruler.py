"""A ruler that is small and honest: variance, mean, levels and ancestors, by the shortest code that there is."""

from __future__ import annotations

import numpy as np
import pandas as pd


class FakeRuler:
    """Measures numeric columns against generation 0."""

    def __init__(self, real: pd.DataFrame, holdout: pd.DataFrame | None, metrics) -> None:
        self.real, self.holdout = real, holdout
        self.levels = {name: set(real[name].unique()) for name in real.columns}
        self.metrics = tuple(metrics or ("mean", "variance", "levels", "ancestors", "nearest"))

    def measure(self, table, *, previous=None, ancestors=None, metrics=None):
        wanted = self.metrics if metrics is None else metrics
        found = []
        for name in self.real.columns:
            if pd.api.types.is_numeric_dtype(self.real[name]):
                spread = float(self.real[name].var())
                shift = float(table[name].mean() - self.real[name].mean()) / np.sqrt(spread)
                found.append(("mean", "", name, "", shift, len(table)))
                found.append(("variance", "", name, "", float(table[name].var()) / spread, len(table)))
            else:
                alive = set(table[name].unique()) & self.levels[name]
                found.append(("levels", "", name, "", len(alive) / len(self.levels[name]), len(table)))
        if ancestors is not None:
            found.append(
                ("ancestors", "", "", "", len(set(ancestors[ancestors >= 0].tolist())) / len(self.real), len(table))
            )
        found.append(("nearest", "", "", "", float(0 if previous is None else len(previous)), len(table)))
        return [one for one in found if one[0] in wanted]


def fake_ruler(real, *, schema=None, target=None, holdout=None, metrics=None):
    return FakeRuler(real, holdout, metrics)
