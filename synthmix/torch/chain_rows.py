"""Batches of chained rows: made on the host, where the trees are, and copied to the device."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from synthmix.mixing.chain.chains import Chains
from synthmix.table import TableEncoder
from synthmix.torch.encoded import Batch, EncodedTable
from synthmix.torch.plan.tables import upload

_TILE = 1024  # rows that are made at once for rows asked for one by one


class ChainRows:
    """Makes batches of rows whose columns have parents of their own.

    Parameters
    ----------
    executor : Chains
        Of the fitted synthesizer.
    encoder : TableEncoder
    table : EncodedTable
        Says which columns come in which order.
    target : str, optional
        The column that is held apart.
    device : torch.device
    dtype : torch.dtype
        Of continuous columns and targets.
    threads : int
    """

    def __init__(
        self,
        executor: Chains,
        encoder: TableEncoder,
        table: EncodedTable,
        target: str | None,
        device: torch.device,
        dtype: torch.dtype,
        threads: int,
    ) -> None:
        self._executor, self._device, self._dtype, self._threads = executor, device, dtype, threads
        mixed, coded = encoder.latent_names, encoder.code_names
        self._mixed = [mixed.index(name) for name in table.continuous_names]
        self._coded = [coded.index(name) for name in table.code_names]
        self._mixed_target = mixed.index(target) if target in mixed and table.mixed_target is not None else None
        self._coded_target = coded.index(target) if target in coded and table.coded_target is not None else None
        observed = executor.source.observed
        here = np.maximum((~np.isnan(observed)).sum(axis=0), 1)
        self._means = np.nansum(observed, axis=0) / here  # what stands where a value is missing

    def batch(self, start: int, stop: int) -> Batch:
        """Return rows [start, stop)."""
        columns, codes = self._executor.made(start, stop, self._threads)
        return self._batch(columns, codes, np.arange(start, stop))

    def take(self, numbers: NDArray[np.int64]) -> Batch:
        """Return the rows with these numbers, in any order, with repetitions."""
        p, q = self._executor.source.latent.shape[1], self._executor.source.codes.shape[1]
        columns, codes = np.empty((p, numbers.size)), np.empty((q, numbers.size), np.int32)
        tiles = numbers // _TILE
        for tile in np.unique(tiles):
            asked, first = np.flatnonzero(tiles == tile), int(tile) * _TILE
            last = int(numbers[asked].max()) + 1
            made, levels = self._executor.made(first, last, self._threads)
            columns[:, asked], codes[:, asked] = made[:, numbers[asked] - first], levels[:, numbers[asked] - first]
        return self._batch(columns, codes, numbers)

    def _batch(self, columns: NDArray[np.float64], codes: NDArray[np.int32], rows: NDArray[np.int64]) -> Batch:
        gaps = np.isnan(columns[self._mixed])
        numbers = np.where(gaps, self._means[self._mixed, np.newaxis], columns[self._mixed])
        return Batch(
            continuous=self._sent(numbers.T).to(self._dtype),
            codes=self._sent(codes[self._coded].T.astype(np.int64)),
            missing=self._sent(gaps.T) if self._executor.source.has_missing else None,
            target=self._target(columns, codes),
            rows=self._sent(rows),
        )

    def _target(self, columns: NDArray[np.float64], codes: NDArray[np.int32]) -> Tensor | None:
        if self._mixed_target is not None:
            return self._sent(columns[self._mixed_target]).to(self._dtype)
        if self._coded_target is not None:
            return self._sent(codes[self._coded_target].astype(np.int64))
        return None

    def _sent(self, array: NDArray[np.generic]) -> Tensor:
        return upload(np.ascontiguousarray(array), self._device)
