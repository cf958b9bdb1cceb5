"""Decide what a column is: constant, key, continuous or discrete; from its values, or from the user's word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from synthmix.errors import InputError, OptionError, did_you_mean
from synthmix.table.cells import TIMES, Numbers, SourceColumn, Texts
from synthmix.table.info import Role
from synthmix.table.text_time import TextTime, find_text_time

WORDS = ("real", "integer", "boolean", "categorical", "string", "datetime", "timedelta", "key")
KEY_ROWS = 20
KEY_SHARE = 0.95
_EXACT = 2**53


@dataclass(frozen=True, eq=False)
class Finding:
    """What a column is. ``column`` is the column as it is to be encoded: text in ISO form has become times.

    ``doubt`` is what the user ought to hear about an inferred column, empty where nothing was guessed.
    """

    column: SourceColumn
    kind: str
    role: Role
    note: str = ""
    text: TextTime | None = None
    doubt: str = ""


def check_words(words: Mapping[str, str] | None, names: list[str]) -> dict[str, str]:
    """Return the user's words by column name.

    Raises
    ------
    OptionError
        For a word that is no kind.
    InputError
        For a column that the table does not have.
    """
    if not isinstance(words, Mapping | None):
        raise OptionError(f"columns={words!r} is no mapping; give a dictionary from column name to kind")
    checked: dict[str, str] = {}
    for label, word in (words or {}).items():
        if str(label) not in names:
            raise InputError(f"columns names {label!r}, which the table does not have{did_you_mean(label, names)}")
        if word not in WORDS:
            raise OptionError(f"columns={{{label!r}: {word!r}}} is no kind of column{did_you_mean(word, WORDS)}")
        checked[str(label)] = word
    return checked


def find(column: SourceColumn, word: str | None) -> Finding:
    """Return what `column` is.

    Parameters
    ----------
    column : SourceColumn
        The column as it was read.
    word : str or None
        The user's word for it, None to infer. A column with one value or none is constant whatever the word.
    """
    if not column.n_observed:
        doubt = f"column {column.name!r} has no value at all; it comes back all missing: drop it or fill it"
        return Finding(column, "constant", "constant", "every value is missing", doubt=doubt)
    if column.is_constant:
        return Finding(column, "constant", "constant", "one distinct value")
    return _infer(column) if word is None else _obey(column, word)


def _infer(column: SourceColumn) -> Finding:
    family = column.family
    if family == "string":
        timed = find_text_time(column)
        if timed is not None:
            return Finding(timed[0], "datetime", "continuous", "text in ISO 8601 form, read as times", timed[1])
        return _key_of_texts(column) or Finding(column, "string", "discrete")
    if family in ("boolean", "categorical"):
        note = _note_of_categories(column)
        return Finding(column, family, "discrete", note, doubt=note and _doubt_of_categories(column, note))
    if family == "integer":
        return _key_of_integers(column) or Finding(column, "integer", "continuous")
    return Finding(column, family, "continuous")


def _obey(column: SourceColumn, word: str) -> Finding:
    said = "as declared"
    if word == "key":
        return _declared_key(column)
    if word == "categorical" or (word == "string" and column.family in ("string", "categorical")):
        return Finding(column, word, "discrete", said)
    if word == "boolean" and column.n_distinct <= 2:
        return Finding(column, word, "discrete", said)
    if word == "real" and column.family in ("real", "integer", "decimal"):
        return Finding(column, word, "continuous", said)
    if word == "integer" and column.family in ("integer", "real"):
        _check_whole(column)
        return Finding(column, word, "continuous", said)
    if word == "datetime" and column.family == "string":
        timed = find_text_time(column)
        if timed is not None:
            return Finding(timed[0], word, "continuous", said, timed[1])
    if word in ("datetime", "timedelta") and column.family in TIMES:
        return Finding(column, column.family, "continuous", said)
    raise InputError(
        f"column {column.name!r} of dtype {column.dtype} with {column.n_distinct} distinct values cannot be "
        f"{word!r}; {_remedy(column, word)}"
    )


def _remedy(column: SourceColumn, word: str) -> str:
    if word == "boolean":
        return "a boolean column has at most two values: call it 'categorical'"
    if word == "datetime" and column.family == "string":
        return "only text in ISO 8601 form is read as times: convert the column to a datetime dtype first"
    if word in ("real", "integer") and column.family in ("string", "categorical"):
        return "convert the column to numbers first, in pandas by pandas.to_numeric"
    return "leave it out of columns or call it 'categorical'"


def _check_whole(column: SourceColumn) -> None:
    cells = column.cells
    if isinstance(cells, Numbers) and cells.data.dtype.kind == "f":
        bad = np.flatnonzero(~cells.missing & (np.floor(cells.data) != cells.data))
        if bad.size:
            raise InputError(
                f"column {column.name!r} holds {cells.data[bad[0]]} in row {int(bad[0])}, so it cannot be 'integer'; "
                "call it 'real' or leave it out of columns"
            )


def _key_of_texts(column: SourceColumn) -> Finding | None:
    observed = column.n_observed
    if observed < KEY_ROWS or column.n_distinct < KEY_SHARE * observed:
        return None
    facts = f"{column.n_distinct} distinct texts in {observed} rows"
    note = f"{facts}; columns={{{column.name!r}: 'categorical'}} would copy them from donors instead"
    return Finding(column, "key", "key", note, doubt=_doubt_of_key(column, facts))


def _key_of_integers(column: SourceColumn) -> Finding | None:
    cells = column.cells
    if not isinstance(cells, Numbers) or cells.n_missing or cells.data.size < KEY_ROWS:
        return None
    span = cells.extremes[1] - cells.extremes[0] + 1
    if span != cells.data.size or column.n_distinct != span:
        return None
    facts = f"{span} consecutive integers, each once"
    note = f"{facts}; columns={{{column.name!r}: 'integer'}} would mix them as numbers instead"
    return Finding(column, "key", "key", note, doubt=_doubt_of_key(column, facts))


def _doubt_of_key(column: SourceColumn, facts: str) -> str:
    return (
        f"column {column.name!r} looks like a key ({facts}): its values are made anew, or left out with keys='drop'; "
        f"columns={{{column.name!r}: 'categorical'}} keeps them, columns={{{column.name!r}: 'key'}} agrees"
    )


def _note_of_categories(column: SourceColumn) -> str:
    observed = column.n_observed
    if observed < KEY_ROWS or column.n_distinct < KEY_SHARE * observed:
        return ""
    return (
        f"almost every row has a category of its own ({column.n_distinct} in {observed} rows): if it is a key, "
        "convert it to text before fitting, so that it is made anew"
    )


def _doubt_of_categories(column: SourceColumn, note: str) -> str:
    return (
        f"column {column.name!r}: {note}; now its values are copied from donors, "
        f"to which columns={{{column.name!r}: 'categorical'}} agrees"
    )


def _declared_key(column: SourceColumn) -> Finding:
    cells = column.cells
    if isinstance(cells, Texts):
        return Finding(column, "key", "key", "as declared")
    if isinstance(cells, Numbers) and column.family in ("integer", "real"):
        _check_whole(replace(column, family="integer"))
        return Finding(column, "key", "key", "as declared")
    raise InputError(
        f"column {column.name!r} of dtype {column.dtype} cannot be a 'key'; a key is text or whole numbers: "
        "convert it to text"
    )
