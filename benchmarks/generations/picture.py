"""The pictures of a study: two measures in each, a panel for a measure, a line for each method, named at its end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.generations.ruler import ASSOCIATION, COVARIANCE, DETECTABILITY, UTILITY
from synthmix.report.colours import BLUE, FAINT, GREEN, INK, ORANGE, PURPLE, SKY, VERMILLION
from synthmix.report.drawing import drawn, new_figure, save_picture, whole_steps

WIDTH, HEIGHT = 9.0, 4.2  # inches; shown about 800 pixels wide
EDGES = (0.5, 1.7, 0.5, 0.95)  # left, right, bottom, top
LOOKS = {
    "synthmix, default": (BLUE, "o", 2.4),
    "synthmix, four ranges": (BLUE, "h", 1.2),
    "synthmix, raw rotation": (SKY, "D", 2.4),
    "sequential trees": (VERMILLION, "s", 1.2),
    "Gaussian copula": (ORANGE, "^", 1.2),
    "Gaussian refit": (PURPLE, "v", 1.2),
    "SMOTE": (GREEN, "P", 1.2),
    "uniform mixup": (INK, "X", 1.2),
    "row bootstrap": (FAINT, ".", 1.2),
}
LEADER = {"arrowstyle": "-", "linewidth": 0.5, "shrinkA": 0, "shrinkB": 4, "relpos": (0.0, 0.5)}
OTHER = (FAINT, ".", 1.2)
Panel = tuple[str, str, str, tuple[float, float] | None]
PICTURES: dict[str, tuple[Panel, ...]] = {
    "": (
        (COVARIANCE, "relative error of the covariance", "0 is ideal", (0.0, 1.05)),
        (DETECTABILITY, "detectability (C2ST AUC)", ".5 is ideal", (0.45, 1.09)),
    ),
    "-use": (
        (ASSOCIATION, "mean change of an association", "0 is ideal", None),
        (UTILITY, "TSTR loss", "0 is ideal", None),
    ),
}
"""What a picture is called by, after the name of the table, and its panels: measure, title, ideal, limits."""


def pictures(results: Path, folder: Path) -> None:
    """Draw a kept result: ``generations-TABLE.svg`` and ``generations-TABLE-use.svg``."""
    kept = json.loads(results.read_text(encoding="utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    for tail, panels in PICTURES.items():
        path = folder / f"generations-{kept['about']['table']}{tail}.svg"
        save_picture(_figure(kept["about"], kept["rows"], panels), path)


@drawn
def _figure(about: dict[str, Any], rows: list[dict[str, Any]], panels: tuple[Panel, ...]) -> Figure:
    figure = new_figure(HEIGHT, WIDTH, EDGES)
    figure.subplots_adjust(wspace=1.0)
    for axis, (measure, title, ideal, limits) in zip(figure.subplots(1, 2), panels, strict=True):
        shown = [row for row in rows if row["measure"] == measure]
        top = max(row["mean"] for row in shown)
        axis.set_ylim(limits or (-0.05 * top, 1.15 * top))
        _panel(axis, shown)
        axis.set_title(f"{title}; {ideal}", fontsize=9.5)
        axis.set_yticks([tick for tick in axis.get_yticks() if 0.0 <= tick <= 1.0], minor=False)
        axis.set_xlabel("generation")
        whole_steps(axis)
    words = f"{about['table']}: each generation of {about['rows']:,} rows is made from the one before"
    figure.text(0.01, 0.965, words, fontsize=11.5, weight="bold", va="top")
    note = f"means of {about['chains']} chains with 95 % intervals; regime {about['regime']!r}, {about['date']}"
    figure.text(0.01, 0.91, note, fontsize=9, va="top")
    return figure


def _panel(axis: Axes, rows: list[dict[str, Any]]) -> None:
    ends = {}
    for method in dict.fromkeys(row["method"] for row in rows):
        mine = sorted((row for row in rows if row["method"] == method), key=lambda row: row["generation"])
        at, mean = [row["generation"] for row in mine], np.array([row["mean"] for row in mine])
        low, high = (np.array([row[side] for row in mine]) for side in ("low", "high"))
        colour, mark, width = LOOKS.get(method, OTHER)
        axis.errorbar(
            at, mean, yerr=np.maximum(0.0, [mean - low, high - mean]), color=colour, marker=mark, linewidth=width,
            markersize=4.5, elinewidth=0.8,
        )  # fmt: skip
        ends[method] = float(mean[-1])
    axis.grid(axis="y")
    _name_lines(axis, at[-1], ends)


def _name_lines(axis: Axes, last: int, ends: dict[str, float]) -> None:
    """Write each name at the end of its line, those of near lines one below another."""
    low, high = axis.get_ylim()
    step = 0.058 * (high - low)
    names = sorted(ends, key=lambda name: ends[name])
    places = apart([ends[name] for name in names], step)
    for name, place in zip(names, places, strict=True):
        colour, _, width = LOOKS.get(name, OTHER)
        axis.annotate(
            name, (last, ends[name]), (last + 0.9, place), textcoords="data", va="center", fontsize=8.5, color=colour,
            weight="bold" if width > 2 else "normal", annotation_clip=False,
            arrowprops=LEADER | {"color": colour},
        )  # fmt: skip


def apart(values: list[float], step: float) -> list[float]:
    """Return places near sorted values that are at least a step apart: clusters are spread about their mean.

    >>> apart([0.0, 0.1, 5.0], 1.0)
    [-0.45, 0.55, 5.0]
    """
    groups: list[list[float]] = []
    for value in values:
        groups.append([value])
        while len(groups) > 1 and _first(groups[-1], step) - _last(groups[-2], step) < step:
            later = groups.pop()
            groups[-1] += later
    return [_first(group, step) + k * step for group in groups for k in range(len(group))]


def _first(group: list[float], step: float) -> float:
    return sum(group) / len(group) - step * (len(group) - 1) / 2


def _last(group: list[float], step: float) -> float:
    return sum(group) / len(group) + step * (len(group) - 1) / 2
