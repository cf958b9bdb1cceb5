"""What the chains of a study share: real rows, their ruler, their measurements. Made anew in every process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.collapse.generators.base import Generator, random_of, rows_of
from synthmix.collapse.regimes.base import UNKNOWN, Batch, Regime
from synthmix.collapse.seeds import seed_of
from synthmix.collapse.spec import Cell, Spec, Task
from synthmix.collapse.starts import order_of, origin_of
from synthmix.table.infer import WORDS

DEAR = ("nearest", "association")
"""Metrics that are not taken of pools: their cost grows faster than a pool, and new rows have them."""


@dataclass(frozen=True, eq=False)
class Start:
    """Generation 0 of the chains of one draw.

    Attributes
    ----------
    origin : Batch
    fresh : pandas.DataFrame
        Real rows that regimes may use later.
    ruler : object
        Measures new rows and pools.
    for_pools : tuple of str, optional
        What is measured of pools; None for everything that the ruler knows.
    measured, measured_as_pool : list
        Of generation 0.
    """

    origin: Batch
    fresh: pd.DataFrame
    ruler: Any
    for_pools: tuple[str, ...] | None
    measured: list[Any]
    measured_as_pool: list[Any]


class World:
    """A study in one process.

    Parameters
    ----------
    spec : Spec
    """

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self._starts: dict[tuple[int, int], Start] = {}
        self._told: dict[str, Generator] = {}

    def generator(self, name: str) -> Generator:
        """Return a generator that knows the kinds of the columns."""
        if name not in self._told:
            self._told[name] = self.spec.generator_of[name].told(self.spec.data.kinds, self.spec.target)
        return self._told[name]

    def regime(self, name: str) -> Regime:
        """Return a regime by its name."""
        return self.spec.regime_of[name]

    def start(self, n: int, draw: int) -> Start:
        """Return generation 0 of a draw, measured once for all its chains."""
        if (n, draw) not in self._starts:
            self._starts[n, draw] = self._start(n, draw)
        return self._starts[n, draw]

    def unseen(self, task: Task) -> pd.DataFrame:
        """Return the fresh rows in the order in which a chain uses them."""
        fresh = self.start(task.cell.n, task.draw).fresh
        size = self.regime(task.cell.regime).fresh_rows(task.cell.n) * self.spec.generations
        if not size:
            return fresh.iloc[:0]
        order = random_of(self.seed("fresh", task, 0)).permutation(len(fresh))[:size]
        return rows_of(fresh, order)

    def seed(self, purpose: str, task: Task, generation: int) -> int:
        """Return the seed of a purpose in a generation of a chain.

        The regime is not part of it: the chains of two regimes share their random numbers, which makes the contrast of
        the regimes sharper.
        """
        generator = self.spec.identity["generators"][task.cell.generator]
        return seed_of(self.spec.seed, purpose, generator, task.cell.n, task.draw, task.chain, generation)

    def _start(self, n: int, draw: int) -> Start:
        frame, spec = self.spec.data.frame, self.spec
        _, apart, rest = np.split(order_of(spec, n, draw), np.cumsum([n, spec.set_apart(n)]))
        table = origin_of(spec, n, draw)
        fresh = rows_of(frame, np.sort(apart)) if spec.fresh is None else spec.fresh
        holdout = rows_of(frame, np.sort(rest)) if rest.size else None
        origin = Batch(table, np.arange(n, dtype=np.int64))
        ruler = self._ruler(table, holdout)
        words = getattr(ruler, "metrics", None)
        cheap = None if words is None else tuple(word for word in words if word not in DEAR)
        options = {"previous": None, "ancestors": origin.ancestors}
        measured = ruler.measure(table, **options, metrics=None), ruler.measure(table, **options, metrics=cheap)
        return Start(origin, fresh, ruler, cheap, *measured)

    def _ruler(self, table: pd.DataFrame, holdout: pd.DataFrame | None) -> Any:
        spec = self.spec
        # A constant column has one value whatever it is called.
        kinds = {name: kind for name, kind in spec.data.kinds.items() if kind in WORDS}
        make = ruler_of(spec)
        return make(table, schema=kinds, target=spec.target, holdout=holdout, metrics=spec.metrics)


def ruler_of(spec: Spec) -> Callable[..., Any]:
    """Return what makes a ruler."""
    if spec.ruler is not None:
        return spec.ruler
    from synthmix.collapse.measure import Ruler

    make: Callable[..., Any] = Ruler.of
    return make


def ancestors_to_tell(ancestors: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Return ancestors as a ruler takes them, -2 for fresh rows, which have none; None where any is unknown."""
    return None if (ancestors == UNKNOWN).any() else ancestors


def where(cell: Cell, generation: int) -> str:
    """Return generator and generation for messages."""
    return f"generator {cell.generator!r}, regime {cell.regime!r}, generation {generation}"
