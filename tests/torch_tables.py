"""Small tables and fitted synthesizers that the tests of the torch bridge share."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from synthmix import MixupSynthesizer
from synthmix.errors import SynthmixWarning


def numbers(n: int, p: int = 3) -> np.ndarray:
    """Return a table of numbers without holes: one cell."""
    return np.random.default_rng(1).normal(size=(n, p))


def mixed(n: int) -> pd.DataFrame:
    """Return a table of three classes, of numbers with holes, and of a column of words: many cells, some small."""
    rng = np.random.default_rng(2)
    table = pd.DataFrame(rng.normal(size=(n, 3)), columns=["a", "b", "c"])
    table.loc[rng.random(n) < 0.2, "b"] = np.nan
    table.loc[rng.random(n) < 0.02, "c"] = np.nan
    table["word"] = rng.choice(["x", "y", "z", "w"], n)
    table["class"] = rng.choice(["one", "two", "three"], n, p=[0.6, 0.37, 0.03])
    return table


def fitted(table, law, pairing, **options) -> MixupSynthesizer:
    """Return a fitted synthesizer of the data's own units."""
    target = "class" if isinstance(table, pd.DataFrame) else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SynthmixWarning)  # some rows are copied, on purpose
        return MixupSynthesizer(law, pairing, "raw", **{"random_state": 11, **options}).fit(table, target=target)
