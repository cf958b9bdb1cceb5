"""A drift report as one offline page: the verdicts first, then what failed and why, then pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from synthmix.drift.pictures.margins import draw_report
from synthmix.drift.tables import Tables
from synthmix.report import Facts, Judged, Page, Picture, Range, Section, Table, Text, Verdicts
from synthmix.report.blocks import Block, Command

if TYPE_CHECKING:
    from synthmix.drift.report import DriftReport

_FAMILIES = {
    "schema": "Schema",
    "marginal": "Columns",
    "moments": "Moments",
    "joint": "Whole rows",
    "rows": "Whole rows",
}
_SHOWN = (
    "metric", "variant", "column", "column2", "level", "value", "ci_low", "ci_high", "null_center", "p_value",
    "verdict", "note",
)  # fmt: skip
_LABELS = {
    "column2": "and",
    "ci_low": "from",
    "ci_high": "to",
    "null_center": "expected",
    "p_value": "p",
}
_WORDS = ("fail", "warn", "inconclusive", "pass", "na")


def drift_page(report: DriftReport, tables: Tables | None = None, command: str = "") -> Page:
    """Return the page of a drift report.

    Parameters
    ----------
    report : DriftReport
    tables : Tables, optional
        What was compared; with them columns, associations, components and radii are drawn. No row of them is on the
        page: pictures show bins and levels of five rows or more.
    command : str
        How to make the report again.
    """
    sections = [
        Section("failed", "What stands out", list(failed_blocks(report))),
        Section("margins", "Against margins", [margins_picture(report)]),
        *([Section("pictures", "Pictures", table_pictures(tables, worst_columns(report.table)))] if tables else []),
        *family_sections(report.table),
        Section("about", "About", list(_about(report, command))),
    ]
    about = report.about
    subtitle = f"{about.get('n_real', 0):,} reference rows, {about.get('n_synth', 0):,} new rows"
    return Page("Drift", sections, [verdicts_of(report.table)], subtitle, report.verdict)


def verdicts_of(table: pd.DataFrame, caption: str = "Verdict on each declared metric, by its worst number") -> Verdicts:
    """Return one line for each declared metric: its worst verdict, and the number that gave it."""
    declared = table[table["declared"]]
    rows = [_judged(part) for _, part in declared.groupby("metric", sort=False)]
    return Verdicts(sorted(rows, key=lambda row: _WORDS.index(row.verdict)), caption)


def _judged(part: pd.DataFrame) -> Judged:
    counts = part["verdict"].value_counts()
    verdict = next(word for word in _WORDS if word in counts and word != "na") if set(counts.index) - {"na"} else "na"
    mine = part[part["verdict"] == verdict]
    row = max(mine.to_dict("records"), key=_beyond)
    where = " x ".join(filter(None, (row["column"], row["column2"])))
    name = f"{row['metric']}, {row['variant']}" if row["variant"] else str(row["metric"])
    of = f"{counts[verdict]} of {len(part)}" if len(part) > 1 else ""
    note = "; ".join(filter(None, (where and f"farthest: {where}", of and f"{of} {verdict}")))
    return Judged(
        name=name, verdict=verdict, range=_range(row), note=note, link=_id(_FAMILIES.get(row["family"], row["family"]))
    )


def _range(row: dict[Any, Any]) -> Range | None:
    if pd.isna(row["value"]):
        return None
    margins = [(row[f"{word}_low"], row[f"{word}_high"]) for word in ("warn", "fail")]
    if pd.isna(row["warn_low"]):
        margins = [(-float("inf"), float("inf"))] * 2
    return Range(row["value"], row["ci_low"], row["ci_high"], margins[0], margins[1], row["verdict"])


def _beyond(row: dict[Any, Any]) -> float:
    excess = max(row["value"] - row["warn_high"], row["warn_low"] - row["value"])
    return float("-inf") if pd.isna(excess) else float(excess)


def failed_blocks(report: Any) -> Iterator[Block]:
    """Yield what failed or warned, the worst first, and why."""
    failed = report.failures()
    if failed.empty:
        yield Text("Nothing failed and nothing warned.")
    else:
        yield Table(_short(failed), "What failed or warned, worst first", _LABELS, filterable=True)
    cut = report.about.get("cut", [])
    if cut:
        yield Text("Cut by the budget: " + "; ".join(cut), "note")


def margins_picture(report: DriftReport) -> Picture:
    """Return the picture of all judged numbers against their margins."""
    judged = report.table[report.table["verdict"] != "na"]
    counts = judged["verdict"].value_counts()
    words = ", ".join(f"{counts[word]} {word}" for word in _WORDS if word in counts)
    return Picture(
        draw_report(report),
        "Judged numbers against their margins",
        f"{len(judged)} judged numbers: {words or 'none'}.",
        "One panel for each metric; the numbers farthest from their margins first.",
        Table(_short(judged), "Every judged number", _LABELS),
    )


def worst_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns, those whose marginal lies farthest beyond its margin first."""
    mine = table[(table["family"] == "marginal") & (table["column"] != "") & table["warn_high"].notna()]
    excess = [_beyond(row) for row in mine.to_dict("records")]
    order = (
        mine.assign(excess=excess)
        .groupby("column", sort=False)["excess"]
        .max()
        .sort_values(ascending=False, kind="stable")
    )
    return [str(name) for name in order.index]


