"""Models that an analyst declares: a formula and a family, or defaults from the target."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from keyword import iskeyword
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from synthmix.errors import InputError, OptionError, did_you_mean
from synthmix.table.frames import read_table
from synthmix.table.infer import Finding as Guess
from synthmix.table.infer import find

FamilyName: TypeAlias = Literal["gaussian", "binomial", "poisson", "gamma", "inverse_gaussian", "negative_binomial"]
Declared: TypeAlias = "str | tuple[str, str] | Model"
MOST_TERMS = 40  # coefficients of a default model
MOST_LEVELS = 20  # levels of a regressor of a default model
_FEWEST = 0.5  # share of observed values from which a column takes part in a default model


@dataclass(frozen=True)
class Model:
    """A generalised linear model that is fitted to each table.

    Parameters
    ----------
    formula : str
        As statsmodels takes it, "y ~ a + b"; a name that is no Python name, or a word that formulas know (C, Q, I), is
        written Q("name"). Formulas are Python expressions: take none from strangers.
    family : {"gaussian", "binomial", "poisson", "gamma", "inverse_gaussian", "negative_binomial"}
        gaussian is ordinary least squares, gamma has the logarithm as link, the others their usual link.
    label : str
        How results call the model, by default the formula, with the family unless that is gaussian.
    event : object, optional
        Of a binomial response that is no number: the level that counts as 1.
    stand_ins : sequence of (str, str)
        Names in the formula and the columns that they stand for. Default models have them for columns whose names mean
        something else in a formula; results name the columns.

    Raises
    ------
    OptionError
        For a formula without a response or an unknown family.
    """

    formula: str
    family: FamilyName = "gaussian"
    label: str = ""
    event: Any = None
    stand_ins: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.formula, str) or "~" not in self.formula or not self.formula.partition("~")[0].strip():
            raise OptionError(f"model {self.formula!r} is no formula with a response; write it like 'y ~ a + b'")
        if self.family not in get_args(FamilyName):
            raise OptionError(f"family {self.family!r} is unknown{did_you_mean(self.family, get_args(FamilyName))}")
        if not self.label:
            more = "" if self.family == "gaussian" else f" [{self.family}]"
            object.__setattr__(self, "label", f"{self.formula}{more}")


def declare(models: Declared | Iterable[Declared], table: Any, target: str | None = None) -> tuple[Model, ...]:
    """Return the models that were declared, or the default of the target where none were.

    Parameters
    ----------
    models : sequence of str, (str, str) or Model
        Formulas are gaussian; pairs are (formula, family).
    table : pandas.DataFrame, polars.DataFrame or pyarrow.Table
        The real one.
    target : str, optional

    Raises
    ------
    OptionError
        For what is no model, or two of one label.
    InputError
        When the default model has no regressor.
    """
    listed = [models] if isinstance(models, str | Model) else list(models)
    if not listed and target is not None:
        return (default_model(table, target),)
    found = tuple(_model(one) for one in listed)
    labels = [model.label for model in found]
    for label in labels:
        if labels.count(label) > 1:
            raise OptionError(f"model {label!r} is declared {labels.count(label)} times; give Model(..., label=...)")
    return found


def _model(declared: Any) -> Model:
    if isinstance(declared, Model):
        return declared
    if isinstance(declared, str):
        return Model(declared)
    if isinstance(declared, tuple | list) and len(declared) == 2:
        return Model(declared[0], declared[1])
    raise OptionError(f"model {declared!r}: give a formula, a (formula, family) pair or a Model")


def default_model(table: Any, target: str) -> Model:
    """Return the model of a target on the other columns.

    Parameters
    ----------
    table : pandas.DataFrame, polars.DataFrame or pyarrow.Table
    target : str

    Returns
    -------
    Model
        Least squares for numbers. Logistic for levels: two levels, or the most frequent level against all others, which
        counts as 1 (of two, the rarer one does).

    Raises
    ------
    InputError
        When the target is not a column, varies too little, or no column can be a regressor.

    Notes
    -----
    Regressors are numbers, then columns of 2 to 20 levels, those with fewest first, as long as they have at most 40
    coefficients with the constant.
    Keys, constants and columns that are missing in over half of the rows take no part.
    """
    columns = [find(column, None) for column in read_table(table).columns]
    there = {guess.column.name: guess for guess in columns}
    if target not in there:
        raise InputError(f"target {target!r} is not a column{did_you_mean(target, there)}")
    frame = to_pandas(table)
    named = stand_ins(list(there))
    terms = _regressors(frame, [guess for name, guess in there.items() if name != target], named)
    if not terms:
        raise InputError(f"no column can be a regressor for target {target!r}; declare a model")
    response = frame[target]
    formula, swapped = f"{named.get(target, target)} ~ {' + '.join(terms)}", tuple((b, a) for a, b in named.items())
    if there[target].role == "continuous" and pd.api.types.is_numeric_dtype(response):
        return Model(formula, label=f"{target} ~ all", stand_ins=swapped)
    counts = response.value_counts()
    if counts.size < 2:
        raise InputError(f"target {target!r} has one level only; there is nothing to model")
    ordered = sorted(counts.index, key=lambda level: (-counts[level], str(level)))
    event = ordered[1] if len(ordered) == 2 else ordered[0]
    return Model(formula, "binomial", label=f"{target} = {event} ~ all", event=event, stand_ins=swapped)


def _regressors(frame: pd.DataFrame, guesses: list[Guess], named: dict[str, str]) -> list[str]:
    """Return the terms of a default model."""
    wide = []
    for place, guess in enumerate(guesses):
        name = guess.column.name
        if guess.role not in ("continuous", "discrete") or float(guess.column.missing.mean()) > _FEWEST:
            continue
        numeric = guess.role == "continuous" and pd.api.types.is_numeric_dtype(frame[name])
        width = 0 if numeric else frame[name].nunique() - 1
        if numeric or 1 <= width < MOST_LEVELS:
            term = named.get(name, name)
            wide.append((width, place, term if numeric else f"C({term})"))
    terms, size = [], 1
    for width, _, term in sorted(wide):
        if size + max(width, 1) <= MOST_TERMS:
            terms.append(term)
            size += max(width, 1)
    return terms


def to_pandas(table: Any) -> pd.DataFrame:
    """Return a table as a pandas frame, once; pandas frames come back as they are."""
    if isinstance(table, pd.DataFrame):
        return table
    if isinstance(table, np.ndarray):
        return pd.DataFrame(table, columns=[f"x{i}" for i in range(table.shape[1])])
    if hasattr(table, "to_pandas"):
        found: pd.DataFrame = table.to_pandas()
        return found
    raise InputError(f"a table of type {type(table).__name__} cannot be read; give a pandas, polars or pyarrow table")


def stand_ins(columns: Sequence[str]) -> dict[str, str]:
    """Return names that a formula can use for the columns whose own names it would read as something else.

    Those that are no Python names or keywords, that Python would normalise, and words that formulas know.
    """
    import patsy.builtins

    taken = {*patsy.builtins.__all__, "np", "Intercept"}
    free = (name for k in count() if (name := f"x{k}") not in columns)
    return {
        name: next(free)
        for name in columns
        if name in taken or not (name.isascii() and name.isidentifier()) or iskeyword(name)
    }


def written(name: str) -> str:
    """Return a regular expression of how a formula may write a name: as it is, or as Python writes it in quotes."""
    return "|".join(re.escape(form) for form in dict.fromkeys((name, repr(name)[1:-1])))
