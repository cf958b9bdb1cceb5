"""The prediction task of a target: which kind it is, and features and target of each table as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.joint.embedding import LEVELS
from synthmix.drift.tables import MISSING, Table, Tables

Kind = Literal["numeric", "binary", "classes"]
Which = Literal["real", "synthetic", "holdout"]
MOST_CLASSES = 50
FEWEST = 20  # rows with a target in each table


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of one table whose target is known.

    Attributes
    ----------
    numbers : array of float64, shape (n, p)
        Features, NaN for missing.
    codes : array of int32, shape (n, q)
        Features with levels; rarer levels than the 50 most frequent of the real rows share one.
    y : array of float64, shape (n,)
        Values of a numeric target, places among the classes of others (binary: 1 is the rarer class).
    groups : array of int32, shape (n, all discrete columns)
        Codes of all discrete columns as they are, to find groups by.
    """

    numbers: NDArray[np.float64]
    codes: NDArray[np.int32]
    y: NDArray[np.float64]
    groups: NDArray[np.int32]

    @property
    def n(self) -> int:
        """Rows."""
        return int(self.y.size)

    def first(self, rows: int) -> Rows:
        """Return the first rows; their order is one that only their values decide and that looks random."""
        return Rows(self.numbers[:rows], self.codes[:rows], self.y[:rows], self.groups[:rows])


@dataclass(frozen=True, eq=False)
class Task:
    """What is to be predicted.

    Attributes
    ----------
    target : str
    kind : {"numeric", "binary", "classes"}
        A numeric column with two values is binary.
    classes : tuple of str
        In the order of their codes; empty for a numeric target.
    names, code_names : tuple of str
        Features with numbers and with levels.
    sizes : tuple of int
        Levels of each feature with levels.
    rows : dict
        "real", "synthetic" and, where there is one, "holdout" to their rows.
    note : str
        Rows that were left out.
    """

    target: str
    kind: Kind
    classes: tuple[str, ...]
    names: tuple[str, ...]
    code_names: tuple[str, ...]
    sizes: tuple[int, ...]
    rows: dict[Which, Rows]
    note: str


def make_task(tables: Tables, target: str) -> Task | str:
    """Return the task, or the reason why there is none."""
    if target not in (*tables.names, *tables.code_names):
        return _why_absent(tables, target)
    sides: dict[Which, Table] = {"real": tables.real, "synthetic": tables.synthetic}
    if tables.holdout is not None:
        sides["holdout"] = tables.holdout
    kind, classes, targets = _targets(tables, target, sides)
    known = {which: np.flatnonzero(~np.isnan(y)) for which, y in targets.items()}
    lacking = [_why_unusable(which, targets[which][known[which]], kind) for which in sides]
    if len(classes) > MOST_CLASSES:
        return f"the target {target!r} has {len(classes)} classes; at most {MOST_CLASSES} are compared"
    if any(lacking):
        return f"the target {target!r} {next(filter(None, lacking))}"
    numeric = [place for place, name in enumerate(tables.names) if name != target]
    discrete = [place for place, name in enumerate(tables.code_names) if name != target]
    if not numeric and not discrete:
        return f"there is no column besides the target {target!r}"
    fewer = [_fewer_levels(tables, place) for place in discrete]
    rows = {
        which: Rows(
            side.numbers[known[which]][:, numeric],
            _recoded(side.codes[known[which]], discrete, fewer),
            targets[which][known[which]],
            side.codes[known[which]],
        )
        for which, side in sides.items()
    }
    left = [f"{side.n - known[which].size} {which} rows" for which, side in sides.items() if known[which].size < side.n]
    note = f"without a target that the real rows have, left out: {', '.join(left)}" if left else ""
    names, code_names = (
        tuple(all_names[place] for place in places)
        for all_names, places in ((tables.names, numeric), (tables.code_names, discrete))
    )
    return Task(target, kind, classes, names, code_names, tuple(int(one.max()) + 1 for one in fewer), rows, note)


def _why_absent(tables: Tables, target: str) -> str:
    if target in tables.sheet.absent:
        return f"the synthetic table has no column {target!r}"
    return f"the target {target!r} identifies rows; it cannot be predicted"


def _targets(
    tables: Tables, target: str, sides: dict[Which, Table]
) -> tuple[Kind, tuple[str, ...], dict[Which, NDArray[np.float64]]]:
    """Return the kind of the task, its classes, and the target of all rows: NaN where it is of no use."""
    if target in tables.code_names:
        place, labels = tables.code_names.index(target), tables.labels[target]
        columns = {which: side.codes[:, place].astype(np.float64) for which, side in sides.items()}
        columns = {which: np.where(y == len(labels) - 1, np.nan, y) for which, y in columns.items()}
        words = {float(code): label for code, label in enumerate(labels) if label.strip() != MISSING}
    else:
        columns = {which: side.numbers[:, tables.names.index(target)] for which, side in sides.items()}
        words = {}
    real = [columns[which][~np.isnan(columns[which])] for which in ("real", "holdout") if which in columns]
    values, counts = np.unique(np.concatenate(real), return_counts=True)
    if not words and values.size > 2:
        return "numeric", (), columns
    if values.size == 2 and counts[1] > counts[0]:
        values = values[::-1]
    classes = tuple(words.get(float(value), f"{value:g}") for value in values)
    coded = {which: _places(y, values) for which, y in columns.items()}
    return ("binary" if values.size <= 2 else "classes"), classes, coded


def _places(y: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the place of each value among `values`, NaN where it is none of them."""
    places = np.full(y.size, np.nan)
    for place, value in enumerate(values[: MOST_CLASSES + 1].tolist()):
        places[y == value] = place
    return places


def _why_unusable(which: str, y: NDArray[np.float64], kind: Kind) -> str:
    if y.size < FEWEST:
        return f"is known in {y.size} {which} rows; {FEWEST} are needed"
    if y.min() == y.max():
        return f"has one {'value' if kind == 'numeric' else 'class'} in the {which} rows"
    return ""


def _fewer_levels(tables: Tables, place: int) -> NDArray[np.int32]:
    """Return the new code of each level: the 50 most frequent ones of the real rows, one for all others."""
    size = len(tables.labels[tables.code_names[place]])
    if size <= LEVELS + 1:
        return np.arange(size, dtype=np.int32)
    new = np.full(size, LEVELS, np.int32)
    counts = np.bincount(tables.real.codes[:, place], minlength=size)
    new[np.argsort(-counts, kind="stable")[:LEVELS]] = np.arange(LEVELS)
    return new


def _recoded(codes: NDArray[np.int32], places: list[int], fewer: list[NDArray[np.int32]]) -> NDArray[np.int32]:
    if not places:
        return np.empty((codes.shape[0], 0), np.int32)
    return np.stack([new[codes[:, place]] for place, new in zip(places, fewer, strict=True)], axis=1)
