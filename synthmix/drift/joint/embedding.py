"""Mixed tables as numbers: coordinates in which every column has the same say in a distance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.joint.pool import Floats
from synthmix.drift.joint.radius import scores_of
from synthmix.errors import InputError, OptionError, did_you_mean

Scale = Literal["sd", "scores"]
LEVELS = 50  # levels of a column that are looked at one by one; its rarer ones share one more
GAP = 2.0**0.5  # coordinate of a missing number; 0 where there is one


@dataclass(frozen=True)
class Embedding:
    """Two tables in common coordinates.

    Attributes
    ----------
    real, synthetic : array of float64, shape (n, q) and (m, q)
    names : tuple of str
        Of the coordinates: "age", "age (missing)", "colour = 3", "colour = rare".
    note : str
        Columns that vary nowhere, levels that share a coordinate.
    """

    real: Floats
    synthetic: Floats
    names: tuple[str, ...]
    note: str


def embed(
    real: Floats,
    synthetic: Floats,
    real_codes: NDArray[np.integer] | None = None,
    synthetic_codes: NDArray[np.integer] | None = None,
    *,
    names: Sequence[str] | None = None,
    code_names: Sequence[str] | None = None,
    scale: Scale = "sd",
) -> Embedding:
    """Return two tables of numbers and levels in coordinates for distances.

    Parameters
    ----------
    real, synthetic : array of float64, shape (n, p) and (m, p)
        Numeric columns, NaN where missing.
    real_codes, synthetic_codes : array of integers, shape (n, c) and (m, c), optional
        Levels of categorical columns; missing is a level like any other.
    names, code_names : sequence of str, optional
        Columns, for messages and the names of the coordinates.
    scale : {"sd", "scores"}
        How numbers are scaled: by mean and standard deviation of the pooled values, or to pooled normal scores, which
        no outlier dominates and which do not depend on the unit or on any other increasing map of a column.

    Returns
    -------
    Embedding
        Pooled throughout and symmetric in the two tables, so that permutation tests on it stay exact.

    Raises
    ------
    InputError
        For infinite values; the message names the column.

    Notes
    -----
    A standardised number differs from that of another row by 2, squared, in the mean. Levels are 0/1 coordinates: two
    rows with different levels are 2 apart, squared, in that column; a column of many levels, in which rows nearly
    always differ, weighs as much as a number, and one that hardly varies weighs little.
    A column with missing values gets the pooled median where they are, and a second coordinate that is sqrt(2) there
    and 0 elsewhere: a row with a value and one without are 2 apart by that coordinate.
    Columns that are the same in all rows of both tables give no coordinate.
    """
    n = len(real)
    numbers = np.concatenate([real, synthetic])
    codes = None
    if real_codes is not None and synthetic_codes is not None:
        codes = np.concatenate([real_codes, synthetic_codes])
    table, found, note = coordinates(numbers, codes, len(numbers), names=names, code_names=code_names, scale=scale)
    return Embedding(table[:n], table[n:], found, note)


def coordinates(
    numbers: Floats,
    codes: NDArray[np.integer] | None,
    fitted: int,
    *,
    names: Sequence[str] | None = None,
    code_names: Sequence[str] | None = None,
    scale: Scale = "sd",
) -> tuple[Floats, tuple[str, ...], str]:
    """Return the coordinates of all rows, their names and a note; only the first `fitted` rows set scales and levels.

    Further rows have all zeros where their level is not among those of the fitted rows, and a missing value has its
    own coordinate whichever rows have it.
    """
    if scale not in ("sd", "scores"):
        raise OptionError(f"unknown scale {scale!r}{did_you_mean(scale, ('sd', 'scores'))}")
    parts: list[tuple[str, Floats]] = []
    notes: list[str] = []
    for c in range(numbers.shape[1]):
        parts += _number(numbers[:, c], names[c] if names is not None else f"column {c}", scale, notes, fitted)
    codes = np.empty((len(numbers), 0), np.int64) if codes is None else codes
    for c in range(codes.shape[1]):
        parts += _levels(codes[:, c], code_names[c] if code_names is not None else f"levels {c}", notes, fitted)
    if not parts:
        raise InputError("no column varies: there is nothing to compare row by row")
    table = np.stack([column for _, column in parts], axis=1)
    return table, tuple(name for name, _ in parts), "; ".join(notes)


def _number(values: Floats, name: str, scale: Scale, notes: list[str], fitted: int) -> list[tuple[str, Floats]]:
    """Return the coordinates of a numeric column."""
    if np.isinf(values).any():
        raise InputError(f"column {name!r} holds infinite values; clip or drop them before tables are compared")
    missing, found = np.isnan(values), []
    observed = np.sort(values[:fitted][~missing[:fitted]])
    if observed.size and observed[0] < observed[-1]:
        filled = np.where(missing, np.median(observed), values)
        if scale == "scores":
            filled = scores_of(filled, observed)
            found.append((name, filled))
        else:
            largest = np.abs(observed).max()  # so that squares of huge numbers stay finite
            centre, spread = (observed / largest).mean(), (observed / largest).std()
            found.append((name, (filled / largest - centre) / spread))
    elif not missing.any() or missing.all():
        notes.append(f"{name}: the same in all rows")
    if missing.any() and not missing.all():
        found.append((f"{name} (missing)", np.where(missing, GAP, 0.0)))
    return found


def _levels(codes: NDArray[np.integer], name: str, notes: list[str], fitted: int) -> list[tuple[str, Floats]]:
    """Return the coordinates of a categorical column; equally frequent levels in the order of their codes."""
    levels, counts = np.unique(codes[:fitted], return_counts=True)
    if levels.size == 1 and (codes == levels[0]).all():
        notes.append(f"{name}: the same in all rows")
        return []
    kept = levels[np.argsort(-counts, kind="stable")[:LEVELS]] if levels.size > LEVELS + 1 else levels
    found = [(f"{name} = {level}", (codes == level).astype(np.float64)) for level in np.sort(kept)]
    if kept.size < levels.size:
        notes.append(f"{name}: {levels.size - kept.size} rare levels share a coordinate")
        found.append((f"{name} = rare", (~np.isin(codes, kept)).astype(np.float64)))
    return found
