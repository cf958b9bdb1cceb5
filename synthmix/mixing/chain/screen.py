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
from synthmix.mixing.chain.told import check_ranged, missed_by_others
from synthmix.pairing import Chained, Pairing
from synthmix.pairing.chained import SMALLEST_LEAF
from synthmix.table import EncodedTable
from synthmix.warn import warn_caller
from synthmix.weights import Beta, WeightsLaw

LEAVES = (SMALLEST_LEAF, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 160, 192, 256)
LEAST_ROWS = 40  # of a table, below which nothing is measured
_ROUNDING = 1e-9  # of a mean of shares
_LEAVES_OF_A_HALF = 4  # that there are in any case
_MISSED = (0.3, 0.15, 0.075)  # of the variance of numbers that may be ranged: as many as leaves allow
_LARGER, _LARGEST = 3, 16  # times that leaves may be larger for it, and their rows: larger ones lose more than it wins
_SLOPES_FROM = 20  # rows of a leaf: over generations small ones lose more with lines inside
_TOLD = 0.3  # of what values vary by inside leaves: lines that tell less are not worth larger leaves
_NAMES = 3  # of columns that are named in a sentence
_COPIES = Beta(1e-8)  # of two parents one has all the weight: donors, as sequential trees have them
_SEQUENTIAL = Chained(leaf=5, trees=1, start="nothing", atom=1.0, restore=False)


@dataclass(frozen=True)
class Screen:
    """What was measured when a leaf was chosen.

    Attributes
    ----------
    leaf : int
        The smallest of those that were tried with which the share is at most the limit, with the columns that are
        `ranged` and with lines if there are `slopes`, else the largest of them.
    share : float
        Of synthetic rows nearer to the half that they were made from than to the other one; .5 is chance, 1 copies.
    limit : float
        What was allowed.
    asked : bool
        Whether the limit was given; if not it is the share of sequential trees with donors from leaves of 5 rows.
    rows, splits : int
        Rows of a half, and how many times the table was cut in two.
    ranged : tuple of str
        The numbers that were drawn range by range, besides a target.
    slopes : bool
        Whether values were mixed about lines inside leaves.

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
    ranged: tuple[str, ...] = ()
    slopes: bool = False

    def __post_init__(self) -> None:
        shares = (self.share, self.limit)
        counts = (self.leaf, self.rows, self.splits)
        if not (
            all(type(one) is int and one > 0 for one in counts)
            and all(isinstance(one, numbers.Real) and 0.0 <= one <= 1.0 for one in shares)
            and isinstance(self.asked, bool)
            and isinstance(self.slopes, bool)
            and isinstance(self.ranged, tuple | list)
            and all(isinstance(name, str) for name in self.ranged)
        ):
            raise OptionError(f"a screen needs positive whole numbers and shares from 0 to 1, not {asdict(self)}")
        object.__setattr__(self, "ranged", tuple(self.ranged))  # a list, as a file has it

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
        ranged = f", with {_named(self.ranged)} drawn range by range" if self.ranged else ""
        lines = ", with lines inside" if self.slopes else ""
        return (
            f"leaves of {self.leaf} rows{lines}{ranged}: {self.share:.1%} of rows are nearer to the {self.rows:,} rows "
            f"that they were made from than to as many others, {word} {self.limit:.1%}, {whose}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as a model file keeps them."""
        return asdict(self)


