"""Encode one column by what it was found to be, and give it its lane."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
from synthmix.table.lanes import Lanes
from synthmix.table.levels import Levels, levels_of
from synthmix.table.ranks import Ranked, normal_scores, order_of_runs, ranked
from synthmix.table.times import Clock, find_clock

_FLOAT_MAX = {53: float(np.finfo(np.float64).max), 24: float(np.finfo(np.float32).max), 11: 65504.0}
_EXACT = 2**53
_SQUARES = 1e150  # larger numbers have to be looked at: their squares may overflow


@dataclass(frozen=True)
class Options:
    """The resolved options of an encoding; ``grid`` is "source" or "full"."""

    encoding: str
    grid: str
    discrete: str
    keys: str
    seed: int


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
        codes = finding.column.distinct.codes
        if finding.column.n_missing:
            codes = np.where(codes < 0, np.int32(levels.size), codes)
        ordered = finding.column.ordered
        return _discrete(_info(finding), finding.column.layout, levels, codes, options, lanes, ordered=ordered)
    return _continuous(finding, frame, options, lanes)


def _info(finding: Finding, **facts: Any) -> ColumnInfo:
    column = finding.column
    if "n_distinct" not in facts:
        facts["n_distinct"] = column.n_distinct
    return ColumnInfo(
        name=column.name,
        kind=finding.kind,
        role=finding.role,
        dtype=column.dtype,
        note=finding.note,
        n_missing=column.n_missing,
        **facts,
    )


def _constant(finding: Finding) -> ConstantCodec:
    codes = finding.column.distinct.codes
    return ConstantCodec(_info(finding), finding.column.layout, levels_of(finding.column), int(codes[0]))


def _key(finding: Finding, options: Options, lanes: Lanes) -> KeyCodec:
    column, cells = finding.column, finding.column.cells
    dropped = options.keys == "drop"
    presence = None
    if column.n_missing and not dropped:
        import pyarrow as pa

        levels = Levels("string", "", 0, pa.array(["present"], pa.large_string()))
        codes = column.missing.astype(np.int32)
        presence = _discrete(_info(finding), {}, levels, codes, options, lanes, ordered=False)
    prefix, first, last = None, 0, 0
    if isinstance(cells, Texts):
        prefix = fresh_prefix(column.name, column.distinct.data)
    elif isinstance(cells, Numbers):
        first = int(cells.observed.max()) + 1
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
        lanes.codes.append(codes)
        return DiscreteCodec(info, layout, Lane("code", len(lanes.codes) - 1), levels, None)
    blocks: ScoreOrder = score_order(codes, levels.size + 1, ordered=ordered)
    place = np.zeros(levels.size + 1, dtype=np.uint64)
    place[blocks.codes] = np.arange(blocks.codes.size, dtype=np.uint64)
    number = len(lanes.latent)
    rows = np.arange(codes.size, dtype=np.int64)
    order = order_of_runs(place[codes], rows, options.seed, number)
    lanes.latent.append(normal_scores(order, lanes.room_for_scores()))
    return DiscreteCodec(info, layout, Lane("latent", number), levels, blocks)


def _continuous(finding: Finding, frame: Layout, options: Options, lanes: Lanes) -> ContinuousCodec:
    column, cells = finding.column, finding.column.cells
    if not isinstance(cells, Numbers):
        raise TypeError(f"column {column.name!r}: a continuous column needs numbers")
    if not cells.reach <= _SQUARES:
        check_values(column, cells)
    clock = find_clock(column, cells) if column.family in TIMES else Clock()
    numbers = _numbers(column, cells, clock)
    decimals = _decimals(finding, numbers)
    storage = _storage(finding, clock, decimals, options)
    number = len(lanes.latent)
    ranks = None
    if options.encoding == "normal":
        ranks = ranked(numbers, cells, decimals, options.seed, number, lanes.room_for_ordered())
        numbers = normal_scores(ranks.rows, lanes.room_for_scores())
    lanes.latent.append(numbers)
    return ContinuousCodec(
        info=_info(
            finding,
            **_n_distinct(column, ranks, lanes, number),
            step=_step(decimals, storage, clock),
            unit=clock.name,
            rounded=storage.decimals is not None or column.family in TIMES,
        ),
        layout=as_real(column.layout, frame) if storage.real else column.layout,
        lane=Lane("latent", number),
        storage=storage,
        clock=clock,
        text=finding.text,
        quantiles=None if ranks is None else ranks.ordered,
    )


def _numbers(column: SourceColumn, cells: Numbers, clock: Clock) -> NDArray[np.float64]:
    """Return the column as it is mixed raw, NaN where missing; float64 is the source's own array, to be read only."""
    if cells.data.dtype.kind == "f":
        return cells.data
    if column.family == "decimal":
        numbers = cells.data / 10.0**column.decimals
    else:
        numbers = clock.numbers(cells.data) if column.family in TIMES else cells.data.astype(np.float64)
    if cells.n_missing:
        numbers[cells.missing] = np.nan
    return numbers


def _n_distinct(column: SourceColumn, ranks: Ranked | None, lanes: Lanes, number: int) -> dict[str, Any]:
    """Return the number of distinct values, or how to count them when they are asked for.

    Ranks know it. Else it takes a sort that nothing in fitting needs, of the numbers as they are kept: `column` may
    be the user's own table. Decimals of over fifteen digits may fall together as numbers, so they are counted here.
    """
    if column.family == "decimal":
        return {"n_distinct": column.n_distinct}
    return {"n_distinct": partial(lanes.n_distinct, number) if ranks is None else ranks.n_distinct}


def _step(decimals: int | None, storage: Storage, clock: Clock) -> float | None:
    """Return the spacing of the values that come back; times that are not rounded to 1 keep their storage unit."""
    if storage.family in TIMES and storage.decimals is None:
        return 1.0 / clock.unit
    return None if decimals is None else float(f"1e-{decimals}")


def _decimals(finding: Finding, numbers: NDArray[np.float64]) -> int | None:
    """Return the decimals of the source's grid, None where there is no grid or the user wants none."""
    column = finding.column
    if column.family in TIMES or finding.kind == "integer":
        return 0
    if column.family == "integer":  # declared real
        return None
    return find_decimals(numbers[~column.missing] if column.n_missing else numbers, column.precision)


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
