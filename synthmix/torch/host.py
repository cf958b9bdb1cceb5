"""Batches on the CPU by the compiled kernels, which make the same rows several times faster than tensor operations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from synthmix.kernels import records
from synthmix.mixing.execute import Executor
from synthmix.mixing.source import Source
from synthmix.torch.encoded import Batch, EncodedTable


class HostRows:
    """Makes batches of rows that follow each other.

    Parameters
    ----------
    executor : Executor
        Of the fitted synthesizer; it says what changes from pass to pass.
    table : EncodedTable
        On the CPU.
    dtype : torch.dtype
        Of the batches; rows are mixed in the precision of `table`.
    threads : int
        Threads of the kernels. Rows do not depend on it.
    """

    def __init__(self, executor: Executor, table: EncodedTable, dtype: torch.dtype, threads: int) -> None:
        self._table, self._dtype, self._threads = table, dtype, threads
        self._columns = table.latent.shape[1]
        latent = table.latent if table.mixed_target is None else torch.cat([table.latent, table.mixed_target], dim=1)
        self._executor = _SamePasses(replace(executor.source, latent=latent.numpy()), executor)

    def batch(self, start: int, stop: int) -> Batch:
        """Return rows [start, stop)."""
        table, p = self._table, self._columns
        mixed, given = self._executor.mix(start, stop, self._threads, donors=table.has_donors)
        numbers, donors = torch.from_numpy(mixed).to(self._dtype), torch.from_numpy(given)
        target = None
        if table.mixed_target is not None:
            target = numbers[:, p]
        elif table.coded_target is not None:
            target = table.coded_target.index_select(0, donors)
        return Batch(
            continuous=numbers[:, :p],
            codes=table.codes.index_select(0, donors) if table.codes.shape[1] else _no_codes(stop - start),
            missing=None if table.missing is None else table.missing.index_select(0, donors),
            target=target,
            rows=torch.arange(start, stop),
        )


class _SamePasses(Executor):
    """Mixes another matrix by the passes of a fitted source: its cells, also where they are neighbourhoods."""

    def __init__(self, source: Source, original: Executor) -> None:
        super().__init__(source)
        self._original = original

    def pass_arrays(self, number: int, threads: int = 1) -> records.PassArrays:
        """Return the arrays of pass `number` of the fitted source."""
        return self._original.pass_arrays(number, threads)


def _no_codes(rows: int) -> torch.Tensor:
    return torch.from_numpy(np.empty((rows, 0), np.int64))
