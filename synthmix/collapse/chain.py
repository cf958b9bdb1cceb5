"""One chain: generation after generation, each measured, until the last one, an error, or the end of the time."""

from __future__ import annotations

import time
import traceback
import warnings
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from synthmix.collapse.columns import TRAJECTORIES
from synthmix.collapse.generators.check import checked
from synthmix.collapse.regimes.base import UNKNOWN, Batch, Real, State
from synthmix.collapse.spec import Task
from synthmix.collapse.store.checkpoint import Middle, load_middle, save_middle
from synthmix.collapse.store.store import Ended, Store
from synthmix.collapse.world import Start, World, ancestors_to_tell, where

_TEXTS = 20  # warnings that are kept of a chain
_INTEGERS = ("n", "draw", "chain", "generation", "count")


@dataclass(frozen=True)
class Pace:
    """When a chain has to stop and when it saves its middle; no number depends on it.

    Attributes
    ----------
    deadline : float, optional
        Time of the clock (seconds since the epoch) after which no generation is begun.
    checkpoint : float
        Seconds between two savings of the middle.
    """

    deadline: float | None = None
    checkpoint: float = 20.0

    def is_over(self) -> bool:
        """Return whether the time is over."""
        return self.deadline is not None and time.time() >= self.deadline


@dataclass
class _Run:
    """A chain under way."""

    world: World
    task: Task
    start: Start
    state: State
    previous: pd.DataFrame
    generation: int = 0
    rows: list[tuple[object, ...]] = field(default_factory=list)
    before: pd.DataFrame | None = None
    warned: list[str] = field(default_factory=list)

    def numbers(self) -> pd.DataFrame:
        table = pd.DataFrame(self.rows, columns=list(TRAJECTORIES))
        dtypes = {name: "int64" if name in _INTEGERS else "str" for name in TRAJECTORIES} | {"value": "float64"}
        table = table.astype(dtypes)
        return table if self.before is None else pd.concat([self.before, table], ignore_index=True)

    def note(self, kind: str, measured: list[tuple[object, ...]]) -> None:
        place = (*self.task.cell, self.task.draw, self.task.chain, self.generation, kind)
        self.rows += [(*place, *one) for one in measured]


def run_chain(world: World, store: Store, task: Task, pace: Pace) -> bool:
    """Run a chain to its end and write it to the store; False where the time was over before.

    What a generator raises, and rows of it that cannot be used, end the chain and are written with what it had
    measured by then.
    """
    start = world.start(task.cell.n, task.draw)
    run = _resumed(world, store, task, start) or _begun(world, task, start)
    saved, error = time.monotonic(), None
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        unseen = world.unseen(task)
        while run.generation < world.spec.generations and error is None:
            if pace.is_over():
                save_middle(store.path(task, ".part"), _middle(run, heard))
                return False
            error = _step(run, store, unseen)
            if error is None and time.monotonic() - saved >= pace.checkpoint:
                save_middle(store.path(task, ".part"), _middle(run, heard))
                saved = time.monotonic()
    if world.spec.keep == "last" and run.generation:
        store.keep(task, run.generation, run.previous)
    store.write(task, run.numbers(), Ended(run.generation, error, _texts(run, heard)))
    return True


def _begun(world: World, task: Task, start: Start) -> _Run:
    regime = world.regime(task.cell.regime)
    run = _Run(world, task, start, regime.start(start.origin), start.origin.table)
    run.note("new", start.measured)
    if not regime.pool_is_new:
        run.note("pool", start.measured_as_pool)
    return run


def _resumed(world: World, store: Store, task: Task, start: Start) -> _Run | None:
    middle = load_middle(store.path(task, ".part"))
    if middle is None:
        return None
    return _Run(world, task, start, middle.state, middle.previous, middle.generation, [], middle.numbers, middle.warned)


def _middle(run: _Run, heard: list[warnings.WarningMessage]) -> Middle:
    return Middle(run.generation, run.state, run.previous, run.numbers(), _texts(run, heard))


def _step(run: _Run, store: Store, unseen: pd.DataFrame) -> dict[str, object] | None:
    """Make and measure one generation; return what went wrong."""
    number = run.generation + 1
    regime, seed = run.world.regime(run.task.cell.regime), run.world.seed("regime", run.task, number)
    try:
        new = _new_rows(run, number)
        state = regime.step(run.state, new, Real(run.start.origin, unseen, number, seed))
        measured = _measure(run, new, run.previous, None)
        of_pool = [] if regime.pool_is_new else _measure(run, state.pool, None, run.start.for_pools)
    except Exception as error:  # noqa: BLE001 - whatever it is, it ends this chain and no other
        return {
            "generation": number,
            "error": f"{type(error).__name__}: {error}",
            "traceback": "".join(traceback.format_exception(error)),
        }
    run.generation, run.state, run.previous = number, state, new.table
    run.note("new", measured)
    run.note("pool", of_pool)
    if run.world.spec.keep == "all":
        store.keep(run.task, number, new.table)
    return None


def _measure(
    run: _Run, batch: Batch, previous: pd.DataFrame | None, metrics: tuple[str, ...] | None
) -> list[tuple[object, ...]]:
    told = ancestors_to_tell(batch.ancestors)
    found: list[tuple[object, ...]] = run.start.ruler.measure(
        batch.table, previous=previous, ancestors=told, metrics=metrics
    )
    return found


def _new_rows(run: _Run, number: int) -> Batch:
    """Return the rows that the generator makes of the pool, with their ancestors in generation 0."""
    cell, pool = run.task.cell, run.state.pool
    generator = run.world.generator(cell.generator)
    seed = run.world.seed("generator", run.task, number)
    made = generator.make(pool.table, cell.n, seed, pool.weights)
    made = checked(made, pool.table, cell.n, where(cell, number))
    if made.parents is None:
        return Batch(made.table, np.full(cell.n, UNKNOWN, np.int64))
    return Batch(made.table, pool.ancestors[made.parents])


def _texts(run: _Run, heard: list[warnings.WarningMessage]) -> list[str]:
    texts = {f"{one.category.__name__}: {one.message}": None for one in heard}
    return list(dict.fromkeys([*run.warned, *texts]))[:_TEXTS]
