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

from synthmix.arguments import threads_of
from synthmix.collapse.chain import Pace, run_chain
from synthmix.collapse.spec import Spec, Task
from synthmix.collapse.store.store import Store
from synthmix.collapse.world import World
from synthmix.errors import OptionError, SynthmixError

_AHEAD = 2  # chains that are handed out for each worker, so that none waits
_RETRIES = 10  # of a chain whose worker was lost
_SHARED: dict[str, Any] = {}  # what a worker process holds
_ONE_AT_A_TIME = threading.Lock()


def run_all_chains(
    spec: Spec, store: Store, tasks: list[Task], n_jobs: Any, pace: Pace, advance: Callable[[], None]
) -> None:
    """Run chains until all are done or the time is over.

    Parameters
    ----------
    spec : Spec
    store : Store
    tasks : list of Task
        That are not done yet.
    n_jobs : int or distributed.Client
        Processes; with 1 the chains run in this one. A client runs them on its workers.
    pace : Pace
    advance : callable
        Called after every chain.
    """
    if not isinstance(n_jobs, int):
        _on_cluster(spec, store, tasks, n_jobs, pace, advance)
        return
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


def workers_of(n_jobs: Any) -> Any:
    """Return a number of processes for a number of jobs; a Dask client as it is."""
    return n_jobs if hasattr(n_jobs, "scatter") and hasattr(n_jobs, "get_executor") else threads_of(n_jobs)


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
    with pool:
        try:
            _hand_out(lambda task: pool.submit(_one, task), tasks, workers, pace, advance)
        except BrokenProcessPool as error:
            raise SynthmixError(
                "a worker process ended without a word: killed for its memory, by a crash of a library, or because a "
                "script that starts a study with n_jobs > 1 has no `if __name__ == '__main__':`; what was done is "
                "kept, run it again with n_jobs=1 to see more"
            ) from error
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _hand_out(
    submit: Callable[[Task], Future[bool]], tasks: list[Task], workers: int, pace: Pace, advance: Callable[[], None]
) -> None:
    """Hand out chains, a few more than there are workers, until all are done or the time is over."""
    waiting: Iterator[Task] = iter(tasks)
    running: set[Future[bool]] = set()
    while True:
        while len(running) < workers * _AHEAD and not pace.is_over():
            task = next(waiting, None)
            if task is None:
                break
            running.add(submit(task))
        if not running:
            return
        done, running = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            if future.result():
                advance()


def _on_cluster(
    spec: Spec, store: Store, tasks: list[Task], client: Any, pace: Pace, advance: Callable[[], None]
) -> None:
    """Run chains on the workers of a Dask client, which must see the store's folder.

    What a chain needs is sent once to each worker. A chain whose worker is lost is begun again by another one, from
    the last saved middle.
    """
    _check_can_travel(spec)
    [bundle] = client.scatter([(spec, str(store.folder.resolve()), pace)], broadcast=True)
    workers = max(len(client.nthreads()), 1)
    with client.get_executor(pure=False, retries=_RETRIES) as pool:
        _hand_out(lambda task: pool.submit(_there, bundle, task), tasks, workers, pace, advance)


def _there(bundle: tuple[Spec, str, Pace], task: Task) -> bool:
    """Run a chain in a worker of a cluster, one at a time in each process."""
    with _ONE_AT_A_TIME:
        if _SHARED.get("bundle") is not bundle:
            spec, folder, pace = bundle
            _SHARED.update(bundle=bundle, world=World(spec), store=Store(Path(folder), spec.cell_ids), pace=pace)
        return _one(task)


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
