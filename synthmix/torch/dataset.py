"""Synthetic rows for ``torch.utils.data.DataLoader``: shared over workers and ranks, or collated by number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Integral
from typing import Any

import torch
from torch import distributed
from torch.utils.data import IterableDataset, get_worker_info

from synthmix.arguments import count
from synthmix.errors import OptionError
from synthmix.synthesizer import MixupSynthesizer
from synthmix.torch.encoded import Batch
from synthmix.torch.sampler import PlanSampler


class MixupDataset(IterableDataset[Batch]):
    """Batches of synthetic rows, every row exactly once over all workers and ranks.

    Give it to ``DataLoader(dataset, batch_size=None, num_workers=...)``: it makes batches itself. Each pair of rank and
    worker takes its own range of rows, of equal length up to one row.

    Parameters
    ----------
    source : PlanSampler or MixupSynthesizer
        A fitted synthesizer stands for ``PlanSampler(source)`` on the CPU. A sampler on a GPU needs ``num_workers=0``.
    n_rows : int
        Rows of an epoch, over all ranks and workers. Epoch e has rows ``[e * n_rows, (e + 1) * n_rows)``.
    batch_size : int
    rank, world_size : int, optional
        Default: those of ``torch.distributed`` where that is initialised when iteration begins (in the main process),
        else 0 and 1.
    drop_last : bool
        Whether each pair of rank and worker leaves out what fills no batch, so that all of them have the same number of
        batches, as gradient averaging over ranks needs. Rows are then no longer met exactly once.

    Raises
    ------
    NotFittedError
    OptionError
        For numbers out of range; while iterating, for a sampler on a GPU inside a worker process.

    Notes
    -----
    Epochs are fresh rows, and the same rows in each run: nothing is drawn. Without :meth:`set_epoch` each iteration is
    the same epoch.
    """

    def __init__(
        self,
        source: PlanSampler | MixupSynthesizer,
        n_rows: int,
        batch_size: int,
        *,
        rank: int | None = None,
        world_size: int | None = None,
        drop_last: bool = False,
    ) -> None:
        self.sampler: PlanSampler = source if isinstance(source, PlanSampler) else PlanSampler(source)
        self.n_rows: int = count("n_rows", n_rows)
        self.batch_size: int = count("batch_size", batch_size)
        if self.batch_size == 0:
            raise OptionError("batch_size=0: give a positive number of rows")
        if (rank is None) != (world_size is None):
            raise OptionError(f"rank={rank!r} and world_size={world_size!r}: give both, or neither")
        self.drop_last = drop_last
        self._ranks = None if rank is None or world_size is None else _ranks(rank, world_size)
        # Shared memory, so that workers that live on hear of a new epoch.
        self._epoch = torch.zeros((), dtype=torch.int64).share_memory_()  # type: ignore[no-untyped-call]

    def set_epoch(self, epoch: int) -> None:
        """Let the next iteration be epoch `epoch`, also in workers that live on."""
        self._epoch.fill_(count("epoch", epoch))

    def __getstate__(self) -> dict[str, Any]:
        """Tell a worker process the rank, which it cannot ask for."""
        return {**self.__dict__, "_ranks": self._own_rank()}

    def _own_rank(self) -> tuple[int, int]:
        if self._ranks is not None:
            return self._ranks
        if distributed.is_available() and distributed.is_initialized():
            return distributed.get_rank(), distributed.get_world_size()
        return 0, 1

    def own_rows(self) -> range:
        """Return the rows that this process makes in this epoch."""
        (rank, world), worker = self._own_rank(), get_worker_info()
        number, of = (0, 1) if worker is None else (worker.id, worker.num_workers)
        share, shares = rank * of + number, world * of
        first = int(self._epoch) * self.n_rows
        if self.drop_last:
            size = self.n_rows // shares // self.batch_size * self.batch_size
            return range(first + share * size, first + (share + 1) * size)
        return range(first + self.n_rows * share // shares, first + self.n_rows * (share + 1) // shares)

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches of this process."""
        if get_worker_info() is not None and self.sampler.device.type != "cpu":
            raise OptionError(
                f"a sampler on {self.sampler.device} cannot serve worker processes; use num_workers=0: it needs none"
            )
        rows = self.own_rows()
        return self.sampler.batches(self.batch_size, rows.start, rows.stop, numbered=True)


def _ranks(rank: int, world_size: int) -> tuple[int, int]:
    """Return a rank and their number as ints; refuse anything else."""
    for name, number in (("rank", rank), ("world_size", world_size)):
        if isinstance(number, bool) or not isinstance(number, Integral):
            raise OptionError(f"{name}={number!r} is not an integer; give a whole number")
    if not 0 <= rank < world_size:
        raise OptionError(f"rank={rank} of world_size={world_size}: ranks are 0 to world_size - 1")
    return int(rank), int(world_size)


class MixupCollate:
    """Makes a batch of the row numbers that a ``DataLoader`` collects.

    ``DataLoader(range(n_rows), batch_size=256, shuffle=True, collate_fn=MixupCollate(sampler))`` gives synthetic rows
    in any order that a sampler of torch draws. :class:`MixupDataset` is faster: its rows follow each other.

    Parameters
    ----------
    source : PlanSampler or MixupSynthesizer
    """

    def __init__(self, source: PlanSampler | MixupSynthesizer) -> None:
        self.sampler: PlanSampler = source if isinstance(source, PlanSampler) else PlanSampler(source)

    def __call__(self, rows: Sequence[int]) -> Batch:
        """Return the batch of synthetic rows with the numbers `rows`."""
        return self.sampler.take(rows)
