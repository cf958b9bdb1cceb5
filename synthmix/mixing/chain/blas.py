"""Linear algebra by one thread, so that the last bits do not depend on how many there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController

_lock = Lock()
_inside: list[Any] = []  # the limit, once for each thread of ours that is inside


@cache
def _controller() -> Any:
    """Return what controls the libraries that are loaded; to look for them takes milliseconds, so it is done once."""
    return ThreadpoolController()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let BLAS and LAPACK use one thread, as long as anybody is inside: the number belongs to the whole process."""
    with _lock:
        _inside.append(_inside[-1] if _inside else _controller().limit(limits=1, user_api="blas"))
    try:
        yield
    finally:
        with _lock:
            limit = _inside.pop()
            if not _inside:
                limit.restore_original_limits()
