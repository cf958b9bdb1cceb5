"""Associations of all pairs of columns: real, synthetic, and their difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from synthmix.drift.moments.association import MixedTable, PairChange, pair_changes
from synthmix.drift.noise import Z95
from synthmix.drift.pictures.bins import Floats
from synthmix.drift.tables import Tables
from synthmix.report.colours import FAINT, INK
from synthmix.report.drawing import drawn, new_figure, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST = 40
_NUMBERS = 9  # columns up to which numbers are written into the cells
_GREY_ON_DARK, _GREY_ON_LIGHT = "#d3dae1", "#808b97"
_ON_DARK, _ON_LIGHT = "#fefefe", "#1c2732"  # no colours of the page: cells look the same on a dark screen


@drawn
def draw_associations(tables: Tables) -> Figure:
    """Draw associations of both tables and their difference, on one scale that is centred at zero.

    Numbers with numbers: correlation. Numbers with levels: correlation ratio. Levels with levels: Cramér's V. Of rows
    without a missing number; the first 40 columns, in one order for all panels that puts associated columns together.
    Differences whose 95 % interval holds zero have grey digits; where there are too many columns for digits, dots.
    """
    rows, few = tables.complete, tables.few_levels
    sides = [
        MixedTable(numbers, np.ascontiguousarray(codes[chosen]))
        for numbers, codes, chosen in zip((rows.real, rows.synthetic), few[:2], rows.rows, strict=True)
    ]
    names = [*rows.names, *tables.code_names][:_MOST]
    changes: list[PairChange] = []
    if min(side.n for side in sides) >= 4:
        changes, _ = pair_changes(*sides, names=rows.names, code_names=tables.code_names)
    real, synthetic, doubtful = _matrices(names, changes)
    order = _order(real)
    names = [names[place] for place in order]
    real, synthetic, doubtful = (one[np.ix_(order, order)] for one in (real, synthetic, doubtful))
    figure = new_figure(4.4)
    axes = figure.subplots(1, 3)
    gap = synthetic - real
    most = max(0.1, float(np.nanmax(np.abs(gap), initial=0.0)))
    titles = ("real", "synthetic", "synthetic minus real")
    for axis, matrix, title, limit in zip(axes, (real, synthetic, gap), titles, (1.0, 1.0, most), strict=True):
        image = _draw_matrix(axis, matrix, names, title, limit, first=axis is axes[0])
        if len(names) <= _NUMBERS:
            _write_numbers(axis, matrix, limit, doubtful if axis is axes[2] else 0.0 * doubtful)
        bar = figure.colorbar(image, ax=axis, orientation="horizontal", shrink=0.8, pad=0.02, ticks=[-limit, 0, limit])
        bar.ax.set_xticklabels([f"{-limit:.2g}", "0", f"{limit:.2g}"])
        bar.outline.set_visible(False)
    if len(names) > _NUMBERS:
        places = np.argwhere(doubtful > 0)
        axes[2].plot(places[:, 1], places[:, 0], ".", color=INK, markersize=max(1.0, 5 - len(names) / 8))
    return figure


def _matrices(names: list[str], changes: list[PairChange]) -> tuple[Floats, Floats, Floats]:
    """Return strengths of both tables, NaN where there is none, and 1 where a difference may be chance."""
    place = {name: number for number, name in enumerate(names)}
    out = [np.full((len(names), len(names)), np.nan) for _ in range(3)]
    for one in changes:
        if one.first not in place or one.second not in place:
            continue
        i, j = place[one.first], place[one.second]
        low, high = one.bounds(Z95)
        values = (np.tanh(one.real.z), np.tanh(one.synthetic.z), float(low <= 0.0 <= high))
        for matrix, value in zip(out, values, strict=True):
            matrix[i, j] = matrix[j, i] = value
    return out[0], out[1], out[2]


def _order(strengths: Floats) -> list[int]:
    """Return an order that puts strongly associated columns side by side."""
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    if len(strengths) < 3:
        return list(range(len(strengths)))
    distance = 1.0 - np.abs(np.nan_to_num(strengths))
    np.fill_diagonal(distance, 0.0)
    return [int(place) for place in leaves_list(linkage(squareform(np.clip(distance, 0.0, 1.0)), "average"))]


def _draw_matrix(axis: Axes, matrix: Floats, names: list[str], title: str, limit: float, *, first: bool) -> Any:
    image = axis.imshow(matrix, cmap="RdBu_r", vmin=-limit, vmax=limit)
    axis.set_title(title, fontweight="bold")
    axis.set_facecolor(FAINT)
    size = 8.0 if len(names) <= 16 else 5.5
    shown = [shortened(name, 16) for name in names]
    axis.set_xticks(np.arange(len(names)), shown, rotation=60, ha="right", rotation_mode="anchor", fontsize=size)
    axis.set_yticks(np.arange(len(names)), shown if first else [""] * len(names), fontsize=size)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    return image


def _write_numbers(axis: Axes, matrix: Floats, limit: float, doubtful: Floats) -> None:
    for (i, j), value in np.ndenumerate(matrix):
        if np.isfinite(value):
            sure, dark = not doubtful[i, j] > 0.0, abs(value) > 0.6 * limit
            colour = (_ON_DARK if sure else _GREY_ON_DARK) if dark else (_ON_LIGHT if sure else _GREY_ON_LIGHT)
            text = f"{value:.2f}".replace("0.", ".")
            weight = "bold" if sure else "normal"
            axis.text(j, i, text, ha="center", va="center", fontsize=7, color=colour, fontweight=weight)
