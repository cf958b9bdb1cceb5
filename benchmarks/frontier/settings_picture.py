"""What settings of synthmix buy and cost: fidelity against privacy, means over the choosing tables that all have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.frontier.cells import Result
from benchmarks.frontier.summary import Means, over_tables
from synthmix.report.colours import BLUE, FAINT, GREEN, INK, VERMILLION
from synthmix.report.drawing import drawn, new_figure, save_picture

C2ST, AXES = "c2st", (("membership auc, density", "AUC of a membership attack; .5 is ideal"),
                      ("tstr gap", "loss of models that learn from it; 0 is ideal"))  # fmt: skip
ABOVE, BELOW, LEFT = (5, 4), (4, -11), (-16, -3)  # where a number stands, in points
SHOWN = {
    "synthmix default": ("chained, the default", BLUE, "o", ABOVE),
    "synthmix, privacy .60": ("chained, privacy=.60", BLUE, "o", ABOVE),
    "synthmix, privacy .56": ("chained, privacy=.56", BLUE, "o", ABOVE),
    "synthmix, privacy .53": ("chained, privacy=.53", BLUE, "o", ABOVE),
    "rotation K=3 leaf 3": ("rotation of 3, leaf 3", VERMILLION, "s", BELOW),
    "rotation K=4 leaf 4": ("rotation of 4, leaf 4", VERMILLION, "s", BELOW),
    "rotation, default leaf": ("rotation of 5, default leaf", VERMILLION, "s", BELOW),
    "rotation K=8 leaf 8": ("rotation of 8, leaf 8", VERMILLION, "s", BELOW),
    "rotation K=16 leaf 16": ("rotation of 16, leaf 16", VERMILLION, "s", BELOW),
    "sphere leaf 8": ("sphere, near, leaf 8", GREEN, "D", ABOVE),
    "epbeta leaf 8": ("epbeta, near, leaf 8", GREEN, "^", ABOVE),
    "sequential trees": ("sequential trees (not ours)", FAINT, "X", LEFT),
    "second real sample": ("other real rows", INK, "*", ABOVE),
}


def draw_settings(results: list[Result], found: Means, path: Path) -> None:
    """Write the picture; nothing where no choosing table has all of the settings."""
    choosing = sorted({result["table"] for result in results if result["half"] == "choosing"})
    tables = [name for name in choosing if all((name, method) in found for method in SHOWN)]
    if tables:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_picture(_figure(found, tables), path)


@drawn
def _figure(found: Means, tables: list[str]) -> Any:
    figure = new_figure(4.3)
    axes = figure.subplots(1, 2, sharey=True)
    for axis, (measure, words) in zip(axes, AXES, strict=True):
        for number, (method, (name, colour, mark, at)) in enumerate(SHOWN.items(), start=1):
            x, y = (over_tables(found, tables, method, one) for one in (measure, C2ST))
            axis.plot(x, y, mark, color=colour, markersize=7, label=f"{number}  {name}")
            axis.annotate(f"{number}", (x, y), xytext=at, textcoords="offset points", fontsize=8.5)
        axis.set_xlabel(words)
        axis.grid(visible=True)
    axes[0].set_ylabel("C2ST AUC; .5 is not told from real rows")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right", title=f"means over {len(tables)} tables")
    return figure
