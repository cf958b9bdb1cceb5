"""The leaf of a chain, chosen so that rows come no nearer to those that they are made from than is allowed.

A part of the table is drawn and cut in two. Rows are made from one half; how many of them are nearer to that half than
to the other one, of as many rows? One in two, if they know no more of it than of the distribution that both come from.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import InputError, OptionError
from synthmix.mixing.assemble import assemble_source, executor_of
from synthmix.mixing.chain.chains import Chains
from synthmix.mixing.chain.features import with_levels
from synthmix.mixing.chain.halves import SEED, Places, halves
from synthmix.mixing.chain.nearness import share_nearer
from synthmix.mixing.chain.strata import HALF_ROWS, pooled
from synthmix.pairing import Chained, Pairing
from synthmix.pairing.chained import SMALLEST_LEAF
from synthmix.table import EncodedTable
from synthmix.warn import warn_caller
from synthmix.weights import Beta, WeightsLaw

LEAVES = (SMALLEST_LEAF, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 160, 192, 256)
LEAST_ROWS = 40  # of a table, below which nothing is measured
_ROUNDING = 1e-9  # of a mean of shares
_LEAVES_OF_A_HALF = 4  # that there are in any case
_COPIES = Beta(1e-8)  # of two parents one has all the weight: donors, as sequential trees have them
_SEQUENTIAL = Chained(leaf=5, trees=1, start="nothing", atom=1.0, restore=False)


@dataclass(frozen=True)
class Screen:
    """What was measured when a leaf was chosen.

    Attributes
    ----------
    leaf : int
        The smallest of those that were tried with which the share is at most the limit, else the largest of them.
    share : float
        Of synthetic rows nearer to the half that they were made from than to the other one; .5 is chance, 1 copies.
    limit : float
        What was allowed.
    asked : bool
        Whether the limit was given; if not it is the share of sequential trees with donors from leaves of 5 rows.
    rows, splits : int
        Rows of a half, and how many times the table was cut in two.

    Notes
    -----
    Halves are exchangeable: rows that knew no more of one than of the other would be nearer to it with probability one
    half, whatever their distribution, ties counted half. The share is that of halves; of the whole table it may be
    another one, by this method and by the trees that it is compared with. Rows and cuts have about the standard error
    of so many independent rows; the smallest leaf that passes is also the luckiest one. Other attacks may find more:
    the audit has some.
    """

    leaf: int
    share: float
    limit: float
    asked: bool
    rows: int
    splits: int

    def __post_init__(self) -> None:
        shares = (self.share, self.limit)
        counts = (self.leaf, self.rows, self.splits)
        if not (
            all(type(one) is int and one > 0 for one in counts)
            and all(isinstance(one, numbers.Real) and 0.0 <= one <= 1.0 for one in shares)
            and isinstance(self.asked, bool)
        ):
            raise OptionError(f"a screen needs positive whole numbers and shares from 0 to 1, not {asdict(self)}")

    @property
    def holds(self) -> bool:
        """Whether the share is within the limit."""
        return self.share <= self.limit + _ROUNDING

    @property
    def noise(self) -> float:
        """Two standard errors of share less limit if rows were independent; they are not quite, nor are the cuts."""
        variance = self.share * (1.0 - self.share) + self.limit * (1.0 - self.limit)
        return 2.0 * math.sqrt(variance / (self.rows * self.splits))

    def __str__(self) -> str:
        """Return what was found in a sentence."""
        whose = "as was asked for" if self.asked else "as sequential trees with donors from leaves of 5 rows have"
        word = "at most" if self.holds else "more than"
        return (
            f"leaves of {self.leaf} rows: {self.share:.1%} of rows are nearer to the {self.rows:,} rows that they were "
            f"made from than to as many others, {word} {self.limit:.1%}, {whose}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as a model file keeps them."""
        return asdict(self)


def settled(
    table: EncodedTable,
    labels: Places,
    pairing: Pairing,
    law: WeightsLaw,
    donor: str,
    privacy: float | None,
    target: str | None,
    threads: int,
) -> tuple[Pairing, Screen | None]:
    """Return the pairing with the leaf that it leaves open, if it does, and what speaks for it, if it was measured.

    `labels` (n,) are the strata of the table, `target` is the column that may be drawn range by range.

    Raises
    ------
    InputError
        When a share is asked for and the table is too small to measure it.

    Warns
    -----
    SynthmixWarning
        When rows come nearer than they may with any leaf that was tried: than was asked for, or than sequential trees
        let them by more than chance.
    """
    if not isinstance(pairing, Chained) or pairing.leaf is not None:
        return pairing, None
    screen = screened(table, labels, pairing, law, donor, privacy, target, threads)
    if screen is None:
        n = len(table.latent)
        if privacy is not None and n < LEAST_ROWS:
            raise InputError(
                f"privacy={privacy} is measured on halves of at least {LEAST_ROWS // 2} rows, but the table has {n} "
                "rows; leave it out and give pairing=Chained(leaf=...)"
            )
        return replace(pairing, leaf=SMALLEST_LEAF), None
    if not screen.holds and (screen.asked or screen.share - screen.limit > screen.noise):
        warn_caller(f"{screen}; larger leaves were not tried")
    return replace(pairing, leaf=screen.leaf), screen


