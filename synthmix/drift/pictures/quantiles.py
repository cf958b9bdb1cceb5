"""Differences of quantiles of every numeric column, with their simultaneous bands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from synthmix.drift.marginal.quantiles import quantile_curve
from synthmix.drift.pictures.bins import FEWEST
from synthmix.drift.tables import Tables
from synthmix.report.colours import FAINT, INK, SYNTHETIC
from synthmix.report.drawing import drawn, headed_legend, new_figure, panel_title

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ACROSS, _HEIGHT, _MOST = 4, 1.6, 24


@drawn
def draw_quantiles(tables: Tables, names: Sequence[str] | None = None) -> Figure:
    """Draw synthetic quantiles minus real ones, in robust standard deviations of the real column.

    Parameters
    ----------
    tables : Tables
    names : sequence of str, optional
        Numeric columns in the order in which they are drawn; the first 24 are.

    Returns
    -------
    matplotlib.figure.Figure
        The band holds for all levels of a column at once in 95 % of all tables; where it leaves
        zero the column differs.
    """
    shown = [name for name in (tables.names if names is None else names) if name in tables.names]
    curves = {}
    for name in shown[:_MOST]:
        place = tables.names.index(name)
        sides = [side.numbers[:, place] for side in (tables.real, tables.synthetic)]
        real, synthetic = (side[~np.isnan(side)] for side in sides)
        if min(real.size, synthetic.size) >= 2 * FEWEST:
            levels = np.linspace(0.01, 0.99, 99)
            curves[name] = quantile_curve(real, synthetic, column=name, levels=levels)
    rows = max(1, -(-len(curves) // _ACROSS))
    figure = new_figure(0.85 + _HEIGHT * rows, edges=(0.5, 0.15, 0.45, 0.85))
    axes = figure.subplots(
        rows, _ACROSS, squeeze=False, sharex=True, gridspec_kw={"hspace": 0.4, "wspace": 0.3}
    ).ravel()
    for axis, (name, curve) in zip(axes, curves.items(), strict=False):
        axis.axhline(0.0, color=FAINT, linewidth=0.8)
        reach = 1.3 * max(0.05, float(np.max(np.abs(curve.difference))))
        low, high = (np.clip(end, -1e3, 1e3) for end in (curve.low, curve.high))
        axis.fill_between(curve.level, low, high, color=SYNTHETIC, alpha=0.2, linewidth=0)
        axis.plot(curve.level, curve.difference, color=INK, linewidth=1.3)
        axis.set_ylim(-reach, reach)
        panel_title(axis, name)
        axis.tick_params(labelsize=8, length=2)
    for axis in axes[len(curves) :]:
        axis.set_visible(False)
    _explain(figure)
    return figure


def _explain(figure: Figure) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [
        Line2D([], [], color=INK, linewidth=1.3, label="difference at each level"),
        Patch(color=SYNTHETIC, alpha=0.2, linewidth=0, label="95 % for all levels at once"),
    ]
    headed_legend(figure, handles, "Quantiles, synthetic minus real, in SD of the real column", 2)
