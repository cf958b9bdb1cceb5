"""Tables for the tests of scale, and how their outputs are compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from synthmix import MixupSynthesizer

SINKS = ("out.parquet", "out.csv", "out.arrow", "out")


def mixed_table(n: int = 600) -> pd.DataFrame:
    """Return numbers, whole numbers, times, text, categories and holes."""
    random = np.random.Generator(np.random.Philox(key=7))
    x = random.normal(size=n)
    table = pd.DataFrame(
        {
            "x": x,
            "y": np.round(2 * x + random.normal(size=n), 2),
            "count": random.poisson(40, n),
            "day": pd.Timestamp("2024-03-01") + pd.to_timedelta(random.integers(0, 900, n), unit="D"),
            "town": random.choice(["Ulm", "Aix", "Rom"], n),
            "grade": pd.Categorical(random.choice(["low", "high"], n), ["low", "middle", "high"], ordered=True),
            "kept": random.random(n) < 0.3,
        }
    )
    table.loc[random.random(n) < 0.1, "y"] = np.nan
    return table


def fitted(**options: Any) -> MixupSynthesizer:
    return MixupSynthesizer(**{"random_state": 3, **options}).fit(mixed_table())


def content(path: Path) -> bytes:
    """Return the bytes of a file, or of all files of a folder with their names."""
    if path.is_file():
        return path.read_bytes()
    return b"".join(one.name.encode() + one.read_bytes() for one in sorted(path.iterdir()))
