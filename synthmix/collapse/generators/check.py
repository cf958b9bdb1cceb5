"""Rows that a generator made are looked at before anything is made of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from synthmix.collapse.generators.base import Made
from synthmix.errors import InputError


def checked(made: Made, fitted: pd.DataFrame, n_rows: int, where: str) -> Made:
    """Return `made` with its columns in the order of the fitted table, rows numbered from 0.

    Parameters
    ----------
    made : Made
    fitted : pandas.DataFrame
        What the generator was fitted to.
    n_rows : int
        Rows that it was asked for.
    where : str
        Generator and generation, for messages.

    Raises
    ------
    InputError
        No data frame, other columns, another number of rows, missing or infinite values or text where the fitted table
        has none, parents that are no rows of it. The message names generator, generation, column and value.
    """
    table = made.table
    if not isinstance(table, pd.DataFrame):
        raise InputError(f"{where}: it returned {type(table).__name__}; return a pandas.DataFrame")
    _check_columns(list(table.columns), list(fitted.columns), where)
    if len(table) != n_rows:
        raise InputError(f"{where}: it returned {len(table)} rows and was asked for {n_rows}")
    table = table[list(fitted.columns)].reset_index(drop=True)
    for name in table.columns:
        _check_values(table[name], fitted[name], where)
    if made.parents is not None:
        _check_parents(np.asarray(made.parents), n_rows, len(fitted), where)
    return Made(table, made.parents)


def _check_columns(found: list[object], wanted: list[object], where: str) -> None:
    absent = [name for name in wanted if name not in found]
    extra = [name for name in found if name not in wanted]
    if absent or extra or len(found) != len(wanted):
        parts = [f"lacks {absent}" if absent else "", f"has {extra} besides" if extra else ""]
        said = " and ".join(part for part in parts if part) or "repeats a column"
        raise InputError(f"{where}: the table that it returned {said}; return the columns of the fitted table")


def _check_values(new: pd.Series, old: pd.Series, where: str) -> None:
    numeric = pd.api.types.is_numeric_dtype(old.dtype) and not pd.api.types.is_bool_dtype(old.dtype)
    if numeric and not pd.api.types.is_numeric_dtype(new.dtype):
        raise InputError(f"{where}: column {new.name!r} came back as {new.dtype}, and it was {old.dtype}")
    missing = new.isna().to_numpy()
    if missing.any() and not old.isna().any():
        raise InputError(
            f"{where}: column {new.name!r} is missing in {int(missing.sum())} rows, the first of them row "
            f"{int(missing.argmax())}, and the fitted table has no missing value there"
        )
    if numeric:
        values = new.to_numpy(np.float64, na_value=np.nan)
        wrong = np.flatnonzero(np.isinf(values))
        if wrong.size:
            raise InputError(f"{where}: column {new.name!r} holds {values[wrong[0]]} in row {int(wrong[0])}")


def _check_parents(parents: np.ndarray, n_rows: int, n_fitted: int, where: str) -> None:
    if parents.shape != (n_rows,) or parents.dtype.kind not in "iu":
        raise InputError(
            f"{where}: parents have shape {parents.shape} and dtype {parents.dtype}; "
            f"give {n_rows} positions in the fitted table, or None"
        )
    if n_rows and not 0 <= int(parents.min()) <= int(parents.max()) < n_fitted:
        raise InputError(f"{where}: parents run from {parents.min()} to {parents.max()}; there are {n_fitted} rows")
