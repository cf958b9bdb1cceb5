"""Draw growth: one small picture for each thing that grows, the same colours in all, limits as dashed lines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.speed.sections.growth import points_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS = {
    "columns": ("columns", "ns a cell"),
    "rows_in": ("source rows", "ns a row"),
    "rows_out": ("rows made", "ns a row"),
    "group": ("rows of a group, rotated", "ns a row"),
    "leaf": ("rows of a leaf, 5 near rows rotated", "ns a row, trees included"),
    "threads": ("threads", "ns a row, wall time"),
}
STYLES: dict[str, dict[str, Any]] = {
    "two-point": {"color": "#0b6fb8", "marker": "o"},
    "rotation k=5": {"color": "#d1560c", "marker": "s"},
    "rotation": {"color": "#d1560c", "marker": "s"},
    "rotation, random groups": {"color": "#d1560c", "marker": "s"},
    "rotation, near groups": {"color": "#7a3fa0", "marker": "D"},
    "naive numpy": {"color": "#777777", "marker": "^"},
    "chunked numpy": {"color": "#a8a8a8", "marker": "v"},
    "gather": {"color": "#222222", "linestyle": (0, (5, 2))},
    "fill": {"color": "#222222", "linestyle": (0, (1, 1.5))},
}
LABELS = {
    "two-point": "synthmix, 2 rows mixed",
    "rotation k=5": "synthmix, 5 random rows rotated",
    "rotation, near groups": "synthmix, 5 near rows rotated",
    "naive numpy": "numpy, 2 rows, in one line",
    "chunked numpy": "numpy, 2 rows, in place by blocks",
    "gather": "limit: copy random rows",
    "fill": "limit: fill the output",
}
INK = "#333333"


def draw_growth(section: dict[str, Any], machine: dict[str, Any], sizes: dict[str, Any], path: Path) -> None:
    """Write the picture to `path`; nothing of matplotlib's global state is touched."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 7.4), layout="constrained", dpi=150)
    FigureCanvasAgg(figure)
    panels = figure.subplots(2, 3).ravel()
    seen: dict[str, Any] = {}
    for axes, (family, (x_label, y_label)) in zip(panels, PANELS.items(), strict=True):
        lines = points_of(section["cases"], family)
        seen |= draw_panel(axes, lines)
        if family == "threads":
            draw_ideal(axes, lines)
        dress(axes, x_label, y_label)
    share_heights(panels)
    legend(figure, seen)
    figure.suptitle(caption(machine, sizes), x=0.01, ha="left", fontsize=10, color=INK)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def draw_panel(axes: Axes, lines: dict[str, tuple[list[int], list[float]]]) -> dict[str, Any]:
    """Draw the lines of a family and return them by their case."""
    drawn = {}
    for case, (x, y) in lines.items():
        (drawn[case],) = axes.plot(x, y, linewidth=1.6, markersize=4.5, label=LABELS.get(case), **STYLES[case])
    axes.set_xscale("log")
    axes.set_yscale("log")
    ticks = sorted({x for xs, _ in lines.values() for x in xs})
    axes.set_xticks(ticks, [short(tick) for tick in ticks], fontsize=8)
    axes.minorticks_off()
    return drawn


def draw_ideal(axes: Axes, lines: dict[str, tuple[list[int], list[float]]]) -> None:
    """Draw what threads would give if every one of them did its full share."""
    for case, (x, y) in lines.items():
        ideal = [y[0] * x[0] / threads for threads in x]
        axes.plot(x, ideal, linewidth=1, linestyle=(0, (1, 2)), color=STYLES[case]["color"])
        axes.annotate("full share", (x[-1], ideal[-1]), (-4, -9), textcoords="offset points", ha="right", fontsize=8)


def dress(axes: Axes, x_label: str, y_label: str) -> None:
    """Give a panel its words and take away what says nothing."""
    from matplotlib.ticker import FuncFormatter, LogLocator

    axes.set_title(x_label, loc="left", fontsize=10, color=INK, fontweight="bold")
    axes.set_ylabel(y_label, fontsize=9, color=INK)
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.tick_params(labelsize=8, colors=INK)
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def share_heights(panels: Any) -> None:
    """Give the same range to all panels whose unit is a row, so that heights compare across them."""
    per_row = panels[1:]
    low = min(axes.get_ylim()[0] for axes in per_row)
    high = max(axes.get_ylim()[1] for axes in per_row)
    for axes in per_row:
        axes.set_ylim(low, high)


def legend(figure: Figure, seen: dict[str, Any]) -> None:
    """Put one legend under all panels."""
    handles = [seen[case] for case in LABELS if case in seen]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False, fontsize=9, labelcolor=INK)


def caption(machine: dict[str, Any], sizes: dict[str, Any]) -> str:
    """Say what is the same in all panels, and where and when it was measured."""
    same = f"{sizes['rows_in']:,} source rows, {sizes['columns']} float64 columns, {sizes['rows_out']:,} rows made"
    versions = machine["versions"]
    where = (
        f"{machine['processor']}, one thread unless said, numpy {versions.get('numpy')}, numba {versions.get('numba')}"
    )
    return f"Time of mixing raw numbers, where not varied: {same}\n{where}, {machine['date'][:10]}"


def short(number: int) -> str:
    """Return a short form of a tick: 1000 is 1k."""
    for size, letter in ((10**6, "M"), (10**3, "k")):
        if number >= size:
            return f"{number / size:g}{letter}"
    return str(number)
