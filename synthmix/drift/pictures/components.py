"""Both tables in the plane of the real table's first two principal components, in bins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthmix.drift.pictures.bins import FEWEST, Floats, kept, round_edges
from synthmix.drift.tables import Tables
from synthmix.report.colours import FAINT
from synthmix.report.drawing import drawn, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BINS = 30


@drawn
def draw_components(tables: Tables) -> Figure:
    """Draw where rows lie: real, synthetic, and which of the two has more.

    Components are those of the standardised real table alone; both tables are projected on them. Rows without a missing
    number; bins of fewer than five rows of a table are left out, the outermost hold what lies beyond.
    """
    figure = new_figure(3.7)
    axes = figure.subplots(1, 3, sharex=True, sharey=True)
    rows = tables.complete
    if len(rows.names) < 2 or min(len(rows.real), len(rows.synthetic)) < 4 * FEWEST:
        axes[1].text(0.5, 0.5, "fewer than two numeric columns or too few rows", ha="center")
        return figure
    (real, synthetic), explained = _projected(rows.real, rows.synthetic)
    edges = [round_edges(real[:, place], _BINS) for place in (0, 1)]
    counts = [_counts(side, edges) for side in (real, synthetic)]
    densities = [kept(count) / count.sum() for count in counts]
    top = max(float(np.nanmax(density)) for density in densities)
    for axis, density, title in zip(axes, densities, ("real", "synthetic"), strict=False):
        shown = np.where(density > 0, density, np.nan)
        _draw(axis, shown, edges, title, "viridis_r", 0.0, top)
    gap = np.where(np.isfinite(densities[0]) & np.isfinite(densities[1]), densities[1] - densities[0], np.nan)
    reach = max(float(np.nanmax(np.abs(gap))), 1e-9)
    gap[(counts[0] == 0) & (counts[1] == 0)] = np.nan
    _draw(axes[2], gap, edges, "synthetic minus real", "RdBu_r", -reach, reach)
    axes[0].set_ylabel(f"second component, {explained[1]:.0%} of the variance")
    axes[1].set_xlabel(f"first component, {explained[0]:.0%} of the variance")
    return figure


def _projected(real: Floats, synthetic: Floats) -> tuple[tuple[Floats, Floats], Floats]:
    centre, spread = real.mean(axis=0), real.std(axis=0)
    scale = np.where(spread > 0, spread, np.inf)
    a, b = (real - centre) / scale, (synthetic - centre) / scale
    values, vectors = np.linalg.eigh(a.T @ a / len(a))
    vectors = vectors[:, ::-1][:, :2]
    vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(axis=0), [0, 1]])  # one sign on every machine
    return (a @ vectors, b @ vectors), values[::-1][:2] / max(values.sum(), 1e-300)


def _counts(points: Floats, edges: list[Floats]) -> Floats:
    inside = [np.clip(points[:, place], edge[0], edge[-1]) for place, edge in enumerate(edges)]
    return np.histogram2d(inside[0], inside[1], bins=edges)[0]


def _draw(axis: Axes, cells: Floats, edges: list[Floats], title: str, cmap: str, low: float, high: float) -> None:
    axis.pcolormesh(edges[0], edges[1], cells.T, cmap=cmap, vmin=low, vmax=high, rasterized=True)
    axis.set_title(title, fontweight="bold")
    axis.axhline(0, color=FAINT, linewidth=0.5)
    axis.axvline(0, color=FAINT, linewidth=0.5)
