"""Rows by their pattern of missing values: frequent patterns by themselves, rare ones together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]

_ROWS = 2  # for each column and one more, that rows need for a covariance of their own
_LEAST = 10  # rows that a mean and a variance need: of one or two they would be the values themselves


@dataclass(frozen=True)
class Part:
    """Rows of one frequent pattern of missing values, or of all rare ones.

    Attributes
    ----------
    whole : ndarray of bool, shape (p,)
        Columns that have a value in all these rows, which are enough for their covariance.
    some : ndarray of bool, shape (p,)
        Other columns that have values in enough of them for a mean and a variance.
    few : ndarray of bool, shape (p,)
        Columns that have values here, but too few for either.
    """

    whole: Flags
    some: Flags
    few: Flags


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
        self._part_of = _parts(observed, counts)
        number = int(self._part_of.max(initial=-1)) + 1
        self.parts = [_part(observed[own], counts[own]) for own in (self._part_of == i for i in range(number))]

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
    """Return the part of each pattern: rare patterns together, and as many others as they need, the rarest first."""
    needed = [0 if not own.any() else _needed(int(own.sum())) for own in observed]
    order = np.lexsort((np.arange(counts.size), counts))
    rare = [pattern for pattern in order if counts[pattern] < needed[pattern]]
    rest = [pattern for pattern in order if counts[pattern] >= needed[pattern]]
    while rare and rest and not _enough(observed[rare], counts[rare]):
        rare.append(rest.pop(0))
    part_of = np.empty(counts.size, np.intp)
    part_of[rest] = np.arange(len(rest))
    part_of[rare] = len(rest)
    return part_of


def _needed(columns: int) -> int:
    """Return how many rows a covariance of so many columns needs."""
    return max(_ROWS * (columns + 1), _LEAST)


def _enough(observed: Flags, counts: NDArray[np.intp]) -> bool:
    """Return whether rows of these patterns are enough for all that can be given back to them."""
    return not _part(observed, counts).few.any() and counts.sum() >= _needed(int(observed.all(axis=0).sum()))


def _part(observed: Flags, counts: NDArray[np.intp]) -> Part:
    rows = counts @ observed
    whole, there = np.array([column.all() for column in observed.T], bool), rows > 0
    if counts.sum() < _needed(int(whole.sum())):
        whole = np.zeros_like(whole)
    return Part(whole, there & ~whole & (rows >= _LEAST), there & ~whole & (rows < _LEAST))
