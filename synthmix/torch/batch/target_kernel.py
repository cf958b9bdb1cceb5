"""C-Mixup: partners with near labels, drawn exactly from a Gaussian kernel without an n x n matrix."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from synthmix.errors import InputError, OptionError
from synthmix.torch.batch.lam import needed, on_same, units
from synthmix.torch.batch.tree import Tree

LEVELS = 60  # kernel values below 2**-60 of that of the nearest partner are left out; as many proposals for each draw
_RANGE = 1e140  # of a bandwidth, and of labels in bandwidths: their squares are finite
_CELLS = 1 << 22  # numbers in one block of labels against the table


class TargetKernel:
    """Partner j of row i with probability proportional to ``exp(-|y_i - y_j|^2 / (2 h^2))``, over a whole table.

    A pairing for :func:`mixup_batch` with ``pool=``: called with a batch it pairs by the batch's labels, and returns
    rows of the table. A pool of another size than the table is refused.

    Parameters
    ----------
    y : Tensor, shape (n,) or (n, d)
        Real labels of the table. Scale the columns of several labels before.
    bandwidth : float, optional
        h, in the units of `y`. By default Scott's rule, the root mean variance of the labels times n^(-1/(d+4)).
    include_self : bool
        Whether a row can be its own partner, as in the published code. Off by default, for a row paired with itself is
        not mixed. It matters for :meth:`partners`, which knows the rows.

    Notes
    -----
    One label: the table is sorted once, in n log n. Around each row the table is cut where the kernel, relative to that
    of the nearest partner, passes 1, 1/2, 1/4, ..., 2^-60. A part is drawn by its count times its bound, a row of the
    part uniformly, and kept with the probability kernel / bound, which is at least 1/2. Of 60 such proposals the first
    that is kept is the partner. The law is exact up to two deviations: rows whose kernel is below 2^-60 of the nearest
    one's are left out, and with a probability below 2^-60 no proposal is kept and the nearest row is taken. A batch
    costs B (120 log n + 60) and never waits for the device.

    Several labels: all distances of the batch to the table, in blocks of bounded memory; B n operations.

    Raises
    ------
    InputError
        For labels that are not finite numbers of shape (n,) or (n, d), or fewer than two rows without `include_self`.
    OptionError
        For a bandwidth that is not positive, or so far from the labels that squares overflow.

    References
    ----------
    Yao et al., C-Mixup, NeurIPS 2022, arXiv 2210.05775.
    """

    def __init__(self, y: Tensor, bandwidth: float | None = None, *, include_self: bool = False) -> None:
        if not y.dtype.is_floating_point or y.ndim not in (1, 2) or y.numel() == 0:
            raise InputError(f"y is {y.dtype} of shape {tuple(y.shape)}; give floating point labels (n,) or (n, d)")
        self.y: Tensor = y.detach().reshape(y.shape[0], -1).double()
        if not bool(torch.isfinite(self.y).all()):
            raise InputError("y holds NaN or infinite labels; leave those rows out")
        if y.shape[0] < 2 and not include_self:
            raise InputError("y has one row, which has no partner; give two or more rows")
        self.include_self: bool = include_self
        self.table_rows: int = y.shape[0]
        self.bandwidth: float = scott(self.y) if bandwidth is None else float(bandwidth)
        if not 0.0 < self.bandwidth < math.inf:
            raise OptionError(f"bandwidth={bandwidth!r} is not a positive number; it has the units of y")
        largest = float(self.y.abs().max()) / self.bandwidth
        if not (_RANGE**-1 < self.bandwidth < _RANGE and largest < _RANGE):
            raise OptionError(
                f"bandwidth={self.bandwidth:g} with labels up to {largest * self.bandwidth:g}: squares of their ratio "
                "leave double precision; scale the labels, or choose a bandwidth of their size"
            )
        if self.y.shape[1] == 1:
            self._sorted, self._order = self.y[:, 0].sort(stable=True)
            places = torch.arange(y.shape[0], device=y.device)
            self._place = torch.empty_like(self._order).scatter(0, self._order, places)

    def __call__(self, _x: Tree, y: Tree, generator: torch.Generator | None, /) -> Tensor:
        """Return partners in the table for a batch with the labels `y`, shape (B,): any row of the table."""
        if not isinstance(y, Tensor):
            raise InputError(f"y has type {type(y).__name__}; a TargetKernel pairs by one tensor of labels")
        return self.partners_of(y, generator=generator)

    def partners(self, rows: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
        """Return a partner for each of the given rows of the table.

        Parameters
        ----------
        rows : Tensor of int64, shape (B,)
            Row numbers.
        generator : torch.Generator
            Source of the draws, on the device of the labels.

        Raises
        ------
        InputError
            For row numbers of another shape, dtype or device; on the CPU also for rows that the table lacks (on a GPU
            looking at them would wait for it, and indexing fails there).
        """
        if rows.ndim != 1 or rows.dtype != torch.int64 or rows.device != self.y.device:
            raise InputError(
                f"rows is {rows.dtype} of shape {tuple(rows.shape)} on {rows.device}; give row numbers (B,), "
                f"torch.int64, on {self.y.device}"
            )
        if rows.device.type == "cpu" and bool(((rows < 0) | (rows >= self.table_rows)).any()):
            raise InputError(f"rows has numbers outside 0, ..., {self.table_rows - 1}, the rows of the table")
        return self._draw(self.y[rows], None if self.include_self else rows, generator)

    def partners_of(self, y: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
        """Return a row of the table near each of the labels `y`, shape (B,) or (B, d); no row is left out.

        Raises
        ------
        InputError
            For another number of labels in a row than the table has, or a scalar.
        """
        if y.ndim == 0:
            raise InputError("y is a scalar; give labels (B,) or (B, d)")
        labels = y.reshape(y.shape[0], y.shape[1:].numel()).double()
        if labels.shape[1] != self.y.shape[1]:
            raise InputError(f"y has {labels.shape[1]} labels in a row, the table {self.y.shape[1]}")
        return self._draw(labels, None, generator)

    def _draw(self, labels: Tensor, own: Tensor | None, generator: torch.Generator | None) -> Tensor:
        on_same(needed(generator), self.y.device)
        if labels.shape[0] == 0:
            return torch.zeros(0, dtype=torch.int64, device=labels.device)
        if self.y.shape[1] == 1:
            return self._by_rejection(labels[:, 0], own, generator)
        block = max(1, _CELLS // self.y.shape[0])
        drawn = [labels.new_zeros(0, dtype=torch.int64)]
        for first in range(0, labels.shape[0], block):
            rows = None if own is None else own[first : first + block]
            total = _kernel(labels[first : first + block], self.y, self.bandwidth, rows).cumsum(1)
            u = units((total.shape[0], 1), total.device, generator) * total[:, -1:]
            drawn.append(torch.searchsorted(total, u, right=True)[:, 0].clamp_max(self.y.shape[0] - 1))
        return torch.cat(drawn)

    def _by_rejection(self, y: Tensor, own: Tensor | None, generator: torch.Generator | None) -> Tensor:
        """Draw for one label, by proposals from parts on which the kernel varies by a factor of 2."""
        n, b = self._sorted.shape[0], y.shape[0]
        right = torch.searchsorted(self._sorted, y.contiguous()) if own is None else self._place[own] + 1
        left = right if own is None else right - 1  # rows [0, left) and [right, n) can be partners
        below = torch.where(left > 0, y - self._sorted[(left - 1).clamp_min(0)], math.inf)
        above = torch.where(right < n, self._sorted[right.clamp_max(n - 1)] - y, math.inf)
        nearest = torch.where(below <= above, left - 1, right)
        closest = torch.minimum(below, above)
        edges = self._edges(y, closest, left, right)
        starts, sizes = torch.minimum(edges[:, :-1], edges[:, 1:]), (edges[:, 1:] - edges[:, :-1]).abs()
        bounds = torch.exp2(-torch.arange(LEVELS, dtype=y.dtype, device=y.device)).repeat(2)
        starts, sizes = starts.view(b, -1), sizes.view(b, -1)
        total = (sizes * bounds).cumsum(1)
        u = units((3, b, LEVELS), y.device, generator)
        part = torch.searchsorted(total, u[0] * total[:, -1:], right=True).clamp_max(2 * LEVELS - 1)
        place = starts.gather(1, part) + (u[1] * sizes.gather(1, part)).long()
        distance = (self._sorted[place.clamp(0, n - 1)] - y[:, None]).abs()
        near = closest[:, None]
        kernel = torch.exp(-0.5 * ((distance - near) / self.bandwidth) * ((distance + near) / self.bandwidth))
        kept = u[2] * bounds[part] < kernel
        first = place.gather(1, kept.byte().argmax(1, keepdim=True))[:, 0]
        return self._order[torch.where(kept.any(1), first, nearest)]

    def _edges(self, y: Tensor, closest: Tensor, left: Tensor, right: Tensor) -> Tensor:
        """Return places in the sorted table that bound the parts, shape (2 B, LEVELS + 1): below, then above, of a row.

        Rows alternate, so that the parts of a row are neighbours. The nearest row belongs to the first part whatever
        rounding does, for the distances are taken a little larger than they are.
        """
        level = torch.arange(1, LEVELS + 1, dtype=y.dtype, device=y.device)
        reach = torch.sqrt((closest / self.bandwidth)[:, None].square() + 2.0 * math.log(2.0) * level) * self.bandwidth
        reach = reach * (1.0 + 1e-15) + 4e-16 * y.abs()[:, None]
        low = torch.searchsorted(self._sorted, y[:, None] - reach).minimum(left[:, None])
        high = torch.searchsorted(self._sorted, y[:, None] + reach, right=True).maximum(right[:, None])
        below, above = torch.cat([left[:, None], low], 1), torch.cat([right[:, None], high], 1)
        return torch.stack([below, above], 1).flatten(0, 1)


def partner_probabilities(y: Tensor, bandwidth: float | None = None, *, include_self: bool = False) -> Tensor:
    """Return the n x n matrix of probabilities that :class:`TargetKernel` draws from, for small tables and checks.

    Parameters
    ----------
    y : Tensor, shape (n,) or (n, d)
        Labels.
    bandwidth, include_self
        As in :class:`TargetKernel`.

    Returns
    -------
    Tensor, shape (n, n), float64
        Row i holds the probabilities of the partners of row i.

    Examples
    --------
    >>> partner_probabilities(torch.tensor([0.0, 1.0, 3.0]), 1.0)[0]
    tensor([0.0000, 0.9820, 0.0180], dtype=torch.float64)
    """
    made = TargetKernel(y, bandwidth, include_self=include_self)
    own = None if include_self else torch.arange(made.y.shape[0], device=y.device)
    weights = _kernel(made.y, made.y, made.bandwidth, own)
    return weights / weights.sum(1, keepdim=True)


def _kernel(labels: Tensor, table: Tensor, bandwidth: float, own: Tensor | None) -> Tensor:
    """Return kernel values, (B, n), relative to the nearest row; 0 at the rows `own`."""
    square = torch.cdist(labels, table, compute_mode="donot_use_mm_for_euclid_dist").square()
    if own is not None:
        square = square.scatter(1, own[:, None], math.inf)
    return torch.exp(-(square - square.min(1, keepdim=True).values) / (2.0 * bandwidth**2))


def scott(y: Tensor) -> float:
    """Return Scott's bandwidth for labels (n, d): root mean variance times n^(-1/(d+4)); 1 if all labels are equal."""
    n, d = y.shape
    spread = float(y.var(0, correction=0).mean().sqrt())
    return spread * n ** (-1.0 / (d + 4)) if spread > 0.0 else 1.0
