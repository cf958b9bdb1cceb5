"""How far a run is: rows, rate and time left."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Told = bool | Callable[[int, int], None]


@contextmanager
def progress(told: Told, n_rows: int, done: int) -> Iterator[Callable[[int], None]]:
    """Yield a function that is called with the rows of each part.

    Parameters
    ----------
    told : bool or callable
        A function is called with the rows that are done and all rows, after each part. True draws a bar with rate and
        time left on standard error, where that is a terminal.
    n_rows, done : int
        All rows, and those that an earlier run has written.
    """
    if callable(told):
        counted = [done]

        def count(rows: int) -> None:
            counted[0] += rows
            told(counted[0], n_rows)

        yield count
    elif told and sys.stderr.isatty():
        with _bar(n_rows, done) as advance:
            yield advance
    else:
        yield lambda _: None


@contextmanager
def _bar(n_rows: int, done: int) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text("" if task.speed is None else f"{task.speed:,.0f} rows/s")

    columns = (TextColumn("rows"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("rows", total=n_rows, completed=done)
        yield lambda rows: bar.update(task, advance=rows)
