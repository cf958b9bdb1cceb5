"""Ranks of a column from one sort: order, sorted values and ties all come out of it.

A row number is put into the low bits of a word and the value's own bits above it, so that numpy's vectorised sort of
words does the work of an argsort in half the time. Where the value's bits do not all fit, rows whose kept bits are
equal are put right afterwards.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.draws import tie_keys
from synthmix.table.cells import Numbers

_WORD = 64  # bits
_SIGN = np.int64(-(2**63))
_REPAIRED_ONE_BY_ONE = 64


class Ranked(NamedTuple):
    """Rows in the order of their values, ties at random, and the values in that order."""

    rows: NDArray[np.int64]
    ordered: NDArray[np.float64]
    n_distinct: int


def ranked(
    values: NDArray[np.float64],
    cells: Numbers,
    decimals: int | None,
    seed: int,
    number: int,
    room: NDArray[np.float64],
) -> Ranked:
    """Rank the observed values of a column.

    Parameters
    ----------
    values : array of shape (n,)
        Numbers; what stands where they are missing is not looked at.
    cells : Numbers
        The cells of the column, which know the missing ones.
    decimals : int or None
        Decimals with which every value is written, None where that is not known.
    seed : int
        64-bit seed of the ties.
    number : int
        The column's place among the latent columns; the unit of a tie's uniform is its row.
    room : array of shape (n,)
        Where the sorted values go.
    """
    rows = np.flatnonzero(~cells.missing) if cells.n_missing else np.arange(values.size)
    observed = values[rows] if cells.n_missing else np.ascontiguousarray(values)
    runs = None if decimals is None else _grid_places(observed, 10.0**decimals)
    if runs is not None:
        order = order_of_runs(runs, rows, seed, number)
        ordered = np.take(observed, order, out=room[: rows.size], mode="clip")  # other modes take through a copy
        return Ranked(rows[order], ordered, int(np.count_nonzero(ordered[1:] != ordered[:-1])) + 1)
    order = order_of_words(words_of(observed))
    ordered = np.take(observed, order, out=room[: rows.size], mode="clip")
    rows = rows[order] if cells.n_missing else order
    equal = ordered[1:] == ordered[:-1]
    if equal.any():
        _shuffle_ties(rows, ordered, equal, seed, number)
    return Ranked(rows, ordered, rows.size - int(np.count_nonzero(equal)))


def _grid_places(values: NDArray[np.float64], scale: float) -> NDArray[np.uint64] | None:
    """Return the place of each value on its grid from the least on; None where the grid has more places than values.

    A grid so short makes ties of most values, and its places are ready to be sorted together with the random keys.
    """
    low = float(values.min())
    if not (float(values.max()) - low) * scale < values.size:
        return None
    places = values * scale
    np.rint(places, out=places)
    places -= np.rint(low * scale)
    return places.astype(np.uint64)


def _shuffle_ties(
    rows: NDArray[np.int64], ordered: NDArray[np.float64], equal: NDArray[np.bool_], seed: int, number: int
) -> None:
    """Put rows whose values are `equal` to those of the row before into random order, in place."""
    tied = np.zeros(rows.size, np.bool_)
    tied[1:] = equal
    tied[:-1] |= equal
    places = np.flatnonzero(tied)
    run = np.zeros(rows.size, np.int64)
    np.cumsum(~equal, out=run[1:])
    shuffled = places[order_of_runs(run[places], rows[places], seed, number)]
    rows[places], ordered[places] = rows[shuffled], ordered[shuffled]  # -0.0 and 0.0 are tied, and not the same


def normal_scores(rows: NDArray[np.int64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fill `scores` (n,) with ``ndtri((rank - 1/2) / n_observed)``, given the observed rows in order; NaN elsewhere."""
    if rows.size < scores.size:
        scores.fill(np.nan)
    scores[rows] = scores_of(rows.size)
    return scores


@lru_cache(maxsize=4)
def scores_of(n: int) -> NDArray[np.float64]:
    """Return the normal scores of the ranks of n values; columns with equally many share them."""
    from scipy.special import ndtri

    scores = np.asarray(ndtri((np.arange(n) + 0.5) / n), np.float64)
    scores.setflags(write=False)
    return scores


def order_of_runs(runs: NDArray[Any], rows: NDArray[np.int64], seed: int, number: int) -> NDArray[np.int64]:
    """Return the places of `rows` by ascending run, at random within a run.

    Rows of a run are ordered by the uniform of their row: by as many of its 53 bits as fit into a word beside the
    number of the run, so that all are used in a column of one run and over forty in a million rows of pairs. Rows
    that agree in these, too, keep their order.
    """
    keys = tie_keys(seed, rows, number)
    words = runs.astype(np.uint64)
    room = min(_WORD - int(words.max(initial=0)).bit_length(), 53)
    words <<= np.uint64(room)
    keys *= 2.0**room
    words |= keys.astype(np.uint64)
    return order_of_words(words)


def words_of(values: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Return unsigned integers in the order of `values`, none of them NaN; -0.0 and 0.0 are equal."""
    bits = (values + 0.0).view(np.int64)  # makes a 0.0 of -0.0, and a copy
    flip = bits >> 63  # all bits of negative values, whose larger sizes come first
    flip |= _SIGN
    bits ^= flip
    return bits.view(np.uint64)


def order_of_words(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the stable order of `keys` (shape (n,)), as ``argsort(kind="stable")`` does."""
    if keys.size < 2:
        return np.zeros(keys.size, np.int64)
    place_bits = (keys.size - 1).bit_length()
    low = keys.min()
    lost = max(0, int(keys.max() - low).bit_length() + place_bits - _WORD)
    words = keys - low
    words >>= np.uint64(lost)
    words <<= np.uint64(place_bits)
    words |= np.arange(keys.size, dtype=np.uint64)
    words.sort()
    order: NDArray[np.int64] = (words & np.uint64((1 << place_bits) - 1)).view(np.int64)
    if lost:
        words >>= np.uint64(place_bits)
        equal = words[1:] == words[:-1]
        if equal.any():
            return _repaired(keys, order, equal)
    return order


def _repaired(keys: NDArray[np.uint64], order: NDArray[np.int64], equal: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Order the rows whose kept bits are `equal` to those of the row before by all their bits."""
    picked = keys[order]
    wrong = np.flatnonzero(picked[1:] < picked[:-1])
    if wrong.size > _REPAIRED_ONE_BY_ONE + keys.size // 256:
        return np.argsort(keys, kind="stable")
    edges = np.flatnonzero(np.concatenate([[True], ~equal, [True]]))
    for run in np.unique(np.searchsorted(edges, wrong, side="right")):
        low, high = edges[run - 1], edges[run]
        part = order[low:high]
        order[low:high] = part[np.argsort(keys[part], kind="stable")]
    return order
