"""Numbers on the grid of their source: whoever gives more digits is not to be told by them, nor by a dtype."""

from __future__ import annotations

import numpy as np
import pandas as pd

from synthmix.audit.privacy.precision import step_of


def on_grid(made: pd.DataFrame, source: pd.DataFrame) -> pd.DataFrame:
    """Return a synthetic table in the columns and types of its source, numbers rounded to the source's decimals."""
    return pd.DataFrame({name: _on_grid(made[name], source[name]) for name in source})


def _on_grid(made: pd.Series, source: pd.Series) -> pd.Series:
    if not pd.api.types.is_numeric_dtype(source.dtype):
        return as_given(made, source)
    values = made.to_numpy(np.float64, na_value=np.nan)
    step = step_of(source.to_numpy(np.float64))
    if step > 0.0:
        values = np.round(values / step) * step if step == 1.0 else np.round(values, round(-np.log10(step)))
    whole = pd.api.types.is_integer_dtype(source.dtype) and not np.isnan(values).any()
    return pd.Series(values.astype(np.int64) if whole else values)


def as_given(made: pd.Series, source: pd.Series) -> pd.Series:
    """Return a column as it came, in the kind of its source: numbers as float64, levels as text."""
    if pd.api.types.is_numeric_dtype(source.dtype):
        return pd.Series(made.to_numpy(np.float64, na_value=np.nan))
    return made.reset_index(drop=True).astype(object).where(made.reset_index(drop=True).notna(), None)
