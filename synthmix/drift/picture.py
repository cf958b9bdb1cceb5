"""A report as a picture: every judged number against its margins. Nothing is computed here."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from synthmix.drift.report import DriftReport

# Okabe and Ito's colours, which most colour-blind readers can tell apart, and a mark for each verdict.
COLOURS = {"pass": "#009E73", "warn": "#E69F00", "fail": "#D55E00", "inconclusive": "#56B4E9"}
MARKS = {"pass": "o", "warn": "^", "fail": "X", "inconclusive": "s"}
_MOST = 30  # numbers in one panel


def draw_report(report: DriftReport) -> Figure:
    """Return one panel for each metric: interval, null, margins; the numbers farthest from their margins first."""
    import matplotlib.pyplot as plt

    judged = report.table[report.table["verdict"] != "na"]
    panels = [group for _, group in judged.groupby(["metric", "variant"], sort=False)]
    heights = [0.9 + 0.22 * min(len(panel), _MOST) for panel in panels] or [1.5]
    figure, axes = plt.subplots(
        max(len(panels), 1), 1, figsize=(9, sum(heights)), height_ratios=heights, squeeze=False, layout="constrained"
    )
    for axis, panel in zip(axes[:, 0], panels, strict=False):
        _draw_panel(axis, panel.to_dict("records"))
    if not panels:
        axes[0, 0].set_axis_off()
        axes[0, 0].text(0.5, 0.5, "no number has a margin", ha="center")
    figure.suptitle(f"Drift: {report.verdict}", x=0.01, ha="left", fontweight="bold")
    return figure


def _draw_panel(axis: Axes, rows: list[dict[Any, Any]]) -> None:
    shown = sorted(rows, key=lambda row: -_distance(row))[:_MOST]
    first = shown[0]
    for edge, style in (("warn", ":"), ("fail", "--")):
        for end in ("low", "high"):
            if math.isfinite(first[f"{edge}_{end}"]):
                axis.axvline(first[f"{edge}_{end}"], color=COLOURS[edge], linestyle=style, linewidth=1)
    for place, row in enumerate(shown):
        colour = COLOURS[row["verdict"]]
        if not math.isnan(row["null_low"]):
            axis.plot([row["null_low"], row["null_high"]], [place, place], color="0.8", linewidth=6, zorder=1)
        if not math.isnan(row["ci_low"]):
            axis.plot([row["ci_low"], row["ci_high"]], [place, place], color=colour, linewidth=1.5, zorder=2)
        axis.plot(row["value"], place, marker=MARKS[row["verdict"]], color=colour, markersize=5, zorder=3)
    axis.set_yticks(range(len(shown)), [_name(row) for row in shown], fontsize=8)
    axis.set_ylim(len(shown) - 0.4, -0.6)
    title = first["metric"] + (f", {first['variant']}" if first["variant"] else "")
    more = f" ({len(shown)} of {len(rows)})" if len(rows) > len(shown) else ""
    axis.set_title(title + more, loc="left", fontsize=10)
    axis.spines[["top", "right"]].set_visible(False)


def _name(row: dict[Any, Any]) -> str:
    where = " x ".join(part for part in (row["column"], row["column2"]) if part) or "table"
    return f"{where} {row['level']}".strip()


def _distance(row: dict[Any, Any]) -> float:
    """Return how far a value lies beyond what is tolerated; negative inside."""
    return float(max(row["value"] - row["warn_high"], row["warn_low"] - row["value"]))
