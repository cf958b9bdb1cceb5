"""A line that says how far a study is and how long it will take."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(total: int, done: int, *, wanted: bool | None) -> Iterator[Callable[[], None]]:
    """Yield a function that says that one more chain is done.

    Parameters
    ----------
    total, done : int
        Chains of the study, and those that an earlier run has done: the estimate of the time left leaves them out.
    wanted : bool or None
        None shows the line where standard error is a terminal.
    """
    if not (sys.stderr.isatty() if wanted is None else wanted):
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("chains"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("chains", total=total, completed=done)
        yield lambda: bar.advance(task)
