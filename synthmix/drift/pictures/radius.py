"""How far rows lie from the middle: quantiles of synthetic radii against real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthmix.drift.joint.pool import both, pooled
from synthmix.drift.joint.radius import pooled_radius
from synthmix.drift.pictures.bins import FEWEST
from synthmix.drift.tables import Tables
from synthmix.report.colours import FAINT, SYNTHETIC
from synthmix.report.drawing import drawn, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LEVELS = (0.5, 0.9, 0.99)


@drawn
def draw_radius(tables: Tables) -> Figure:
    """Draw quantiles of the radius of synthetic rows against those of real rows.

    The radius is the Mahalanobis length of pooled normal scores, as in the metrics `radius_ks` and `core_tail`, of rows
    without a missing number. Below the diagonal synthetic rows lie nearer to the middle. Levels end where fewer than
    five rows of a table lie beyond.
    """
    rows = tables.complete
    figure = new_figure(3.9, 4.6)
    axis = figure.subplots()
    axis.set_title("Radius of rows", fontweight="bold")
    if not rows.names or min(len(rows.real), len(rows.synthetic)) < 4 * FEWEST:
        axis.text(0.5, 0.5, "too few complete rows", ha="center", transform=axis.transAxes)
        return figure
    pool = pooled(*both(rows.real, rows.synthetic, rows.names))
    radius = np.sqrt(pooled_radius(pool.rows))
    real, synthetic = radius[pool.real], radius[~pool.real]
    last = 1.0 - FEWEST / min(real.size, synthetic.size)
    levels = np.unique(np.append(np.linspace(0.01, min(0.99, last), 60), last))
    x, y = np.quantile(real, levels), np.quantile(synthetic, levels)
    axis.plot([0, max(x[-1], y[-1])], [0, max(x[-1], y[-1])], color=FAINT, linewidth=1.0)
    axis.plot(x, y, color=SYNTHETIC, linewidth=2.0)
    for level in _LEVELS:
        if level <= last:
            at, high = float(np.quantile(real, level)), float(np.quantile(synthetic, level))
            axis.plot(at, high, "o", color=SYNTHETIC, markersize=5)
            axis.annotate(f"{level:.0%} of the rows", (at, high), (8, -10), textcoords="offset points", fontsize=8.5)
    axis.set_xlabel("real")
    axis.set_ylabel("synthetic")
    axis.set_aspect("equal")
    return figure
