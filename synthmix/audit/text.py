"""An audit as text."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from synthmix.drift.text import cut_lines, worst_numbers

if TYPE_CHECKING:
    from synthmix.audit.report import AuditReport

QUESTIONS = {
    "fidelity": "is the table like the training rows",
    "inference": "do analysts reach the same conclusions",
    "prediction": "do models predict real rows as well",
    "privacy": "do the rows give people away",
}


def summary(report: AuditReport, rows: int) -> str:
    """Return the verdicts with their counts, the open questions, and the worst numbers."""
    about = report.about
    holdout = f"{about['n_holdout']} rows held out" if about["n_holdout"] else "no holdout"
    head = (
        f"audit: {report.verdict.upper()}   ({about['n_real']} training rows, {about['n_synth']} synthetic, {holdout})"
    )
    return "\n".join(
        [head, "", *_verdicts(report), *_open(report), "", *worst_numbers(report, rows), *cut_lines(report)]
    )


def _verdicts(report: AuditReport) -> list[str]:
    lines = []
    for section, verdict in report.verdicts.items():
        decisive = report.table[(report.table["section"] == section) & report.table["declared"]]
        counts = decisive["verdict"].value_counts()
        words = [f"{counts[word]} {word}" for word in ("fail", "warn", "inconclusive", "pass", "na") if word in counts]
        lines.append(f"{section:<11}{verdict:<14}{QUESTIONS[section]}?  {', '.join(words)}".rstrip())
    return [*lines, "(counts of the numbers that decide)"]


def _open(report: AuditReport) -> list[str]:
    lines = [f"  {section}: {why}" for section, reasons in report.about["open"].items() for why in reasons]
    wrapped = [part for line in lines for part in textwrap.wrap(line, 118, subsequent_indent="    ")]
    return ["", "cannot be concluded:", *wrapped] if wrapped else []
