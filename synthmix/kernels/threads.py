"""Python threads that call nogil kernels on disjoint parts of the work: results do not depend on their number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


def run_all(work: Callable[[T], None], parts: Sequence[T], threads: int) -> None:
    """Call ``work(part)`` for every part, in up to `threads` Python threads."""
    if min(threads, len(parts)) <= 1:
        for part in parts:
            work(part)
        return
    with ThreadPoolExecutor(min(threads, len(parts))) as pool:
        for future in [pool.submit(work, part) for part in parts]:
            future.result()


@contextmanager
def one_core() -> Iterator[None]:
    """Keep OpenMP work of the calling thread, such as boosted trees, on one core.

    Each thread has this setting for itself. On a busy machine threads that wait for each other cost more than they
    save.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="openmp"):
        yield
