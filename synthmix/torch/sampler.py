"""PlanSampler: the rows of a fitted synthesizer, made on a device."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synthmix.arguments import LAST_ROW, MOST_ROWS, count, one_of, threads_of, too_many_rows
from synthmix.errors import OptionError
from synthmix.kernels import records
from synthmix.mixing.chain.chains import Chains
from synthmix.synthesizer import MixupSynthesizer
from synthmix.torch.chain_rows import ChainRows
from synthmix.torch.compiled import backend_of, compiled
from synthmix.torch.encoded import Batch, EncodedTable, batch_of, encoded_table
from synthmix.torch.host import HostRows
from synthmix.torch.plan.blend import Recipe, recipe
from synthmix.torch.plan.block import plan_rows
from synthmix.torch.plan.laws import Law, law_on
from synthmix.torch.plan.tables import Layout, Passes, PassTables, layout_of, upload

DTYPES = (torch.float32, torch.float64, torch.bfloat16, torch.float16)
_AHEAD_BYTES = 2**29  # of mixed numbers that a GPU makes at once: launching a plan takes as long as mixing 2**27
_AHEAD_PART = 32  # of its memory at most: one in so many
_AHEAD_ROWS = 2**21  # at most; a short row costs its plan
_AHEAD_CPU = 2**16  # rows
_GROUPS_BYTES, _GROUPS_CPU = 2**29, 2**22  # of rotations at once, where each row makes that of its group
_LEAST = 1024  # rows
_MOST_PASSES = 1024  # passes at once: what changes from pass to pass is made on the host
_SPREAD = 4096  # passes over which the rows of one call of `take` may lie


class PlanSampler:
    """Synthetic rows of a fitted synthesizer, made on a device by the same plan as on the CPU.

    Row i has the parents, the weights and the donors that ``synthesizer.plan(i, i + 1)`` states, whatever the device,
    the batch size and the order in which rows are asked for. The rows are encoded: nothing is rounded, clamped or
    decoded, which training has no use for.

    Parameters
    ----------
    synthesizer : MixupSynthesizer
        Fitted. The encoded table is copied to the device; later changes of the synthesizer do not reach it.
    device : torch.device or str, optional
        Default: the CPU.
    dtype : torch.dtype
        Of continuous columns and targets: float32, float64, bfloat16 or float16. Rows are held and mixed in float64 for
        float64, else in float32, and rounded at the end.
    target : str, optional
        A column that batches hold apart, as ``batch.target``: mixed numbers, or codes where it is discrete. For a
        latent map (``encoding=TableVAE()``) only a column that defines classes.
    engine : {"auto", "kernels", "tensors"}
        What makes the rows: the compiled kernels of the package, on the CPU only and by far the faster there, with the
        threads of the synthesizer's ``n_jobs``, or tensor operations. "auto": kernels on the CPU unless `compile` asks
        for a backend, tensors elsewhere. The rows are the same.
    compile : bool or str
        Whether plan and mixing are compiled by ``torch.compile``, which takes seconds to minutes once. "auto"
        (default): on a GPU with Triton. Other names are those of backends.
    ahead : int, optional
        Rows that are made at once, of which batches are views: so the launches of a plan are shared by many batches.
        Default: as many as take 512 MiB or a 32nd of the memory of a GPU (up to 2**21), 2**16 on the CPU, fewer for
        large groups.

    Attributes
    ----------
    device, dtype, ahead
    continuous_names, code_names : tuple of str
        Columns of ``batch.continuous`` and ``batch.codes``; for a latent map its coordinates and the class columns.
    cardinalities : tuple of int
        Number of codes of each code column, for embeddings.
    target : str or None
    n_rows : int
        Rows of the source, which is the number of rows of a pass.

    Raises
    ------
    NotFittedError
    OptionError
        For an unknown device, dtype, target, engine or backend.

    Notes
    -----
    Integers of the plan are equal to those of the compiled kernels, weights are equal to one unit in the last place,
    and mixed values to four. Autocast and global random state neither reach it nor are touched. Nothing waits for the
    device. For local pairings (:class:`synthmix.pairing.Nearest`) the trees of a pass are grown on the host, once for
    each pass, and that time is not hidden. Chained rows are made on the host throughout and copied to the device;
    training that waits for them is better served by ``pairing="nearest"``.

    The method is wrong where a model needs decoded values (grids, ranges, counts): sample tables then.

    References
    ----------
    Salmon et al. (2011), Parallel random numbers: as easy as 1, 2, 3, SC. Lemire (2019), ACM TOMACS 29.
    """

    def __init__(
        self,
        synthesizer: MixupSynthesizer,
        device: torch.device | str | None = None,
        dtype: torch.dtype = torch.float32,
        *,
        target: str | None = None,
        engine: Literal["auto", "kernels", "tensors"] = "auto",
        compile: bool | str = "auto",  # noqa: A002 - the name that torch gives it
        ahead: int | None = None,
    ) -> None:
        executor = synthesizer._check_fitted()
        self.device: torch.device = _device(device)
        self.dtype: torch.dtype = dtype
        if dtype not in DTYPES:
            raise OptionError(f"dtype={dtype!r}: give torch.float32, float64, bfloat16 or float16")
        kept = copy.copy(synthesizer)  # as it is now: a later fit of the original gives it other attributes
        self._made_from = kept, target, engine, compile, ahead
        self.target: str | None = target
        self.n_rows: int = executor.source.n_rows
        self._table = encoded_table(executor.source, synthesizer._encoder, target, self.device, dtype)
        self.continuous_names: tuple[str, ...] = self._table.continuous_names
        self.code_names: tuple[str, ...] = self._table.code_names
        self.cardinalities: tuple[int, ...] = self._table.cardinalities
        self._chain: ChainRows | None = None
        if isinstance(executor, Chains):
            self._by_chain(executor, synthesizer, engine, compile, ahead)
            return
        layout = layout_of(executor)
        self.ahead: int = self._ahead(ahead, layout)
        self._tables = PassTables(executor, self.device, self.ahead)
        self._numbers = torch.arange(self.ahead, device=self.device)
        self._backend = backend_of(compile, self.device)
        self._eager = self._functions(layout, law_on(executor.source.law_arrays, self.device))
        self._plan, self._mix = (compiled(function, self._backend) for function in self._eager)
        self._host: HostRows | None = None
        if self._by_kernels(engine):
            self._host = HostRows(executor, self._table, dtype, threads_of(synthesizer.n_jobs))

    def _by_chain(
        self, executor: Chains, synthesizer: MixupSynthesizer, engine: str, how: bool | str, ahead: int | None
    ) -> None:
        """Become a sampler of chained rows, which the host makes."""
        one_of("engine", engine, ("auto", "kernels", "tensors"))
        if engine == "tensors" or how not in ("auto", False):
            given = "engine='tensors'" if engine == "tensors" else f"compile={how!r}"
            raise OptionError(
                f"{given} does not go with chained pairing, whose trees are kept on the host; leave it out, or fit "
                "with pairing='nearest'"
            )
        self.ahead = _AHEAD_CPU if ahead is None else _positive(ahead)
        table, encoder, threads = self._table, synthesizer._encoder, threads_of(synthesizer.n_jobs)
        self._chain = ChainRows(executor, encoder, table, self.target, self.device, self.dtype, threads)

    def _by_kernels(self, engine: str) -> bool:
        """Return whether the compiled kernels make the rows."""
        one_of("engine", engine, ("auto", "kernels", "tensors"))
        here = self.device.type == "cpu"
        if engine == "kernels" and not here:
            raise OptionError(f"engine='kernels' makes rows on the CPU, not on {self.device}; leave it out")
        return engine == "kernels" or (engine == "auto" and here and self._backend is None)

    def _ahead(self, asked: int | None, layout: Layout) -> int:
        """Return how many rows are made at once."""
        if asked is not None:
            return _positive(asked)
        width = max(self._table.latent.shape[1], 1) * self._table.latent.element_size()
        rows, room = _AHEAD_CPU, _GROUPS_CPU
        if self.device.type != "cpu":
            rows, room = min(_room(self.device) // width, _AHEAD_ROWS), _GROUPS_BYTES
        if layout.scheme == records.GROUPS:
            rows = min(rows, room // (8 * max(layout.group_sizes) ** 2))
        return min(max(rows, _LEAST), _MOST_PASSES * self.n_rows)

    def _functions(self, layout: Layout, law: Law) -> tuple[Any, Any]:
        """Return the two functions that make a batch, plan and mixing.

        They are compiled apart: joined, a compiler might plan a row anew for each of its columns.
        """
        precision, dtype = self._table.latent.dtype, self.dtype
        donors = self._table.has_donors

        def plan(passes: Passes, rows: Tensor) -> Recipe:
            return recipe(plan_rows(layout, passes, law, rows, donors=donors), precision)

        def mix(table: EncodedTable, how: Recipe, rows: Tensor) -> Batch:
            return batch_of(table, how, rows, dtype)

        return plan, mix

    def __getstate__(self) -> dict[str, Any]:
        """Keep what the sampler is made from: tables on a device are made again where it arrives."""
        synthesizer, target, engine, how, ahead = self._made_from
        named = {"target": target, "engine": engine, "compile": how, "ahead": ahead}
        return {"positional": (synthesizer, self.device, self.dtype), "named": named}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(*state["positional"], **state["named"])  # type: ignore[misc]  # unpickling makes it anew

    def rows(self, start: int, stop: int) -> Batch:
        """Return synthetic rows [start, stop).

        Raises
        ------
        OptionError
            For numbers that are negative or no integers, ``stop < start``, or more rows than one call may make.
        """
        first, last = count("start", start), count("stop", stop)
        if last < first:
            raise OptionError(f"rows({start}, {stop}): stop is below start")
        if last - first > MOST_ROWS:
            raise too_many_rows(last - first)
        edges = range(first, max(last, first + 1), self.ahead)
        return Batch.join([self._span(low, min(low + self.ahead, last)) for low in edges])

    def _span(self, start: int, stop: int) -> Batch:
        """Return at most `ahead` rows. Compiled functions get as many as they are compiled for."""
        m = stop - start
        if self._chain is not None:
            return self._chain.batch(start, stop)
        if self._host is not None:
            return self._host.batch(start, stop)
        with torch.no_grad(), torch.autocast(self.device.type, enabled=False):
            if self._backend is None:
                return self._made(*self._eager, start, max(stop, start + 1), self._numbers[:m] + start)
            numbers = (self._numbers + start).clamp(max=max(stop - 1, start))
            return self._made(self._plan, self._mix, start, max(stop, start + 1), numbers).part(0, m)

    def _made(self, plan: Any, mix: Any, start: int, stop: int, rows: Tensor) -> Batch:
        made: Batch = mix(self._table, plan(self._tables.cover(start, stop), rows), rows)
        return made

    def take(self, rows: Sequence[int] | Tensor) -> Batch:
        """Return the synthetic rows with the numbers `rows`, in any order, with repetitions.

        Numbers must be known on the host (a list, an array or a tensor on the CPU). Nothing is compiled for this. What
        changes from pass to pass is made for all passes from the first to the last one asked for.

        Raises
        ------
        OptionError
            For anything but whole numbers (m,), negative or too large ones, and numbers too many passes apart.
        """
        numbers = _row_numbers(rows)
        low, high = (int(numbers.min()), int(numbers.max())) if numbers.size else (0, 0)
        if low < 0:
            raise OptionError(f"rows holds {low}; numbers of rows begin at 0")
        if high >= LAST_ROW:
            raise OptionError(f"rows holds {high}; numbers of rows end before 2**62")
        if high // self.n_rows - low // self.n_rows >= _SPREAD:
            raise OptionError(
                f"rows lie between {low} and {high}, more than {_SPREAD} passes over the table of {self.n_rows} rows; "
                "ask for rows that are nearer to each other"
            )
        if self._chain is not None:
            return self._chain.take(numbers.astype(np.int64))
        on_device = upload(numbers.astype(np.int64), self.device)
        with torch.no_grad(), torch.autocast(self.device.type, enabled=False):
            return Batch.join(
                [self._made(*self._eager, low, high + 1, part) for part in torch.split(on_device, self.ahead)]
            )

    def batches(
        self, batch_size: int, start: int = 0, stop: int | None = None, *, numbered: bool = False
    ) -> Iterator[Batch]:
        """Yield rows [start, stop) in batches, the last one shorter; without an end where `stop` is None.

        Batches are views of up to `ahead` rows that were made together. With `numbered` they carry the numbers of their
        rows, ``batch.rows``, which costs a small batch on a GPU as much again.
        """
        size, first = count("batch_size", batch_size), count("start", start)
        last = None if stop is None else count("stop", stop)
        if size == 0:
            raise OptionError("batch_size=0: give a positive number of rows")
        return self._batches(size, first, last, numbered=numbered)

    def _batches(self, size: int, start: int, stop: int | None, *, numbered: bool) -> Iterator[Batch]:
        step = max(self.ahead // size, 1) * size
        while stop is None or start < stop:
            end = start + step if stop is None else min(start + step, stop)
            made = self.rows(start, end)
            yield from (made if numbered else made._replace(rows=None)).split(size)
            start = end


def _positive(ahead: int) -> int:
    rows = count("ahead", ahead)
    if rows == 0:
        raise OptionError("ahead=0: give a positive number of rows, or None")
    return rows


def _room(device: torch.device) -> int:
    """Return how many bytes of mixed numbers are made at once on a GPU."""
    if device.type != "cuda":
        return _AHEAD_BYTES
    return min(_AHEAD_BYTES, torch.cuda.get_device_properties(device).total_memory // _AHEAD_PART)


def _row_numbers(rows: Any) -> NDArray[np.integer[Any]]:
    """Return numbers of rows, shape (m,), on the host."""
    try:
        numbers = np.asarray(rows.detach().cpu() if isinstance(rows, Tensor) else rows)
    except (ValueError, TypeError, RuntimeError, OverflowError) as error:  # ragged, of bfloat16, on meta
        raise OptionError(f"rows={rows!r} is no sequence of numbers; give whole numbers (m,)") from error
    if numbers.ndim == 1 and numbers.size == 0:
        return np.zeros(0, np.int64)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise OptionError(f"rows has shape {numbers.shape} and {numbers.dtype}; give whole numbers (m,)")
    return numbers


def _device(device: torch.device | str | None) -> torch.device:
    """Return a device that is there."""
    try:
        chosen = torch.device("cpu" if device is None else device)
        torch.empty(0, device=chosen)
    except (RuntimeError, AssertionError, TypeError) as error:
        raise OptionError(f"device={device!r} cannot be used: {str(error).splitlines()[0]}") from error
    if chosen.type == "meta":
        raise OptionError(f"device={device!r} holds no numbers, so no rows; give 'cpu', 'cuda' or another one")
    return chosen
