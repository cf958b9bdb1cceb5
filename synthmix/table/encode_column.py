"""Encode one column by what it was found to be, and give it its lane."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.scores import tie_keys
from synthmix.table.cells import TIMES, Layout, Numbers, SourceColumn, Texts
from synthmix.table.codec import Codec, Lane
from synthmix.table.constant import ConstantCodec
from synthmix.table.continuous import ContinuousCodec, Storage, check_values
from synthmix.table.decimals import find_decimals
from synthmix.table.discrete import DiscreteCodec, ScoreOrder, score_order
from synthmix.table.frames import as_real
from synthmix.table.infer import Finding
from synthmix.table.info import ColumnInfo
from synthmix.table.key import KeyCodec, fresh_prefix
from synthmix.table.levels import Levels, levels_of
from synthmix.table.times import Clock, find_clock

_FLOAT_MAX = {53: float(np.finfo(np.float64).max), 24: float(np.finfo(np.float32).max), 11: 65504.0}
_EXACT = 2**53


@dataclass(frozen=True)
class Options:
    """The resolved options of an encoding; ``grid`` is "source" or "full"."""

    encoding: str
    grid: str
    discrete: str
    keys: str
    seed: int


@dataclass
class Lanes:
    """The encoded columns so far; the next column's lane is the next place in its list."""

    latent: list[NDArray[np.float64]] = field(default_factory=list)
    codes: list[NDArray[np.int32]] = field(default_factory=list)

    def stack(self, n_rows: int) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Return the latent matrix (n, p) and the codes (n, q), both C-contiguous."""
        latent = np.empty((n_rows, len(self.latent)), dtype=np.float64)
        codes = np.empty((n_rows, len(self.codes)), dtype=np.int32)
        for j, column in enumerate(self.latent):
            latent[:, j] = column
        for j, code in enumerate(self.codes):
            codes[:, j] = code
        return latent, codes


def encode_column(finding: Finding, frame: Layout, options: Options, lanes: Lanes) -> Codec:
    """Append the encoded column to `lanes` and return the way back.

    Parameters
    ----------
    finding : Finding
        The column and its role.
    frame : dict
        The layout of the table, which knows how its frame type stores float64.
    options : Options
        The resolved options.
    lanes : Lanes
        Receives the numbers or codes.
    """
    if finding.role == "constant":
        return _constant(finding)
    if finding.role == "key":
        return _key(finding, options, lanes)
    if finding.role == "discrete":
        levels = levels_of(finding.column)
        codes = np.where(finding.column.missing, np.int32(levels.size), finding.column.distinct.codes)
        ordered = finding.column.ordered
        return _discrete(_info(finding), finding.column.layout, levels, codes, options, lanes, ordered=ordered)
    return _continuous(finding, frame, options, lanes)


def normal_scores(values: NDArray[Any], seed: int, number: int) -> NDArray[np.float64]:
    """Return ``ndtri((rank - 1/2) / n_observed)`` with ties in random order; NaN where `values` is NaN.

    Parameters
    ----------
    values : array of shape (n,)
        Numbers, NaN for missing.
    seed : int
        64-bit seed of the ties.
    number : int
        The column's place among the latent columns; the unit of a tie's uniform is its row.
    """
    from scipy.special import ndtri

    rows = np.flatnonzero(values == values)  # noqa: PLR0124 - false for NaN only
    observed = values[rows]
    order = np.argsort(observed)
    if (observed[order[1:]] == observed[order[:-1]]).any():  # two sorts only where there are ties to order
        ties = np.empty(rows.size, dtype=np.float64)
        tie_keys(np.uint64(seed), rows, np.uint64(number), ties)
        order = np.lexsort((ties, observed))
    scores = np.full(values.size, np.nan)
    scores[rows[order]] = ndtri((np.arange(rows.size) + 0.5) / rows.size)
    return scores


def _info(finding: Finding, **facts: Any) -> ColumnInfo:
    column = finding.column
    return ColumnInfo(
        name=column.name,
        kind=finding.kind,
        role=finding.role,
        dtype=column.dtype,
        note=finding.note,
        n_missing=int(column.missing.sum()),
        n_distinct=column.n_distinct,
        **facts,
    )


def _constant(finding: Finding) -> ConstantCodec:
    codes = finding.column.distinct.codes
    return ConstantCodec(_info(finding), finding.column.layout, levels_of(finding.column), int(codes[0]))


def _key(finding: Finding, options: Options, lanes: Lanes) -> KeyCodec:
    column, cells = finding.column, finding.column.cells
    dropped = options.keys == "drop"
    presence = None
    if column.missing.any() and not dropped:
        import pyarrow as pa

        levels = Levels("string", "", 0, pa.array(["present"], pa.large_string()))
        codes = column.missing.astype(np.int32)
        presence = _discrete(_info(finding), {}, levels, codes, options, lanes, ordered=False)
    prefix, first, last = None, 0, 0
    if isinstance(cells, Texts):
        prefix = fresh_prefix(column.name, column.distinct.data)
    elif isinstance(cells, Numbers):
        first = int(cells.data[~cells.missing].max()) + 1
        last = _EXACT if column.bounds is None else column.bounds[1]
    return KeyCodec(_info(finding), column.layout, prefix, first, last, dropped, presence)


def _discrete(
    info: ColumnInfo,
    layout: Layout,
    levels: Levels,
    codes: NDArray[np.int32],
    options: Options,
    lanes: Lanes,
    *,
    ordered: bool,
) -> DiscreteCodec:
    """Encode codes, with the missing level as the last, as a code column or as normal scores."""
    if options.discrete == "donor":
        lanes.codes.append(codes.astype(np.int32))
        return DiscreteCodec(info, layout, Lane("code", len(lanes.codes) - 1), levels, None)
    order: ScoreOrder = score_order(codes, levels.size + 1, ordered=ordered)
    place = np.zeros(levels.size + 1)
    place[order.codes] = np.arange(order.codes.size)
    number = len(lanes.latent)
    lanes.latent.append(normal_scores(place[codes], options.seed, number))
    return DiscreteCodec(info, layout, Lane("latent", number), levels, order)


def _continuous(finding: Finding, frame: Layout, options: Options, lanes: Lanes) -> ContinuousCodec:
    column, cells = finding.column, finding.column.cells
    if not isinstance(cells, Numbers):
        raise TypeError(f"column {column.name!r}: a continuous column needs numbers")
    check_values(column, cells)
    clock = find_clock(column, cells) if column.family in TIMES else Clock()
    numbers = np.where(cells.missing, np.nan, clock.numbers(cells.data) if column.family in TIMES else cells.data)
    numbers = numbers / 10.0**column.decimals if column.family == "decimal" else numbers.astype(np.float64)
    decimals = _decimals(finding, numbers[~cells.missing])
    storage = _storage(finding, clock, decimals, options)
    number = len(lanes.latent)
    normal = options.encoding == "normal"
    lanes.latent.append(normal_scores(numbers, options.seed, number) if normal else numbers)
    return ContinuousCodec(
        info=_info(
            finding,
            step=_step(decimals, storage, clock),
            unit=clock.name,
            rounded=storage.decimals is not None or column.family in TIMES,
        ),
        layout=as_real(column.layout, frame) if storage.real else column.layout,
        lane=Lane("latent", number),
        storage=storage,
        clock=clock,
        text=finding.text,
        quantiles=np.sort(numbers[~cells.missing]) if normal else None,
    )


def _step(decimals: int | None, storage: Storage, clock: Clock) -> float | None:
    """Return the spacing of the values that come back; times that are not rounded to 1 keep their storage unit."""
    if storage.family in TIMES and storage.decimals is None:
        return 1.0 / clock.unit
    return None if decimals is None else float(f"1e-{decimals}")


def _decimals(finding: Finding, observed: NDArray[np.float64]) -> int | None:
    """Return the decimals of the source's grid, None where there is no grid or the user wants none."""
    column = finding.column
    if column.family in TIMES or finding.kind == "integer":
        return 0
    if column.family == "integer":  # declared real
        return None
    return find_decimals(observed, column.precision)


def _storage(finding: Finding, clock: Clock, decimals: int | None, options: Options) -> Storage:
    column: SourceColumn = finding.column
    timed = column.family in TIMES
    full = options.grid == "full"
    short = column.precision < 53
    real = not timed and ((full and (column.family != "real" or short)) or _declared_real(finding))
    low, high = -_FLOAT_MAX[53], _FLOAT_MAX[53]
    if not real and column.bounds is not None:
        low, high = clock.limits(column.bounds)
        low, high = low / 10.0**column.decimals, high / 10.0**column.decimals
    elif not real:
        low, high = -_FLOAT_MAX[column.precision], _FLOAT_MAX[column.precision]
    # Times that count the very unit they are stored in are rounded whatever the grid.
    rounds = decimals is not None and (not full or (timed and clock.unit == 1))
    return Storage(
        family=column.family,
        stored_in=column.unit,
        decimals=decimals if rounds else None,
        scale=column.decimals,
        precision=column.precision,
        low=low,
        high=high,
        real=real,
    )


def _declared_real(finding: Finding) -> bool:
    return finding.kind == "real" and finding.column.family != "real"
