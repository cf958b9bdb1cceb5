"""Pictures of a study: every chain, the bands of replicates, and what closed forms predict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synthmix.collapse.monitor.alarms import ALL
from synthmix.collapse.pictures.curves import Chosen, Curve, curves_of
from synthmix.collapse.pictures.words import Look, label_of, look_of
from synthmix.errors import InputError
from synthmix.report.colours import BLUE, FAINT, INK, VERMILLION
from synthmix.report.drawing import (
    drawn,
    headed_legend,
    log_axis,
    new_figure,
    room_for_constant,
    shortened,
    whole_steps,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW, _HEAD = 1.5, 0.85  # inches: of a row of panels, of title and legend
_MOST_CHAINS = 5  # that are drawn one by one


def draw_trajectories(
    trajectories: pd.DataFrame,
    metric: str,
    *,
    variant: str = "",
    column: str | None = None,
    n: int | None = None,
    predicted: pd.DataFrame | None = None,
    alarms: pd.DataFrame | None = None,
) -> Figure:
    """Draw one metric of a study: a row of panels for each generator, a column for each regime.

    Parameters
    ----------
    trajectories : pandas.DataFrame
        Columns :data:`synthmix.collapse.columns.TRAJECTORIES`.
    metric, variant : str
    column : str, optional
        Column of the data; by default the mean over all columns of a chain.
    n : int, optional
        Rows of a generation, by default the most that the study has.
    predicted : pandas.DataFrame, optional
        Closed forms: generator, regime, n, metric, variant, column, generation, value.
    alarms : pandas.DataFrame, optional
        As :func:`synthmix.collapse.monitor.alarms` gives them.

    Returns
    -------
    matplotlib.figure.Figure
        Thin lines are chains, the thick one is their median, the bands hold 50 % and 90 % of the chains, dashes are
        the prediction.

    Raises
    ------
    InputError
        When the study has no such numbers.
    """
    curves = curves_of(trajectories, Chosen(metric, variant, column, n), predicted)
    if not curves:
        raise InputError(f"the study has no numbers of metric {metric!r}, variant {variant!r}, column {column!r}")
    return draw_curves(curves, label_of(metric, variant, column), look_of(metric), alarms)


@drawn
def draw_curves(
    curves: Mapping[tuple[str, str], Curve], title: str, look: Look, alarms: pd.DataFrame | None = None
) -> Figure:
    """Draw the curves of each generator and regime; see :func:`draw_trajectories`."""
    generators = list(dict.fromkeys(generator for generator, _ in curves))
    regimes = list(dict.fromkeys(regime for _, regime in curves))
    figure = new_figure(_HEAD + _ROW * len(generators) + 0.4, edges=(0.85, 0.15, 0.5, _HEAD))
    panels = figure.subplots(
        len(generators), len(regimes), sharex=True, sharey="row", squeeze=False, gridspec_kw={"wspace": 0.08}
    )
    for row, generator in zip(panels, generators, strict=True):
        for axis, regime in zip(row, regimes, strict=True):
            curve = curves.get((generator, regime))
            if curve is None:
                axis.set_visible(False)
                continue
            _draw_curve(axis, curve, look)
            _mark_alarm(axis, curve, first_alarm(alarms, generator, regime))
        positive = all(curve.positive for cell, curve in curves.items() if cell[0] == generator)
        if look.log and positive:
            log_axis(row[0])
        room_for_constant(row[0])
        row[0].set_ylabel(shortened(generator, 22))
    for axis, regime in zip(panels[0], regimes, strict=True):
        axis.set_title(shortened(regime, 30))
    for axis in panels[-1]:
        axis.set_xlabel("generation")
    _explain(figure, title, any(curve.predicted is not None for curve in curves.values()))
    return figure


def _draw_curve(axis: Axes, curve: Curve, look: Look) -> None:
    if look.kept is not None:
        axis.axhline(look.kept, color=FAINT, linewidth=0.8, zorder=0)
    low, quarter, median, three, high = curve.bands
    x = curve.generation
    chains = curve.chains[:_MOST_CHAINS]
    breaks = np.full((len(chains), 1), np.nan)  # one path for all chains is drawn faster
    axis.plot(np.tile([*x, x[-1]], len(chains)), np.hstack([chains, breaks]).ravel(), color=BLUE, linewidth=0.5,
              alpha=0.4, zorder=1)  # fmt: skip
    axis.fill_between(x, low, high, color=BLUE, alpha=0.14, linewidth=0, zorder=2)
    axis.fill_between(x, quarter, three, color=BLUE, alpha=0.28, linewidth=0, zorder=3)
    axis.plot(x, median, color=BLUE, linewidth=2.0, zorder=4)
    if curve.predicted is not None:
        axis.plot(x, curve.predicted, color=INK, linewidth=1.3, linestyle=(0, (4, 2)), zorder=5)
    axis.margins(x=0.02)
    whole_steps(axis)


def first_alarm(alarms: pd.DataFrame | None, generator: str, regime: str) -> float:
    """Return the generation of the alarm of all regions together, the median over draws; NaN for none."""
    if alarms is None or alarms.empty:
        return float("nan")
    mine = alarms[(alarms["generator"] == generator) & (alarms["regime"] == regime) & (alarms["region"] == ALL)]
    generation = mine["alarm"].dropna().astype("float64")
    return float(np.floor(generation.median())) if len(generation) else float("nan")


def _mark_alarm(axis: Axes, curve: Curve, generation: float) -> None:
    place = np.flatnonzero(curve.generation == generation)
    if place.size:
        height = curve.bands[2, place[0]]
        axis.plot(generation, height, "o", color=VERMILLION, markerfacecolor="none", markersize=8, mew=1.6, zorder=6)


def _explain(figure: Figure, title: str, predicted: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [
        Line2D([], [], color=BLUE, linewidth=2.0, label="median of the chains"),
        Patch(color=BLUE, alpha=0.4, linewidth=0, label="50 %"),
        Patch(color=BLUE, alpha=0.15, linewidth=0, label="90 %"),
        Line2D([], [], color=BLUE, linewidth=0.6, alpha=0.6, label="one chain"),
    ]
    if predicted:
        handles.append(Line2D([], [], color=INK, linewidth=1.3, linestyle=(0, (4, 2)), label="predicted"))
    ring = {"marker": "o", "markerfacecolor": "none", "markersize": 7, "color": VERMILLION, "linewidth": 0}
    handles.append(Line2D([], [], label="alarm", **ring))  # type: ignore[arg-type]
    headed_legend(figure, handles, title[:1].upper() + title[1:], len(handles))
