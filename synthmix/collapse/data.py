"""The real table of a study: read once, its columns told apart once, its content hashed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from synthmix.errors import InputError, did_you_mean
from synthmix.table.cells import Numbers
from synthmix.table.continuous import check_values
from synthmix.table.frames import read_table
from synthmix.table.infer import Finding, check_words, find
from synthmix.warn import warn_caller


@dataclass(frozen=True, eq=False)
class StudyData:
    """The real rows of a study.

    Attributes
    ----------
    frame : pandas.DataFrame
        Without columns that are keys.
    kinds : dict of str to str
        Column to kind, found in all rows: "real", "integer", "boolean", "categorical", "string", "datetime", ...
    source : str or None
        Absolute path of the file that it was read from.
    sha256 : str
        Of names, dtypes and values, in the order of rows and columns.
    """

    frame: pd.DataFrame
    kinds: dict[str, str]
    source: str | None
    sha256: str

    @classmethod
    def of(cls, given: Any, schema: Mapping[str, str] | None) -> StudyData:
        """Read a table, or the CSV or Parquet file at a path.

        Raises
        ------
        InputError
            For a table or a column that cannot be used, or a schema that names a column that is not there.
        """
        source = None
        if isinstance(given, str | os.PathLike):
            from synthmix import io

            source = str(Path(given).resolve())
            given = io.read_table(given)
        frame = _pandas(given)
        columns = read_table(frame).columns
        words = check_words(schema, [column.name for column in columns])
        findings = [find(column, words.get(column.name)) for column in columns]
        kinds = {found.column.name: found.kind for found in findings if found.role != "key"}
        for found in findings:
            if found.role == "key":
                name = found.column.name
                text = f"column {name!r} is a key and is left out of the study ({found.note})"
                warn_caller(text)
            elif found.role == "continuous":
                _check_size(found)
        if not kinds:
            raise InputError("every column of the table is a key; a study needs one that is not")
        frame = frame[list(kinds)].reset_index(drop=True)
        return cls(frame, kinds, source, hash_of(frame))

    def resolve_target(self, target: str | None) -> str | None:
        """Return the target.

        Raises
        ------
        InputError
            When it is no column of the study.
        """
        if target is not None and target not in self.kinds:
            raise InputError(f"target {target!r} is not a column of the study{did_you_mean(target, self.kinds)}")
        return target


def _check_size(found: Finding) -> None:
    """Refuse numbers whose squares overflow: no generator and no measure could use them."""
    cells = found.column.cells
    if isinstance(cells, Numbers) and cells.data.dtype.kind == "f":
        check_values(found.column, cells)


def hash_of(frame: pd.DataFrame) -> str:
    """Return the SHA-256 of names, dtypes and values of a table."""
    digest = hashlib.sha256()
    for name in frame.columns:
        digest.update(f"{name}\x00{frame[name].dtype}\x00".encode())
        digest.update(pd.util.hash_pandas_object(frame[name], index=False).to_numpy().tobytes())
    return digest.hexdigest()


def _pandas(given: Any) -> pd.DataFrame:
    """Return a table of any frame type as a pandas one whose column names are text."""
    if isinstance(given, np.ndarray):
        if given.ndim != 2:
            raise InputError(f"the data have shape {given.shape}; give a table, or an array with two dimensions")
        return pd.DataFrame(given, columns=[f"x{place}" for place in range(given.shape[1])])
    if not isinstance(given, pd.DataFrame):
        read_table(given)  # refuses what is no table, in the words of all of synthmix
        given = given.to_pandas()  # polars and Arrow
    frame: pd.DataFrame = given
    unnamed = [name for name in frame.columns if not isinstance(name, str)]
    if unnamed:
        raise InputError(f"column {unnamed[0]!r} has a name that is no text; rename it: table.columns = [...]")
    return frame
