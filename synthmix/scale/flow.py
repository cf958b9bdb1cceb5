"""From batches as they are made to parts as they are written, with both going on at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import repeat
from typing import Any

from synthmix.scale.output import Output


def in_parts(batches: Iterable[Any], part_rows: int) -> Iterator[Any]:
    """Yield the rows of tables as tables of `part_rows`, each in one piece; the last may be shorter.

    What is yielded does not depend on how the rows are cut into `batches`.
    """
    return in_sizes(batches, repeat(part_rows))


def in_sizes(batches: Iterable[Any], sizes: Iterable[int]) -> Iterator[Any]:
    """Yield the rows of tables as tables of the given sizes, each in one piece; the last may be shorter."""
    import pyarrow as pa

    wanted = iter(sizes)
    size = next(wanted, None)
    held: list[Any] = []
    n_held = 0
    for batch in batches:
        begin = 0
        while size is not None and batch.num_rows - begin >= size - n_held:
            taken = size - n_held
            yield pa.concat_tables([*held, batch.slice(begin, taken)]).combine_chunks()
            held, n_held, begin = [], 0, begin + taken
            size = next(wanted, None)
        if begin < batch.num_rows:
            held.append(batch.slice(begin))
            n_held += batch.num_rows - begin
    if held:
        yield pa.concat_tables(held).combine_chunks()


def write_all(output: Output, parts: Iterable[Any], ahead_rows: int, advance: Callable[[int], None]) -> None:
    """Append all parts, in order, by a thread of its own while the next ones are made.

    Parameters
    ----------
    output : Output
    parts : iterable of pyarrow.Table
    ahead_rows : int
        Rows that may wait to be written; the maker of `parts` is held up while there are more.
    advance : callable
        Called with the number of rows of each part after it is written.
    """
    waiting: deque[tuple[int, Future[None]]] = deque()
    pending = 0
    with ThreadPoolExecutor(1, thread_name_prefix="synthmix-writer") as pool:
        try:
            for part in parts:
                while waiting and pending + part.num_rows > ahead_rows:
                    pending -= _next_done(waiting, advance)
                waiting.append((part.num_rows, pool.submit(output.append, part)))
                pending += part.num_rows
                del part
            while waiting:
                _next_done(waiting, advance)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _next_done(waiting: deque[tuple[int, Future[None]]], advance: Callable[[int], None]) -> int:
    rows, future = waiting.popleft()
    future.result()
    advance(rows)
    return rows
