"""The page of figures, from what was measured."""

from __future__ import annotations

from typing import Any

HEAD = """# More rows of a rare class, measured

Made by `python -m benchmarks.augment`, {date}; {versions}.
Training rows are changed, test rows are not: {folds} folds, each a fifth of the table. Each entry is the mean over
folds, and in brackets the difference from doing nothing with its standard error, which knows that folds share rows
(Nadeau and Bengio 2003) and is rough itself with so few folds. Classes are made equally large. "Class weights" is
`class_weight="balanced"` of the learner, "copies" draws rows of the rare class again, SMOTE (SMOTE-NC where there are
categories) has imbalanced-learn's defaults on standardised numbers.
"""


def page(found: dict[str, Any]) -> str:
    """Return the text of the page."""
    versions = ", ".join(f"{name} {one}" for name, one in found["versions"].items())
    lines = [HEAD.format(date=found["date"][:10], versions=versions, folds=5 * found["repeats"])]
    for task in found["tasks"]:
        lines.append(f"## {task['task'].capitalize()}\n\n{task['rare']:,} rare rows of {task['rows']:,}.\n")
        names = dict.fromkeys(cell["learner"] for cell in task["cells"])
        lines += [_table(name, [cell for cell in task["cells"] if cell["learner"] == name]) for name in names]
    return "\n".join(lines)


def _table(learner: str, cells: list[dict[str, Any]]) -> str:
    metrics = list(dict.fromkeys(cell["metric"] for cell in cells))
    lines = [f"| {learner} | {' | '.join(metrics)} |", "|---" * (len(metrics) + 1) + "|"]
    for way in dict.fromkeys(cell["way"] for cell in cells):
        mine = {cell["metric"]: cell for cell in cells if cell["way"] == way}
        name = f"`{way}`" if "(" in way else way
        lines.append(f"| {name} | {' | '.join(_entry(mine[metric], way) for metric in metrics)} |")
    return "\n".join(lines) + "\n"


def _entry(cell: dict[str, Any], way: str) -> str:
    gap = "" if way == "nothing" else f" ({cell['gap']:+.3f} ± {cell['se']:.3f})".replace("-", "−")
    return f"{cell['mean']:.3f}{gap}"