def screened(
    table: EncodedTable,
    labels: Places,
    pairing: Chained,
    law: WeightsLaw,
    donor: str,
    privacy: float | None,
    target: str | None,
    threads: int,
) -> Screen | None:
    """Return the leaf for a table and what speaks for it; None for a table that is too small to look.

    Parameters
    ----------
    table : EncodedTable
    labels : ndarray of int64, shape (n,)
        The stratum of each row.
    pairing : Chained
        Its leaf is left open.
    law : WeightsLaw
    donor : {"largest", "squared"}
    privacy : float, optional
        The largest share of rows that may be nearer to the half that they were made from.
    target : str, optional
        The column that may be drawn range by range.
    threads : int
    """
    n, width = len(table.latent), table.latent.shape[1] + table.codes.shape[1]
    if n < LEAST_ROWS or width == 0:
        return None
    levels_of = with_levels(table.encoder.source_values(table.latent))  # a half has fewer rows of each value
    cuts = [_Cut(table, labels, target, levels_of, *halves) for halves in halves(n, width)]

    def share(executors: Iterable[Chains]) -> float:
        return float(np.mean([cut.share(one, threads) for cut, one in zip(cuts, executors, strict=True)]))

    limit = privacy
    if limit is None:
        drawn_from_nothing = replace(_SEQUENTIAL, order=pairing.order, keep=pairing.keep)
        limit = share(cut.executor(drawn_from_nothing, _COPIES, donor, whole=True) for cut in cuts)
    rows = cuts[0].rows
    leaves = [leaf for leaf in LEAVES if leaf * _LEAVES_OF_A_HALF <= rows] or [LEAVES[0]]
    own = [cut.executor(replace(pairing, leaf=leaves[0], trees=1), law, donor) for cut in cuts]
    leaf, found = _smallest(leaves, lambda leaf: share(one.with_leaf(leaf) for one in own), limit)
    return Screen(leaf, found, limit, privacy is not None, rows, len(cuts))


class _Cut:
    """A table's rows `real`, which others are made from, and as many `other` ones.

    Some of its columns have levels, and its rows belong to strata, their `labels`.
    """

    def __init__(
        self,
        table: EncodedTable,
        labels: Places,
        target: str | None,
        levels_of: NDArray[np.bool_],
        real: Places,
        other: Places,
    ) -> None:
        self._target, self._levels_of = target, levels_of
        self._encoder, self.rows, latent = table.encoder, real.size, _without_empty(table.latent, real)
        self._latent, self._codes = latent[real], table.codes[real]
        self._labels = pooled(labels[real], HALF_ROWS // 2)  # as many as expected are there, but for chance
        self._sides = [(self._encoder.source_values(latent[rows]), table.codes[rows]) for rows in (real, other)]

    def executor(self, pairing: Chained, law: WeightsLaw, donor: str, *, whole: bool = False) -> Chains:
        """Return what makes rows from the real ones, stratum by stratum or, as a `whole`, from all together."""
        latent = self._latent.copy()  # what is assembled is handed over
        labels = np.zeros(self.rows, np.int64) if whole else self._labels
        source = assemble_source(latent, self._codes, labels, law, pairing, donor, "merge", SEED)
        executor = executor_of(source, self._encoder, self._target, self._levels_of)
        assert isinstance(executor, Chains)  # noqa: S101 - its pairing says so
        return executor

    def share(self, executor: Chains, threads: int) -> float:
        """Return the share of rows that are nearer to the real ones than to the other ones."""
        columns, codes = executor.made(0, self.rows, threads)
        made = self._encoder.source_values(np.ascontiguousarray(columns.T)), codes.T
        return share_nearer(made, *self._sides)


def _without_empty(latent: NDArray[np.float64], real: Places) -> NDArray[np.float64]:
    """Return the columns; those that the `real` rows have no value of get one value throughout, which tells nothing."""
    empty = np.isnan(latent[real]).all(axis=0)
    return np.where(empty, np.nanmax(latent, axis=0), latent) if empty.any() else latent


def _smallest(leaves: Sequence[int], share: Callable[[int], float], limit: float) -> tuple[int, float]:
    """Return the smallest of the leaves whose share is within the limit, and its share; the last one if none is.

    Larger leaves are taken to have smaller shares, so that few of them are looked at.
    """
    found: dict[int, float] = {}

    def holds(place: int) -> bool:
        if place not in found:
            found[place] = share(leaves[place])
        return found[place] <= limit + _ROUNDING

    last, low, high = (
        len(leaves) - 1,
        -1,
        0,
    )  # steps double from the first one on, since most leaves that suffice are small
    while not holds(high) and high < last:
        low, high = high, min(max(2 * high, high + 1), last)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return leaves[high], found[high]
