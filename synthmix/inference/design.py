"""Design matrices of one model for several tables: the real one decides levels and columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.errors import InputError
from synthmix.inference.models import Model, to_pandas, written

Floats = NDArray[np.float64]
_QUOTED = re.compile(r"""Q\((["'])(.*?)\1\)""")


@dataclass(frozen=True, eq=False)
class Design:
    """Response and regressors of the complete rows of one table.

    Attributes
    ----------
    endog : ndarray of float64, shape (n,)
    exog : ndarray of float64, shape (n, p)
    names : tuple of str, length p
    note : str
        Rows that are left out, levels that are absent; why there are no rows.
    """

    endog: Floats
    exog: Floats
    names: tuple[str, ...]
    note: str


def designs(model: Model, real: Any, synthetic: Sequence[Any]) -> tuple[Design, list[Design]]:
    """Return the design of a real table, and those of synthetic ones in its terms.

    Levels that only a synthetic table has are missing values there. A synthetic table that lacks a column gives a
    design without rows, and its note says so.

    Raises
    ------
    InputError
        When the formula cannot be evaluated on the real table; the message names the model.
    """
    import patsy

    frame = _renamed(model, to_pandas(real))
    columns = [str(name) for name in frame.columns if _mentions(model.formula, str(name))]
    known = _plain(frame, columns, model)
    scope = patsy.EvalEnvironment([{"np": np}])
    try:
        y, x = patsy.dmatrices(model.formula, known, eval_env=scope, NA_action="drop")
    except (patsy.PatsyError, NameError, TypeError, ValueError, KeyError, AttributeError, SyntaxError) as error:
        raise InputError(f"model {model.label!r} cannot be evaluated on the real table: {_first(error)}") from error
    if y.shape[1] != 1:
        raise InputError(f"model {model.label!r}: the response is no number; declare family 'binomial' for two levels")
    infos = (y.design_info, x.design_info)
    names = _shown(model, x.design_info.column_names)
    first = Design(np.asarray(y)[:, 0], np.asarray(x), names, _dropped(len(known), len(y)))
    return first, [
        _other(model, infos, names, known, _renamed(model, to_pandas(table)), columns) for table in synthetic
    ]


def _other(
    model: Model,
    infos: tuple[Any, Any],
    names: tuple[str, ...],
    known: pd.DataFrame,
    frame: pd.DataFrame,
    columns: list[str],
) -> Design:
    import patsy

    empty = Design(np.empty(0), np.empty((0, len(names))), names, "")
    lacking = [name for name in columns if name not in frame.columns]
    if lacking:
        return Design(empty.endog, empty.exog, names, f"no column {_column(model, lacking[0])!r}")
    try:
        rows = _plain(frame, columns, model)
        invented = _hide_invented(model.formula, known, rows)
        y, x = patsy.build_design_matrices(infos, rows, NA_action="drop")
    except (patsy.PatsyError, TypeError, ValueError, KeyError, InputError) as error:
        return Design(empty.endog, empty.exog, names, f"the formula cannot be evaluated: {_first(error)}")
    y, x = np.asarray(y), np.asarray(x)
    what = "rows have levels that the real table does not"
    strange = [f"{_column(model, name)}: {hidden} {what}" for name, hidden in invented.items()]
    notes = [*strange, _dropped(len(rows), len(y))]
    return Design(y[:, 0], x, names, "; ".join(filter(None, notes)))


def _plain(frame: pd.DataFrame, columns: list[str], model: Model) -> pd.DataFrame:
    """Return the columns as floats or text, times as days; a named level of the response as 0 and 1."""
    response = model.formula.partition("~")[0]
    found: dict[str, NDArray[Any]] = {}
    for name in columns:
        column = frame[name]
        if column.dtype == object and column.notna().any() and pd.api.types.is_numeric_dtype(column.infer_objects()):
            column = column.infer_objects()
        if model.family == "binomial" and _mentions(response, name) and _is_levels(column, model):
            found[name] = _event(column, model)
        elif pd.api.types.is_datetime64_any_dtype(column) or pd.api.types.is_timedelta64_dtype(column):
            found[name] = _days(column)
        elif pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            found[name] = column.to_numpy(np.float64, na_value=np.nan)
        else:
            found[name] = column.astype(object).where(column.notna(), None).map(str, na_action="ignore").to_numpy()
    return pd.DataFrame(found)


def _days(column: Any) -> Floats:
    """Return times as days since 1970, durations as days; NaN for missing."""
    origin = pd.Timestamp(0, tz=column.dt.tz) if hasattr(column.dt, "tz") else pd.Timedelta(0)
    days: Floats = ((column - origin) / pd.Timedelta(days=1)).to_numpy(np.float64)
    return days


def _is_levels(column: pd.Series[Any], model: Model) -> bool:
    return model.event is not None or not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)


def _event(column: pd.Series[Any], model: Model) -> Floats:
    """Return whether the response is the event; by default the last of two levels."""
    text = column.astype(object).map(str, na_action="ignore")
    levels = sorted(text.dropna().unique())
    if model.event is None and len(levels) > 2:
        raise InputError(f"model {model.label!r}: the response has {len(levels)} levels; give Model(..., event=level)")
    event = str(model.event) if model.event is not None else _last(levels)
    values: Floats = np.array(text == event, np.float64)
    values[column.isna().to_numpy()] = np.nan
    return values


def _last(levels: list[str]) -> str:
    if not levels:
        raise InputError("the response is missing in all rows")
    return levels[-1]


def _hide_invented(formula: str, known: pd.DataFrame, rows: pd.DataFrame) -> dict[str, int]:
    """Make levels that the real table does not have missing, in place; return how many rows of each column had them."""
    found = {}
    for name in rows.columns:
        if rows[name].dtype.kind == "f" and not re.search(rf"C\(\s*(Q\(['\"])?({written(name)})(?!\w)", formula):
            continue
        strange = rows[name].notna() & ~rows[name].isin(known[name].dropna().unique())
        if strange.any():
            rows.loc[strange, name] = np.nan if rows[name].dtype.kind == "f" else None
            found[name] = int(strange.sum())
    return found


def _mentions(formula: str, name: str) -> bool:
    """Return whether a formula uses a column; ``C(g)`` uses the function C, not a column of that name."""
    return re.search(rf"(?<!\w)({written(name)})(?!\w|\s*\()", formula) is not None


def _renamed(model: Model, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with stand-ins in the place of names that a formula would misread."""
    if not model.stand_ins:
        return frame
    new = {column: name for name, column in model.stand_ins}
    return frame[[name for name in frame.columns if name not in new.values()]].rename(columns=new)


def _column(model: Model, name: str) -> str:
    return dict(model.stand_ins).get(name, name)


def _shown(model: Model, terms: Sequence[str]) -> tuple[str, ...]:
    """Return the names of coefficients as results show them: real names, no quotes, none twice."""
    names = dict(model.stand_ins)
    words = re.compile(rf"(?<!\w)({'|'.join(names) or '(?!)'})(?!\w)")
    found: list[str] = []
    for term in terms:
        factor, bracket, level = term.partition("[")  # a level may be called like a stand-in
        shown = words.sub(lambda hit: names[hit[0]], factor) + bracket + level if names else _QUOTED.sub(r"\2", term)
        while shown in found:
            shown += " (column)"  # such as a column that is called Intercept
        found.append(shown)
    return tuple(found)


def _dropped(given: int, used: int) -> str:
    return f"{given - used} of {given} rows with missing values are left out" if used < given else ""


def _first(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
