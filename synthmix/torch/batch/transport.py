"""k-mixup: partners by optimal matching of blocks of rows."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from synthmix.errors import InputError, OptionError
from synthmix.torch.batch.lam import units
from synthmix.torch.batch.tree import Tree, extent_of


class KMixup:
    """Pair blocks of k rows with other blocks of k rows, each pair of blocks matched at least total squared distance.

    A pairing for :func:`mixup_batch` inside a batch; a pool is refused. The batch is put in random order and cut into
    blocks; block t is matched with block t + 1, the last with the first. Every row is a partner once, and none is its
    own. Matched rows are near each other, so that mixing follows the shape of the data: k = 1 is a random permutation,
    a large k is local.

    Parameters
    ----------
    k : int
        Rows in a block, at least 1. A batch of fewer than 2 k rows is cut into two halves.

    Notes
    -----
    The matching is solved on the CPU by the network simplex of POT, in about k^3 for each block; it waits for the
    device, and belongs where batches are made. Distances are those of the rows as given: scale the columns first.

    Raises
    ------
    OptionError
        For k below 1.

    References
    ----------
    Greenewald, Gu, Yurochkin, Solomon and Chien, k-Mixup regularization, TMLR 2023, arXiv 2106.02933.
    """

    inside_batch = True  # partners are rows of the batch, never of a pool

    def __init__(self, k: int) -> None:
        if isinstance(k, bool) or not isinstance(k, int) or k < 1:
            raise OptionError(f"k={k!r} is no block size; give a whole number of rows such as 16")
        self.k = k

    def __call__(self, x: Tree, _y: Tree, generator: torch.Generator | None, /) -> Tensor:
        """Return partners inside the batch, shape (B,).

        Raises
        ------
        InputError
            For rows that are not one tensor of floats, or not finite.
        ModuleNotFoundError
            Without POT.
        """
        batch = extent_of(x)
        if not isinstance(x, Tensor) or not x.dtype.is_floating_point:
            raise InputError(
                "KMixup measures distances between rows of one floating point tensor; pair by a function "
                "that passes it the part of x to compare: lambda x, y, g: KMixup(16)(x['numbers'], y, g)"
            )
        if batch.rows < 2:
            return torch.zeros(batch.rows, dtype=torch.int64, device=batch.device)
        order = units((batch.rows,), batch.device, generator).argsort()
        size = min(self.k, batch.rows // 2)
        other = order.roll(-size)
        points = x.detach().flatten(1).double()
        if not bool(points.isfinite().all()):
            raise InputError("x holds NaN or infinite values, which have no distance; fill them, or leave the rows out")
        partner = torch.empty_like(order)
        for first in range(0, batch.rows, size):
            mine, theirs = order[first : first + size], other[first : first + size]
            partner[mine] = theirs[matching(points[mine], points[theirs])]
        return partner


def matching(a: Tensor, b: Tensor) -> Tensor:
    """Return the permutation s that minimises sum |a_i - b_s(i)|^2, for points (m, d) each.

    Raises
    ------
    ModuleNotFoundError
        Without POT.
    """
    cost = torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist").square().cpu().numpy()
    plan = _ot().emd([], [], cost)  # a vertex of the transport polytope: a permutation matrix / m
    return torch.as_tensor(plan.argmax(1), device=a.device)


def _ot() -> Any:
    try:
        import ot
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("KMixup needs POT, which is not installed; pip install POT", name="ot") from error
    return ot
