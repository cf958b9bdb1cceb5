"""From a table to numbers: read, infer, encode column by column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import OptionError, did_you_mean
from synthmix.shown import ShortRepr
from synthmix.table.codec import Codec
from synthmix.table.dependence import carry_functions
from synthmix.table.encode_column import Options, encode_column
from synthmix.table.encoder import TableEncoder
from synthmix.table.frames import read_table
from synthmix.table.infer import check_words, find
from synthmix.table.lanes import Lanes
from synthmix.warn import warn_caller

Encoding: TypeAlias = Literal["raw", "normal"]
Grid: TypeAlias = Literal["auto", "source", "full"]
Discrete: TypeAlias = Literal["donor", "scores"]
Keys: TypeAlias = Literal["fresh", "drop"]

_CHOICES = {
    "encoding": ("raw", "normal"),
    "grid": ("auto", "source", "full"),
    "discrete": ("donor", "scores"),
    "keys": ("fresh", "drop"),
}


@dataclass(frozen=True, eq=False, repr=False)
class EncodedTable(ShortRepr):
    """A table as numbers.

    Attributes
    ----------
    encoder : TableEncoder
        The way back to a table.
    latent : array of shape (n_rows, p), float64, C-contiguous
        The continuous columns, NaN where missing.
    codes : array of shape (n_rows, q), int32, C-contiguous
        The discrete columns; missing is the last code of its column.
    n_rows : int
        The number of source rows.
    """

    encoder: TableEncoder
    latent: NDArray[np.float64]
    codes: NDArray[np.int32]
    n_rows: int


def encode_table(
    table: Any,
    /,
    *,
    columns: Mapping[str, str] | None = None,
    encoding: Encoding = "normal",
    grid: Grid = "auto",
    discrete: Discrete = "donor",
    keys: Keys = "fresh",
    seed: int = 0,
) -> EncodedTable:
    """Encode a table into latent numbers and discrete codes.

    The way back is exact for the source's own rows: ``encoder.decode`` of the latent rows and codes gives the source
    table again, for both encodings and every grid (columns that ``grid="full"`` turns into float64 give the same
    numbers in that dtype; keys are made anew).

    Parameters
    ----------
    table : pandas.DataFrame, polars.DataFrame, pyarrow.Table or array of shape (n, d)
        At least two rows. NaN, None, NaT and pandas.NA all mean missing.
    columns : mapping from column name to kind, optional
        Overrides what is inferred: "real", "integer", "boolean", "categorical", "string", "datetime", "timedelta"
        or "key". An integer column declared "real" comes back as float64 without rounding. Under normal scores with
        donors, undeclared numbers that are a function of a discrete column are carried along with it.
    encoding : {"raw", "normal"}
        "raw" keeps the values (times count their coarsest exact unit from the earliest). "normal" takes normal
        scores of ranks, ties broken at random from `seed`.
    grid : {"auto", "source", "full"}
        "source" rounds decoded values stochastically to the source's grid, which keeps means and adds variance, and
        clamps them to the range of the dtype, which moves both for values outside. "full" keeps float64, so exact
        statements hold to rounding error; integer, decimal and short float columns then come back as float64. Full
        precision can reveal parents: an output that is a weighted sum of few rows of a coarse grid carries
        digits from which rows and weights may be solved. "auto" is "full" for raw and "source" for normal.
    discrete : {"donor", "scores"}
        "scores" gives discrete columns normal scores of randomised ranks as well (levels in their own order where
        they have one, else by frequency; missing is one more level); it needs ``encoding="normal"``.
    keys : {"fresh", "drop"}
        Whether key-like columns get new keys or are left out.
    seed : int
        64-bit seed of the random ties.

    Returns
    -------
    EncodedTable
        The numbers and their encoder.

    Raises
    ------
    InputError
        When the table, a column or a value cannot be used; the message names it and the remedy.
    OptionError
        For an unknown option or kind.

    Warns
    -----
    SynthmixWarning
        For a column whose every value is missing (it comes back all missing), for a column that was found to be a
        key and not declared one, and for categories of which almost every row has its own: these are copied.
    """
    options = _options(encoding=encoding, grid=grid, discrete=discrete, keys=keys, seed=seed)
    source = read_table(table)
    words = check_words(columns, [column.name for column in source.columns])
    codecs: list[Codec] = []
    findings = [find(column, words.get(column.name)) for column in source.columns]
    if options.encoding == "normal" and options.discrete == "donor":
        findings = carry_functions(findings, declared=set(words))
    scored = ("continuous", "discrete", "key") if options.discrete == "scores" else ("continuous",)
    n_scores = sum(finding.role in scored for finding in findings) if options.encoding == "normal" else 0
    lanes = Lanes(source.n_rows, n_scores)
    for finding in findings:
        if finding.doubt:
            warn_caller(finding.doubt)
        codecs.append(encode_column(finding, source.layout, options, lanes))
    encoder = TableEncoder(codecs, source.layout, encoding=options.encoding, grid=options.grid)
    return EncodedTable(encoder, *lanes.stack(), source.n_rows)


def _options(*, seed: int, **words: str) -> Options:
    for option, word in words.items():
        if word not in _CHOICES[option]:
            raise OptionError(f"{option}={word!r} is unknown{did_you_mean(word, _CHOICES[option])}")
    if words["discrete"] == "scores" and words["encoding"] != "normal":
        raise OptionError(
            "discrete='scores' needs encoding='normal', because levels have no raw numbers; use discrete='donor'"
        )
    grid = words["grid"]
    if grid == "auto":
        grid = "full" if words["encoding"] == "raw" else "source"
    return Options(words["encoding"], grid, words["discrete"], words["keys"], seed)
