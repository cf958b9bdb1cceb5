"""Real tables from a folder and its manifest, split once into training rows and a holdout of as many."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
MANIFESTS = ("manifest.json", "manifest.csv")  # in the folder of the tables; else the one beside this file
CAP = 8000  # training rows
SHUFFLE = 0  # key of the one shuffle that all methods and seeds share


@dataclass(frozen=True)
class Entry:
    """A line of a manifest.

    Attributes
    ----------
    file, target : str
    task : {"regression", "classification"}
        The target of a classification is read as levels, numbers as well.
    half : {"choosing", "final"}
        Whether settings may be chosen by this table.
    types : mapping of str to {"category", "time"}
        Columns that are not what they look like.
    drop : sequence of str
        Columns that no synthesizer sees: row numbers, and copies of the target.
    """

    file: str
    target: str
    task: str = "regression"
    half: str = "final"
    types: Mapping[str, str] = field(default_factory=dict)
    drop: Sequence[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return Path(self.file).stem


@dataclass(frozen=True, eq=False)
class Data:
    """A table as every method gets it.

    Attributes
    ----------
    entry : Entry
    train, holdout : pandas.DataFrame
        Numbers are int64 or float64, levels are text, None where missing.
    """

    entry: Entry
    train: pd.DataFrame
    holdout: pd.DataFrame

    @property
    def discrete(self) -> list[str]:
        """Columns of levels."""
        return [name for name in self.train if not pd.api.types.is_numeric_dtype(self.train[name].dtype)]

    @cached_property
    def digest(self) -> str:
        """Of the values: results are of these rows and no others."""
        text = self.train.to_csv(index=False) + self.holdout.to_csv(index=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_manifest(folder: Path, given: Path | None = None) -> list[Entry]:
    """Return the entries of a manifest, JSON or CSV: `given`, or the folder's own, or the one of this benchmark.

    In a CSV file lists are separated by semicolons: ``id;row`` and ``when=time;zip=category``.
    """
    own = [folder / name for name in MANIFESTS if (folder / name).is_file()]
    path = given or (own[0] if own else HERE / "tables.json")
    if path.suffix == ".csv":
        lines = pd.read_csv(path, dtype=str).fillna("").to_dict("records")
    else:
        lines = json.loads(path.read_text(encoding="utf-8"))
    return [_entry({str(name): value for name, value in line.items() if value}) for line in lines]


def _entry(line: dict[str, Any]) -> Entry:
    known = {name: line[name] for name in ("file", "target", "task", "half", "types", "drop") if name in line}
    if isinstance(known.get("types"), str):
        known["types"] = dict(part.split("=", 1) for part in known["types"].split(";"))
    if isinstance(known.get("drop"), str):
        known["drop"] = known["drop"].split(";")
    return Entry(**known)


def read_table(folder: Path, entry: Entry) -> pd.DataFrame:
    """Return a table in the types that all methods get."""
    table = pd.read_csv(folder / entry.file).drop(columns=list(entry.drop))
    unknown = {entry.target, *entry.types} - set(table)
    if unknown:
        raise ValueError(f"{entry.file} has no column {', '.join(sorted(unknown))}, which the manifest names")
    kinds = {**entry.types, **({entry.target: "category"} if entry.task == "classification" else {})}
    return pd.DataFrame({name: _column(table[name], kinds.get(name, "")) for name in table})


def _column(values: pd.Series, kind: str) -> pd.Series:
    if kind == "time":  # in days where all are midnights, else in seconds, since the first one
        times = pd.to_datetime(values)
        since = (times - times.min()).dt.total_seconds()
        unit = 86400.0 if (since.dropna() % 86400.0 == 0.0).all() else 1.0
        values = (since / unit).round()
        return values if values.isna().any() else values.astype("int64")
    numeric = pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype)
    if numeric and kind != "category":
        return values if pd.api.types.is_integer_dtype(values.dtype) else values.astype("float64")
    return values.map(str, na_action="ignore").astype(object).where(values.notna(), None)


def load(folder: Path, entry: Entry, cap: int = CAP) -> Data:
    """Read, shuffle once, and cut into training rows and a holdout of as many."""
    table = read_table(folder, entry)
    order = np.random.Generator(np.random.Philox(key=SHUFFLE)).permutation(len(table))
    rows = min(cap, len(table) // 2)
    train, holdout = (table.iloc[order[k * rows : (k + 1) * rows]].reset_index(drop=True) for k in (0, 1))
    return Data(entry, train, holdout)
