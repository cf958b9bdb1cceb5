"""The overview of a study: measured and predicted curves of all generators on one plot for each claim."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from synthmix.collapse.analysis.halflife import ALWAYS
from synthmix.collapse.pictures.curves import Chosen, Curve, curves_of
from synthmix.collapse.pictures.pooled import POOLED, pooled_curves
from synthmix.collapse.pictures.words import look_of
from synthmix.report.colours import FAINT, INK, LINES
from synthmix.report.drawing import (
    drawn,
    headed_legend,
    log_axis,
    new_figure,
    room_for_constant,
    shortened,
    signed_log_axis,
    whole_steps,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Metric and title of the panels in which all generators are compared under the first regime.
_PANELS = (
    ("variance", "Variance"),
    (POOLED, "Excess kurtosis of the chains together"),
    ("kept", "Covariance: largest change of a contrast"),
    ("levels", "Levels that are alive"),
    ("ancestors", "Real rows that have descendants"),
)
_FLOOR = 1e-16
Look = tuple[str, str]  # colour and mark
_DASHES = (0, (3.5, 1.8))


@drawn
def draw_study(result: Any) -> Figure:
    """Draw the overview of a study.

    Parameters
    ----------
    result : CollapseResult
        `trajectories` and `predicted` are used.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each of variance, kurtosis, covariance, levels and ancestors, with all generators under the first
        regime, and one that shows the fastest shrinking generator under all regimes. Coloured lines are medians of the
        chains, bands hold 90 % of them, dashes are predictions. Kurtosis is that of the chains together, each counting
        by its squared variance, for which there is a law for few rows too. Panels without numbers are left out.
    """
    trajectories, predicted = result.trajectories, result.predicted
    generators = [str(name) for name in trajectories["generator"].unique()]
    regime = str(trajectories["regime"].iloc[0]) if len(trajectories) else ""
    colours = {name: LINES[place % len(LINES)] for place, name in enumerate(generators)}
    panels = [
        (title, metric, {name: curve for (name, where), curve in found.items() if where == regime})
        for metric, title in _PANELS
        if (found := _curves(trajectories, metric, predicted))
    ]
    rescue = _rescue(trajectories, predicted, regime)
    count = len(panels) + bool(rescue[1])
    rows = max(1, (count + 1) // 2)
    figure = new_figure(1.35 + 2.6 * rows, edges=(0.65, 0.15, 0.5, 1.05))
    axes = figure.subplots(rows, 2, squeeze=False, gridspec_kw={"hspace": 0.42, "wspace": 0.17}).ravel()
    for axis, (title, metric, curves) in zip(axes, panels, strict=False):
        _draw_panel(axis, title, metric, curves, colours)
    if rescue[1]:
        _draw_rescue(axes[len(panels)], *rescue, colours[rescue[0]][0])
    for axis in axes[count:]:
        axis.set_visible(False)
    _explain(
        figure,
        f"Generators under {regime!r}: measured and predicted",
        colours,
        any(curve.predicted is not None for *_, curves in panels for curve in curves.values()),
    )
    return figure


def _curves(trajectories: pd.DataFrame, metric: str, predicted: pd.DataFrame | None) -> Mapping[tuple[str, str], Curve]:
    if metric == POOLED:
        return pooled_curves(trajectories, predicted)
    if metric != "kept":
        return curves_of(trajectories, Chosen(metric), predicted)
    ends = [curves_of(trajectories, Chosen("var_ratio_range", variant)) for variant in ("low", "high")]
    found = {}
    for cell in ends[0].keys() & ends[1].keys():
        low, high = (end[cell] for end in ends)
        change = np.maximum(np.abs(low.chains - 1.0), np.abs(high.chains - 1.0))
        change[:, low.generation == 0] = np.nan  # nothing has changed yet
        found[cell] = Curve(low.generation, np.where(np.isnan(change), np.nan, np.maximum(change, _FLOOR)))
    return {cell: found[cell] for cell in ends[0] if cell in found}


def _draw_panel(
    axis: Axes,
    title: str,
    metric: str,
    curves: Mapping[str, Curve],
    colours: Mapping[str, Look],
) -> None:
    for name, curve in curves.items():
        _draw_line(axis, curve, colours[name])
    if metric == "kept":
        axis.axhline(ALWAYS, color=FAINT, linewidth=0.9)
        axis.annotate("1e-10", (0.99, ALWAYS), (0, 2), xycoords=axis.get_yaxis_transform(), textcoords="offset points",
                      ha="right", fontsize=8.5)  # fmt: skip
    _finish(axis, title, [*curves.values()], log=metric == "kept" or look_of(metric).log, signed=metric == POOLED)


def _draw_line(axis: Axes, curve: Curve, look: Look, label: str = "") -> None:
    colour, mark = look
    low, *_, high = curve.bands
    every = max(1, curve.generation.size // 8)
    axis.fill_between(curve.generation, low, high, color=colour, alpha=0.18, linewidth=0, zorder=1)
    axis.plot(curve.generation, curve.middle, color=colour, linewidth=2.4, marker=mark, markersize=4.5,
              markevery=every, label=label, zorder=2)  # fmt: skip
    if curve.predicted is not None:
        axis.plot(curve.generation, curve.predicted, color=INK, linewidth=1.1, linestyle=_DASHES, zorder=3)


def _finish(axis: Axes, title: str, curves: Iterable[Curve], *, log: bool, signed: bool = False) -> None:
    if log and all(curve.positive for curve in curves):
        log_axis(axis)
    if signed:
        signed_log_axis(axis)
    if axis.get_yscale() == "linear":
        room_for_constant(axis)
    axis.set_title(shortened(title, 60), fontweight="bold", fontsize=10)
    axis.set_xlabel("generation")
    axis.grid(visible=True, axis="y")
    axis.margins(x=0.02)
    whole_steps(axis)


def _rescue(trajectories: pd.DataFrame, predicted: pd.DataFrame | None, regime: str) -> tuple[str, dict[str, Curve]]:
    """Return the generator whose variance shrinks most under the first regime, and its curves under all regimes."""
    curves = curves_of(trajectories, Chosen("variance"), predicted)
    last = {
        name: float(curve.bands[2, -1]) for (name, where), curve in curves.items() if where == regime and curve.positive
    }
    worst = min(last, key=lambda name: last[name], default="")
    found = {where: curve for (name, where), curve in curves.items() if name == worst}
    return (worst, found) if len(found) > 1 else ("", {})


def _draw_rescue(axis: Axes, generator: str, curves: Mapping[str, Curve], colour: str) -> None:
    for (regime, curve), look in zip(curves.items(), LINES * len(curves), strict=False):
        _draw_line(axis, curve, (colour, look[1]), shortened(regime, 26))
    _finish(axis, f"Variance of {shortened(generator)} under each regime", curves.values(), log=True)
    axis.legend(loc="best", handlelength=2.6)


def _explain(figure: Figure, title: str, colours: Mapping[str, Look], predicted: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Line2D([], [], color=colour, marker=mark, linewidth=2.4, markersize=4.5, label=shortened(name))
        for name, (colour, mark) in colours.items()
    ]
    handles.append(Patch(color=FAINT, alpha=0.3, linewidth=0, label="90 % of the chains"))
    if predicted:
        handles.append(Line2D([], [], color=INK, linewidth=1.1, linestyle=_DASHES, label="predicted"))
    headed_legend(figure, handles, title, min(len(handles), 4))
