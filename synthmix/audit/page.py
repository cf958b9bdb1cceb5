"""An audit as one offline page: verdicts first, then what failed and why, then each section with its pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from synthmix.audit import pictures
from synthmix.audit.margins import SECTIONS
from synthmix.audit.rare import without_rare_levels
from synthmix.audit.text import QUESTIONS
from synthmix.audit.words import MEANING
from synthmix.drift.page import table_pictures, verdicts_of, worst_columns
from synthmix.report import Command, Facts, Judged, Page, Section, Table, Text, Verdicts
from synthmix.report.blocks import Block
from synthmix.report.numbers import number_text

if TYPE_CHECKING:
    from synthmix.audit.report import AuditReport

_LABELS = {"null_center": "expected", "p_value": "p"}
_TO = " to\N{NO-BREAK SPACE}"
_LIMITS = (
    "No verdict on this page says that the table is anonymous. Attacks that were not tried may work. A pass says that "
    "the declared numbers lie within their margins, which are starting values. What helps privacy: releasing values on "
    "the grid of the source, groups of five rows or more, capped weights, noise, more rows."
)


def audit_page(report: AuditReport, command: str = "") -> Page:
    """Return the page of an audit.

    Parameters
    ----------
    report : AuditReport
    command : str
        How to make the report again; by default the call.
    """
    table = without_rare_levels(report.table, report.tables)
    sections = [
        Section("failed", "What stands out", list(failed_blocks(report, table))),
        *(
            Section(name, name.capitalize(), list(_section(report, table[table["section"] == name], name)))
            for name in report.verdicts
        ),
        Section("about", "About", list(_about(report, command or _call(report)))),
    ]
    return Page(
        "Audit", sections, [section_verdicts(report), *open_blocks(report)], subtitle_of(report), report.verdict
    )


def subtitle_of(report: AuditReport) -> str:
    """Return the sizes of the tables in words."""
    about = report.about
    holdout = f"{about['n_holdout']:,} rows held out" if about["n_holdout"] else "no holdout"
    return f"{about['n_real']:,} training rows, {about['n_synth']:,} synthetic rows, {holdout}"


def section_verdicts(report: AuditReport) -> Verdicts:
    """Return one line for each section: its verdict, and how many numbers it rests on."""
    rows = []
    for section, verdict in report.verdicts.items():
        mine = report.table[(report.table["section"] == section) & report.table["declared"]]
        counts = mine["verdict"].value_counts()
        words = ", ".join(
            f"{counts[word]} {word}" for word in ("fail", "warn", "inconclusive", "pass") if word in counts
        )
        note = f"{QUESTIONS[section]}? {words or 'nothing was judged'}"
        rows.append(Judged(name=section, verdict=verdict, note=note, link=section))
    return Verdicts(rows, "Verdict of each section: the worst of its declared metrics")


def open_blocks(report: AuditReport) -> list[Block]:
    """Return what cannot be concluded, and why."""
    lines = [f"{section}: {why}." for section, reasons in report.about["open"].items() for why in reasons]
    return [Text("Cannot be concluded. " + " ".join(lines), "warning")] if lines else []


def failed_blocks(report: AuditReport, table: pd.DataFrame) -> Iterator[Block]:
    """Yield what failed or warned and what the metrics mean; rows are those of `table`."""
    failed = replace(report, table=table).failures()
    if failed.empty:
        yield Text("Nothing failed and nothing warned.")
        return
    for section in report.verdicts:
        mine = failed[failed["section"] == section]
        words = [f"{metric}: {MEANING[metric]}." for metric in dict.fromkeys(mine["metric"]) if metric in MEANING]
        if words:
            yield Text(f"{section.capitalize()}. " + " ".join(words))
    yield Table(_short(failed), "What failed or warned, worst first", _LABELS, filterable=True)


def _section(report: AuditReport, table: pd.DataFrame, name: str) -> Iterator[Block]:
    lines = verdicts_of(table)
    yield Verdicts([replace(row, link="") for row in lines.rows], lines.caption)
    if name == "fidelity":
        yield from table_pictures(report.tables, worst_columns(table))
    elif name == "inference":
        yield from pictures.coefficients(table)
    elif name == "prediction":
        yield from pictures.groups(table)
    else:
        yield from pictures.attacks(report.tables, report.about["seed"])
    yield Table(_short(table).drop(columns="section"), f"All numbers of {name}", _LABELS, filterable=True)


def _short(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that a reader needs, few enough for a page of paper."""
    variant = table["variant"].map(lambda word: f" ({word})" if word else "")
    places = zip(table["column"], table["column2"], table["level"], strict=True)
    limits = zip(table["ci_low"], table["ci_high"], strict=True)
    notes = zip(table["method"], table["note"], strict=True)
    shown = table[["section", "value", "null_center", "p_value", "verdict"]].copy()
    shown.insert(1, "metric", table["metric"] + variant)
    shown.insert(2, "of", [", ".join(filter(None, place)) for place in places])
    shown.insert(4, "interval", [_interval(low, high) for low, high in limits])
    return shown.assign(how=["; ".join(filter(None, note)) for note in notes])


def _interval(low: float, high: float) -> str:
    return "" if math.isnan(low) and math.isnan(high) else f"{number_text(low)}{_TO}{number_text(high)}"


def _about(report: AuditReport, command: str) -> Iterator[Block]:
    yield Command(command)
    yield Facts({name.replace("_", " "): value for name, value in report.about.items() if name not in ("open", "cut")})
    for line in report.about["cut"]:
        yield Text(f"Cut by the budget: {line}", "note")
    yield Text(_LIMITS, "note")


def _call(report: AuditReport) -> str:
    about = report.about
    options: dict[str, Any] = {
        "target": about["target"], "models": about["models"], "sensitive": about["sensitive"], "quasi": about["quasi"],
        "level": about["level"], "random_state": about["seed"],
    }  # fmt: skip
    if len(report.verdicts) < len(SECTIONS):
        options["sections"] = list(report.verdicts)
    given = "".join(f", {name}={value!r}" for name, value in options.items() if value not in (None, []))
    return f"synthmix.audit(train, synthetic{', holdout' if about['n_holdout'] else ''}{given})"
