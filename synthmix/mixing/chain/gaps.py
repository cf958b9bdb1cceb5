"""Rows by their pattern of missing values: frequent patterns by themselves, rare ones together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]

_ROWS = 2  # for each column and one more, that a part needs for a covariance of its own


@dataclass(frozen=True)
class Part:
    """Rows of one frequent pattern of missing values, or of all rare ones.

    Attributes
    ----------
    whole : ndarray of bool, shape (p,)
        Columns that have a value in all these rows.
    some : ndarray of bool, shape (p,)
        Columns that have one in some of them only.
    """

    whole: Flags
    some: Flags


class Patterns:
    """The patterns of missing values of a source, and the part that each belongs to.

    Parameters
    ----------
    missing : ndarray of bool, shape (n, p)
    """

    def __init__(self, missing: Flags) -> None:
        words = _words(missing)
        self._known, first, counts = np.unique(words, return_index=True, return_counts=True)
        observed = ~missing[first]
        part_of = _parts(observed, counts)
        self._part_of = part_of
        self.parts: list[Part] = []
        for part in range(int(part_of.max(initial=-1)) + 1):
            own = observed[part_of == part]
            self.parts.append(Part(own.all(axis=0), own.any(axis=0) & ~own.all(axis=0)))

    def rows_of_parts(self, missing: Flags) -> list[NDArray[np.intp] | slice]:
        """Return which of some rows, whose patterns occur in the source, belong to each part."""
        if len(self.parts) == 1:
            return [slice(None)]
        part = self._part_of[np.searchsorted(self._known, _words(missing))]
        return [np.flatnonzero(part == number) for number in range(len(self.parts))]


def _words(missing: Flags) -> NDArray[np.void]:
    """Return each row of flags as one word."""
    packed = np.ascontiguousarray(np.packbits(missing, axis=1))
    if not packed.shape[1]:
        packed = np.zeros((missing.shape[0], 1), np.uint8)
    return packed.view(np.dtype((np.bytes_, packed.shape[1])))[:, 0]


def _parts(observed: Flags, counts: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the part of each pattern: patterns with too few rows for a covariance, and as many more as these need."""
    needed = np.where(observed.any(axis=1), _ROWS * (observed.sum(axis=1) + 1), 0)
    order = np.lexsort((np.arange(counts.size), counts))
    rare = list(order[counts[order] < needed[order]])
    rest = [pattern for pattern in order if counts[pattern] >= needed[pattern]]
    while rare and rest and counts[rare].sum() < _ROWS * (int(observed[rare].all(axis=0).sum()) + 1):
        rare.append(rest.pop(0))
    part_of = np.empty(counts.size, np.intp)
    part_of[rest] = np.arange(len(rest))
    part_of[rare] = len(rest)
    return part_of