def _named(names: Sequence[str]) -> str:
    """Return names in words, of more than three the first two."""
    shown = [*names] if len(names) <= _NAMES else [*names[: _NAMES - 1], f"{len(names) - _NAMES + 1} others"]
    return " and ".join(part for part in (", ".join(shown[:-1]), shown[-1]) if part)


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
    """Return the pairing with the leaf, ranged columns and slopes that it leaves open, and what speaks for the leaf.

    `labels` (n,) are the strata of the table, `target` is a column that may be drawn range by range in any case. Where
    the leaf is given nothing is measured, no columns are ranged that are not named, and no slopes are there unasked.

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
    if not isinstance(pairing, Chained):
        return pairing, None
    check_ranged(pairing, table.encoder)
    n, width = _size(table)
    plain = _plain(pairing)
    if pairing.leaf is not None:
        return plain, None
    if n < LEAST_ROWS or width == 0:
        if privacy is not None and n < LEAST_ROWS:
            raise InputError(
                f"privacy={privacy} is measured on halves of at least {LEAST_ROWS // 2} rows, but the table has {n} "
                "rows; leave it out and give pairing=Chained(leaf=...)"
            )
        return replace(plain, leaf=SMALLEST_LEAF), None
    chosen, screen = screened(table, labels, pairing, law, donor, privacy, target, threads)
    if not screen.holds and (screen.asked or screen.share - screen.limit > screen.noise):
        warn_caller(f"{screen}; larger leaves were not tried")
    return chosen, screen


def screened(
    table: EncodedTable,
    labels: Places,
    pairing: Chained,
    law: WeightsLaw,
    donor: str,
    privacy: float | None,
    target: str | None,
    threads: int,
) -> tuple[Chained, Screen]:
    """Return the pairing with the leaf for a table of at least 40 rows, and what speaks for it.

    Parameters
    ----------
    table : EncodedTable
    labels : ndarray of int64, shape (n,)
        The stratum of each row.
    pairing : Chained
        Its leaf is left open. Where `ranged` is, numbers are that other columns tell, where `slopes` are, large leaves
        have them, both if leaves need not be much larger for it.
    law : WeightsLaw
    donor : {"largest", "squared"}
    privacy : float, optional
        The largest share of rows that may be nearer to the half that they were made from.
    target : str, optional
        The column that may be drawn range by range.
    threads : int
    """
    values = table.encoder.source_values(table.latent)
    levels_of = with_levels(values)  # a half has fewer rows of each value
    cuts = [_Cut(table, labels, target, levels_of, *pair) for pair in halves(*_size(table))]
    plain, rows = _plain(pairing), cuts[0].rows
    leaves = [leaf for leaf in LEAVES if leaf * _LEAVES_OF_A_HALF <= rows] or [LEAVES[0]]
    looks = _Looks(cuts, plain, leaves, law, donor, privacy, threads)
    chosen = _smallest(looks.larger(plain, leaves[-1]), looks.holds)
    open_to = pairing.has_ranges and pairing.ranged is None and looks.holds(chosen)
    among = [name for name in table.encoder.number_names if open_to and name not in (*pairing.keep, target)]
    if among:
        asked = [table.encoder.latent_names.index(name) for name in among]
        chosen = _ranged(chosen, looks, _nested(among, missed_by_others(values, table.codes, asked, threads)))
    if pairing.slopes is None and looks.holds(chosen) and _leaf(chosen) >= _SLOPES_FROM:
        with_lines = replace(chosen, slopes=True)
        if looks.told_by_lines(with_lines) >= _TOLD:
            chosen = looks.suffices(with_lines, _LARGER * _leaf(chosen)) or chosen
    screen = Screen(
        leaf=_leaf(chosen),
        share=looks.share(chosen),
        limit=looks.limit,
        asked=privacy is not None,
        rows=rows,
        splits=len(cuts),
        ranged=looks.with_ranges(chosen),  # of columns that are named some may have none
        slopes=looks.with_slopes(chosen),
    )
    return chosen, screen


def _ranged(chosen: Chained, looks: _Looks, nested: Iterable[tuple[str, ...]]) -> Chained:
    """Return the pairing with the first of these sets of columns for which leaves need not be much larger."""
    leaf = _leaf(chosen)
    for names in dict.fromkeys(looks.with_ranges(replace(chosen, ranged=names)) for names in nested):
        if names:  # that have ranges, and so with all leaves of up to 16 rows
            found = looks.suffices(replace(chosen, ranged=names), max(leaf, min(_LARGER * leaf, _LARGEST)))
            if found is not None:
                return found
    return chosen


def _plain(pairing: Chained) -> Chained:
    """Return the pairing without the ranged columns and the slopes that it leaves open."""
    return replace(pairing, ranged=pairing.ranged or (), slopes=bool(pairing.slopes))


def _leaf(pairing: Chained) -> int:
    assert pairing.leaf is not None  # noqa: S101 - that is what is chosen here
    return pairing.leaf


def _size(table: EncodedTable) -> tuple[int, int]:
    """Return how many rows a table has, and how many columns that are drawn."""
    return len(table.latent), table.latent.shape[1] + table.codes.shape[1]


def _nested(names: Sequence[str], missed: NDArray[np.float64]) -> list[tuple[str, ...]]:
    """Return those of which others miss little, and then less."""
    return [tuple(name for name, share in zip(names, missed, strict=True) if share <= most) for most in _MISSED]


class _Looks:
    """Looks at the shares of rows made with one of `leaves` and another, on the same `cuts` of a table.

    Attributes
    ----------
    limit : float
        What is allowed: what was asked for, else the share of sequential trees.
    """

    def __init__(
        self,
        cuts: Sequence[_Cut],
        pairing: Chained,
        leaves: Sequence[int],
        law: WeightsLaw,
        donor: str,
        limit: float | None,
        threads: int,
    ) -> None:
        self._cuts, self._leaves, self._threads = cuts, leaves, threads
        self._found: dict[Chained, float] = {}
        if limit is None:
            sequential = replace(_SEQUENTIAL, order=pairing.order, keep=pairing.keep)
            limit = self._mean(one.executor(sequential, _COPIES, donor, whole=True) for one in cuts)
        self.limit = limit
        first = replace(pairing, leaf=LEAVES[0], trees=1)
        self._own = [cut.executor(first, law, donor) for cut in cuts]

    def larger(self, pairing: Chained, most: int) -> list[Chained]:
        """Return the pairing with leaves from its own on, of so many rows at most."""
        return [replace(pairing, leaf=leaf) for leaf in self._leaves if (pairing.leaf or 0) <= leaf <= most]

    def suffices(self, pairing: Chained, most: int) -> Chained | None:
        """Return the pairing with the smallest of these leaves that holds, if the largest of them does."""
        tried = self.larger(pairing, most)
        return _halved(tried, self.holds) if self.holds(tried[-1]) else None

    def holds(self, pairing: Chained) -> bool:
        """Return whether the share is within the limit."""
        return self.share(pairing) <= self.limit + _ROUNDING

    def share(self, pairing: Chained) -> float:
        """Return the share of rows that are nearer to those that they are made from, on average over cuts."""
        if pairing not in self._found:
            self._found[pairing] = self._mean(self._changed(one, pairing) for one in self._own)
        return self._found[pairing]

    def with_ranges(self, pairing: Chained) -> tuple[str, ...]:
        """Return those of the columns that are to be ranged that have ranges with such leaves."""
        names = pairing.ranged or ()
        ranged = self._changed(self._own[0], pairing).ranged if names else ()
        return tuple(name for name in names if name in ranged)

    def told_by_lines(self, pairing: Chained) -> float:
        """Return what part lines have of what values vary by inside leaves, on average over cuts."""
        return float(np.mean([self._changed(one, pairing).told_by_lines(self._threads) for one in self._own]))

    def with_slopes(self, pairing: Chained) -> bool:
        """Return whether some column is mixed about lines."""
        return self._changed(self._own[0], pairing).sloped

    @staticmethod
    def _changed(executor: Chains, pairing: Chained) -> Chains:
        return executor.changed(leaf=pairing.leaf, ranged=pairing.ranged, slopes=pairing.slopes)

    def _mean(self, executors: Iterable[Chains]) -> float:
        return float(np.mean([cut.share(one, self._threads) for cut, one in zip(self._cuts, executors, strict=True)]))


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


def _smallest(tried: Sequence[Chained], holds: Callable[[Chained], bool]) -> Chained:
    """Return the one with the smallest leaf that holds, the last one if none does.

    Larger leaves are taken to hold where smaller ones do, so that few of them are looked at: steps double from the
    first one on, since most leaves that suffice are small.
    """
    last, low, high = len(tried) - 1, -1, 0
    while high < last and not holds(tried[high]):
        low, high = high, min(max(2 * high, high + 1), last)
    return _halved(tried[: high + 1], holds, low)


def _halved(tried: Sequence[Chained], holds: Callable[[Chained], bool], low: int = -1) -> Chained:
    """Return the one with the smallest leaf behind place `low` that holds, where the last one does."""
    high = len(tried) - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(tried[middle]) else (middle, high)
    return tried[high]
