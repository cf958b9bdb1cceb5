"""Every column of both tables over each other: histograms of numbers, bars of levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.pictures.bins import FEWEST, Floats, round_edges, shares
from synthmix.drift.tables import Tables
from synthmix.report.colours import REAL, SYNTHETIC
from synthmix.report.drawing import drawn, headed_legend, new_figure, panel_title, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ACROSS, _HEIGHT = 4, 1.75
_MOST_LEVELS = 8
_ROOM = 17  # characters below a panel
MOST = 24
"""Columns that are drawn."""


@drawn
def draw_columns(tables: Tables, names: Sequence[str] | None = None) -> Figure:
    """Draw the marginal of every column of both tables.

    Parameters
    ----------
    tables : Tables
    names : sequence of str, optional
        Columns, in the order in which they are drawn, such as the worst first; the first 24 are.

    Returns
    -------
    matplotlib.figure.Figure
        Numbers as histograms with round edges whose outermost bins hold what lies beyond; the levels that most real
        rows have as bars, all others as one. Bins and levels of fewer than five rows of a table are left out.
    """
    known = [*tables.names, *tables.code_names]
    shown = [name for name in (known if names is None else names) if name in known][:MOST]
    rows = max(1, -(-len(shown) // _ACROSS))
    figure = new_figure(0.75 + _HEIGHT * rows, edges=(0.85, 0.15, 0.35, 0.85))
    axes = figure.subplots(rows, _ACROSS, squeeze=False, gridspec_kw={"hspace": 0.75, "wspace": 0.65}).ravel()
    for axis, name in zip(axes, shown, strict=False):
        if name in tables.names:
            place = tables.names.index(name)
            _draw_numbers(axis, tables.real.numbers[:, place], tables.synthetic.numbers[:, place])
        else:
            place = tables.code_names.index(name)
            _draw_levels(axis, tables.real.codes[:, place], tables.synthetic.codes[:, place], tables.labels[name])
        panel_title(axis, name)
        axis.tick_params(axis="x", labelsize=8, length=2)
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
    for axis in axes[len(shown) :]:
        axis.set_visible(False)
    _explain(figure, len(shown), len(known))
    return figure


def _draw_numbers(axis: Axes, real: Floats, synthetic: Floats) -> None:
    sides = [side[np.isfinite(side)] for side in (real, synthetic)]
    if sides[0].size < 2 * FEWEST:
        axis.text(0.5, 0.5, "too few values", ha="center", transform=axis.transAxes, fontsize=8)
        return
    edges = round_edges(sides[0])
    first, second = (np.nan_to_num(shares(side, edges)) for side in sides)
    axis.stairs(first, edges, fill=True, color=REAL, alpha=0.55)
    axis.stairs(second, edges, color=SYNTHETIC, linewidth=1.4)
    axis.set_xlim(edges[0], edges[-1])
    axis.locator_params(axis="x", nbins=3)
    seen = [tick for tick in axis.get_xticks() if edges[0] <= tick <= edges[-1]]
    if sum(len(label) + 1 for label in axis.xaxis.get_major_formatter().format_ticks(seen)) > _ROOM:
        axis.locator_params(axis="x", nbins=2)
    axis.set_yticks([])


def _draw_levels(axis: Axes, real: NDArray[np.int32], synthetic: NDArray[np.int32], labels: tuple[str, ...]) -> None:
    counts = [np.bincount(codes, minlength=len(labels)) for codes in (real, synthetic)]
    order = [int(code) for code in np.argsort(-counts[0], kind="stable") if counts[0][code] >= FEWEST][:_MOST_LEVELS]
    bars = []
    for count in counts:
        chosen = [int(count[code]) for code in order]
        chosen.append(int(count.sum()) - sum(chosen))
        bars.append([size / max(count.sum(), 1) if size >= FEWEST else 0.0 for size in chosen])
    others = bool(max(bars[0][-1], bars[1][-1]) > 0)
    names = [shortened(labels[code], 13) for code in order] + ["other"] * others
    places = np.arange(len(names))
    axis.barh(places - 0.19, bars[0][: len(names)], 0.38, color=REAL, alpha=0.55)
    axis.barh(places + 0.19, bars[1][: len(names)], 0.38, facecolor="none", edgecolor=SYNTHETIC, linewidth=1.2)
    axis.set_ylim(len(names) - 0.4, -0.6)
    axis.set_yticks(places, names, fontsize=7.5)
    axis.set_xlim(0, 1.05 * max(*bars[0], *bars[1], 1e-9))
    axis.locator_params(axis="x", nbins=3)


def _explain(figure: Figure, shown: int, known: int) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [
        Patch(color=REAL, alpha=0.55, linewidth=0, label="real"),
        Line2D([], [], color=SYNTHETIC, linewidth=1.4, label="synthetic"),
    ]
    more = f", {shown} of {known}" if shown < known else ""
    headed_legend(figure, handles, f"Columns: share of rows{more}", 2)
