"""Synthesis on a cluster by Dask: the same rows as on one machine, whatever the partitions and whoever makes them.

Row i of a sample is a function of the fitted synthesizer and i alone. So a partition is a range of rows, a task makes
its range, and a task that is lost with its worker is made again elsewhere with the same result. The synthesizer, which
holds the source, is sent once to each worker and not with each task.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import dask
import dask.dataframe as dd
import pandas as pd
from distributed import Client, Future, WorkerPlugin, get_client

from synthmix.arguments import count
from synthmix.errors import InputError, OptionError, SynthmixError
from synthmix.random_state import seed_from
from synthmix.scale.output import kind_of_sink, open_output
from synthmix.scale.progress import Told
from synthmix.scale.progress import progress as telling
from synthmix.scale.rows import Rows
from synthmix.scale.sinks.folder import ParquetFolder, file_name, write_file
from synthmix.scale.sinks.parquet import ParquetOptions
from synthmix.scale.windows import generator
from synthmix.scale.write import Pacing, identity_of
from synthmix.synthesizer import MixupSynthesizer

_HELD: dict[str, Rows] = {}  # what a worker process holds
_PARTITION = 5 << 60  # what numbers are drawn for
_AHEAD = 4  # parts that are handed out for each thread of the cluster
_RETRIES = 10  # of a part whose worker was lost


class _Carrier(WorkerPlugin):  # type: ignore[misc]  # Dask's types are not looked at
    """Brings a synthesizer to every worker, also to those that come later."""

    def __init__(self, token: str, synthesizer: MixupSynthesizer) -> None:
        self.name = token
        self._synthesizer = synthesizer

    def setup(self, worker: Any) -> None:
        del worker
        if self.name not in _HELD:
            _HELD[self.name] = Rows(self._synthesizer.set_params(n_jobs=1))

    def teardown(self, worker: Any) -> None:
        del worker
        _HELD.pop(self.name, None)


class _Here:
    """The rows themselves, where tasks run in this process."""

    def __init__(self, token: str, rows: Rows) -> None:
        self._token, self.rows = token, rows

    def __dask_tokenize__(self) -> str:
        return self._token


def fit(table: dd.DataFrame, target: str | None = None, **options: Any) -> MixupSynthesizer:
    """Collect a Dask DataFrame and fit a synthesizer to it.

    Parameters
    ----------
    table : dask.dataframe.DataFrame
        It must fit into memory here; for a table that does not see :func:`rotate`.
    target : str, optional
        As in :meth:`synthmix.MixupSynthesizer.fit`.
    **options
        Those of :class:`synthmix.MixupSynthesizer`.

    Returns
    -------
    MixupSynthesizer
        The one that is fitted to ``table.compute()``: it depends on the rows and their order, not on the partitions.

    Raises
    ------
    InputError
        `table` is no Dask DataFrame, or cannot be used.
    """
    return MixupSynthesizer(**options).fit(_checked(table).compute().reset_index(drop=True), target=target)


def sample(
    synthesizer: MixupSynthesizer, n_rows: int, npartitions: int | None = None, *, client: Client | None = None
) -> dd.DataFrame:
    """Return the rows of ``synthesizer.sample(n_rows)`` as a Dask DataFrame, made by the workers when it is computed.

    Parameters
    ----------
    synthesizer : MixupSynthesizer
        Fitted. Tables of other types than pandas come as pandas frames.
    n_rows : int
    npartitions : int, optional
        By default one for each 2**18 rows. The rows do not depend on it. Partitions of whole passes over the source
        cost least.
    client : distributed.Client, optional
        By default the current one. Without any, Dask's own threads do the work.

    Returns
    -------
    dask.dataframe.DataFrame
        With known divisions, row numbers as index, and the dtypes of the sample.

    Raises
    ------
    OptionError
        For a number of rows or partitions that cannot be.
    """
    total = count("n_rows", n_rows)
    parts = max(-(-total // 2**18), 1) if npartitions is None else count("npartitions", npartitions)
    if not 1 <= parts <= max(total, 1):
        raise OptionError(f"npartitions={parts}: give 1 to n_rows={total} partitions")
    rows = Rows(synthesizer)
    token = rows.fingerprint()
    client = client or _current_client()
    if client is not None:
        _send(client, token, synthesizer)
    edges = [total * i // parts for i in range(parts + 1)]
    meta = _frame(rows, 0, 2).iloc[:0]
    with dask.config.set({"dataframe.convert-string": False}):  # the dtypes are those of the sample
        return dd.from_map(
            _partition,
            edges[:-1],
            edges[1:],
            held=_Here(token, rows) if client is None else token,
            meta=meta,
            divisions=(*edges[:-1], max(total - 1, 0)),
            label="synthmix",
        )


def to_parquet(
    synthesizer: MixupSynthesizer,
    sink: str | os.PathLike[str],
    n_rows: int,
    *,
    client: Client | None = None,
    row_group_rows: int | None = None,
    compression: str = "auto",
    resume: bool = True,
    progress: Told = False,
) -> Path:
    """Write the rows of ``synthesizer.sample(n_rows)`` to a folder of Parquet files, each by the worker that makes it.

    Parameters
    ----------
    synthesizer : MixupSynthesizer
        Fitted.
    sink : path
        A name without extension, in a folder that all workers see.
    n_rows : int
    client : distributed.Client, optional
        By default the current one.
    row_group_rows : int, optional
        Rows of a file; by default a power of two of about 64 MiB.
    compression : str
        As in :func:`synthmix.scale.stream`.
    resume : bool
        As in :func:`synthmix.scale.stream`; what one of the two began the other can finish.
    progress : bool or callable
        As in :func:`synthmix.scale.stream`.

    Returns
    -------
    Path
        `sink`. The files have the bytes that :func:`synthmix.scale.stream` writes.

    Raises
    ------
    FileError
        The output cannot be written.
    OptionError
        There is no client, or an option is wrong.
    """
    client = client or _current_client()
    if client is None:
        raise OptionError("there is no Dask client; make one, or write with synthmix.scale.stream")
    path, total = Path(sink), count("n_rows", n_rows)
    if kind_of_sink(path, resume=resume) != "folder":
        raise OptionError(f"sink={os.fspath(sink)!r}: workers write a folder of files; give a name without extension")
    rows, options = Rows(synthesizer), ParquetOptions(compression)
    pacing = Pacing.of("64GiB", batch_rows=None, row_group_rows=row_group_rows, compression=compression)
    size = rows.pace(pacing).part_rows
    token = rows.fingerprint()
    _send(client, token, synthesizer)
    identity = identity_of(rows, total, size, compression)
    with (
        open_output(path, rows.schema, options, identity, resume=resume) as output,
        telling(progress, total, output.n_rows) as advance,
    ):
        folder = output.sink
        if not isinstance(folder, ParquetFolder):  # an earlier run has finished it
            return path
        todo = range(output.n_rows // size, -(-total // size))
        room = _AHEAD * max(sum(client.nthreads().values()), 1)
        running: list[Future] = []
        for number in [*todo, *[None] * room]:
            if number is not None:
                place = os.fspath(folder.path.resolve() / file_name(number))
                span = (number * size, min((number + 1) * size, total))
                running.append(client.submit(_write_part, token, place, *span, options, pure=False, retries=_RETRIES))
            if running and (number is None or len(running) >= room):
                written = running.pop(0).result()
                output.adopt({"rows": written})
                advance(written)
    return path


def rotate(table: dd.DataFrame, *, random_state: int | None = None, **options: Any) -> dd.DataFrame:
    """Synthesize a Dask DataFrame that stays partitioned: each partition is a source of its own, mixed raw.

    Parameters
    ----------
    table : dask.dataframe.DataFrame
        Of known meta. No partition may be empty or smaller than a group.
    random_state : int, optional
        The 64-bit seed; partition i has a seed of its own made from it.
    **options
        Those of :class:`synthmix.MixupSynthesizer` but `encoding` and `grid`.

    Returns
    -------
    dask.dataframe.DataFrame
        With the partitions, index and divisions of `table`; numbers come back as float64.

    Raises
    ------
    InputError
        `table` is no Dask DataFrame.
    OptionError
        For an encoding: scores need the ranks of the whole.

    Notes
    -----
    With the default weights (rotation) the mean and the covariance of every partition are kept exactly in every draw,
    hence those of the whole, without any talk between workers. Rows meet only rows of their own partition, so the rows
    do depend on the partitions; sorted tables keep their order between partitions. Text is copied from donors, and
    columns of keys are not looked for: leave them out.
    """
    frame = _checked(table)
    for name in ("encoding", "grid"):
        if name in options:
            raise OptionError(f"{name}= cannot be chosen: partitions are mixed raw; leave it out")
    kinds = {str(name): _word_of(dtype) for name, dtype in frame.dtypes.items()}
    options["columns"] = {**kinds, **(options.get("columns") or {})}
    seed = seed_from(random_state)
    meta = frame._meta.astype({name: "float64" for name, dtype in frame.dtypes.items() if _is_number(dtype)})
    make = dask.delayed(_rotated, pure=True)
    parts = [
        make(part, int(generator(seed, _PARTITION + number).integers(2**63)), options, meta)
        for number, part in enumerate(frame.to_delayed())
    ]
    with dask.config.set({"dataframe.convert-string": False}):
        return dd.from_delayed(parts, meta=meta, divisions=frame.divisions, verify_meta=False)


def _checked(table: Any) -> dd.DataFrame:
    if not isinstance(table, dd.DataFrame):
        raise InputError(f"a {type(table).__name__} is no Dask DataFrame; make one by dask.dataframe.from_pandas")
    return table


def _is_number(dtype: Any) -> bool:
    return bool(pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype))


def _word_of(dtype: Any) -> str:
    """Return the kind of a column by its dtype alone, so that all partitions agree."""
    if _is_number(dtype):
        return "integer" if pd.api.types.is_integer_dtype(dtype) else "real"
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return "datetime"
    return "timedelta" if pd.api.types.is_timedelta64_dtype(dtype) else "categorical"


def _rotated(part: pd.DataFrame, seed: int, options: dict[str, Any], meta: pd.DataFrame) -> pd.DataFrame:
    made = MixupSynthesizer(**options, encoding="raw", random_state=seed).fit(part).sample(len(part))
    frame: pd.DataFrame = made.astype(meta.dtypes.to_dict())
    frame.index = part.index
    return frame


def _current_client() -> Client | None:
    try:
        return get_client()
    except ValueError:
        return None


def _send(client: Client, token: str, synthesizer: MixupSynthesizer) -> None:
    """Bring the synthesizer to all workers, unless they have it."""
    answers = client.run(_holds, token, on_error="return")  # a worker may die while it is asked
    if not all(answer is True for answer in answers.values()):
        client.register_plugin(_Carrier(token, synthesizer), name=token)


def _holds(token: str) -> bool:
    return token in _HELD


def _rows_of(held: str | _Here) -> Rows:
    if isinstance(held, _Here):
        return held.rows
    if held not in _HELD:
        raise SynthmixError(
            "this worker does not hold the synthesizer; call synthmix.dask.sample again with the client that computes"
        )
    return _HELD[held]


def _frame(rows: Rows, start: int, stop: int) -> pd.DataFrame:
    made = rows.synthesizer.sample_rows(start, stop)
    frame: pd.DataFrame = made if isinstance(made, pd.DataFrame) else rows.table(start, stop).to_pandas()
    frame.index = pd.RangeIndex(start, stop)
    return frame


def _partition(start: int, stop: int, held: str | _Here) -> pd.DataFrame:
    return _frame(_rows_of(held), start, stop)


def _write_part(token: str, path: str, start: int, stop: int, options: ParquetOptions) -> int:
    rows = _rows_of(token)
    write_file(Path(path), rows.table(start, stop).combine_chunks(), rows.schema, options)
    return stop - start
