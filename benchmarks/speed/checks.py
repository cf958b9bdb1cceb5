"""What a result must look like before its maker is timed. Wide on purpose: these catch blunders, not biases."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Check = Callable[[NDArray[np.floating]], None]
STANDARD_ERRORS = 8.0
VARIANCE = 0.25  # relative; tails are heavy and quick runs small
MISSING = 0.05  # share of a column


class WrongResultError(Exception):
    """A competitor does not make what it should; its time would mean nothing."""


def require(holds: object, message: object) -> None:
    """Raise unless `holds`; an assert would vanish under ``python -O``."""
    if not holds:
        raise WrongResultError(message)


def anything(_result: object) -> None:
    """Accept; for what has nothing to look at."""


def mixes(source: NDArray[np.floating], rows: int, variance_factor: float) -> Check:
    """Return a check for `rows` rows with the means of `source` and its variances times `variance_factor`."""
    mean, variance = source.mean(axis=0, dtype=np.float64), source.var(axis=0, dtype=np.float64)

    def check(result: NDArray[np.floating]) -> None:
        require(result.shape == (rows, source.shape[1]), result.shape)
        require(result.dtype == source.dtype, result.dtype)
        require(np.isfinite(result).all(), "not all finite")
        error = np.abs(result.mean(axis=0, dtype=np.float64) - mean) / np.sqrt(variance / rows)
        require(error.max() < STANDARD_ERRORS, f"a mean is off by {error.max():.1f} standard errors")
        ratio = result.var(axis=0, dtype=np.float64) / variance
        off = np.abs(np.median(ratio) / variance_factor - 1)
        require(off < VARIANCE, f"variances are {np.median(ratio):.3f} of the source's, not {variance_factor:.3f}")

    return check


def table_like(source: pd.DataFrame, rows: int) -> Callable[[pd.DataFrame], None]:
    """Return a check for `rows` rows with the columns and dtypes of `source`, not constant and not all missing."""

    def check(result: pd.DataFrame) -> None:
        require(len(result) == rows, len(result))
        require(list(result.columns) == list(source.columns), list(result.columns))
        require(list(result.dtypes) == list(source.dtypes), list(result.dtypes))
        require(all(len(result[name].dropna().unique()) > 1 for name in result.columns), "a column is constant")
        off = np.abs(result.isna().mean() - source.isna().mean()).max()
        require(off < MISSING, f"the share of missing values is off by {off:.3f}")

    return check
