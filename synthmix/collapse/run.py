"""All chains of a study, one after the other or in several processes."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from synthmix.collapse.chain import Pace, run_chain
from synthmix.collapse.spec import Spec, Task
from synthmix.collapse.store.store import Store
from synthmix.collapse.world import World
from synthmix.errors import OptionError, SynthmixError

_AHEAD = 2  # chains that are handed out for each worker, so that none waits
_SHARED: dict[str, Any] = {}  # what a worker process holds


def run_all_chains(
    spec: Spec, store: Store, tasks: list[Task], n_jobs: int, pace: Pace, advance: Callable[[], None]
) -> None:
    """Run chains until all are done or the time is over.

    Parameters
    ----------
    spec : Spec
    store : Store
    tasks : list of Task
        That are not done yet.
    n_jobs : int
        Processes; with 1 the chains run in this one.
    pace : Pace
    advance : callable
        Called after every chain.
    """
    if n_jobs == 1 or len(tasks) <= 1:
        world = World(spec)
        for task in tasks:
            if pace.is_over():
                return
            with one_thread():
                ended = run_chain(world, store, task, pace)
            if ended:
                advance()
        return
    _in_processes(spec, store, tasks, min(n_jobs, len(tasks)), pace, advance)


def one_thread() -> ExitStack:
    """Return a context in which linear algebra uses one thread: its last bits depend on their number."""
    stack = ExitStack()
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:  # it comes with scikit-learn
        return stack
    stack.enter_context(threadpool_limits(1))
    return stack


def _in_processes(
    spec: Spec, store: Store, tasks: list[Task], workers: int, pace: Pace, advance: Callable[[], None]
) -> None:
    _check_can_travel(spec)
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(
        workers, mp_context=context, initializer=_begin, initargs=(spec, str(store.folder), pace)
    )
    waiting: Iterator[Task] = iter(tasks)
    with pool:
        running: set[Future[bool]] = set()
        try:
            while True:
                while len(running) < workers * _AHEAD and not pace.is_over():
                    task = next(waiting, None)
                    if task is None:
                        break
                    running.add(pool.submit(_one, task))
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    if future.result():
                        advance()
        except BrokenProcessPool as error:
            raise SynthmixError(
                "a worker process ended without a word: killed for its memory, by a crash of a library, or because a "
                "script that starts a study with n_jobs > 1 has no `if __name__ == '__main__':`; what was done is "
                "kept, run it again with n_jobs=1 to see more"
            ) from error
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _check_can_travel(spec: Spec) -> None:
    """Refuse what cannot be sent to another process, before anything is started."""
    from multiprocessing.reduction import ForkingPickler

    travellers = [*spec.generators, *([] if spec.ruler is None else [spec.ruler])]
    for one in travellers:
        try:
            ForkingPickler.dumps(one)
        except Exception as error:
            name = getattr(one, "name", "ruler")
            raise OptionError(
                f"{name!r} cannot be sent to another process ({error}); use n_jobs=1, or define its functions at the "
                "top level of a module"
            ) from error


def _begin(spec: Spec, folder: str, pace: Pace) -> None:
    """Make a worker ready; it ends with its parent, even when that is killed."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    _SHARED.update(world=World(spec), store=Store(Path(folder), spec.cell_ids), pace=pace)


def _one(task: Task) -> bool:
    pace: Pace = _SHARED["pace"]
    if pace.is_over():
        return False
    with one_thread():
        return run_chain(_SHARED["world"], _SHARED["store"], task, pace)
