"""Into which parts a target cuts a table: its classes, or ranges of a number."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.mixing.cells import ranks_of
from synthmix.mixing.chain.halves import rows_of_half
from synthmix.mixing.chain.ranges import ranges_of
from synthmix.table import EncodedTable

Labels = NDArray[np.int64]

_CLASS_ROWS = 100  # that a class needs to be a stratum by itself
HALF_ROWS = 40  # of a stratum in a half of the screen, on average: what cannot be measured is not cut
_RANGE_ROWS = 400  # that a range of a number needs: learners see a cut between ranges, and trees need rows
_VALUES = 10  # of a column in a stratum: fewer would be given away
_TWO = 2  # values of a number that are classes, as 0 and 1 are


def strata_by(table: EncodedTable, target: str | None, most: int | None) -> Labels:
    """Return the stratum of each row (n,), numbered from 0 on: of one part where there is nothing to cut by.

    Parameters
    ----------
    table : EncodedTable
    target : str, optional
        Classes are its levels, or the values of a number that has two. Classes of fewer than 100 rows, or of fewer than
        40 on average in a half of the screen, are one; where these are most rows nothing is cut. Another number is cut
        into ranges of about as many rows, at least 400 each; rows without a value are a class.
    most : int or None
        Ranges of a number; None cuts by classes alone, 1 not at all.

    Notes
    -----
    Nothing is cut where a continuous column would have values in one to nine rows of a stratum.
    """
    encoder, n = table.encoder, len(table.latent)
    half = rows_of_half(n, table.latent.shape[1] + table.codes.shape[1])
    least = max(_CLASS_ROWS, -(-HALF_ROWS * n // max(half, 1)))
    labels = np.zeros(n, np.int64)
    if most == 1:
        return labels
    if target in encoder.code_names:
        labels = _classes(table.codes[:, encoder.code_names.index(target)], least)
    elif target in encoder.latent_names:
        values = encoder.source_values(table.latent)[:, encoder.latent_names.index(target)]
        if target not in encoder.number_names or has_classes(values):
            labels = _classes(ranks_of(values), least)
        elif most is not None:
            labels = pooled(ranges_of(values, min(most, half // HALF_ROWS), _RANGE_ROWS), least)
    return np.zeros(n, np.int64) if labels.any() and _gives_away(table.latent, labels) else labels


def has_classes(values: NDArray[np.float64]) -> bool:
    """Return whether the values of a number are classes: there are two."""
    return bool(np.unique(values[~np.isnan(values)]).size == _TWO)


def _gives_away(latent: NDArray[np.float64], labels: Labels) -> bool:
    """Return whether some column has so few values in a stratum that they would come back as they are."""
    known = [np.bincount(labels, weights=~np.isnan(column)) for column in latent.T]
    return any(bool(((rows > 0) & (rows < _VALUES)).any()) for rows in known)


def _classes(levels: NDArray[np.integer], least: int) -> Labels:
    """Return the stratum of each row by its level, one for all where few rows have a level of enough rows."""
    ranks = ranks_of(levels)
    sizes = np.bincount(ranks)
    large = sizes[sizes >= least].sum()
    return pooled(ranks, least) if 2 * large >= ranks.size else np.zeros(ranks.size, np.int64)


def share_scores(table: EncodedTable, labels: Labels) -> None:
    """Give all rows of a stratum one score in columns that have one value there, in place: that value's median score.

    Equal values have scores of their own, and scores are moved. So a class that is a number could be left.
    """
    if not labels.any():
        return
    values = table.encoder.source_values(table.latent)
    for number in range(1 + int(labels.max())):
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
