"""Alarms of a study: which regions lost or gained rows beyond neutral drift, and since when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from synthmix.arguments import check_alpha
from synthmix.collapse.monitor.evalues import Direction, Floats, e_bh, e_process, log_mean, region_log_e
from synthmix.collapse.monitor.panel import Panel, panels

ALARMS = (
    "generator", "regime", "n", "draw", "region", "direction", "alarm", "e_value", "log_e", "max_log_e", "listed",
    "chains", "verdict", "note",
)  # fmt: skip
"""Columns of the table of :func:`alarms`."""
PATHS = ("generator", "regime", "n", "draw", "region", "direction", "generation", "log_e")
ALL = "(all)"
_DIRECTIONS: tuple[Direction, ...] = ("down", "up")
_CELL = ("generator", "regime", "n", "draw")


@dataclass(frozen=True, eq=False)
class RegionPath:
    """The e-process of one region and direction.

    Attributes
    ----------
    key : dict
        generator, regime, n, draw (where draws are apart), region and direction.
    log_e : array, shape (generations,)
        After generations 1, 2, ...
    chains : int
    note : str
        Why there is none, "" where there is one.
    """

    key: dict[str, Any]
    log_e: Floats
    chains: int
    note: str = ""


def alarms(trajectories: pd.DataFrame, alpha: float = 0.05, delta: float = 0.0) -> pd.DataFrame:
    """Return the alarms of the region e-processes, one row a cell, region and direction, and one for the cell.

    Parameters
    ----------
    trajectories : pandas.DataFrame
        Of a study, with the metric `region`: shares of the new rows, and of the pools where they are other tables.
    alpha : float
        Chance of a false alarm, ever, of a row's process.
    delta : float
        Relative change of a share in one generation that is no alarm. 0 suits shares of regions: copying rows at random
        keeps them in expectation. 1/n suits a share that stands for diversity, which copying loses.

    Returns
    -------
    pandas.DataFrame
        generator, regime, n, draw, region, direction ("down", "up"), alarm (generation in which the e-process first
        reached 1/alpha, <NA> if it never did), e_value and log_e (after the last generation), max_log_e, listed (by
        e-BH among the regions and directions of the cell, false discovery rate alpha), chains, verdict ("alarm",
        "none", "na") and note. The row with region "(all)" averages all regions and directions: the one verdict for
        the cell, with chance alpha of a false alarm however many regions there are.

    Raises
    ------
    InputError
        For a table that is no table of trajectories.
    OptionError
        For an alpha outside (0, 1) or a delta outside [0, 1).

    Notes
    -----
    Null: in each generation a new row lies in the region with a chance of at least (down; up: at most) the region's
    share of the pool that the generation was made from, rows independent or negatively associated given that pool. So
    the share T is that of P_(g-1), and it covers replace, accumulate, subsample, fixed shares and windows: what the
    regime adds or drops is in the pool, what the generator loses is tested. Valid for one chain and for many, under
    interim looks and any rule of stopping, for example aborting a chain at its alarm.

    Not valid, and "na": weighted regimes, where the share under the weights is not that of the rows. Not valid and not
    seen by this function: generators in which the rows of a batch share their randomness (one mixing weight for all
    rows of a batch), and metrics that were not made with regions fixed by the real table alone.

    Failed chains and generations count as no evidence. An alarm says that the generator moves mass, not that the
    table is bad: a generator that only drifts gives no alarm although its diversity is gone in the end, see
    :func:`synthmix.collapse.analysis.decompose`.
    """
    alpha = check_alpha(alpha)
    rows: list[dict[str, Any]] = []
    for cell in _cells(list(region_paths(trajectories, delta)), _CELL):
        whole = overall(cell)
        found = [_row(path, alpha) for path in [whole, *cell]]
        usable = [row for row in found[1:] if row["verdict"] != "na"]
        for row, listed in zip(usable, e_bh([row["log_e"] for row in usable], alpha), strict=True):
            row["listed"] = bool(listed)
        rows.extend(found)
    return pd.DataFrame(rows, columns=list(ALARMS)).astype({"alarm": "Int64"})


def e_paths(trajectories: pd.DataFrame, delta: float = 0.0) -> pd.DataFrame:
    """Return the e-processes behind :func:`alarms` generation by generation, for pictures.

    Returns
    -------
    pandas.DataFrame
        generator, regime, n, draw, region, direction, generation, log_e; region "(all)" is their average.
    """
    rows = [
        {**path.key, "generation": generation, "log_e": float(value)}
        for cell in _cells(list(region_paths(trajectories, delta)), _CELL)
        for path in [overall(cell), *cell]
        for generation, value in enumerate(path.log_e, start=1)
    ]
    return pd.DataFrame(rows, columns=list(PATHS))


def region_paths(trajectories: pd.DataFrame, delta: float, cell: Sequence[str] = _CELL) -> Iterator[RegionPath]:
    """Yield the e-process of every region and direction of every cell, chains of the cell multiplied."""
    frame = trajectories
    if "metric" in frame.columns:
        frame = frame[frame["metric"] == "region"]
    by_rows: dict[tuple[Any, ...], dict[str, Panel]] = {}
    for panel in panels(frame, (*cell, "variant", "rows")):
        key = tuple(panel.key[name] for name in (*cell, "variant"))
        by_rows.setdefault(key, {})[panel.key["rows"]] = panel
    for key, found in by_rows.items():
        new = found["new"]
        before = _aligned(found.get("pool", new), new)
        words = dict(zip((*cell, "region"), key, strict=True))
        weighted = str(words["regime"]).startswith("weighted")
        for direction in _DIRECTIONS:
            note = "weights change the share that the generator sees" if weighted else ""
            path = np.empty(0) if weighted or not new.last else _path(new, before, delta, direction)
            yield RegionPath({**words, "direction": direction}, path, len(new.numbers), note)


def overall(cell: Sequence[RegionPath]) -> RegionPath:
    """Return the average of all e-processes of a cell, which is one."""
    key = {**cell[0].key, "region": ALL, "direction": "any"}
    paths = [path.log_e for path in cell if path.log_e.size]
    if not paths:
        return RegionPath(key, np.empty(0), cell[0].chains, cell[0].note or "no generation was made")
    longest = max(path.size for path in paths)
    even = np.stack([np.concatenate([path, np.full(longest - path.size, path[-1])]) for path in paths])
    return RegionPath(key, log_mean(even, axis=0), max(path.chains for path in cell))


def first_alarm(path: RegionPath, alpha: float) -> int | None:
    """Return the generation in which an e-process first reached 1/alpha."""
    reached = np.flatnonzero(path.log_e >= -np.log(alpha))
    return int(reached[0]) + 1 if reached.size else None


def _aligned(pool: Panel, new: Panel) -> Floats:
    """Return the shares of the pools in the chains and generations of the new rows."""
    shares = np.full_like(new.numbers, np.nan)
    place = {pair: row for row, pair in enumerate(zip(pool.draws.tolist(), pool.chains.tolist(), strict=True))}
    width = min(pool.numbers.shape[1], shares.shape[1])
    for row, pair in enumerate(zip(new.draws.tolist(), new.chains.tolist(), strict=True)):
        if pair in place:
            shares[row, :width] = pool.numbers[place[pair], :width]
    return shares


def _path(new: Panel, before: Floats, delta: float, direction: Direction) -> Floats:
    rows = np.maximum(new.counts[:, 1:], 1.0)
    count = np.rint(new.numbers[:, 1:] * rows)
    return e_process(region_log_e(count, rows, before[:, :-1], delta=delta, direction=direction))


def _cells(paths: Sequence[RegionPath], keys: Sequence[str]) -> list[list[RegionPath]]:
    found: dict[tuple[Any, ...], list[RegionPath]] = {}
    for path in paths:
        found.setdefault(tuple(path.key[name] for name in keys), []).append(path)
    return list(found.values())


def _row(path: RegionPath, alpha: float) -> dict[str, Any]:
    row: dict[str, Any] = {**path.key, "chains": path.chains, "listed": False, "note": path.note}
    if not path.log_e.size:
        return row | {"alarm": pd.NA, "e_value": np.nan, "log_e": np.nan, "max_log_e": np.nan, "verdict": "na",
                      "note": path.note or "no generation was made"}  # fmt: skip
    last, alarm = float(path.log_e[-1]), first_alarm(path, alpha)
    return row | {
        "alarm": pd.NA if alarm is None else alarm,
        "e_value": float(np.exp(min(last, 700.0))),
        "log_e": last,
        "max_log_e": float(path.log_e.max()),
        "verdict": "none" if alarm is None else "alarm",
    }
