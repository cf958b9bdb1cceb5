"""Pictures of an audit: coefficients, groups, the membership attack, distances. No row of a table is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.audit.privacy.dcr import pooled_neighbours
from synthmix.audit.privacy.ground import Ground
from synthmix.audit.privacy.membership import Scores, score_targets
from synthmix.drift.noise import Z95
from synthmix.drift.tables import Tables
from synthmix.report import Picture, Table, Text
from synthmix.report.blocks import Block
from synthmix.report.colours import BLUE, FAINT, GRID, INK, REAL, SYNTHETIC, VERDICTS
from synthmix.report.drawing import drawn, headed_legend, log_axis, new_figure, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST = 40  # lines of a picture
_FEWEST = 20  # rows of each table that a curve needs
_LEVELS = np.linspace(0.0, 1.0, 101)


def coefficients(table: pd.DataFrame) -> Iterator[Block]:
    """Yield a picture for each model: each coefficient with its interval, beside that of the real fit."""
    mine = table[(table["metric"] == "coef_shift") & table["value"].notna()]
    for model, rows in mine.groupby("column", sort=False):
        far = rows.assign(size=rows["value"].abs()).sort_values("size", ascending=False, kind="stable").head(_MOST)
        inside = int((rows["value"].abs() <= Z95).sum())
        yield Picture(
            draw_lines(far.to_dict("records"), "level", "standard errors of the real fit", (-Z95, Z95)),
            f"Coefficients of {model}",
            f"{inside} of {len(rows)} synthetic estimates lie inside the 95 % interval of the real fit.",
            f"Zero is the real estimate, the band its 95 % interval. The {len(far)} farthest coefficients.",
            Table(far[["level", "value", "ci_low", "ci_high", "verdict"]], "Shifts of coefficients"),
        )


def groups(table: pd.DataFrame) -> Iterator[Block]:
    """Yield the picture of what each group of test rows loses."""
    mine = table[(table["metric"] == "group_gap") & table["value"].notna()]
    if mine.empty:
        yield Text("There are no groups to draw.", "note")
        return
    far = mine.sort_values("value", ascending=False, kind="stable").head(_MOST)
    named = far.assign(name=far["column"] + " " + far["level"] + ", " + far["variant"])
    worst = named.iloc[0]
    yield Picture(
        draw_lines(named.to_dict("records"), "name", "loss added, as a share of the variance of the target", None),
        "What each group loses",
        f"The largest loss is {worst['value']:.3g}, of {worst['name']}.",
        "Right of zero: predictions of the group are worse when models learn from the synthetic table.",
        Table(named[["name", "value", "ci_low", "ci_high", "p_adj"]], "Losses of groups", {"p_adj": "p (Holm)"}),
    )


def attacks(tables: Tables, seed: int) -> Iterator[Block]:
    """Yield the ROC of the membership attacks and the distances to training rows and to the holdout."""
    whole = Ground(tables, seed, 1).whole
    if whole is None or whole.holdout is None or min(map(len, (whole.real, whole.holdout))) < 2 * _FEWEST:
        yield Text("Without a holdout of some size no attack can be measured, and none is drawn.", "note")
        return
    targets = score_targets(whole.real, whole.holdout, whole.synthetic, seed=seed)
    curves = {"distance": _curve(targets.distance), "density": _curve(targets.density)}
    at = ", ".join(f"{name} {np.interp(0.01, *curve):.1%}" for name, curve in curves.items())
    yield Picture(
        draw_roc(curves),
        "Membership attack",
        f"Share of training rows that are found when 1 % of other rows are taken for one: {at}.",
        "On the dashed line the attacker guesses. What counts is the left end: few false alarms.",
        Table(
            pd.DataFrame({"false alarms": _GRID, **{name: np.interp(_GRID, *one) for name, one in curves.items()}}),
            "Share of members found",
        ),
    )
    pooled = pooled_neighbours(whole.real, whole.holdout, whole.synthetic, seed=seed)
    nearest = np.sqrt(pooled.near.squared[:, 0])
    sides = {
        "nearest is a training row": nearest[pooled.train[pooled.near.index[:, 0]]],
        "nearest is held out": nearest[~pooled.train[pooled.near.index[:, 0]]],
    }
    if min(map(len, sides.values())) < _FEWEST:
        yield Text("Almost all synthetic rows have their nearest real row in one table.", "warning")
        return
    share = sides["nearest is a training row"].size / nearest.size
    middles = ", ".join(f"{name}: median {np.median(side):.3g}" for name, side in sides.items())
    yield Picture(
        draw_distances(sides), "Distance to the nearest real row", f"{share:.1%} of rows; {middles}.",
        "A screen: distances clear nobody. Quantiles that fewer than five rows lie beyond are left out.",
    )  # fmt: skip


_GRID = np.array([0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5])


@drawn
def draw_lines(rows: Sequence[dict[Any, Any]], name: str, unit: str, band: tuple[float, float] | None) -> Figure:
    """Draw one line a number: value, interval, verdict."""
    figure = new_figure(0.9 + 0.21 * len(rows))
    axis = figure.subplots()
    if band is not None:
        axis.axvspan(*band, color=GRID, linewidth=0)
    axis.axvline(0.0, color=INK, linewidth=0.8)
    for place, row in enumerate(rows):
        colour = VERDICTS[row["verdict"]] if row["verdict"] != "na" else BLUE
        axis.plot([row["ci_low"], row["ci_high"]], [place, place], color=colour, linewidth=1.4)
        axis.plot(row["value"], place, "o", color=colour, markersize=4)
    axis.set_yticks(range(len(rows)), [shortened(str(row[name]), 40) for row in rows])
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.set_xlabel(unit)
    return figure


@drawn
def draw_roc(curves: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]) -> Figure:
    """Draw the share of members found against that of false alarms, both on logarithmic axes."""
    figure = new_figure(3.8, 4.8)
    axis = figure.subplots()
    lines = [
        axis.plot(*np.maximum((false, found), 1e-4), color=colour, linestyle=style, label=name)[0]
        for (name, (false, found)), colour, style in zip(curves.items(), (BLUE, SYNTHETIC), ("-", "-."), strict=True)
    ]
    lines += axis.plot([1e-4, 1.0], [1e-4, 1.0], color=FAINT, linestyle="--", label="guessing")
    for which in ("x", "y"):
        log_axis(axis, which)
    axis.set_xlim(1e-3, 1.0)
    axis.set_ylim(1e-3, 1.1)
    axis.set_xlabel("other people taken for members")
    axis.set_ylabel("members found")
    headed_legend(figure, lines, "Membership attack", 3)
    return figure


@drawn
def draw_distances(sides: dict[str, NDArray[np.float64]]) -> Figure:
    """Draw quantiles of the distance to the nearest real row, apart for the table which that row is of."""
    figure = new_figure(3.4, 6.0)
    axis = figure.subplots()
    lines = []
    for (name, values), colour, style in zip(sides.items(), (SYNTHETIC, REAL), ("-", "--"), strict=True):
        edge = 5.0 / values.size
        levels = _LEVELS[(np.minimum(_LEVELS, 1.0 - _LEVELS) >= edge)]
        lines += axis.plot(np.quantile(values, levels), levels, color=colour, linestyle=style, label=name)
    axis.set_xlabel("distance in common coordinates")
    axis.set_ylabel("share of synthetic rows")
    headed_legend(figure, lines, "Distance to the nearest real row", 2)
    return figure


def _curve(scores: Scores) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return shares of false alarms and of members found, for every threshold."""
    cuts = np.unique(scores.others)[::-1]
    sides = (np.sort(scores.others), np.sort(scores.members))
    false, found = (1.0 - np.searchsorted(side, cuts, "right") / side.size for side in sides)
    return np.append(false, 1.0), np.append(found, 1.0)
