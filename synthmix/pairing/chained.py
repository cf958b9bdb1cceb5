"""Parents chosen anew for each column: leaves of trees on the other columns."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from synthmix.errors import OptionError, did_you_mean
from synthmix.pairing.base import Pairing, Scheme

SMALLEST_LEAF = 4  # that is chosen
CHOSEN = ("leaf", "ranged", "slopes")  # options that fit chooses where they are left open
STARTS = ("row", "nothing")
ORDERS = ("table", "reversed")
_LARGEST = 2**31 - 1  # rows of all trees of a column together
_ROWS, _MOST = 50_000, 10  # by default: rows of all trees of a column together, and trees
_SHARE = 0.8  # of the rows, for one of several trees


@dataclass(frozen=True)
class Chained(Pairing):
    """Every column has parents of its own: real rows that are like the new row in its other columns.

    A row begins as one real row, its origin. Each column in turn is drawn anew: one of its regression trees leads
    the row, as it is by then, to a leaf of real rows, and the weights law mixes the column from parents that are drawn
    there with replacement. Discrete columns are copied from one of them, together with those that follow from them, as
    a label does from its code. The origin is never among its own parents, unless its value is the only one there is, so
    in the end no cell is the origin's own. Only gaps are: values of continuous columns are missing where the origin's
    are.

    Parameters
    ----------
    leaf : int, optional
        Smallest number of rows of a leaf, at least 2. Small leaves keep dependence between columns and stay near real
        rows; large leaves do the opposite. Trees that are grown on four fifths of the rows have leaves of four fifths
        of it, rounded. By default ``fit`` chooses it, at least 4 (decisions 0014 and 0022): on halves of the table it
        makes rows from one half and looks how many are nearer to it than to the other, and takes the smallest leaf with
        which these are no more than those of sequential trees with donors from leaves of 5 rows, or than the
        `privacy` of the synthesizer; with columns that it makes `ranged`, and with `slopes`, it may be a larger one.
        Tables of fewer than 40 rows get 4.
    trees : int, optional
        Trees of each column. A row comes to one of them, which it draws. Several trees, each grown on four fifths of
        the rows of its own, err in different places: rows are harder to tell from real ones, and a real row is met in
        some trees only. One tree is grown on all rows. By default 10, but no more than 50,000 rows make together, so
        that fits of large tables stay fast: above 25,000 rows it is one.
    start : {"row", "nothing"}
        "row" draws each column given all others, those not yet drawn being the origin's: one sweep of a Gibbs sampler
        from a real row. "nothing" draws each column given those already drawn, as sequential tree synthesis does; it
        does not need the origin, and loses more.
    order : {"table", "reversed"}
        Columns are drawn as they stand in the table, or from the last one to the first.
    keep : tuple of str
        Columns that are not drawn anew: rows keep those values of their origin.
    atom : float
        A value of a continuous column that at least this share of its rows has, such as the zero of an amount that
        most people do not pay, is an atom: a cell whose first parent has it takes it as it is, and atoms take no part
        in mixtures. A column in which at least 19 of 20 values are those of four rows or more has levels, as years of
        age do: all its values are atoms, for a mixture would lie where no value is, or be put back on one of them
        (decision 0024), and the weights law has no say in it. 1 treats no value so. `restore` moves atoms, like all
        values: with the raw encoding a little, of scores some of them to a neighbouring value.
    restore : bool
        Whether a pass (as many rows as the table has) is made to be like the table where that can be seen to. Levels,
        those of numbers too (see `atom`), are dealt so that they are as frequent as in the table, as far as leaves have
        a choice (not where they have more than 64), and rows take turns in being parents; continuous columns get the
        table's quantiles, values as far as they vary inside their leaves (theorem T20); then the continuous columns get
        their means and covariances again: values in proportion to how much they vary inside their leaves (theorem
        T19), then rows by the smallest linear map (T18), after which these are exact in the space in which rows are
        mixed. A row then depends on its whole pass, which is made for that.
    strata : int, optional
        Where ``fit`` is told a target that is discrete, or a number of two values, the table is cut by its classes, and
        each part, a stratum, is made by itself, with trees, turns, levels and moments of its own: what is restored in
        passes is then restored for each class (theorem T21). Classes of at least 100 rows, and of 40 on average in a
        half of the screen, are strata, rarer ones are one together; nothing is cut where these are most rows, or where
        a continuous column would have one to nine values in a stratum. By default other numbers cut nothing; 4 cuts
        them into at most four ranges of about as many rows, at least 400 each: models learn better from such rows,
        above all over generations, and single rows are easier to tell from real ones (decision 0026). 1 leaves every
        table whole.
    ranges : int
        Where a column is drawn range by range, real rows are cut into at most so many ranges of it, of about as many
        rows, equal values in one: as many as a half of the screen has rows for, 64 and four leaves for each. It is then
        drawn from rows of the range that the origin is in, by trees of that range (theorem T22). So are the target,
        where it is a number of more than two values and the table in one part (decision 0028), and the columns that are
        `ranged` (decision 0030): models learn better from rows whose target is ranged, above all over generations, and
        rows with other such columns are harder to tell from real ones. A value with a range to itself, as a frequent
        grade may have, is that of the origin. 1 draws all columns from all rows, as does ``start="nothing"``.
    ranged : tuple of str, optional
        Numbers that are drawn range by range, besides the target; () is none. Where the leaf is chosen as well, ``fit``
        takes those of which the other columns tell nearly all by default (decision 0030): trees with leaves of 5 rows,
        grown on a half of the screen, miss at most .3 of the variance of their normal scores in the other half. What is
        drawn for such a column is near the origin's value in any case, so ranges give little away. Where they do, and
        leaves would have to be more than three times as large as without, or larger ones of more than 16 rows, it takes
        those of which at most .15 is missed, then .075, then none, and none where no leaf that is tried is within the
        limit. Where `leaf` is given, or the table has fewer than 40 rows, nothing is chosen, and none is the default.
        Where there are too few rows for two ranges a column is drawn as any other.
    slopes : bool, optional
        Whether a mixed value goes with the other continuous columns inside its leaf too: parents then give what the
        leaf's line, a regression on at most 16 of these columns, leaves of them, and the row's own other columns say
        where on the line it is (theorem T23). Large leaves keep more of how columns go together that way, and rows come
        nearer to real ones. With ``encoding="raw"`` values can leave the range of their column, whatever the weights.
        Leaves of fewer than 8 rows have no line, nor have values that are copied, those of columns with levels and
        atoms. By default, where the leaf is chosen as well and has 20 rows or more, ``fit`` takes lines if they are at
        least .3 of what mixed columns vary by inside leaves, and leaves of at most three times as many rows suffice
        with them (decision 0031). Where `leaf` is given there are none by default.

    Notes
    -----
    With E sum w = E sum w^2 = 1 (``Sphere``, ``EpBeta``) mean and variance of a leaf are kept in expectation. So those
    of a column are kept as far as new rows come to leaves as often as real rows do, and its covariances but for the
    part inside leaves (theorem T17); with `slopes` as far as these rows have, in their other columns, the means and
    covariances of the leaf's real rows (T23). With ``restore`` means and covariances of whole passes are exact, over
    the rows in which both values are there, but for columns of rare patterns of missing values; without it nothing is,
    and the certificate gives what theory expects given the leaves. Laws that mix whole groups, such as ``Rotation``,
    do not fit: there are no groups of rows. What T17 says is meant for parents that are drawn freely, so without
    ``restore``.

    Do not use it for few rows (leaves of 4 in a table of 50 rows tell little of other columns), nor where the
    covariance has to be exact in the data's own units after values are put back on their grids. Where many columns say
    the same, as in tables of 20 and more measurements of one thing, each is drawn anew in the company of the others as
    the origin has them, so rows stay near real ones unless leaves are large: give no small leaf there, leave it to the
    screen, and look at the audit.

    References
    ----------
    Reiter (2005), Using CART to generate partially synthetic public use microdata, J. Official Statistics 21. Nowok,
    Raab and Dibben (2016), synthpop, J. Stat. Softw. 74. Heckerman et al. (2000), Dependency networks, JMLR 1 (Gibbs
    sampling from conditional trees). van Buuren (2007), fully conditional specification, Stat. Methods Med. Res. 16.
    Olkin and Pukelsheim (1982), The distance between two random vectors with given dispersion matrices, Linear Algebra
    Appl. 48 (the smallest map). Deming and Stephan (1940), On a least squares adjustment of a sampled frequency table,
    Ann. Math. Stat. 11 (raking).
    """

    leaf: int | None = None
    trees: int | None = None
    start: Literal["row", "nothing"] = "row"
    order: Literal["table", "reversed"] = "table"
    keep: tuple[str, ...] = ()
    atom: float = 0.05
    restore: bool = True
    strata: int | None = None
    ranges: int = 8
    ranged: tuple[str, ...] | None = None
    slopes: bool | None = None

    def __post_init__(self) -> None:
        leaf = self.leaf
        if leaf is not None and (not isinstance(leaf, numbers.Integral) or isinstance(leaf, bool) or leaf < 2):
            raise OptionError(f"Chained(leaf={leaf!r}): give an integer of at least 2, or None to have it chosen")
        trees = self.trees
        if trees is not None and (not isinstance(trees, numbers.Integral) or isinstance(trees, bool) or trees < 1):
            raise OptionError(f"Chained(trees={trees!r}): give an integer of at least 1, or None for as many as suit")
        for name, choices in (("start", STARTS), ("order", ORDERS)):
            value = getattr(self, name)
            if value not in choices:
                raise OptionError(f"unknown {name}={value!r} of Chained{did_you_mean(value, choices)}")
        if not isinstance(self.atom, numbers.Real) or not 0.0 < self.atom <= 1.0:
            raise OptionError(f"Chained(atom={self.atom!r}): give a share of rows above 0, or 1 for no atoms")
        if not isinstance(self.restore, bool):
            raise OptionError(f"Chained(restore={self.restore!r}): give True or False")
        if self.slopes is not None and not isinstance(self.slopes, bool):
            raise OptionError(f"Chained(slopes={self.slopes!r}): give True or False, or None to have it chosen")
        strata = self.strata
        if strata is not None and (not isinstance(strata, numbers.Integral) or isinstance(strata, bool) or strata < 1):
            raise OptionError(
                f"Chained(strata={strata!r}): give a positive integer, 1 for a table in one part, or None for classes"
            )
        ranges = self.ranges
        if not isinstance(ranges, numbers.Integral) or isinstance(ranges, bool) or ranges < 1:
            raise OptionError(
                f"Chained(ranges={ranges!r}): give a positive integer, 1 to draw all columns from all rows"
            )
        object.__setattr__(self, "keep", _names_of("keep", self.keep))
        if self.ranged is not None:
            object.__setattr__(self, "ranged", _names_of("ranged", self.ranged))
            if self.ranged and not self.has_ranges:
                without = 'start="nothing"' if self.start == "nothing" else "ranges=1"
                raise OptionError(f"Chained(ranged={self.ranged!r}): with {without} nothing is drawn range by range")
            for name in self.keep:
                if name in self.ranged:
                    raise OptionError(f"Chained(keep={self.keep!r}, ranged={self.ranged!r}): {name!r} can be one only")

    @property
    def has_ranges(self) -> bool:
        """Return whether columns can be drawn range by range: there is an origin whose ranges these are."""
        return self.start == "row" and self.ranges > 1

    @property
    def scheme(self) -> Scheme:
        """Return "iid": parents are drawn from a leaf with replacement."""
        return "iid"

    @property
    def local(self) -> bool:
        """Return True."""
        return True

    def size(self, rows: int) -> tuple[int, int, float]:
        """Return how many trees a column of a table of `rows` gets, their smallest leaf, and the share of rows each."""
        trees = self.trees or min(max(_ROWS // max(rows, 1), 1), _MOST)
        if trees * rows > _LARGEST:
            raise OptionError(f"Chained(trees={trees}) on {rows:,} rows: give at most trees={_LARGEST // rows}")
        leaf = self.leaf or SMALLEST_LEAF
        return (1, leaf, 1.0) if trees == 1 else (trees, max(2, round(_SHARE * leaf)), _SHARE)

    def drawn(self, names: Sequence[str], table: Sequence[str]) -> list[int]:
        """Return the positions in `names` of the columns that are drawn, in the order in which they are.

        Raises
        ------
        OptionError
            When a column to keep is not in the table, or all are kept.
        """
        for name in self.keep:
            if name not in table:
                raise OptionError(f"Chained(keep={self.keep!r}): no column {name!r}{did_you_mean(name, table)}")
        place = {name: i for i, name in enumerate(table)}
        order = sorted((j for j, name in enumerate(names) if name not in self.keep), key=lambda j: place[names[j]])
        if not order:
            raise OptionError(f"Chained(keep={self.keep!r}) keeps every column that varies: rows would be copies")
        return order[::-1] if self.order == "reversed" else order

    def looked_at(
        self, column: int, order: Sequence[int], columns: int, followers: Mapping[int, Sequence[int]]
    ) -> list[int]:
        """Return which of the columns, numbered from 0, the tree of one column splits by: none that follow from it."""
        unknown = [column] if self.start == "row" else order[order.index(column) :]
        left_out = {one for j in unknown for one in (j, *followers.get(j, ()))}
        return [j for j in range(columns) if j not in left_out]


def left_open(pairing: Pairing) -> list[str]:
    """Return the options of a pairing that ``fit`` chooses."""
    return [name for name in CHOSEN if isinstance(pairing, Chained) and getattr(pairing, name) is None]


def _names_of(option: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return names of columns as a tuple: a list, as a file has it, becomes hashable."""
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise OptionError(f"Chained({option}={names!r}): give a tuple of column names")
    return tuple(names)
