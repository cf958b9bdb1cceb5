"""What the laws need to know of generation 0: how often each level occurs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.collapse.generators.base import random_of, rows_of
from synthmix.collapse.seeds import seed_of
from synthmix.collapse.spec import Spec

_LEVELS = ("string", "categorical", "boolean")


def order_of(spec: Spec, n: int, draw: int) -> NDArray[np.int64]:
    """Return all rows of the data in the order of a draw: generation 0, rows that are set apart, the holdout."""
    return random_of(seed_of(spec.seed, "data", n, draw)).permutation(len(spec.data.frame))


def origin_of(spec: Spec, n: int, draw: int) -> pd.DataFrame:
    """Return generation 0 of a draw: n different rows, in the order in which they stand in the data."""
    return rows_of(spec.data.frame, np.sort(order_of(spec, n, draw)[:n]))


def level_counts(spec: Spec) -> dict[str, dict[str, list[int]]]:
    """Return the sorted counts of the levels of every discrete column, missing being one, by "n/draw" and column."""
    names = [name for name, kind in spec.data.kinds.items() if kind in _LEVELS]
    frame = spec.data.frame
    codes = {name: pd.factorize(frame[name], use_na_sentinel=False)[0] for name in names}
    found = {}
    for n in spec.sizes:
        for draw in range(spec.data_draws):
            rows = order_of(spec, n, draw)[:n]
            counts = {name: np.bincount(codes[name][rows]) for name in names}
            found[f"{n}/{draw}"] = {name: sorted(one[one > 0].tolist()) for name, one in counts.items()}
    return found
