"""The source as trees see it: whole numbers to split by, and targets whose spread a leaf should make small."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.draws import units_of, words_of
from synthmix.kernels.nodes import BINS, PARTS, Columns
from synthmix.kernels.philox import CHAIN
from synthmix.mixing.cells import ranks_of
from synthmix.mixing.source import Source

_PROJECTION = 0x60000000  # draw numbers of the directions of levels
_MANY, _SHARED = 4, 0.95  # a column has levels if so large a share of its values are those of so many rows


@dataclass(frozen=True)
class Features:
    """The columns of a source, the continuous ones before the discrete ones.

    Attributes
    ----------
    columns : Columns
        What trees split by.
    targets : tuple of ndarray of float64, shape (n, r) each
        What a tree for the column makes alike inside its leaves; r is at most PARTS.
    edges : tuple of ndarray of float64
        For each continuous column the latent values halfway between neighbouring distinct values: the code of a mixed
        number is 1 + how many of them lie below.
    atoms : ndarray of bool, shape (p, n)
        Where a continuous column has a value that is copied, never mixed.
    graded : ndarray of bool, shape (p,)
        Continuous columns of which all values are atoms.
    plain : ndarray of bool, shape (p,)
        Continuous columns that are mixed as they are in the table, not as scores.
    """

    columns: Columns
    targets: tuple[NDArray[np.float64], ...]
    edges: tuple[NDArray[np.float64], ...]
    atoms: NDArray[np.bool_]
    graded: NDArray[np.bool_]
    plain: NDArray[np.bool_]


def with_levels(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which columns of `values` (n, p), NaN for missing, have levels: nearly all values are shared."""
    return np.array([_has_levels(rank_codes(column)) for column in values.T], bool)


def features_of(
    source: Source, values: NDArray[np.float64], atom: float, levels_of: NDArray[np.bool_] | None = None
) -> Features:
    """Return the features of a source whose continuous columns have `values` (n, p) in the table, NaN for missing.

    A value that at least the share `atom` of the rows with a value has is one that is copied, as are all of a column
    with levels; `levels_of` (p,) says which these are, where the source is part of a table. With a share of 1 none is.
    """
    ranked, coded, columns = coded_columns(values, source.codes)
    observed = source.observed
    targets = [scores_of(column) for column in ranked]
    targets += [_level_target(column, source.seed, j) for j, column in enumerate(coded)]
    edges = tuple(_edges(column, observed[:, j]) for j, column in enumerate(ranked))
    if levels_of is None:
        levels_of = np.array([_has_levels(column) for column in ranked], bool)
    atoms = np.array([_atoms(*pair, atom) for pair in zip(ranked, levels_of, strict=True)], bool)
    atoms = atoms.reshape(len(ranked), len(values))
    graded = atoms.any(axis=1) & (atoms | (columns.codes[: len(ranked)] == 0)).all(axis=1)
    plain = np.array([np.array_equal(*pair, equal_nan=True) for pair in zip(values.T, observed.T, strict=True)], bool)
    return Features(columns, tuple(targets), edges, atoms, graded, plain)


def coded_columns(
    values: NDArray[np.float64], codes: NDArray[np.int32]
) -> tuple[list[NDArray[np.int64]], list[NDArray[np.int64]], Columns]:
    """Return the ranks of numbers (n, p), the levels of `codes` (n, q) by frequency, and both as trees look at them."""
    ranked = [rank_codes(column) for column in values.T]
    coded = [by_frequency(column) for column in codes.T]
    levels = np.array([False] * len(ranked) + [True] * len(coded))
    return ranked, coded, columns_of(np.stack([*ranked, *coded]).astype(np.int32), levels)


def columns_of(codes: NDArray[np.int32], levels: NDArray[np.bool_]) -> Columns:
    """Return columns of codes (d, n) as trees look at them."""
    bins, tops = np.empty(codes.shape[::-1], np.uint8), np.zeros((codes.shape[0], BINS), np.int32)
    for j, column in enumerate(codes):
        bins[:, j], tops[j] = binned(column, of_levels=bool(levels[j]))
    used = 1 + bins.max(axis=0, initial=0).astype(np.int64)
    return Columns(codes, np.ascontiguousarray(codes.T), bins, used, tops, levels)


