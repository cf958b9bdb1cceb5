"""Numbers of which the other columns tell nearly all: they may be drawn range by range, as a target is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import OptionError, did_you_mean
from synthmix.kernels.descend import descend, steps_of
from synthmix.kernels.nodes import Columns
from synthmix.kernels.threads import run_all
from synthmix.mixing.chain.features import coded_columns, scores_of
from synthmix.mixing.chain.halves import Places, halves
from synthmix.mixing.chain.ranges import RANGE_ROWS
from synthmix.mixing.chain.trees import grow_nodes
from synthmix.pairing import Chained
from synthmix.table import TableEncoder

Values = NDArray[np.float64]
Codes = NDArray[np.int32]

_LEAF = 5


def check_ranged(pairing: Chained, encoder: TableEncoder) -> None:
    """Refuse columns that cannot be drawn range by range.

    Raises
    ------
    OptionError
        When the pairing names one that is not there, or no number that varies.
    """
    for name in pairing.ranged or ():
        option = f"Chained(ranged={pairing.ranged!r})"
        if name not in encoder.feature_names:
            raise OptionError(f"{option}: no column {name!r}{did_you_mean(name, encoder.feature_names)}")
        if name not in encoder.number_names:
            raise OptionError(f"{option}: column {name!r} has no ranges, for it is no number that varies; leave it out")


def missed_by_others(values: Values, codes: Codes, asked: Sequence[int], threads: int = 1) -> NDArray[np.float64]:
    """Return for each column `asked` how much of the variance of its normal scores all other columns miss.

    On halves of the table, those of the screen: a tree with leaves of 5 rows, grown on one half, says the mean of its
    leaf for each row of the other one. The mean square of its errors is missed, and what the variance of the scores is
    less than one, since tied values share one score: for two or three values that is more than is ever allowed. Of
    noise more than one is missed.

    Parameters
    ----------
    values : ndarray of shape (n, p)
        NaN for missing.
    codes : ndarray of shape (n, q)
    asked : sequence of int
        Columns of `values`.
    threads : int
    """
    width = values.shape[1] + codes.shape[1]
    if width == 1:
        return np.ones(len(asked))
    missed = [_missed(values, codes, asked, *cut, threads) for cut in halves(len(values), width)]
    means: NDArray[np.float64] = np.mean(missed, axis=0)
    return means


def _missed(
    values: Values, codes: Codes, asked: Sequence[int], real: Places, other: Places, threads: int
) -> NDArray[np.float64]:
    """Return the same, by trees on `real` rows, of `other` ones."""
    rows = np.concatenate([real, other])
    ranks, _, columns = coded_columns(values[rows], codes[rows])
    found = np.ones(len(asked))

    def work(place: int) -> None:
        found[place] = _missed_of(columns, asked[place], scores_of(ranks[asked[place]]), real.size)

    run_all(work, list(range(len(asked))), threads)
    return found


def _missed_of(columns: Columns, column: int, scores: Values, half: int) -> float:
    """Return the same for one column; 1 where too few rows of a half have a value for two ranges."""
    known = columns.codes[column] > 0
    learnt, seen = np.flatnonzero(known[:half]).astype(np.int32), half + np.flatnonzero(known[half:])
    if min(learnt.size, seen.size) < 2 * RANGE_ROWS:
        return 1.0
    others = [j for j in range(len(columns.codes)) if j != column]
    nodes = grow_nodes(columns, scores, others, _LEAF, learnt)
    leaf = np.zeros(seen.size, np.int64)
    descend(columns.rows[seen], steps_of(nodes, columns.levels), leaf)
    sums = np.concatenate([[0.0], np.cumsum(scores[learnt, 0])])  # the tree has put its rows in order
    mean = (sums[nodes.high] - sums[nodes.low]) / (nodes.high - nodes.low)
    own = scores[seen, 0]
    return float(1.0 - own.var() + ((own - mean[leaf]) ** 2).mean())
