"""Into which parts a target cuts a table: its classes, or ranges of a number."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.mixing.cells import ranks_of
from synthmix.table import EncodedTable

Labels = NDArray[np.int64]

CLASS_ROWS = 150  # that a class needs to be a stratum by itself
_RANGE_ROWS = 400  # that a range of a number needs: learners see a cut between ranges, and trees need rows


def strata_by(table: EncodedTable, target: str | None, most: int) -> Labels:
    """Return the stratum of each row (n,), numbered from 0 on: of one part where there is nothing to cut by.

    Parameters
    ----------
    table : EncodedTable
    target : str, optional
        Classes are its levels, those of fewer than 150 rows together. A number is cut into ranges of about as many
        rows, at least 400 each; rows without a value are a class.
    most : int
        Ranges of a number; 1 cuts nothing, not even by classes.
    """
    encoder = table.encoder
    if most > 1 and target in encoder.code_names:
        return pooled(table.codes[:, encoder.code_names.index(target)], CLASS_ROWS)
    if most > 1 and target in encoder.latent_names:
        values = encoder.source_values(table.latent)[:, encoder.latent_names.index(target)]
        of_levels = any(info.name == target and info.role == "discrete" for info in encoder.columns)
        return pooled(ranks_of(values) if of_levels else _ranges(values, most), CLASS_ROWS)
    return np.zeros(len(table.latent), np.int64)


def share_scores(table: EncodedTable, labels: Labels) -> None:
    """Give all rows of a stratum one score in columns that have one value there, in place: that value's median score.

    Equal values have scores of their own, and scores are moved. So a class that is a number could be left.
    """
    values = table.encoder.source_values(table.latent) if labels.any() else table.latent[:0]
    for number in range(1 + int(labels.max()) if values.size else 0):
        rows = np.flatnonzero(labels == number)
        own = values[rows]
        for column in np.flatnonzero((own == own[0]).all(axis=0)):
            scores = table.latent[rows, column]
            table.latent[rows, column] = np.partition(scores, rows.size // 2)[rows.size // 2]


def pooled(labels: NDArray[np.integer], least: int) -> Labels:
    """Return labels from 0 on, those of fewer than `least` rows as one, with the next smallest if they are too few."""
    ranks = ranks_of(labels)
    sizes = np.bincount(ranks)
    small = sizes < least
    if small.any():
        while sizes[small].sum() < least and not small.all():
            small[np.argmin(np.where(small, labels.size, sizes))] = True
        ranks = np.where(small[ranks], sizes.size, ranks)
    return ranks_of(ranks)


def _ranges(values: NDArray[np.float64], most: int) -> Labels:
    """Return the range of each value, from 0 on, and that of the gaps behind them; equal values stay together."""
    known = np.sort(values[~np.isnan(values)])
    edges = known[np.array(_cuts(known, min(most, known.size // _RANGE_ROWS)), np.int64) - 1]
    return np.where(np.isnan(values), edges.size + 1, np.searchsorted(edges, values, side="left")).astype(np.int64)


def _cuts(known: NDArray[np.float64], ranges: int) -> list[int]:
    """Return after how many sorted values to cut, for about as many in each range as equal values allow."""
    ends = np.append(np.flatnonzero(np.diff(known)) + 1, known.size)  # rows up to the end of each distinct value
    found = [0]
    for wanted in known.size * np.arange(1, ranges) / max(ranges, 1):
        cut = int(ends[np.abs(ends - wanted).argmin()])
        if found[-1] + _RANGE_ROWS <= cut <= known.size - _RANGE_ROWS:
            found.append(cut)
    return found[1:]
