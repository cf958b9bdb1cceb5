"""What an audit of privacy works on: three tables, common coordinates for distances, rows drawn by a seed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from synthmix.audit.privacy.chosen import Places
from synthmix.audit.privacy.dcr import Pooled, pooled_neighbours
from synthmix.drift.joint.embedding import coordinates
from synthmix.drift.joint.pool import Floats
from synthmix.drift.tables import Table, Tables
from synthmix.errors import InputError


@dataclass(frozen=True)
class Coordinates:
    """Rows of the tables in coordinates in which every column has the same say in a distance.

    Attributes
    ----------
    real, synthetic : array of float64
    holdout : array of float64 or None
    """

    real: Floats
    synthetic: Floats
    holdout: Floats | None

    @property
    def held(self) -> Floats:
        """The holdout, without rows where there is none."""
        return self.real[:0] if self.holdout is None else self.holdout


@dataclass(frozen=True, eq=False)
class Ground:
    """Tables and what every question about them needs.

    Attributes
    ----------
    tables : Tables
    seed, threads : int
    """

    tables: Tables
    seed: int
    threads: int

    @cached_property
    def whole(self) -> Coordinates | None:
        """All columns in coordinates; None where no column varies."""
        everything = list(range(len(self.tables.names))), list(range(len(self.tables.code_names)))
        return self.part(*everything)

    @cached_property
    def pooled(self) -> Pooled | None:
        """The nearest real rows of synthetic rows; None without a holdout, or where no column varies."""
        whole = self.whole
        if whole is None or whole.holdout is None:
            return None
        return pooled_neighbours(whole.real, whole.holdout, whole.synthetic, seed=self.seed, threads=self.threads)

    def part(self, numeric: list[int], discrete: list[int]) -> Coordinates | None:
        """Return some columns in coordinates, None where none varies.

        Real rows and holdout together set scales and levels: neither table is favoured, and what the synthetic table
        holds cannot change how far real rows are from each other.
        """
        tables = self.tables
        sides = [side for side in (tables.real, tables.holdout, tables.synthetic) if side is not None]
        numbers = np.concatenate([side.numbers[:, numeric] for side in sides])
        codes = np.concatenate([side.codes[:, discrete] for side in sides])
        fitted = len(numbers) - tables.synthetic.n
        try:
            found, _, _ = coordinates(numbers, codes, fitted)
        except InputError:
            return None
        n = tables.real.n
        return Coordinates(found[:n], found[fitted:], found[n:fitted] if tables.holdout is not None else None)


def keys_of(tables: list[Table], numeric: list[int], discrete: list[int]) -> list[Places]:
    """Return a number for each row of each table, equal for rows that are equal in the named columns.

    Missing equals missing, and -0.0 equals 0.0.
    """
    columns = [np.concatenate([side.numbers[:, c] for side in tables]) + 0.0 for c in numeric]
    columns += [np.concatenate([side.codes[:, c] for side in tables]) for c in discrete]
    found = np.zeros(sum(side.n for side in tables), np.int64)
    for column in columns:
        _, place = np.unique(column, return_inverse=True)
        _, found = np.unique(found * (int(place.max(initial=0)) + 1) + place, return_inverse=True)
    return np.split(found.astype(np.int64), np.cumsum([side.n for side in tables])[:-1])