def rank_codes(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the place of each value among the distinct ones, from 1 on; 0 for missing."""
    codes = np.zeros(values.size, np.int64)
    known = ~np.isnan(values)
    codes[known] = 1 + ranks_of(values[known])
    return codes


def _atoms(codes: NDArray[np.int64], of_levels: np.bool_, share: float) -> NDArray[np.bool_]:
    """Return where a column has a value that at least `share` of its values are, or any where it has levels."""
    counts = np.bincount(codes, minlength=1)
    counts[0] = 0
    heavy = counts > 0 if of_levels else (counts > 1) & (counts >= share * counts.sum())
    found: NDArray[np.bool_] = (heavy & (share < 1.0))[codes]
    return found


def _has_levels(codes: NDArray[np.int64]) -> bool:
    """Return whether nearly all values of a column are those of many rows."""
    counts = np.bincount(codes)[1:]  # the first number is that of gaps
    return bool(counts[counts >= _MANY].sum() >= _SHARED * counts.sum())


def by_frequency(codes: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return levels numbered from the most frequent one on, so that only rare ones share a place in a tree."""
    counts = np.bincount(codes)
    place = np.empty(counts.size, np.int64)
    place[np.argsort(-counts, kind="stable")] = np.arange(counts.size)
    return place[codes]


def binned(codes: NDArray[np.int32], *, of_levels: bool) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Return the bin of each code, and the largest code of each bin: as many rows in each, but for heavy values."""
    if of_levels:
        return np.minimum(codes, BINS - 1).astype(np.uint8), np.arange(BINS, dtype=np.int32)
    counts = np.bincount(codes)
    if counts.size <= BINS:
        bin_of = np.arange(counts.size)
    else:
        room = np.minimum(counts, codes.size / BINS)  # a heavy value takes one bin, not the room of many
        middle = np.cumsum(room) - room / 2
        bin_of = np.minimum((middle * BINS / room.sum()).astype(np.int64), BINS - 1)
    tops = np.zeros(BINS, np.int32)
    np.maximum.at(tops, bin_of, np.arange(counts.size, dtype=np.int32))
    return bin_of[codes].astype(np.uint8), tops


def scores_of(codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return normal scores of middle ranks, (n, 1), 0 where the value is missing."""
    from scipy.special import ndtri

    counts = np.bincount(codes)
    counts[0] = 0
    middle = (np.cumsum(counts) - counts / 2) / max(int(counts.sum()), 1)
    scores = np.zeros(counts.size)
    scores[1:] = ndtri(middle[1:])
    return np.ascontiguousarray(scores[codes][:, np.newaxis])


def _level_target(codes: NDArray[np.int64], seed: int, number: int) -> NDArray[np.float64]:
    """Return numbers whose sum of squares in a leaf is its Gini impurity: exactly for few levels, else on average."""
    from scipy.special import ndtri

    n_levels = int(codes.max()) + 1
    if n_levels <= 2:
        return codes.astype(np.float64)[:, np.newaxis]
    own = np.eye(n_levels)
    if n_levels > PARTS:
        words = words_of(seed, number * PARTS * n_levels, PARTS * n_levels, CHAIN, _PROJECTION)
        normal = ndtri(np.maximum(units_of(words[0], words[1]), 2.0**-54))
        own = normal.reshape(n_levels, PARTS) / np.sqrt(PARTS)
    return np.ascontiguousarray(own[codes])


def _edges(codes: NDArray[np.int64], latent: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the latent values halfway between the rows of neighbouring codes."""
    known = codes > 0
    if not known.any():
        return np.empty(0)
    order = np.argsort(latent[known], kind="stable")
    sorted_codes, sorted_latent = codes[known][order], latent[known][order]
    last = np.flatnonzero(np.diff(sorted_codes))
    return (sorted_latent[last] + sorted_latent[last + 1]) / 2
