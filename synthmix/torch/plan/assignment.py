"""Best permutations on a device: the twin of ``synthmix.kernels.donors.assign``, for many small matrices at once.

All matrices take the same steps, as many as the worst one can need; those that are ready wait. Comparisons and sums are
those of the kernel, in its order, so that ties are broken alike.
"""

from __future__ import annotations

import torch
from torch import Tensor


def assign(q: Tensor) -> Tensor:
    """Return the permutations that maximise the sum of q[i, donor[i]] (shortest augmenting paths).

    Parameters
    ----------
    q : Tensor of float64, shape (k, k, m)

    Returns
    -------
    Tensor of int64, shape (k, m)
        The column of each row. The work grows with k**3 operations on k m numbers.
    """
    k, _, m = q.shape
    best = torch.cat([_nearest(-row)[0] for row in q])
    rows = torch.arange(k, device=q.device).unsqueeze(1)
    columns = torch.arange(k + 1, device=q.device).unsqueeze(1)
    # Rows and columns count from 1. Column 0 is where the path of a row begins; row 0 is nobody.
    row_of = torch.zeros((k + 1, m), dtype=torch.int64, device=q.device)
    for i in range(k - 1, -1, -1):  # the first row that asks for a column gets it
        row_of = torch.where(columns == best[i] + 1, i + 1, row_of)
    served = row_of.gather(0, best + 1) == rows + 1
    largest = q.gather(1, best.unsqueeze(1)).squeeze(1)
    u = torch.cat([torch.zeros_like(largest[:1]), -largest])
    v = torch.zeros((k + 1, m), dtype=q.dtype, device=q.device)
    for i in range(1, k):  # the first row always has its column
        row_of = torch.cat([torch.where(served[i], 0, i + 1).unsqueeze(0), row_of[1:]])
        row_of, u, v = _augment(q, row_of, u, v, ~served[i])
    donor = torch.empty((k, m), dtype=torch.int64, device=q.device)
    return donor.scatter(0, row_of[1:] - 1, rows.expand(k, m))


def _augment(q: Tensor, row_of: Tensor, u: Tensor, v: Tensor, running: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Give the row that stands in column 0 a column of its own, where `running` (m,); u and v are prices."""
    k, _, m = q.shape
    slack = torch.full((k + 1, m), torch.inf, dtype=q.dtype, device=q.device)
    before, done = torch.zeros_like(row_of), torch.zeros_like(row_of, dtype=torch.bool)
    column = torch.zeros_like(row_of[:1])
    for _ in range(k):
        done = done.scatter(0, column, done.gather(0, column) | running)
        row = row_of.gather(0, column)
        entries = q.gather(0, (row - 1).clamp(min=0).unsqueeze(1).expand(1, k, m))[0]
        reduced = -entries - u.gather(0, row) - v[1:]
        closer = running & ~done[1:] & (reduced < slack[1:])
        slack = torch.cat([slack[:1], torch.where(closer, reduced, slack[1:])])
        before = torch.cat([before[:1], torch.where(closer, column, before[1:])])
        nearest, step = _nearest(torch.where(done[1:], torch.inf, slack[1:]))
        moved = torch.where(done & running, step, 0.0)
        u = u.scatter_add(0, row_of, moved)  # the rows of done columns differ from each other
        v = v - moved
        slack = torch.where(done | ~running, slack, slack - step)
        column = torch.where(running, nearest + 1, column)
        running = running & (row_of.gather(0, column)[0] != 0)
    for _ in range(k):  # back along the path; column 0 stays where it is
        last = before.gather(0, column)
        row_of = row_of.scatter(0, column, row_of.gather(0, last))
        column = last
    return row_of, u, v


def _nearest(distance: Tensor) -> tuple[Tensor, Tensor]:
    """Return the number of the first of the smallest entries of each column of (k, m), and that entry, (1, m) each."""
    least = distance[:1]
    number = torch.zeros_like(least, dtype=torch.int64)
    for j in range(1, distance.shape[0]):
        less = distance[j : j + 1] < least
        number, least = torch.where(less, j, number), torch.where(less, distance[j : j + 1], least)
    return number, least
