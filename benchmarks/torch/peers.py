"""Other ways to make mixed batches, written plainly from their description."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from benchmarks.torch.sizes import LOADED, Size

_ROOM = 4096  # rows of a piece that stays in the cache of a CPU


class MixupItems(Dataset[NDArray[np.float32]]):
    """Item i is row i mixed with a random one, in numpy: what a loader's workers do."""

    def __init__(self, table: NDArray[np.float32]) -> None:
        self.table = table

    def __len__(self) -> int:
        return self.table.shape[0]

    def __getitem__(self, i: int) -> NDArray[np.float32]:
        share = np.float32(np.random.random())  # noqa: NPY002 - what workers usually do
        other = np.random.randint(self.table.shape[0])  # noqa: NPY002
        mixed: NDArray[np.float32] = share * self.table[i] + (1 - share) * self.table[other]
        return mixed


def loader_batches(table: NDArray[np.float32], size: Size, workers: int, device: torch.device) -> Iterator[Tensor]:
    """Yield batches of a loader on the device, without an end."""
    loader = DataLoader(
        MixupItems(table),
        batch_size=min(size.batch, LOADED),
        drop_last=True,
        shuffle=True,
        num_workers=workers,
        pin_memory=device.type == "cuda",
        persistent_workers=workers > 0,
    )
    while True:
        for batch in loader:
            yield batch.to(device, non_blocking=True)


def batch_mixing(table: Tensor, size: Size) -> Callable[[], Tensor]:
    """Return a call that makes one batch as image libraries do: a random batch, its permutation, one weight for all."""
    n, device = table.shape[0], table.device
    order = torch.randperm(n, device=device)
    state = {"at": 0}

    def work() -> Tensor:
        at = state["at"]
        state["at"] = at + size.batch if at + 2 * size.batch <= n else 0
        batch = table[order[at : at + size.batch]]
        share = float(np.random.random())  # noqa: NPY002
        return batch.mul(share).add_(batch[torch.randperm(batch.shape[0], device=device)].mul_(1.0 - share))

    return work


def gather_and_write(table: Tensor, base: Tensor, other: Tensor, share: Tensor) -> Callable[[], Tensor]:
    """Return a call that only gathers two rows and writes their blend, with a plan that is ready: the limit.

    On a GPU one compiled loop, on the CPU pieces that stay in the cache.
    """
    weight = share[:, None]
    if table.device.type == "cuda":

        def blend(table: Tensor, base: Tensor, other: Tensor, weight: Tensor) -> Tensor:
            x = table[base]
            return x + weight * (table[other] - x)

        compiled = torch.compile(blend, dynamic=False)
        return lambda: compiled(table, base, other, weight)
    out = torch.empty((base.shape[0], table.shape[1]), dtype=table.dtype)
    scratch = torch.empty((_ROOM, table.shape[1]), dtype=table.dtype)

    def work() -> Tensor:
        for low in range(0, base.shape[0], _ROOM):
            part = slice(low, low + _ROOM)
            into = out[part]
            second = scratch[: into.shape[0]]
            torch.index_select(table, 0, base[part], out=into)
            torch.index_select(table, 0, other[part], out=second)
            torch.lerp(into, second, weight[part], out=into)
        return out

    return work
