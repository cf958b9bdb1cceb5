"""What a study is: everything that decides its numbers, as objects and as JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import pandas as pd

from synthmix.collapse.data import StudyData, hash_of
from synthmix.collapse.generators.base import Generator
from synthmix.collapse.generators.described import described
from synthmix.collapse.regimes.base import Regime
from synthmix.collapse.seeds import sha256_of

FORMAT = 1
"""Version of the numbers and files of a study; a change of either counts it up."""


class Cell(NamedTuple):
    """One combination of a study."""

    generator: str
    regime: str
    n: int


class Task(NamedTuple):
    """One chain of one cell."""

    cell: Cell
    draw: int
    chain: int


@dataclass(frozen=True, eq=False)
class Spec:
    """A checked study; :class:`~synthmix.collapse.CollapseStudy` makes it."""

    data: StudyData
    generators: tuple[Generator, ...]
    regimes: tuple[Regime, ...]
    sizes: tuple[int, ...]
    generations: int
    replicates: int
    data_draws: int
    metrics: tuple[str, ...] | None
    monitors: dict[str, Any] | None
    keep: str
    seed: int
    target: str | None
    schema: dict[str, str]
    fresh: pd.DataFrame | None
    ruler: Callable[..., Any] | None
    controls: tuple[str, ...]
    has_controls: bool
    words: dict[str, str] = field(default_factory=dict)

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Every cell, in the order of the study."""
        return tuple(
            Cell(generator.name, regime.name, n)
            for generator in self.generators
            for regime in self.regimes
            for n in self.sizes
        )

    @cached_property
    def tasks(self) -> tuple[Task, ...]:
        """Every chain; one of each cell comes before the second of any, so that partial results are balanced."""
        return tuple(
            Task(cell, draw, chain)
            for draw in range(self.data_draws)
            for chain in range(self.replicates)
            for cell in self.cells
        )

    @cached_property
    def generator_of(self) -> dict[str, Generator]:
        """Generators by name."""
        return {generator.name: generator for generator in self.generators}

    @cached_property
    def regime_of(self) -> dict[str, Regime]:
        """Regimes by name."""
        return {regime.name: regime for regime in self.regimes}

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What decides every number of the study, JSON-able."""
        return {
            "data": {"sha256": self.data.sha256, "rows": len(self.data.frame), "kinds": self.data.kinds},
            "fresh": None if self.fresh is None else hash_of(self.fresh),
            "generators": {generator.name: generator.describe() for generator in self.generators},
            "regimes": {regime.name: regime.describe() for regime in self.regimes},
            "n": list(self.sizes),
            "generations": self.generations,
            "replicates": self.replicates,
            "data_draws": self.data_draws,
            "metrics": None if self.metrics is None else list(self.metrics),
            "monitors": self.monitors,
            "keep": self.keep,
            "seed": self.seed,
            "target": self.target,
            "schema": self.schema,
            "controls": list(self.controls),
            "has_controls": self.has_controls,
            "ruler": None if self.ruler is None else described(self.ruler),
        }

    @cached_property
    def cell_ids(self) -> dict[Cell, str]:
        """Every cell's address: the SHA-256 of what decides its numbers.

        Replicates, monitors and the other generators and regimes do not, except for the fresh rows that regimes use,
        which are set apart for all cells alike.
        """
        shared = {
            name: value
            for name, value in self.identity.items()
            if name
            not in ("generators", "regimes", "n", "replicates", "data_draws", "monitors", "controls", "has_controls")
        }
        return {cell: self._address(cell, shared) for cell in self.cells}

    def _address(self, cell: Cell, shared: dict[str, Any]) -> str:
        own = {
            "format": FORMAT,
            "generator": [cell.generator, self.identity["generators"][cell.generator]],
            "regime": [cell.regime, self.identity["regimes"][cell.regime]],
            "n": cell.n,
            "set_apart": self.set_apart(cell.n),
        }
        return sha256_of({**shared, **own})

    def set_apart(self, n: int) -> int:
        """Return how many rows of the data are kept for the regimes that use fresh rows."""
        return 0 if self.fresh is not None else self.fresh_needed(n)

    def fresh_needed(self, n: int) -> int:
        """Return the largest number of fresh rows that a chain of a regime uses."""
        return max((regime.fresh_rows(n) for regime in self.regimes), default=0) * self.generations
