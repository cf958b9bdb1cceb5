"""How pictures are drawn: one style, no window system, no global state, the same bytes each time."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.style import context
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from synthmix.io.atomic import atomic_write
from synthmix.report.colours import GRID, INK, PAPER

P = ParamSpec("P")
R = TypeVar("R")

# Widths are those of the bundled font, so what a reader's font draws is never wider than what was laid out.
STYLE: Any = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
    "font.size": 9.5,
    "text.color": INK,
    "text.parse_math": False,  # a column may be called $x$
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "axes.linewidth": 0.7,
    "axes.facecolor": PAPER,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "legend.frameon": False,
    "legend.fontsize": 9.0,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "svg.fonttype": "none",
}
_ESCAPED = 32
WIDTH = 9.0
"""Inches of a picture that is as wide as a page; printed on A4 its text is about 7.5 points high."""


def drawn(draw: Callable[P, R]) -> Callable[P, R]:
    """Let a function draw in the style of the reports, whatever the user's own settings are."""

    @wraps(draw)
    def in_style(*args: P.args, **kwargs: P.kwargs) -> R:
        with context([STYLE], after_reset=True):
            made = draw(*args, **kwargs)
            if isinstance(made, Figure):
                write_readably(made)
            return made

    return in_style


def write_readably(figure: Figure) -> None:
    """Write characters that the font lacks (emoji, Chinese) as Python's escapes instead of empty boxes."""
    for text in figure.findobj(Text):
        text.set_text(readable(text.get_text()))
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            if isinstance(axis.get_major_locator(), FixedLocator):
                old = axis.get_major_formatter().format_ticks(axis.get_majorticklocs().tolist())
                new = [readable(label) for label in old]
                if new != old:
                    axis.set_ticklabels(new)


def readable(text: str) -> str:
    """Return a text that the bundled font has all characters of; escapes are long, so what has any is cut short."""
    known = font_manager.get_font(font_manager.findfont("DejaVu Sans")).get_charmap()
    if all(ord(one) in known or one in "\n\t" for one in text):
        return text
    escaped = (one if ord(one) in known or one in "\n\t" else one.encode("unicode_escape").decode() for one in text)
    return shortened("".join(escaped), _ESCAPED)


class ShownFigure(Figure):
    """A figure that a notebook shows, also where pyplot, which makes notebooks show figures, was never used."""

    def _repr_png_(self) -> bytes:
        return picture_bytes(self, "png")


def new_figure(height: float, width: float = WIDTH, edges: tuple[float, float, float, float] | None = None) -> Figure:
    """Return an empty figure of so many inches.

    It lays out its panels by itself, which is slow where there are many, or leaves `edges` free: left, right, bottom,
    top, in inches.
    """
    figure = ShownFigure(figsize=(width, height))
    if edges is None:
        figure.set_layout_engine("constrained", h_pad=0.08, w_pad=0.06)
        return figure
    left, right, bottom, top = edges
    figure.subplots_adjust(left / width, bottom / height, 1.0 - right / width, 1.0 - top / height)
    return figure


def log_axis(axis: Axes, which: str = "y") -> None:
    """Make an axis logarithmic with plain numbers as labels; one that spans less than a factor of 3 stays linear."""
    own = getattr(axis, f"{which}axis")
    low, high = sorted(own.get_data_interval())
    if not (low > 0 and high / low >= 3):
        return
    getattr(axis, f"set_{which}scale")("log")
    own.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high / low < 100 else (1.0,), numticks=8))
    own.set_major_formatter(FuncFormatter(lambda value, _: plain_power(value)))
    own.set_minor_locator(NullLocator())


def signed_log_axis(axis: Axes) -> None:
    """Make a vertical axis linear between -1 and 1 and logarithmic beyond; one that does not reach 10 stays linear."""
    low, high = axis.yaxis.get_data_interval()
    if max(-low, high) < 10.0:
        return
    axis.set_yscale("symlog", linthresh=1.0, linscale=0.5)
    powers = 10.0 ** np.arange(12)
    axis.yaxis.set_major_locator(FixedLocator([*-powers[::-1], 0.0, *powers]))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axis.yaxis.set_minor_locator(NullLocator())


def room_for_constant(axis: Axes) -> None:
    """Keep an axis on which next to nothing changes from magnifying rounding errors."""
    low, high = axis.yaxis.get_data_interval()
    middle = 0.5 * (low + high)
    if high - low < 1e-4 * max(abs(middle), 1e-9):
        axis.set_ylim(middle - 0.05, middle + 0.05)


def whole_steps(axis: Axes) -> None:
    """Let the ticks of the horizontal axis be whole numbers, such as generations."""
    axis.xaxis.set_major_locator(MaxNLocator(5, integer=True))


def headed_legend(figure: Figure, handles: Sequence[Any], title: str, columns: int) -> None:
    """Put the title of a figure and its legend above all panels."""
    inside = figure.get_layout_engine() is None
    legend = figure.legend(
        handles=handles,
        loc="upper left" if inside else "outside upper left",
        ncols=columns,
        title=title,
        alignment="left",
        columnspacing=1.5,
        title_fontproperties={"size": 11.5, "weight": "bold"},
        borderaxespad=0.0,
        borderpad=0.2,
    )
    legend.get_title().set_color(INK)


def panel_title(axis: Axes, name: str) -> None:
    """Head a panel of a quarter of a page's width; long names are smaller, so that the last panel's is not cut."""
    axis.set_title(shortened(name, 20), fontsize=9.5 if len(name) <= 14 else 7.5, fontweight="bold")


def plain_power(value: float) -> str:
    """Return a short label of a tick on a logarithmic axis."""
    return f"{value:g}" if 1e-3 <= abs(value) < 1e5 else f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e")


def shortened(text: str, most: int = 24) -> str:
    """Return a name that fits where `most` characters fit."""
    return text if len(text) <= most else text[: most - 1] + "…"


def picture_bytes(figure: Figure, form: str = "svg", key: str = "synthmix") -> bytes:
    """Return a figure as a file: equal figures give equal bytes.

    Parameters
    ----------
    figure : Figure
    form : {"svg", "png", "pdf"}
    key : str
        What the ids of an SVG are made from.
    """
    stream = io.BytesIO()
    undated = {"svg": {"Date": None, "Creator": None}, "pdf": {"CreationDate": None, "Creator": None, "Producer": None}}
    with context([STYLE, {"svg.hashsalt": key}], after_reset=True):
        figure.savefig(stream, format=form, dpi=144, metadata=undated.get(form, {"Software": None}))
    return stream.getvalue()


def save_picture(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure to a .png, .svg or .pdf file, whole or not at all."""
    content = picture_bytes(figure, Path(path).suffix.casefold()[1:])
    with atomic_write(path) as stream:
        stream.write(content)
