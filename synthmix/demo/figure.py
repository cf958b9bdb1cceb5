"""One picture: marginals of real and synthetic rows over each other, and their correlations side by side."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from synthmix.report.colours import INK, REAL, SYNTHETIC
from synthmix.report.drawing import drawn, new_figure, save_picture

NOTHING = "#e9edf0"
MOST_BARS = 16
MOST_BINS = 32


@dataclass(frozen=True)
class Comparison:
    """A real table, its synthetic version and the columns whose marginals are drawn."""

    title: str
    real: Any
    synthetic: Any
    shown: tuple[str, ...]


def draw_comparisons(comparisons: Sequence[Comparison], path: str | os.PathLike[str]) -> None:
    """Draw all `comparisons` into one PNG file at `path`.

    Parameters
    ----------
    comparisons : sequence of Comparison
        Pandas tables; each takes two rows of panels: marginals, then correlations of the numeric columns.
    path : path
        The picture appears whole or not at all.
    """
    save_picture(_drawn(comparisons), path)


@drawn
def _drawn(comparisons: Sequence[Comparison]) -> Figure:
    figure = new_figure(7.8 * len(comparisons), width=12.5)
    bands: Any = figure.subfigures(len(comparisons), 1, squeeze=False)[:, 0]
    for band, comparison in zip(bands, comparisons, strict=True):
        _draw_band(band, comparison)
    return figure


def _draw_band(band: Any, comparison: Comparison) -> None:
    n_real, n_synthetic = len(comparison.real), len(comparison.synthetic)
    heading = f"{comparison.title}: {n_real:,} real and {n_synthetic:,} synthetic rows"
    band.suptitle(f"\n{heading}\n", fontsize=13, fontweight="bold", linespacing=0.7, x=0.01, ha="left")
    upper, lower = band.subfigures(2, 1, height_ratios=(1, 1.35), hspace=0.04)
    panels = upper.subplots(1, 3)
    for axes, name in zip(panels, comparison.shown, strict=True):
        _draw_marginal(axes, name, comparison.real[name], comparison.synthetic[name])
    handles, labels = panels[0].get_legend_handles_labels()
    band.legend(handles, labels, frameon=False, loc="upper right", ncols=2, fontsize=10)
    _draw_correlations(lower, comparison)


def _draw_marginal(axes: Any, name: str, real: Any, synthetic: Any) -> None:
    axes.set_title(name, fontsize=11, loc="center")
    axes.set_ylabel("share of rows")
    if real.dtype.kind in "iuf" and real.nunique() > MOST_BARS:
        edges = _edges(real, synthetic)
        for values, filled in ((real, True), (synthetic, False)):
            known = values.dropna().to_numpy(dtype=float)
            share = np.histogram(np.clip(known, edges[0], edges[-1]), edges)[0] / len(values)
            _draw_steps(axes, share, edges, filled=filled)
        return
    labels = _labels(real)
    places = np.arange(len(labels))
    for values, offset, color, label in ((real, -0.2, REAL, "real"), (synthetic, 0.2, SYNTHETIC, "synthetic")):
        counts = _labels(values).reindex(labels.index, fill_value=0)
        axes.bar(places + offset, counts / len(values), width=0.38, color=color, label=label)
    axes.set_xticks(places, [str(level) for level in labels.index])


def _draw_steps(axes: Any, share: NDArray[np.float64], edges: NDArray[np.float64], *, filled: bool) -> None:
    if filled:
        axes.stairs(share, edges, fill=True, color=REAL, label="real")
    else:
        axes.stairs(share, edges, color=SYNTHETIC, linewidth=1.6, label="synthetic")


def _edges(real: Any, synthetic: Any) -> NDArray[np.float64]:
    """Return common bins up to the 99.5 % quantile; the last bin holds what lies beyond.

    Whole numbers get bins of whole width, so that no bin holds more of them than its neighbours.
    """
    both = np.concatenate([real.dropna().to_numpy(dtype=float), synthetic.dropna().to_numpy(dtype=float)])
    low, high = float(both.min()), float(np.quantile(both, 0.995))
    bins = min(MOST_BINS, int(np.sqrt(len(real))))
    if np.array_equal(both, np.round(both)):
        width = max(1.0, np.ceil((high - low + 1) / bins))
        return np.arange(low - 0.5, high + 0.5 + width, width)
    return np.linspace(low, high, bins + 1)


def _labels(values: Any) -> Any:
    """Return how often each level occurs, in order, missing last."""
    known = values.dropna()
    counts = known.value_counts().sort_index()
    counts.index = counts.index.astype(object)
    missing = len(values) - len(known)
    if missing:
        counts["missing"] = missing
    return counts


def _draw_correlations(band: Any, comparison: Comparison) -> None:
    real = comparison.real.select_dtypes("number").corr()
    synthetic = comparison.synthetic[real.columns].corr()
    difference = synthetic - real
    largest = float(np.nanmax(np.abs(difference.to_numpy())))
    panels = (
        ("correlation, real", real, 1.0),
        ("correlation, synthetic", synthetic, 1.0),
        (f"synthetic minus real, at most {largest:.3f}", difference, max(0.1, largest)),
    )
    row = band.subplots(1, 3)
    for axes, (title, matrix, limit) in zip(row, panels, strict=True):
        cells = matrix.to_numpy(copy=True)
        np.fill_diagonal(cells, np.nan)
        image = axes.imshow(cells, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto")  # or labels end outside
        axes.set_title(title, fontsize=11, loc="center")
        axes.set_facecolor(NOTHING)
        axes.set_xticks(np.arange(len(cells)), matrix.columns, rotation=40, ha="right", rotation_mode="anchor")
        axes.set_yticks(np.arange(len(cells)), matrix.columns if axes is row[0] else [""] * len(cells))
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        _write_numbers(axes, cells, limit)
        bar = band.colorbar(image, ax=axes, shrink=0.75, pad=0.02, aspect=28, ticks=[-limit, 0, limit])
        bar.ax.set_yticklabels([f"{-limit:.2g}", "0", f"{limit:.2g}"])
        bar.outline.set_visible(False)


def _write_numbers(axes: Any, cells: NDArray[np.float64], limit: float) -> None:
    digits = 2 if limit >= 0.5 else 3
    size = 9 if len(cells) <= 6 else 6
    for (i, j), value in np.ndenumerate(cells):
        if np.isfinite(value):
            text = f"{value:.{digits}f}".replace("0.", ".", 1)
            color = "white" if abs(value) > 0.6 * limit else INK
            axes.text(j, i, "0" if not text.strip("-.0") else text, ha="center", va="center", size=size, color=color)