def table_pictures(tables: Tables, first: Sequence[str] = ()) -> list[Block]:
    """Return the pictures of two tables: columns, quantiles, associations, components, radius."""
    from synthmix.drift import pictures

    known = [*tables.names, *tables.code_names]
    order = [*(name for name in first if name in known), *(name for name in known if name not in first)]
    sizes = f"{tables.real.n:,} real and {tables.synthetic.n:,} synthetic rows"
    found: list[Block] = [
        Picture(
            pictures.draw_columns(tables, order),
            "Columns of both tables",
            f"Histograms and bars of {min(len(order), 24)} columns, {sizes}; their numbers are in the tables.",
            "The outermost bins hold what lies beyond. Bins and levels of fewer than five rows are left out.",
        )
    ]
    if tables.names:
        found.append(
            Picture(
                pictures.draw_quantiles(tables, order),
                "Quantiles",
                f"Synthetic quantiles minus real ones of {min(len(tables.names), 24)} columns; metric quantile_gap.",
                "A column differs where its band leaves zero. Standard deviations are robust ones of the real column.",
            )
        )
    found.append(
        Picture(
            pictures.draw_associations(tables),
            "Associations",
            f"Matrices of associations of {min(len(known), 40)} columns: real, synthetic, difference; metric dz.",
            "Correlation, correlation ratio or Cramér's V by the kinds of the columns. Grey, or dots: may be chance.",
        )
    )
    return found + (_joint_pictures(tables, sizes) if len(tables.complete.names) > 1 else [])


def _joint_pictures(tables: Tables, sizes: str) -> list[Block]:
    from synthmix.drift import pictures

    return [
        Picture(
            pictures.draw_components(tables),
            "Principal components",
            f"Densities of {sizes} in the plane of the real table's first two principal components.",
            "Fitted to the real table alone. A picture of two dimensions, no evidence about the others.",
        ),
        Picture(
            pictures.draw_radius(tables),
            "Distance from the middle",
            "Quantiles of synthetic radii against real ones; metrics radius_ks and core_tail.",
            "Below the line synthetic rows lie nearer to the middle than real ones, as mixed rows do.",
        ),
    ]


def family_sections(table: pd.DataFrame) -> list[Section]:
    """Return a section with all numbers of each family."""
    titles = table["family"].map(lambda family: _FAMILIES.get(family, family))
    return [
        Section(_id(title), title, [Table(_short(part), f"{title}: every number", _LABELS, filterable=True)])
        for title, part in table.groupby(titles, sort=False)
    ]


def _id(title: str) -> str:
    return title.partition(" ")[0].casefold()


def _short(table: pd.DataFrame) -> pd.DataFrame:
    shown = table[[name for name in _SHOWN if name in table]]
    empty = [name for name in ("variant", "column2", "level", "note") if (shown[name] == "").all()]
    return shown.drop(columns=empty)


def _about(report: DriftReport, command: str) -> Iterator[Block]:
    if command:
        yield Command(command)
    yield Facts({name.replace("_", " "): value for name, value in report.about.items() if name != "cut"})
    yield Text(
        "The verdict compares intervals with margins, never a p-value with a level. A large p shows nothing. Nothing "
        "here says that a table is private."
    )
