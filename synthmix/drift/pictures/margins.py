"""A report as a picture: every judged number against its margins. Nothing is computed here."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from synthmix.report.colours import GRID, MARKS
from synthmix.report.colours import VERDICTS as COLOURS
from synthmix.report.drawing import drawn, headed_legend, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from synthmix.drift.tidy import TidyReport

_MOST = 14  # numbers in one panel
_COUNTS = ("columns",)  # of these, those that pass are left out
_ROW, _HEAD = 0.21, 0.75  # inches: of a number, of a panel's title and axis


@drawn
def draw_report(report: TidyReport, title: str = "Drift") -> Figure:
    """Return one panel for each metric: interval, null, margins; the numbers farthest from their margins first."""
    panels = _panels(report)
    columns: list[list[list[dict[Any, Any]]]] = [[], []]
    heights = [0.0, 0.0]
    for panel in panels:
        place = 0 if heights[0] <= heights[1] else 1
        columns[place].append(panel)
        heights[place] += _HEAD + _ROW * min(len(panel), _MOST)
    columns = [column for column in columns if column]
    figure = new_figure(max(*heights, 1.0) + 0.7)
    if not panels:
        figure.text(0.5, 0.5, "no number has a margin", ha="center")
        return figure
    for part, column in zip(figure.subfigures(1, len(columns), squeeze=False)[0], columns, strict=True):
        ratios = [_HEAD + _ROW * min(len(panel), _MOST) for panel in column]
        for axis, panel in zip(
            part.subplots(len(column), 1, squeeze=False, height_ratios=ratios)[:, 0], column, strict=True
        ):
            _draw_panel(axis, panel)
    _explain(figure, f"{title}: {report.verdict}")
    return figure


def _panels(report: TidyReport) -> list[list[dict[Any, Any]]]:
    """Return the judged numbers of each metric that is drawn; the two sides of a range have panels of their own."""
    table = report.table[(report.table["verdict"] != "na") & report.table["value"].notna()]
    side = table["variant"].where(table["metric"] == "var_ratio_range", "")
    groups = [group for _, group in table.groupby([table["metric"], side], sort=False)]
    shown = [group[~group["metric"].isin(_COUNTS) | (group["verdict"] != "pass")] for group in groups]
    return [group.to_dict("records") for group in shown if group["warn_high"].notna().any()]


def _explain(figure: Figure, title: str) -> None:
    """Add one title and one legend for all panels."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=COLOURS[word], marker=MARKS[word], label=word)
        for word in ("pass", "inconclusive", "warn", "fail")
    ]
    handles.append(Line2D([], [], color=GRID, linewidth=6, label="null, 95 %"))
    handles.append(Line2D([], [], color=COLOURS["warn"], linestyle=":", label="warn margin"))
    handles.append(Line2D([], [], color=COLOURS["fail"], linestyle="--", label="fail margin"))
    headed_legend(figure, handles, title, len(handles))


_EDGES = (("warn", ":"), ("fail", "--"))


def _draw_panel(axis: Axes, rows: list[dict[Any, Any]]) -> None:
    shown = sorted(rows, key=lambda row: -_distance(row))[:_MOST]
    for edge, style in _EDGES:
        for end in ("low", "high"):
            places = {row[f"{edge}_{end}"] for row in rows}
            if len(places) == 1 and math.isfinite(min(places)):
                axis.axvline(places.pop(), color=COLOURS[edge], linestyle=style, linewidth=1)
    for place, row in enumerate(shown):
        colour = COLOURS[row["verdict"]]
        if not math.isnan(row["null_low"]):
            axis.plot([row["null_low"], row["null_high"]], [place, place], color=GRID, linewidth=6, zorder=1)
        if math.isfinite(row["ci_low"]) and math.isfinite(row["ci_high"]):
            axis.plot([row["ci_low"], row["ci_high"]], [place, place], color=colour, linewidth=1.5, zorder=2)
        axis.plot(row["value"], place, marker=MARKS[row["verdict"]], color=colour, markersize=5, zorder=3)
    axis.set_yticks(range(len(shown)), [_name(row, rows) for row in shown], fontsize=8)
    axis.set_ylim(len(shown) - 0.4, -0.6)
    axis.tick_params(axis="x", labelsize=8)
    unit = f" ({rows[0]['unit']})" if rows[0]["unit"] else ""
    more = f", {len(shown)} of {len(rows)}" if len(rows) > len(shown) else ""
    axis.set_title(_title(rows) + unit + more, loc="left", fontsize=10)


def _title(rows: list[dict[Any, Any]]) -> str:
    variants = {row["variant"] for row in rows}
    return str(rows[0]["metric"]) + (f", {rows[0]['variant']}" if len(variants) == 1 and rows[0]["variant"] else "")


def _name(row: dict[Any, Any], rows: list[dict[Any, Any]]) -> str:
    where = " x ".join(part for part in (row["column"], row["column2"]) if part) or "table"
    several = len({other["variant"] for other in rows}) > 1 and row["metric"] != "dz"
    name = f"{where} {row['level']}".strip() + (f", {row['variant']}" if several else "")
    return str(name) if len(name) <= 26 else name[:25] + "…"


def _distance(row: dict[Any, Any]) -> float:
    """Return how far a value lies beyond what is tolerated; negative inside."""
    return float(max(row["value"] - row["warn_high"], row["warn_low"] - row["value"]))
