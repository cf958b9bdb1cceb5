"""One picture a table: how well synthetic rows are told from real ones against how much they give away."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from benchmarks.frontier.cells import Result
from benchmarks.frontier.summary import Mean, Means, ordered

AXES = (("dcr share", "DCR share"), ("membership auc, density", "AUC of the density attack on membership"))
MARKS = {"control": ("s", "tab:grey"), "peer": ("^", "tab:red"), "ours": ("o", "tab:blue")}
NOTHING = Mean(math.nan, math.nan, 0)


def draw(table: str, results: list[Result], found: Means, path: Path) -> None:
    """Write a picture of all methods of a table, with error bars over seeds; lower left is better."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    mine = [result for result in results if result["table"] == table]
    kinds = {result["method"]: result["family"] for result in mine}
    families = {name: kinds[name] for name in ordered(mine)}
    with mpl.rc_context({"svg.hashsalt": table, "svg.fonttype": "none", "font.size": 7}):
        figure, axes = plt.subplots(1, 2, figsize=(10.0, 4.6), sharey=True, layout="constrained")
        for axis, (measure, words) in zip(axes, AXES, strict=True):
            for number, name in enumerate(families):
                _point(axis, found[table, name], measure, MARKS[families[name]], f"{number + 1}")
            axis.set_xlabel(f"{words} (.5: gives nothing away)")
            axis.grid(alpha=0.3)
        for family, (mark, colour) in MARKS.items():
            axes[1].plot([], [], mark, color=colour, ms=4, label=family)
        axes[1].legend()
        axes[0].set_ylabel("C2ST AUC (.5: not told from held-out rows)")
        legend = "\n".join(f"{number + 1}  {name}" for number, name in enumerate(families))
        figure.text(1.01, 0.5, legend, va="center", family="sans-serif")
        figure.suptitle(table)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")
        plt.close(figure)


def _point(axis: Any, cell: dict[str, Mean], measure: str, mark: tuple[str, str], label: str) -> None:
    x, y = cell.get(measure, NOTHING), cell.get("c2st", NOTHING)
    if math.isnan(x.value) or math.isnan(y.value):
        return
    errors = [0.0 if math.isnan(one.error) else one.error for one in (x, y)]
    axis.errorbar(x.value, y.value, xerr=errors[0], yerr=errors[1], fmt=mark[0], color=mark[1], ms=4, lw=0.8)
    axis.annotate(label, (x.value, y.value), xytext=(3, 3), textcoords="offset points")
